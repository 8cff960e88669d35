package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/message"
	"tabletop/workbook"
	"tabletop/workbook/prose"
)

// What a run shows is bounded: a screen of rows and of actions a block. All of
// them stand in -o json and in the audit.
const (
	shownRows     = 20
	shownActions  = 20
	shownSignals  = 20
	shownEvidence = 3
	shownText     = 1000
)

const indent = "    "

// opening tells what is about to run.
func (c *console) opening(b *bench, info workbook.Info) {
	w := info.Workbook
	c.line(c.strong(clean(w.Name)), c.faint(fmt.Sprintf("  %s, %s", clean(w.Folder), stage(w.Stage))))
	c.para("rehearsal of " + w.Path + "; nothing is sent")
	var count, files int64
	for _, f := range info.Files {
		if f.Kind == "" {
			count, files = count+f.Events, files+1
		}
	}
	c.para(b.set.Path + ": " + plural(count, "event", "events") + " in " + plural(files, "file", "files"))
	c.para("the clock stands at " + info.Now.In(info.Zone).Format(time.RFC3339) + ", " + info.NowSource)
	for _, name := range slices.Sorted(maps.Keys(info.Parameters)) {
		c.para("{" + name + "} is " + info.Parameters[name])
	}
	c.warnings(info.Warnings)
}

// para writes a sentence over as many lines as it needs.
func (c *console) para(text string) {
	for _, line := range wrap(clean(text), c.width) {
		c.line(line)
	}
}

// fact writes a line that names things whole: what is too long goes on below.
func (c *console) fact(parts ...string) {
	for _, line := range wrapHanging(clean(strings.Join(parts, "")), c.width) {
		c.line(line)
	}
}

func stage(s string) string {
	if s == "" {
		return "no stage"
	}
	return "stage " + s
}

// warnings writes warnings, wrapped.
func (c *console) warnings(list []string) {
	for _, text := range list {
		head := c.yellow("warning") + "  "
		for _, line := range strings.Split(cleanLines(text), "\n") {
			for _, part := range wrap(line, c.width-9) {
				c.line(head, part)
				head = strings.Repeat(" ", 9)
			}
		}
	}
}

// block shows a block that ran: its kind, its text and what it did.
func (c *console) block(done workbook.BlockResult) { c.blockAt("", done) }

// blockAt shows a block with its number behind that of the block that called its
// workbook.
func (c *console) blockAt(above string, done workbook.BlockResult) {
	b := done.Block
	place := above + strconv.Itoa(b.Index)
	title := place + "  " + b.Kind.Name
	if b.ID != "" {
		title += "  " + clean(b.ID)
	}
	c.line()
	c.line(c.strong(title))
	c.prose(b.Note)
	if b.Kind.Name == "text" {
		c.markdown(b.Text())
	} else {
		c.written(b.Text())
	}
	c.outcome(place, done)
}

// outcome shows what the block at a place did.
func (c *console) outcome(place string, done workbook.BlockResult) {
	b := done.Block
	c.warnings(done.Output.Warnings)
	if called := done.Output.Called; called != nil {
		c.called(place, done)
	}
	switch {
	case done.Failed != nil:
		c.line(indent, c.red("failed"), " ", cleanLines(describe(done.Failed)))
	case len(done.Output.Actions) > 0:
		c.actions(done)
	case b.Kind.Name == "signal":
		c.signals(done)
	case b.Kind.Name == "call":
		c.line(indent, fmt.Sprintf("%s passed on, in %.3f s", plural(len(done.Output.Table.Rows), "row", "rows"), done.Seconds))
	case b.Kind.Name == "visual":
		c.chart(done)
	case !b.Kind.Silent:
		c.rows(done)
	}
	for _, change := range done.Output.Stores {
		c.wrapped(changed(change))
	}
	c.guesses(done.Guesses)
}

// written shows the text of a block as it stands in the workbook.
func (c *console) written(text string) {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		for _, part := range wrap(clean(line), c.width-4) {
			c.line("  ", c.faint("| "), part)
		}
	}
}

// markdown shows the text of a block that explains.
func (c *console) markdown(text string) {
	for _, line := range prose.Lines(text, c.width-2, prose.Style{Strong: c.strong, Faint: c.faint, Clean: clean}) {
		c.line(strings.TrimRight("  "+line, " "))
	}
}

