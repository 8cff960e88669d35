package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// diffRuns compares two runs by their records.
func diffRuns(a, b audit.Run) diffObject {
	o := diffObject{
		Runs: [2]int64{a.Number, b.Number}, Workbooks: [2]string{a.Workbook.Name, b.Workbook.Name},
		Blocked: []targetDiff{}, Spared: []targetDiff{}, Otherwise: []targetDiff{},
		Blocks: []blockDiff{}, Texts: []textDiff{}, Notes: []string{},
		Parameters: valuesDiff(a.Parameters, b.Parameters), Terms: valuesDiff(termsOf(a), termsOf(b)), Files: filesDiff(a.Files, b.Files),
	}
	for _, run := range []audit.Run{a, b} {
		if run.Purged > 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("%s of run %d were purged", plural(run.Purged, "entry", "entries"), run.Number))
		}
		if run.Status != workbook.Completed {
			o.Notes = append(o.Notes, fmt.Sprintf("run %d is %s: what comes behind its block %d is not known", run.Number, run.Status, len(run.Blocks)))
		}
		if len(run.Called) > 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("run %d calls workbooks: of their blocks the actions and texts are compared, not the rows", run.Number))
		}
		if len(run.Blocks) == 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("run %d, of mode %s, ran no blocks", run.Number, run.Mode))
		}
	}
	o.targets(a, b)
	o.blocks(a, b)
	o.texts(a, b)
	return o
}

// wouldBlock says of a verdict that the target is blocked, or would be.
func wouldBlock(v workbook.Verdict) bool {
	return v == workbook.WouldSend || v == workbook.Sent || v == workbook.Unknown
}

// saidByTarget gathers what a run says of each target. Of several actions that weighs
// which would block it, else the first.
func saidByTarget(run audit.Run) (map[[3]string]workbook.Action, [][3]string) {
	of := map[[3]string]workbook.Action{}
	var order [][3]string
	for _, a := range run.Actions {
		target := cmp.Or(a.Canonical, a.Target)
		if a.Type == "none" && a.Request != nil {
			target = a.Request.URL + " " + oneLine(a.Request.Body)
		}
		key := [3]string{a.Integration, a.Type, target}
		known, ok := of[key]
		if !ok {
			order = append(order, key)
		}
		if !ok || wouldBlock(a.Verdict) && !wouldBlock(known.Verdict) {
			of[key] = a
		}
	}
	return of, order
}

// targets compares what the runs say of each target.
func (o *diffObject) targets(a, b audit.Run) {
	before, order := saidByTarget(a)
	after, more := saidByTarget(b)
	one := func(run audit.Run, of map[[3]string]workbook.Action, key [3]string) (*saidOfOne, bool) {
		act, ok := of[key]
		if !ok {
			return nil, false
		}
		id := audit.ID{Run: cmp.Or(act.Run, run.Number), Action: act.Number}
		return &saidOfOne{id.String(), string(act.Verdict), act.Reason, act.Rule}, wouldBlock(act.Verdict)
	}
	for _, key := range more {
		if _, known := before[key]; !known {
			order = append(order, key)
		}
	}
	for _, key := range order {
		t := targetDiff{Integration: key[0], Type: key[1], Target: key[2]}
		var was, is bool
		t.Before, was = one(a, before, key)
		t.After, is = one(b, after, key)
		switch {
		case was && is:
			o.Both++
		case is:
			o.Blocked = append(o.Blocked, t)
		case was:
			o.Spared = append(o.Spared, t)
		case t.Before == nil || t.After == nil || t.Before.Verdict != t.After.Verdict || t.Before.Rule != t.After.Rule:
			o.Otherwise = append(o.Otherwise, t)
		}
	}
}

// termsOf lists what a run hangs on beside texts and files.
func termsOf(run audit.Run) map[string]string {
	out := map[string]string{
		"the clock": run.Now.UTC().Format(time.RFC3339Nano), "the zone": run.Zone, "the mode": run.Mode, "the program's version": run.Version,
		"the folder of events": run.Events,
	}
	if t := run.Terms; t != nil {
		out["--window"], out["--tz"], out["--sources"], out["--stores"] = t.Window, t.Zone, t.Sources, t.Stores
		out["--max-rows"], out["--year"], out["--strict"] = strconv.Itoa(t.MaxRows), strconv.Itoa(t.Year), strconv.FormatBool(t.Strict)
		for _, s := range t.StoreStates {
			out["the event store "+s.Name] = fmt.Sprintf("%s, written %s", plural(s.Rows, "row", "rows"), atSecond(s.Updated))
		}
	}
	return out
}

