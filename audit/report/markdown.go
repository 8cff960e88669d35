package report

import (
	"bytes"
	"fmt"
	"strings"
)

// markdown writes a page for a ticket. What came from outside stands in code,
// behind a fence that it does not hold, so that no ticket system makes a link, a
// name or a heading of it; words of our own hold no markup.
type markdown struct{ bytes.Buffer }

func (m *markdown) page(p page) {
	m.heading(2, span(p.Title))
	m.para(span(p.Subtitle))
	var said []string
	for _, sentence := range p.Happened {
		text := ""
		for _, part := range sentence {
			if part.Value {
				text += span(part.Text)
			} else {
				text += part.Text
			}
		}
		said = append(said, text)
	}
	m.para(strings.Join(said, " "))
	m.verdicts(p)
	m.flow(p.Flow)
	m.actions(p)
	m.decisions(p.Decisions)
	m.signals(p)
	m.blocks(p)
	m.record(p)
}

func (m *markdown) verdicts(p page) {
	if len(p.Tallies) > 0 {
		m.heading(3, "Verdicts")
		m.table([]string{"verdict", "actions", "what it means"})
		for _, t := range p.Tallies {
			m.row(cellSpan(t.Verdict), grouped(int64(t.Count)), t.Says)
		}
		m.WriteByte('\n')
	}
	m.warnings(p.Warnings, p.MoreWarnings)
}

func (m *markdown) warnings(list []string, more string) {
	for _, text := range list {
		m.item("warning: " + span(flat(text)))
	}
	m.end(len(list), more)
}

func (m *markdown) flow(f flow) {
	if len(f.Steps) == 0 {
		return
	}
	m.heading(3, "Flow")
	m.para(f.Of)
	m.table([]string{"block", "in", "left out", "out", "made", "time"})
	for _, s := range f.Steps {
		m.row(cellSpan(fmt.Sprintf("%d %s%s", s.Index, s.Kind, spaced(s.Name))), s.Came(), s.Dropped, grouped(int64(s.Out)), cellSpan(s.What()), s.Seconds)
	}
	m.WriteByte('\n')
	m.more(f.More)
}

func (m *markdown) actions(p page) {
	if len(p.Actions) == 0 && p.MoreActions == "" {
		return
	}
	m.heading(3, "Actions")
	for _, a := range p.Actions {
		m.heading(4, span(strings.TrimSpace(fmt.Sprintf("%s %s %s %s", a.Number, a.Verdict, a.Type, a.Target))))
		m.fact("reason", a.Reason)
		m.fact("configuration", a.Integration)
		m.item("DNIF itself " + a.DNIF)
		m.fact("rule", a.Rule)
		for _, d := range a.Details {
			m.fact(strings.ToLower(d.Name), d.Value)
		}
		if a.From.Row > 0 {
			m.item("made from " + a.From.String())
		}
		m.fact("because of", a.Events)
		for _, line := range a.Effect {
			m.fact("effect", line)
		}
		m.WriteByte('\n')
		m.payload("request", a.Request)
		m.payload("answer", a.Answer)
	}
	m.more(p.MoreActions)
}

func (m *markdown) payload(what string, p *payload) {
	if p == nil {
		return
	}
	lines := append([]string{p.Line}, p.Headers...)
	if p.Body != "" {
		lines = append(lines, "", p.Body)
	}
	m.para(what + ":")
	m.fence(strings.Join(lines, "\n"))
}

func (m *markdown) decisions(list []decision) {
	if len(list) == 0 {
		return
	}
	m.heading(3, "Decisions of the guard, the cap and other rules")
	m.table([]string{"rule", "verdict", "actions", "targets", "reason, of the first"})
	for _, d := range list {
		m.row(cellSpan(d.Rule), cellSpan(d.Verdict), grouped(int64(d.Count)), cellSpan(d.Targets), cellSpan(d.Reason))
	}
	m.WriteByte('\n')
}

func (m *markdown) signals(p page) {
	if len(p.Signals) == 0 && p.MoreSignals == "" {
		return
	}
	m.heading(3, "Signals")
	for _, s := range p.Signals {
		m.heading(4, span(s.Number+" "+s.Name))
		m.fact("severity", fmt.Sprintf("%s, score %d", s.Severity, s.Score))
		m.fact("target", s.Target)
		m.fact("suspect", s.Suspect)
		m.fact("tactic", s.Tactic)
		m.fact("raised", s.Times+", "+s.Seen)
		if s.From.Row > 0 {
			m.item("raised by " + s.From.String())
		}
		m.WriteByte('\n')
		m.fence(s.Written)
	}
	m.more(p.MoreSignals)
}

