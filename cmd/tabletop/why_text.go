package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
)

// tree draws an answer: what it is about, what was said of it, then the blocks
// from the last to the first, and the events.
func (a *answer) tree(c *console, all bool) branch {
	root := a.root(c)
	root.add(a.circumstances()...)
	if a.chain.Action != nil {
		root.add(a.verdict(c)...)
		root.add(a.delivery(c)...)
	}
	if s := a.chain.Source; s != nil {
		root.add(leaf(fmt.Sprintf("its row is of run %d, which planned it; %s", s.Number, ran(*s))))
	}
	for i := range a.chain.Steps {
		root.add(a.step(c, i))
	}
	if a.chain.Gap != "" {
		root.add(c.gap("no row is known: " + a.chain.Gap))
	}
	if len(a.chain.Steps) > 0 {
		root.add(a.events(c))
	}
	if a.seen == nil {
		return root
	}
	top := branch{text: clean(a.what), style: c.strong}
	top.add(a.sightings(all)...)
	root.text = "the newest: " + root.text
	top.add(root)
	return top
}

// gap is a branch that says what is not known.
func (c *console) gap(text string) branch {
	b := leaf(text)
	b.style = c.yellow
	return b
}

// root names what was asked for.
func (a *answer) root(c *console) branch {
	b := branch{text: a.chain.ID.String(), style: c.strong}
	switch {
	case a.chain.Action != nil:
		b.text += "  " + string(a.chain.Action.Verdict) + "  " + clean(strings.TrimSpace(a.chain.Action.Type+" "+a.chain.Action.Target))
	case a.chain.Signal != nil:
		b.text += "  signal  " + clean(a.chain.Signal.Name)
	default:
		b.text += fmt.Sprintf("  row %d of block %d", a.chain.ID.Row, a.chain.ID.Block)
	}
	return b
}