func valuesDiff(a, b map[string]string) []valueDiff {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	out := []valueDiff{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		before, was := a[name]
		after, is := b[name]
		if before != after || was != is {
			out = append(out, valueDiff{name, before, after})
		}
	}
	return out
}

// filesDiff compares files by their roots.
func filesDiff(a, b []workbook.EventFile) []fileDiff {
	out := []fileDiff{}
	key := func(f workbook.EventFile) string {
		if f.Kind == "" {
			return events.NameInside(f.Path)
		}
		return f.Kind + " " + f.Path
	}
	after := map[string]workbook.EventFile{}
	for _, f := range b {
		after[key(f)] = f
	}
	known := map[string]bool{}
	for _, f := range a {
		known[key(f)] = true
		g, ok := after[key(f)]
		d := fileDiff{File: f.Path, What: "changed", Bytes: [2]int64{f.Bytes, g.Bytes}, Events: [2]int64{f.Events, g.Events}, Root: [2]string{f.Root, g.Root}}
		if !ok {
			d.What = "removed"
		}
		if !ok || f.Root != g.Root {
			out = append(out, d)
		}
	}
	for _, g := range b {
		if !known[key(g)] {
			out = append(out, fileDiff{File: g.Path, What: "added", Bytes: [2]int64{0, g.Bytes}, Events: [2]int64{0, g.Events}, Root: [2]string{"", g.Root}})
		}
	}
	return out
}

// texts compares the workbook outside of its blocks, the integrations and the
// guard.
func (o *diffObject) texts(a, b audit.Run) {
	document := func(name string, x, y *audit.Document) {
		if x == nil {
			x = &audit.Document{}
		}
		if y == nil {
			y = &audit.Document{}
		}
		o.text(name, *x, *y)
	}
	bookA, bookB := audit.Document{Text: outsideBlocks(a.Workbook.Text), Digest: a.Workbook.Digest}, audit.Document{Text: outsideBlocks(b.Workbook.Text), Digest: b.Workbook.Digest}
	inBlocks := slices.ContainsFunc(o.Blocks, func(d blockDiff) bool { return len(d.Lines) > 0 })
	switch {
	case a.Workbook.Text == nil || b.Workbook.Text == nil || !bytes.Equal(bookA.Text, bookB.Text):
		o.text("the workbook, beside its blocks", bookA, bookB)
	case a.Workbook.Digest != b.Workbook.Digest && !inBlocks: // comments, keys beside a block
		bookA.Text, bookB.Text = a.Workbook.Text, b.Workbook.Text
		o.text("the workbook", bookA, bookB)
	}
	for _, path := range calledPaths(a, b) {
		document("the called workbook "+path, calledAt(a, path), calledAt(b, path))
	}
	document("the integrations", a.Integrations, b.Integrations)
	document("the guard", a.Guard, b.Guard)
}

// calledPaths lists the files of the workbooks that two runs called.
func calledPaths(a, b audit.Run) (paths []string) {
	for _, d := range slices.Concat(a.Called, b.Called) {
		if !slices.Contains(paths, d.Path) {
			paths = append(paths, d.Path)
		}
	}
	return paths
}

func calledAt(run audit.Run, path string) *audit.Document {
	i := slices.IndexFunc(run.Called, func(d audit.Document) bool { return d.Path == path })
	if i < 0 {
		return nil
	}
	return &run.Called[i]
}

// text compares two texts, either of which may be gone.
func (o *diffObject) text(name string, a, b audit.Document) {
	if a.Digest == b.Digest {
		return
	}
	d := textDiff{Name: name, SHA256: [2]string{a.Digest, b.Digest}, Lines: []string{}}
	switch {
	case a.Digest == "":
		d.Note = "there was none before"
	case b.Digest == "":
		d.Note = "there is none any more"
	case a.Text == nil || b.Text == nil:
		d.Note = "a text of the two was purged"
	default:
		d.Lines = lineDiff(a.Text, b.Text)
	}
	o.Texts = append(o.Texts, d)
}

// outsideBlocks is a workbook's text without its blocks: the lines from blocks:
// up to the next key. A text that is gone stays nil.
func outsideBlocks(text []byte) []byte {
	if text == nil {
		return nil
	}
	out := []byte{}
	inside := false
	for _, line := range bytes.SplitAfter(text, []byte("\n")) {
		if len(line) > 0 && !strings.ContainsRune(" \t-#\r\n", rune(line[0])) {
			inside = bytes.HasPrefix(line, []byte("blocks:"))
		}
		if !inside {
			out = append(out, line...)
		}
	}
	return out
}
