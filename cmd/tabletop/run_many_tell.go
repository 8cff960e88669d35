package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// tell says in one of the forms what came of several workbooks.
func (r *rehearsal) tell(c *console, now time.Time, from string, list []*rehearsedWorkbook, shared []sharedTarget) error {
	switch r.output {
	case "json":
		c.json(severalJSON(now, list, shared))
	case "junit":
		c.line(severalJUnit(list))
	case "sarif":
		root, err := os.Getwd()
		if err != nil {
			return nothingRan(err)
		}
		c.json(findings.SARIF(mistakesOf(list), version(), root))
	default:
		c.several(now, from, list, shared)
	}
	return nil
}

// shownShared bounds the shared targets that are shown.
const shownShared = 20

// several shows what came of several workbooks, one line each.
func (c *console) several(now time.Time, from string, list []*rehearsedWorkbook, shared []sharedTarget) {
	c.line(c.strong(plural(len(list), "workbook", "workbooks")), "; nothing is sent")
	if !now.IsZero() {
		c.para("the clock stands at " + now.UTC().Format(time.RFC3339) + ", " + from)
	}
	c.line()
	g := grid{header: []string{"workbook", "run", "rows", "signals", "DNIF", "protected", "invalid", "time"}, right: []bool{false, true, true, true, true, true, true, true}}
	folder := commonFolder(list)
	for _, w := range list {
		name := clean(strings.TrimPrefix(w.Path, folder))
		cells := []string{name, "–", "–", "–", "–", "–", "–", "–"}
		if w.Run > 0 {
			cells = []string{name, strconv.FormatInt(w.Run, 10), some(w.Rows), some(w.Signals), some(w.WouldSend), some(w.Protected), some(w.Invalid), fmt.Sprintf("%.2f s", w.Seconds)}
		}
		g.rows = append(g.rows, cells)
	}
	c.draw(g, "")
	for _, w := range list {
		if w.Error != "" {
			c.line()
			c.line(clean(w.Path), ": ", c.red(ending(w)))
			c.warningLines(w.Error)
		}
	}
	if len(shared) > 0 {
		c.line()
		c.line(c.strong("targets of several workbooks"))
	}
	for _, s := range shared[:min(len(shared), shownShared)] {
		c.wrapped(s.Type + " " + s.Target + ": " + strings.Join(s.Workbooks, ", "))
	}
	if more := len(shared) - shownShared; more > 0 {
		c.line(indent, indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
}

// commonFolder is the folder in which all workbooks lie, with a slash behind it, or
// nothing.
func commonFolder(list []*rehearsedWorkbook) string {
	folder := path.Dir(list[0].Path) + "/"
	for _, w := range list[1:] {
		for folder != "" && !strings.HasPrefix(w.Path, folder) {
			cut := strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')
			folder = folder[:cut+1]
		}
	}
	return folder
}

// ending says how a workbook ended that did not end well.
func ending(w *rehearsedWorkbook) string {
	if w.failed != nil {
		return "completed, and"
	}
	return w.Status
}

// warningLines writes an error's lines, as they are laid out.
func (c *console) warningLines(text string) {
	for _, line := range strings.Split(cleanLines(text), "\n") {
		c.line("  ", line)
	}
}

// The object that run -o json prints for several workbooks.
type severalObject struct {
	Now       string               `json:"now"`
	Workbooks []*rehearsedWorkbook `json:"workbooks"`
	Shared    []sharedTarget       `json:"shared_targets"`
}

func severalJSON(now time.Time, list []*rehearsedWorkbook, shared []sharedTarget) severalObject {
	o := severalObject{Workbooks: notNil(list), Shared: shared}
	if !now.IsZero() {
		o.Now = now.UTC().Format(time.RFC3339Nano)
	}
	return o
}

// severalJUnit is JUnit's report, a case each workbook.
func severalJUnit(list []*rehearsedWorkbook) string {
	suite := junitSuite{Name: "workbooks"}
	for _, w := range list {
		one := junitCase{Name: clean(w.Path), Class: clean(w.Workbook), Seconds: fmt.Sprintf("%.3f", w.Seconds)}
		switch {
		case w.err != nil:
			one.Error = &junitStory{Message: w.Status, Text: cleanLines(w.Error)}
		case w.failed != nil:
			one.Failure = &junitStory{Message: ending(w), Text: cleanLines(w.Error)}
		}
		suite.add(one, w.Seconds)
	}
	return junitReport([]junitSuite{suite})
}

// mistakesOf are the mistakes in workbooks that could not be run, each in its
// place, and what else did not end well, in the workbook's file.
func mistakesOf(list []*rehearsedWorkbook) source.Problems {
	var out source.Problems
	for _, w := range list {
		var mistakes source.Problems
		switch {
		case w.Error == "":
		case errors.As(w.err, &mistakes):
			out = append(out, mistakes...)
		default:
			file := w.Path
			if w.ready != nil {
				file = w.ready.file
			}
			out = append(out, source.Problem{Place: source.Place{File: file, Line: 1}, Message: w.Error})
		}
	}
	return out.Distinct()
}
