package report

import (
	"fmt"
	"strings"

	"tabletop/audit"
	"tabletop/workbook"
)

// mostSteps is the most blocks that the picture holds.
const mostSteps = 60

// A flow is the way of the rows through the blocks, for the picture and for those
// who can't see it.
type flow struct {
	// Of says whose blocks they are, where not the run's own.
	Of    string
	Steps []step
	More  string
	picture
}

// A step is a block as the flow shows it.
type step struct {
	Index      int
	Kind, Name string
	Text       string
	// Asks says that the block reads events, and no rows of the block before.
	Asks    bool
	In, Out int
	// Left says what did not go on, shortly and in a sentence.
	Left    []string
	Dropped string
	Made    []string
	Tallies []tally
	Seconds string
	Failed  bool
}

// Came says what came into a step.
func (s step) Came() string {
	switch {
	case !s.Asks:
		return plural(s.In, "row", "rows")
	case s.In > 0:
		return "events; " + plural(s.In, "row", "rows") + " not read"
	}
	return "events"
}

// What joins all that a step made.
func (s step) What() string {
	made := s.Made
	for _, t := range s.Tallies {
		made = append(made, grouped(int64(t.Count))+"\u00a0"+t.Verdict)
	}
	if s.Failed {
		made = append(made, "failed: the run ended here")
	}
	return strings.Join(made, ", ")
}

// flow follows the rows. Blocks of text do nothing and are not in it.
func (r *reporter) flow() flow {
	var f flow
	if len(r.Run.Blocks) == 0 && len(r.from.Blocks) > 0 {
		f.Of = fmt.Sprintf("The blocks are those of run %d, which made the plan; the verdicts at triggers are those of run %d.", r.from.Number, r.Run.Number)
	}
	working := 0
	for _, b := range r.from.Blocks {
		if b.Kind == "text" {
			continue
		}
		if working++; len(f.Steps) < mostSteps {
			f.Steps = append(f.Steps, r.step(b))
		}
	}
	f.More = leftOut(working, len(f.Steps), "blocks")
	_, count := r.events()
	f.picture = draw(f.Steps, count, working > len(f.Steps))
	return f
}

func (r *reporter) step(b audit.Block) step {
	s := step{
		Index: b.Index, Kind: r.line(b.Kind, cellBytes), Name: r.line(b.ID, cellBytes), Text: r.line(strings.Join(strings.Fields(b.Text), " "), cellBytes),
		Asks: asks(b), In: b.RowsIn, Out: b.RowsOut, Seconds: fmt.Sprintf("%.3f s", b.Seconds), Failed: b.Failed != "",
	}
	r.leaves(&s, b)
	if signals, _ := r.madeBy(b.Index); signals > 0 {
		s.Made = append(s.Made, was(signals, "signal")+" raised")
	}
	for _, c := range b.Stores[:min(len(b.Stores), 3)] {
		s.Made = append(s.Made, fmt.Sprintf("event store %s: %s added", r.line(c.Store, cellBytes), plural(c.Added, "row", "rows")))
	}
	byVerdict := map[workbook.Verdict]int{}
	for _, a := range r.Run.Actions {
		if r.from.BlockOf(a.Run, a.Block) == b.Index {
			byVerdict[a.Verdict]++
		}
	}
	for _, v := range given(byVerdict) {
		s.Tallies = append(s.Tallies, tally{Verdict: r.line(string(v), cellBytes), Count: byVerdict[v]})
	}
	return s
}

// asks reports whether a block reads events: SQL and Search do, and DQL but for
// the directives that work on the rows of the block before.
func asks(b audit.Block) bool {
	switch b.Kind {
	case "sql", "search", "outlier":
		return true
	case "dql":
		text := strings.TrimSpace(b.Text)
		return strings.HasPrefix(strings.ToLower(text), "_fetch") || !strings.HasPrefix(text, "_")
	}
	return false
}

// leaves says what a step did not let through.
func (r *reporter) leaves(s *step, b audit.Block) {
	if s.Failed {
		return
	}
	if !s.Asks {
		if gone := s.In - s.Out; gone > 0 {
			s.Left = []string{plural(gone, "row", "rows"), "left out"}
			s.Dropped = fmt.Sprintf("%s of %s", grouped(int64(gone)), grouped(int64(s.In)))
		}
		return
	}
	_, all := r.events()
	behind, known := eventsBehind(b)
	if known && all > behind {
		s.Left = []string{plural(all-behind, "event", "events"), "behind no row"}
		s.Dropped = fmt.Sprintf("%s of %s behind no row", grouped(all-behind), plural(all, "event", "events"))
	}
}

// eventsBehind counts the events behind all rows of a block, where that is known.
func eventsBehind(b audit.Block) (n int64, known bool) {
	if len(b.Rows) != b.RowsOut {
		return 0, false
	}
	for _, row := range b.Rows {
		if row.Evidence.Unknown != "" || row.Evidence.Events == 0 {
			return 0, false
		}
		n += row.Evidence.Events
	}
	return n, true
}