func atSecond(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// ran tells a run in short.
func ran(r audit.Run) string {
	text := fmt.Sprintf("%s, %s, %s by %s on %s", r.Mode, r.Status, atSecond(r.Started), r.User, r.Host)
	if because := strings.TrimSpace(r.Reason + " " + r.Ticket); because != "" {
		text += ", because: " + because
	}
	return text
}

// circumstances tell the run, the entry and what a signal says.
func (a *answer) circumstances() []branch {
	r := a.chain.Run
	of := leaf(fmt.Sprintf("run %d, %s", r.Number, ran(r)))
	of.add(leaf(r.Workbook.Name))
	if r.Caller != nil {
		of.add(leaf("called by block " + audit.ID{Run: r.Caller.Run, Block: r.Caller.Block}.String()))
	}
	if r.Workbook.Path != "" {
		of.add(leaf("workbook " + r.Workbook.Path + " sha256 " + short(r.Workbook.Digest)))
	}
	if !r.Now.IsZero() {
		of.add(leaf("the clock stood at " + r.Now.UTC().Format(time.RFC3339) + ", " + r.NowSource))
	}
	if r.Mode == workbook.ModeRefuse {
		for _, text := range r.Warnings {
			of.add(leaf(text))
		}
	}
	of.add(leaf(fmt.Sprintf("entry #%d, written %s", a.chain.Entry, atSecond(a.chain.Time))))
	out := []branch{of}
	if s := a.chain.Signal; s != nil {
		out = append(out, leaf(fmt.Sprintf("severity %s, score %d; target %s; suspect %s", s.Severity, s.Score, pairs(s.Target), pairs(s.Suspect))))
		out = append(out, leaf(fmt.Sprintf("raised %s by block %d, first of its row %d", plural(s.Occurrences, "time", "times"), s.Block, s.Row)))
	}
	return out
}

// verdict tells an action's two answers, its request and what came back.
func (a *answer) verdict(c *console) []branch {
	act := *a.chain.Action
	b := branch{text: "verdict " + string(act.Verdict), style: c.verdictStyle(act.Verdict)}
	for _, text := range []string{act.Reason, prefixed("rule ", act.Rule)} {
		if text != "" {
			b.add(leaf(text))
		}
	}
	if a.chain.SameAs != (audit.ID{}) {
		b.add(leaf("the request that it repeats: tabletop why " + a.chain.SameAs.String()))
	}
	b.add(leaf(dnifSays(act.DNIF)))
	out := []branch{b}
	if r := act.Request; r != nil {
		request := leaf("request " + r.Method + " " + r.URL)
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			request.add(leaf(name + ": " + r.Headers[name]))
		}
		if r.Body != "" {
			for _, line := range bodyLines(*r) {
				request.add(leaf(line))
			}
		}
		request.add(leaf("through " + act.Integration))
		out = append(out, request)
	}
	if r := act.Response; r != nil {
		kind := "answer"
		if len(a.chain.Outcomes) == 0 || a.chain.Run.Mode == workbook.ModeSimulate {
			kind = "simulated answer"
		}
		out = append(out, leaf(fmt.Sprintf("%s %d  %s", kind, r.Status, oneLine(r.Body))))
	}
	return out
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// verdictStyle colours as verdict does.
func (c *console) verdictStyle(v workbook.Verdict) func(string) string {
	return func(text string) string { return strings.Replace(text, string(v), c.verdict(v), 1) }
}

// delivery tells the plan of an action, who approved it and what became of it.
func (a *answer) delivery(c *console) []branch {
	var out []branch
	ch := a.chain
	if p := ch.Plan; p != nil {
		b := leaf(fmt.Sprintf("plan %s, made by run %d at %s", short(p.SHA256), p.Run, atSecond(p.Made)))
		if ch.Planned != (audit.ID{}) {
			b.add(leaf("planned as " + ch.Planned.String()))
		}
		for _, given := range ch.Approvals {
			text := "approved by " + given.Name + ", " + atSecond(given.Time) + ": " + given.Reason
			if len(given.Actions) > 0 {
				text += " (this action by itself)"
			}
			b.add(leaf(text))
		}
		for _, sent := range ch.Sent {
			text := fmt.Sprintf("%s: run of mode %s, %s at %s", sent.ID, sent.Mode, sent.Verdict, atSecond(sent.Time))
			if sent.Endpoint != "" {
				text += ", to the simulator"
			}
			b.add(leaf(text))
		}
		if ch.Planned == (audit.ID{}) && len(ch.Sent) == 0 {
			b.add(leaf("no run has applied it"))
		}
		out = append(out, b)
	}
	if ch.TakesBack != (audit.ID{}) {
		out = append(out, leaf("takes back "+ch.TakesBack.String()))
	}
	if len(ch.Outcomes) > 0 {
		b := leaf("its request was about to leave at " + atSecond(ch.Time) + "; then")
		for _, o := range ch.Outcomes {
			text := fmt.Sprintf("%s  %s", atSecond(o.Time), o.Verdict)
			if o.Reason != "" {
				text += ": " + o.Reason
			}
			if o.By > 0 {
				text += fmt.Sprintf(" (found out by run %d)", o.By)
			}
			kid := leaf(text)
			kid.style = c.verdictStyle(o.Verdict)
			b.add(kid)
		}
		out = append(out, b)
	}
	return out
}

// step draws a block with the row as it left it.
func (a *answer) step(c *console, i int) branch {
	s := a.chain.Steps[i]
	title := fmt.Sprintf("block %d %s", s.Block.Index, s.Block.Kind)
	if s.Block.ID != "" {
		title += " " + s.Block.ID
	}
	b := branch{text: clean(title + ", row " + s.Place().String()), style: c.strong}
	for _, line := range trimmedLines(s.Block.Text) {
		b.add(more("| " + line))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		if strings.Contains(s.Block.Text, "{"+name+"}") {
			b.add(more("{" + name + "} is " + s.Parameters[name]))
		}
	}
	if i == 0 && a.chain.Action != nil && len(a.target) > 0 {
		b.add(leaf("the target is its " + strings.Join(a.target, ", or its ")))
	}
	for _, m := range a.made[i] {
		b.add(leaf(m.sentence()))
	}
	b.add(a.values(i)...)
	if r := s.Signal; r != nil {
		text := "raised a signal: " + r.Gap
		if r.Number > 0 {
			text = fmt.Sprintf("raised signal %s, %s", audit.ID{Run: s.Run, Signal: r.Number}, r.Signal.Name)
		}
		b.add(leaf(text))
	}
	if w := s.Written; w != nil {
		b.add(stored(*w)...)
	}
	if s.Gap != "" {
		b.add(c.gap(s.Gap))
	}
	return b
}

// sentence tells a statement with the values that it worked on.
func (m making) sentence() string {
	text := fmt.Sprintf("%s is %s, by line %d", m.Column, cell(m.Value), m.Line)
	var from []string
	for _, v := range m.From {
		from = append(from, v.Column+" "+cell(v.Value))
	}
	if len(from) > 0 {
		text += ", from " + strings.Join(from, ", ")
	}
	return text
}

// values lists the columns in which a row differs from the one that it was made
// from; all of them where it was made from none.
func (a *answer) values(i int) []branch {
	s := a.chain.Steps[i]
	var out []branch
	for j, v := range s.Values {
		if j >= len(s.Block.Columns) || v == nil {
			continue
		}
		column := s.Block.Columns[j]
		if i+1 < len(a.chain.Steps) {
			if before, ok := valueOf(a.chain.Steps[i+1], column); ok && before == v {
				continue
			}
		}
		if slices.ContainsFunc(a.made[i], func(m making) bool { return m.Column == column }) {
			continue
		}
		out = append(out, leaf(column+"  "+workbook.Text(v)))
	}
	if len(out) == 0 && len(a.made[i]) == 0 && s.Entry > 0 {
		out = append(out, leaf("the row as it came in"))
	}
	return out
}

// stored tells where a row of an event store comes from.
func stored(w audit.Written) []branch {
	text := "read from the event store " + w.Store
	if w.Run > 0 {
		text += fmt.Sprintf(", which run %d wrote last", w.Run)
	}
	b := leaf(text)
	if w.From != (audit.ID{}) {
		b.add(leaf(fmt.Sprintf("a row with the same values was written by %s (%s): tabletop why %s", audit.ID{Run: w.From.Run, Block: w.From.Block}, w.Mode, w.From)))
	} else {
		b.add(leaf(w.Gap))
	}
	return []branch{b}
}

// stateWords say what became of a file of events.
var stateWords = map[string]string{
	fileUnchanged: "the file is as the run read it",
	fileGrown:     "the file grew since, what the run read is unchanged",
	fileChanged:   "THE FILE CHANGED SINCE: what stands there may be another event; the row above is what was recorded of it",
	fileGone:      "the file is gone; the row above is what was recorded of it",
	fileUnknown:   "whether the file changed is not known",
}

// events draws the events behind the row.
func (a *answer) events(c *console) branch {
	e := a.witnesses.evidence
	if e.Unknown != "" {
		return c.gap("the events behind it are not known: " + e.Unknown)
	}
	if e.Events == 0 {
		return leaf("no event is behind it")
	}
	b := branch{text: plural(e.Events, "event", "events"), style: c.strong}
	if a.witnesses.where != "" {
		b.text += ", of " + clean(a.witnesses.where)
	}
	rest := e.First
	for _, w := range a.witnesses.list {
		b.add(w.branch(c))
		rest = rest[1:]
	}
	if len(rest) > 0 {
		var at []string
		for _, p := range rest {
			at = append(at, fmt.Sprintf("%s:%d", p.File, p.Line))
		}
		lead := "and "
		if len(a.witnesses.list) == 0 {
			lead = ""
		}
		b.add(leaf(lead + strings.Join(at, ", ")))
	}
	if unnamed := e.Events - int64(len(e.First)); unnamed > 0 {
		b.add(leaf(fmt.Sprintf("and %d more, whose places are not kept", unnamed)))
	}
	return b
}

func (w witness) branch(c *console) branch {
	b := leaf(fmt.Sprintf("%s:%d, byte %d", w.File, w.Line, w.Offset))
	state := leaf(stateWords[w.State])
	if w.Problem != "" {
		state = leaf(stateWords[w.State] + ": " + w.Problem)
	}
	switch w.State {
	case fileChanged, fileGone:
		state.style = c.red
	case fileUnknown:
		state.style = c.yellow
	}
	b.add(state)
	if w.Raw != "" {
		text := w.Raw
		if w.Cut {
			text += "…"
		}
		b.add(leaf(text))
	}
	return b
}

// sightings tells how often a value was seen.
func (a *answer) sightings(all bool) []branch {
	s := a.seen
	var out []branch
	if s.Value != a.what {
		out = append(out, leaf("looked up as "+s.Value))
	}
	what := plural(s.Actions, "action", "actions")
	if s.Signals > 0 {
		what += " and " + plural(s.Signals, "signal", "signals")
	}
	what += " of " + plural(s.Runs, "run", "runs")
	if !s.Whole {
		over := ""
		if s.Over {
			over = "over "
		}
		what = fmt.Sprintf("%s%s; the newest of them: %s (--all counts every one)", over, plural(s.Entries, "entry", "entries"), what)
	}
	count := leaf(what)
	for _, v := range workbook.Verdicts {
		if n := s.ByVerdict[v]; n > 0 {
			count.add(leaf(fmt.Sprintf("%4d  %s", n, v)))
		}
	}
	out = append(out, count)
	out = append(out, leaf(fmt.Sprintf("first  %s, %s", s.First.ID, atSecond(s.First.Time))), leaf(fmt.Sprintf("last   %s, %s", s.Last.ID, atSecond(s.Last.Time))))
	if all {
		list := leaf("all, the newest first")
		for _, one := range s.List {
			list.add(leaf(strings.TrimSpace(fmt.Sprintf("%s  %s  %s %s", one.ID, atSecond(one.Time), one.Type, one.Verdict))))
		}
		out = append(out, list)
	}
	return out
}
