package main

import (
	"fmt"
	"strings"

	"tabletop/blocks/query"
	"tabletop/workbook"
)

// Bounds on what the tree of why-not shows; all of it stands in -o json.
const (
	shownSightings  = 10
	shownNotActions = 10
	shownValues     = 8
)

// whyNot draws where a value was lost: the answer, where its events are, and block
// by block how far it came.
func (c *console) whyNot(o whyNotObject) branch {
	title := clean(o.What)
	if o.Value != o.What {
		title += clean(" (" + o.Value + ")")
	}
	root := branch{text: title + ": " + clean(o.Sentence), style: c.strong}
	if o.ActionsAlone {
		root.add(leaf(fmt.Sprintf("run %d of %s: %s; it runs no workbook, and its record does not name the run that does", o.Run, o.Workbook, o.Reason)))
		root.add(c.notActions(o)...)
		return root
	}
	of := leaf(fmt.Sprintf("run %d of %s, made again: %s", o.Run, o.Workbook, o.Reason))
	if o.Applied > 0 {
		of.add(leaf(fmt.Sprintf("run %d was given its plan", o.Applied)))
	}
	if o.Differs {
		of.add(c.gap(fmt.Sprintf("made again the run is not as it was recorded: tabletop replay %d tells where", o.Run)))
	}
	for _, text := range o.Changed {
		of.add(c.gap(text))
	}
	for _, text := range o.Assumed {
		of.add(leaf(text))
	}
	root.add(of, c.sighted(o))
	for _, b := range o.Blocks {
		if kid, ok := c.stopBranch(b, len(o.Events) == 0); ok {
			root.add(kid)
		}
	}
	root.add(c.notActions(o)...)
	return root
}

// sighted tells the events that hold the value.
func (c *console) sighted(o whyNotObject) branch {
	if len(o.Events) == 0 {
		return leaf("no event of any stream holds it")
	}
	b := leaf("events that hold it, of all time")
	if o.Within {
		b = leaf("no column of an event is it, but events have it within longer texts")
	}
	for _, s := range o.Events[:min(len(o.Events), shownSightings)] {
		kid := leaf(fmt.Sprintf("%s: %s%s", s.Stream, plural(s.Events, "event", "events"), inColumns(s.Example)))
		if s.Example != nil {
			kid.add(exampleLeaf("such as ", s.Example))
		}
		b.add(kid)
	}
	if more := len(o.Events) - shownSightings; more > 0 {
		b.add(leaf(fmt.Sprintf("and %s more", plural(more, "stream", "streams"))))
	}
	return b
}

func inColumns(e *query.TrailExample) string {
	if e == nil {
		return ""
	}
	var columns []string
	for _, v := range e.Values {
		if v.Held {
			columns = append(columns, v.Column)
		}
	}
	if len(columns) == 0 {
		return ""
	}
	return ", in " + strings.Join(columns, " and ")
}

// exampleLeaf tells an event with the values that matter.
func exampleLeaf(lead string, e *query.TrailExample) branch {
	where := "a row"
	if e.At != nil {
		where = fmt.Sprintf("%s:%d", e.At.File, e.At.Line)
	}
	return leaf(lead + where + ": " + trailValues(e.Values))
}