// prose writes a remark of the author, wrapped.
func (c *console) prose(text string) {
	if text == "" {
		return
	}
	for _, line := range strings.Split(cleanLines(strings.TrimSpace(text)), "\n") {
		for _, part := range wrap(line, c.width-2) {
			c.line("  ", part)
		}
	}
}

func (c *console) rows(done workbook.BlockResult) {
	t := done.Output.Table
	if len(t.Rows) > 0 {
		c.preview(gridOf(t, shownRows), len(t.Rows), shownRows, indent)
	}
	c.line(indent, fmt.Sprintf("%s in %.3f s", plural(len(t.Rows), "record", "records"), done.Seconds), c.faint(dropped(done)))
}

// dropped tells how many rows did not pass a block that works on rows.
func dropped(done workbook.BlockResult) string {
	if done.Block.Kind.Name != "code" || done.RowsIn <= len(done.Output.Table.Rows) {
		return ""
	}
	return fmt.Sprintf(", of %d that came in", done.RowsIn)
}

func (c *console) signals(done workbook.BlockResult) {
	raised := workbook.Coalesce(nil, done.Output.Signals)
	g := grid{header: []string{"signal", "severity", "target", "suspect"}, right: make([]bool, 4), whole: []int{2, 3}}
	for _, s := range raised[:min(len(raised), shownSignals)] {
		name := clean(s.Name)
		if s.Occurrences > 1 {
			name += fmt.Sprintf(" (%d times)", s.Occurrences)
		}
		g.rows = append(g.rows, []string{name, s.Severity, pairs(s.Target), pairs(s.Suspect)})
	}
	if len(raised) > 0 {
		c.draw(g, indent)
	}
	if more := len(raised) - shownSignals; more > 0 {
		c.line(indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
	c.line(indent, fmt.Sprintf("%s raised, %s passed on, in %.3f s",
		plural(len(raised), "signal", "signals"), plural(len(done.Output.Table.Rows), "row", "rows"), done.Seconds))
}

// pairs writes a target or a suspect.
func pairs(fields map[string]string) string {
	if len(fields) == 0 {
		return "–"
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, key+" "+clean(fields[key]))
	}
	return strings.Join(out, ", ")
}

// actions shows what a trigger would do, an action at a time.
func (c *console) actions(done workbook.BlockResult) {
	list := done.Output.Actions
	common := sharedHead(list)
	if common != nil {
		c.head(*common)
	}
	for _, a := range list[:min(len(list), shownActions)] {
		var e workbook.Evidence
		if rows := done.Output.Table.Rows; a.Row > 0 && a.Row <= len(rows) {
			e = rows[a.Row-1].Evidence
		}
		c.action(a, e, common == nil)
	}
	if more := len(list) - shownActions; more > 0 {
		c.line(indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
	c.line(indent, fmt.Sprintf("%s in %.3f s", plural(len(list), "action", "actions"), done.Seconds))
}

// verdict colours a verdict by what it means for the reader.
func (c *console) verdict(v workbook.Verdict) string {
	text := string(v)
	switch v {
	case workbook.WouldSend, workbook.Sent:
		return c.green(text)
	case workbook.Deduplicated, workbook.NeedsApproval, workbook.Unknown, workbook.Undone:
		return c.yellow(text)
	}
	return c.red(text)
}

// action shows one request with its two answers, its reason and the events
// behind it.
func (c *console) action(a workbook.Action, e workbook.Evidence, withHead bool) {
	number, target := fmt.Sprintf("a%d", a.Number), clean(a.Target)
	if a.Target == "" {
		c.line(indent, c.strong(number), gap, c.verdict(a.Verdict), gap, "target ", clean(a.Type))
		c.actionDetails(a, e, withHead)
		return
	}
	head := len(indent+number+string(a.Verdict)+a.Type) + 2*len(gap) + 1
	if head+ansi.StringWidth(target) <= c.width {
		c.line(indent, c.strong(number), gap, c.verdict(a.Verdict), gap, clean(a.Type), " ", c.strong(target))
	} else {
		c.line(indent, c.strong(number), gap, c.verdict(a.Verdict), gap, clean(a.Type))
		c.wrapped(a.Target)
	}
	c.actionDetails(a, e, withHead)
}

// actionDetails are the lines below an action's first.
func (c *console) actionDetails(a workbook.Action, e workbook.Evidence, withHead bool) {
	c.wrapped(strings.TrimSpace(a.Reason))
	if a.Rule != "" {
		c.wrapped("rule " + a.Rule)
	}
	if a.DNIF != workbook.DNIFAnswer(a.Verdict) {
		c.wrapped(dnifSays(a.DNIF))
	}
	if a.Request != nil && a.Verdict != workbook.Deduplicated {
		if withHead {
			c.head(*a.Request)
		}
		for _, line := range bodyLines(*a.Request) {
			c.wrapped(line)
		}
	}
	if a.Response != nil && a.Verdict != workbook.Deduplicated {
		c.wrapped(fmt.Sprintf("simulated answer %d  %s", a.Response.Status, oneLine(a.Response.Body)))
	}
	if text := because(e); text != "" {
		c.wrapped(text)
	}
}

// dnifSays words DNIF's answer where it differs from the verdict.
func dnifSays(d workbook.DNIFAnswer) string {
	switch d {
	case workbook.DNIFWouldSend:
		return "DNIF itself would send this request"
	case workbook.DNIFNoRequest:
		return "DNIF itself would send nothing"
	}
	return "what DNIF does with such a row is not published"
}

// wrapped writes a text under an action.
func (c *console) wrapped(text string) {
	if text == "" {
		return
	}
	if len(text) > shownText {
		text = ansi.Truncate(clean(text), shownText, "…") + fmt.Sprintf(" (%d bytes)", len(text))
	}
	for i, line := range wrap(clean(text), c.width-len(indent+indent)-2) {
		lead := indent + indent
		if i > 0 {
			lead += "  "
		}
		c.line(lead, line)
	}
}

// sharedHead returns the request whose method, URL and headers all requests of
// a block have, so that they are shown once; nil where they differ.
func sharedHead(list []workbook.Action) *workbook.Request {
	var first *workbook.Request
	for _, a := range list {
		switch r := a.Request; {
		case r == nil:
		case first == nil:
			first = r
		case r.Method != first.Method || r.URL != first.URL || !maps.Equal(r.Headers, first.Headers):
			return nil
		}
	}
	return first
}

// head writes what goes before a request's body.
func (c *console) head(r workbook.Request) {
	c.wrapped(r.Method + " " + r.URL)
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		c.wrapped(name + ": " + r.Headers[name])
	}
}

// bodyLines are the lines in which a request's body is shown: one, or for an
// e-mail what its reader sees.
func bodyLines(r workbook.Request) []string {
	if r.Method == delivery.MethodMail {
		if read, err := message.Read(r.Body); err == nil {
			return read.Lines()
		}
	}
	return []string{oneLine(r.Body)}
}

// oneLine puts a body that is laid out over lines into one.
func oneLine(body string) string { return strings.Join(strings.Fields(body), " ") }

// because names the events behind a row.
func because(e workbook.Evidence) string {
	switch {
	case e.Unknown != "":
		return "events behind it: not known, " + e.Unknown
	case e.Events == 0:
		return ""
	}
	var at []string
	for _, p := range e.First[:min(len(e.First), shownEvidence)] {
		at = append(at, fmt.Sprintf("%s:%d", p.File, p.Line))
	}
	text := "because of " + plural(e.Events, "event", "events") + ": " + strings.Join(at, ", ")
	if e.Events > int64(len(at)) {
		text += ", …"
	}
	return text
}

// closing totals the run.
func (c *console) closing(r workbook.Result, held writings) {
	c.line()
	t := r.Totals
	so := ""
	if r.Status != workbook.Completed {
		so = " by the blocks that ran"
	}
	c.line(c.strong(fmt.Sprintf("DNIF would send %s%s, %d to protected targets", plural(t.DNIFWouldSend, "request", "requests"), so, t.Protected)))
	for _, v := range workbook.Verdicts {
		if n := t.ByVerdict[v]; n > 0 {
			c.line(fmt.Sprintf("%4d", n), "  ", c.verdict(v))
		}
	}
	c.writings(held, r.Status == workbook.Completed)
	if r.Status != workbook.Completed {
		c.line(c.red("the run " + ended(r.Status)))
	}
	if r.Head.Hash == "" {
		return
	}
	c.line(fmt.Sprintf("run %d is entry %d of %s, whose head is", r.Run, r.Head.Sequence, clean(r.Head.File)))
	c.line(r.Head.Hash)
}

func ended(status string) string {
	if status == workbook.Interrupted {
		return "was interrupted"
	}
	return status
}
