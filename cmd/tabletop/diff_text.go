package main

import (
	"fmt"
	"strings"
)

// What is shown of a diff is bounded; more stands in -o json.
const (
	shownTargetDiffs = 50
	shownDiffRows    = 3
)

// diff prints what two runs differ in.
func (c *console) diff(o diffObject) {
	books := o.Workbooks[0]
	if o.Workbooks[1] != books {
		books += " and " + o.Workbooks[1]
	}
	c.paragraph("", clean(fmt.Sprintf("runs %d and %d, of %s", o.Runs[0], o.Runs[1], books)))
	c.line()
	c.targetDiffs(o, fmt.Sprintf("would be blocked in run %d, and not in run %d", o.Runs[1], o.Runs[0]), o.Blocked)
	c.targetDiffs(o, fmt.Sprintf("would be blocked in run %d, and not in run %d", o.Runs[0], o.Runs[1]), o.Spared)
	if len(o.Otherwise) > 0 {
		c.targetDiffs(o, "blocked in neither, for other reasons", o.Otherwise)
	}
	c.line(plural(o.Both, "target", "targets"), " would be blocked in both")
	for _, b := range o.Blocks {
		c.line()
		c.blockDiff(b)
	}
	for _, t := range o.Texts {
		c.line()
		c.line(c.strong(t.Name + " changed"))
		if t.Note != "" {
			c.line("  ", t.Note)
		}
		c.diffLines(t.Lines)
	}
	c.valueDiffs("parameters", o.Parameters)
	c.valueDiffs("circumstances", o.Terms)
	c.fileDiffs(o.Files)
	if len(o.Blocks)+len(o.Texts)+len(o.Parameters)+len(o.Terms)+len(o.Files) == 0 {
		c.line("workbook, integrations, guard, events, clock and rows are the same")
	}
	if len(o.Notes) > 0 {
		c.line()
	}
	for _, note := range o.Notes {
		c.paragraph("note: ", clean(note))
	}
}

func (c *console) targetDiffs(o diffObject, title string, list []targetDiff) {
	if len(list) == 0 {
		c.line(c.strong("nothing "), title)
		return
	}
	c.line(c.strong(fmt.Sprintf("%d ", len(list))), title)
	for _, t := range list[:min(len(list), shownTargetDiffs)] {
		c.paragraph("  ", clean(t.Type+" "+targetName(t.Target)+"  through "+t.Integration))
		c.saidIn(o.Runs[0], t.Target, t.Before)
		c.saidIn(o.Runs[1], t.Target, t.After)
	}
	if more := len(list) - shownTargetDiffs; more > 0 {
		c.line(fmt.Sprintf("  … and %d more, in -o json", more))
	}
}

// targetName is a target, of which an action that could not be filled has none.
func targetName(target string) string {
	if target == "" {
		return "without a target"
	}
	return target
}

// saidIn tells what a run says of a target.
func (c *console) saidIn(run int64, target string, s *saidOfOne) {
	if s == nil && target == "" {
		c.line("      ", fmt.Sprintf("run %d: no such action", run))
		return
	}
	if s == nil {
		c.paragraph("      ", clean(fmt.Sprintf("run %d: no action; tabletop why-not %s --run %d", run, shellWord(target), run)))
		return
	}
	text := fmt.Sprintf("%s: %s", s.Action, s.Verdict)
	if s.Reason != "" {
		text += ", " + s.Reason
	}
	if s.Rule != "" {
		text += ", rule " + s.Rule
	}
	c.paragraph("      ", clean(text))
}

// shellWord writes a word so that a shell takes it as one.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:/@-", r)
	}
	if word != "" && word[0] != '-' && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (c *console) blockDiff(b blockDiff) {
	title := fmt.Sprintf("block %d (%s)", b.After, b.Kind)
	switch {
	case b.Before == 0:
		title += " is new"
	case b.After == 0:
		title = fmt.Sprintf("block %d (%s) is gone", b.Before, b.Kind)
	case b.Before != b.After:
		title += fmt.Sprintf(", which was block %d,", b.Before)
		fallthrough
	default:
		if len(b.Lines) > 0 {
			title += " changed"
		}
	}
	c.line(c.strong(clean(strings.TrimSuffix(title, ","))))
	c.diffLines(b.Lines)
	if b.Columns != "" {
		c.paragraph("  columns ", clean(b.Columns))
	}
	if b.Failed[0] != b.Failed[1] {
		c.paragraph("  error: ", clean(told(b.Failed[0])+" before, "+told(b.Failed[1])+" after"))
	}
	c.line(fmt.Sprintf("  %s before, %d after: %d vanished, %d appeared", plural(b.Rows[0], "row", "rows"), b.Rows[1], b.Gone.Count, b.Come.Count))
	c.diffRows("- ", b.Gone)
	c.diffRows("+ ", b.Come)
}

func (c *console) diffRows(sign string, d rowsDiff) {
	for _, row := range d.First[:min(len(d.First), shownDiffRows)] {
		c.paragraph("    "+sign, clean(row))
	}
	if more := d.Count - min(len(d.First), shownDiffRows); more > 0 {
		c.line("    ", sign, fmt.Sprintf("and %d more", more))
	}
}

// diffLines prints the lines of a diff, each wrapped behind its sign.
func (c *console) diffLines(lines []string) {
	for _, line := range lines {
		if line == "" || strings.HasPrefix(line, "@@") {
			continue
		}
		style := func(text string) string { return text }
		switch line[0] {
		case '-':
			style = c.red
		case '+':
			style = c.green
		}
		sign, text := line[:1], cleanTabs(line[1:])
		if !strings.Contains("-+ ", sign) {
			sign, text = " ", line
		}
		for _, part := range wrap(text, 80-4) {
			c.line(style("  " + sign + " " + part))
			sign = " "
		}
	}
}

// cleanTabs is clean for a line of a text in which tabs stand.
func cleanTabs(line string) string { return clean(strings.ReplaceAll(line, "\t", "    ")) }

func (c *console) valueDiffs(title string, list []valueDiff) {
	if len(list) == 0 {
		return
	}
	c.line()
	c.line(c.strong(title), " changed")
	for _, v := range list {
		c.paragraph("  ", clean(fmt.Sprintf("%s: %s before, %s after", v.Name, orNone(v.Before), orNone(v.After))))
	}
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func (c *console) fileDiffs(list []fileDiff) {
	if len(list) == 0 {
		return
	}
	c.line()
	c.line(c.strong("files"), " changed")
	for _, f := range list {
		text := fmt.Sprintf("%s %s: ", f.File, f.What)
		switch f.What {
		case "added":
			text += fmt.Sprintf("%d bytes, %d events", f.Bytes[1], f.Events[1])
		case "removed":
			text += fmt.Sprintf("%d bytes, %d events", f.Bytes[0], f.Events[0])
		default:
			text += fmt.Sprintf("%d bytes and %d events before, %d and %d after, with another hash", f.Bytes[0], f.Events[0], f.Bytes[1], f.Events[1])
		}
		c.paragraph("  ", clean(text))
	}
}