func trailValues(values []query.TrailValue) string {
	var parts []string
	for _, v := range values[:min(len(values), shownValues)] {
		parts = append(parts, v.Column+" "+shownCell(v.Value))
	}
	if more := len(values) - shownValues; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

// shownCell is a value in a line, cut where it is long.
func shownCell(v workbook.Value) string {
	text := cell(v)
	if len(text) > 200 {
		return strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

// stopBranch draws a block; a block that the value never came near, behind where
// it was lost, is left out.
func (c *console) stopBranch(b stopObject, absent bool) (branch, bool) {
	if b.Query == nil && b.RowsIn+b.RowsOut == 0 && b.Lost == "" && b.Note == "" {
		return branch{}, false
	}
	title := fmt.Sprintf("block %d %s", b.Block, b.Kind)
	if b.Depth > 0 {
		title = fmt.Sprintf("block %d %s of a called workbook", b.Block, b.Kind)
	}
	if b.ID != "" {
		title += " " + b.ID
	}
	kid := branch{text: clean(title), style: c.strong}
	for _, line := range trimmedLines(b.Text) {
		kid.add(more("| " + line))
	}
	if b.Query != nil {
		kid.add(c.trailBranches(b.Query)...)
	} else if b.RowsIn > 0 {
		kid.add(leaf(fmt.Sprintf("%s of it came in, %d went on", plural(b.RowsIn, "row", "rows"), b.RowsOut)))
	}
	if b.Statement != "" {
		kid.add(leaf(fmt.Sprintf("line %d: %s", b.Line, oneLine(b.Statement))))
	}
	if len(b.Before) > 0 {
		kid.add(leaf("before it: " + trailValues(b.Before)))
	}
	if len(b.After) > 0 {
		kid.add(leaf("behind it: " + trailValues(b.After)))
	}
	if b.Directive > 0 {
		kid.add(leaf(fmt.Sprintf("directive %d gives no row of it", b.Directive)))
	}
	if b.Note != "" {
		kid.add(leaf(b.Note))
	}
	if b.Lost != "" && !(absent && b.Lost == string(query.NotRead)) {
		lost := leaf("LOST HERE: " + b.Lost)
		if b.Lost == string(query.NotSelected) {
			lost = leaf("the rows go on without it: " + b.Lost)
		}
		lost.style = c.red
		kid.add(lost)
	}
	return kid, true
}

// trailBranches tell how far the value came through a query.
func (c *console) trailBranches(t *query.Trail) []branch {
	var out []branch
	for _, inner := range t.Inner {
		b := leaf("the SELECT in FROM")
		b.add(c.trailBranches(&inner)...)
		if inner.Lost != query.Came {
			lost := leaf("lost in it: " + string(inner.Lost))
			lost.style = c.red
			b.add(lost)
		}
		out = append(out, b)
	}
	for _, s := range t.Sources {
		text := fmt.Sprintf("%s: none of its events holds it", s.Reads)
		if s.Holds > 0 {
			text = fmt.Sprintf("%s: %s it, %d in the query's time, %s", s.Reads, plural(s.Holds, "event holds", "events hold"), s.Inside, s.Window)
		}
		out = append(out, leaf(text))
	}
	if len(t.Conditions) > 0 {
		b := leaf("of those, the conditions let through (together, alone)")
		for _, condition := range t.Conditions {
			kid := leaf(fmt.Sprintf("%d, %d  %s", condition.Together, condition.Alone, condition.Condition))
			if condition.Condition == t.At && condition.Line == t.Line && condition.Column == t.Column {
				kid.style = c.red
			}
			b.add(kid)
		}
		out = append(out, b)
	}
	if t.Lost == query.ByCondition && t.Line > 0 {
		out = append(out, leaf(fmt.Sprintf("it stands in line %d of the workbook", t.Line)))
	}
	if t.Example != nil && t.Lost != query.Came {
		out = append(out, exampleLeaf("such as ", t.Example))
	}
	for _, g := range t.Groups {
		b := leaf("a group of it: " + trailValues(g.Values))
		for _, condition := range g.Fails {
			b.add(leaf("fails HAVING " + condition))
		}
		out = append(out, b)
	}
	if t.Lost == query.ByLimit {
		out = append(out, leaf(limitSentence(t)))
	}
	if n := len(t.Rows); n > 0 {
		out = append(out, leaf(fmt.Sprintf("it went into %s", plural(n, "row", "rows"))))
	}
	if t.Unknown != "" {
		out = append(out, c.gap("not known: "+t.Unknown))
	}
	return out
}

// notActions tells the actions that are aimed at the value.
func (c *console) notActions(o whyNotObject) []branch {
	var out []branch
	for _, a := range o.Actions[:min(len(o.Actions), shownNotActions)] {
		b := branch{text: clean(fmt.Sprintf("action %s  %s  %s", a.Action, a.Verdict, a.Target)), style: c.verdictStyle(workbook.Verdict(a.Verdict))}
		for _, text := range []string{a.Reason, prefixed("rule ", a.Rule), a.Capped, prefixed("the request that it repeats: tabletop why ", a.SameAs), "through " + a.Integration} {
			if text != "" {
				b.add(leaf(text))
			}
		}
		if !o.Differs {
			b.add(leaf("tabletop why " + a.Action + " follows it back to its events"))
		}
		out = append(out, b)
	}
	if more := len(o.Actions) - shownNotActions; more > 0 {
		out = append(out, leaf(fmt.Sprintf("and %s more, in -o json", plural(more, "action", "actions"))))
	}
	return out
}