func (m *markdown) blocks(p page) {
	if len(p.Blocks) == 0 {
		return
	}
	m.heading(3, "Blocks")
	for _, b := range p.Blocks {
		m.heading(4, span(fmt.Sprintf("%d %s%s", b.Index, b.Kind, spaced(b.Name))))
		m.para(b.Did)
		m.fence(strings.Join(b.Notes, "\n\n"))
		m.fence(b.Written)
		if b.Failed != "" {
			m.para("failed: " + span(flat(b.Failed)))
		}
		m.warnings(b.Warnings, b.MoreWarnings)
		for _, s := range b.Stores {
			m.item(span(s))
		}
		m.end(len(b.Stores), "")
		if b.Chart != nil {
			m.chart(*b.Chart)
			continue
		}
		m.rows(b)
		for _, more := range b.More {
			m.more(more)
		}
	}
	m.more(p.MoreBlocks)
}

func (m *markdown) rows(b block) {
	if len(b.Rows) == 0 {
		return
	}
	header := []string{"row"}
	for _, name := range b.Columns {
		header = append(header, cellSpan(name))
	}
	if b.Traced {
		header = append(header, "made from")
	}
	m.table(append(header, "events behind it"))
	for _, r := range b.Rows {
		cells := []string{grouped(int64(r.Number))}
		for _, c := range r.Cells {
			if c.None {
				cells = append(cells, "null")
			} else {
				cells = append(cells, cellSpan(c.Text))
			}
		}
		switch {
		case !b.Traced:
		case r.From.Row > 0:
			cells = append(cells, r.From.String())
		default:
			cells = append(cells, "")
		}
		m.row(append(cells, cellSpan(r.Events))...)
	}
	m.WriteByte('\n')
}

func (m *markdown) record(p page) {
	m.heading(3, "Record")
	for _, f := range p.Facts {
		m.item(span(f.Name) + ": " + span(flat(f.Value)))
	}
	m.end(len(p.Facts), "")
	for _, a := range p.Approvals {
		m.item("approved by " + span(a.Name) + ", " + a.Time + ", " + a.Actions + ": " + span(a.Reason) + ", key " + span(a.Key))
	}
	m.end(len(p.Approvals), "")
	for _, h := range p.Hashes {
		m.item(span(strings.TrimSpace(h.What+" "+h.Path)) + ": " + span(h.Hash))
	}
	m.end(len(p.Hashes), p.MoreFiles)
	m.para("The last entry of this run is number " + p.Head.Sequence + " of " + span(p.Head.File) + ", with the hash")
	m.para(span(p.Head.Hash))
	m.para("`tabletop verify` checks that every entry up to this one is what was written.")
}

// The pieces.

func (m *markdown) heading(level int, text string) {
	fmt.Fprintf(m, "%s %s\n\n", strings.Repeat("#", level), text)
}

func (m *markdown) para(text string) {
	if text != "" {
		m.WriteString(text + "\n\n")
	}
}

func (m *markdown) item(text string) { m.WriteString("- " + text + "\n") }

func (m *markdown) fact(name, value string) {
	if value != "" {
		m.item(name + ": " + span(flat(value)))
	}
}

func (m *markdown) more(text string) {
	if text != "" {
		m.para(text + ".")
	}
}

// end closes a list that has items.
func (m *markdown) end(items int, more string) {
	if items > 0 {
		m.WriteByte('\n')
	}
	m.more(more)
}

func (m *markdown) table(header []string) {
	m.row(header...)
	m.WriteString(strings.Repeat("|---", len(header)) + "|\n")
}

func (m *markdown) row(cells ...string) { m.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

// fence writes a text whose lines are meant.
func (m *markdown) fence(text string) {
	if text == "" {
		return
	}
	marks := strings.Repeat("`", max(3, longest(text)+1))
	m.WriteString(marks + "\n" + text + "\n" + marks + "\n\n")
}

// span writes a text of one line as code.
func span(text string) string {
	if text == "" {
		return ""
	}
	marks := strings.Repeat("`", longest(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.TrimSpace(text) != text {
		text = " " + text + " "
	}
	return marks + text + marks
}

// cellSpan is span within a table, where a bar would end the cell; systems differ
// in what a backslash before one does.
func cellSpan(text string) string { return span(strings.ReplaceAll(text, "|", `\x7c`)) }

// longest is the length of the longest run of backticks.
func longest(text string) int {
	most, run := 0, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		most = max(most, run)
	}
	return most
}

// flat puts lines into one.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }
