package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tabletop/workbook/scenario"
)

// shownDifferences is how many differences of a test are shown; -o json holds
// more.
const shownDifferences = 40

// trial shows a test that ran.
func (c *console) trial(t *trial) {
	word := c.green("ok")
	if !t.passed() {
		word = c.red("FAIL")
	}
	for i, part := range wrap(clean(t.test.Name.Value), c.width-8) {
		if i == 0 {
			c.line("  ", word, strings.Repeat(" ", 6-len(verdictOf(t))), part)
			continue
		}
		c.line("        ", part)
	}
	if t.mistake != nil {
		for _, line := range strings.Split(cleanLines(describe(t.mistake)), "\n") {
			for _, part := range wrapHanging("    "+line, c.width) {
				c.line("    ", part)
			}
		}
		return
	}
	c.differences(t.differences)
}

func verdictOf(t *trial) string {
	if t.passed() {
		return "ok"
	}
	return "FAIL"
}

// differences draws a table for each part of the run that came otherwise.
func (c *console) differences(list []scenario.Difference) {
	more := len(list) - shownDifferences
	list = list[:min(len(list), shownDifferences)]
	for i := 0; i < len(list); {
		where := list[i].Where
		g := grid{header: []string{"row", "what", "expected", "got"}, right: []bool{true, false, false, false}, whole: []int{0}}
		long := []scenario.Difference{}
		for ; i < len(list) && list[i].Where == where; i++ {
			d := list[i]
			row := "–"
			if d.Row > 0 {
				row = strconv.Itoa(d.Row)
			}
			g.rows = append(g.rows, []string{row, clean(d.What), clean(d.Expected), clean(d.Got)})
			long = append(long, d)
		}
		c.line("        ", c.strong(clean(where)))
		if tooLong(g, c.width-10) {
			c.longDifferences(long)
			continue
		}
		c.draw(g, "          ")
	}
	if more > 0 {
		c.line("        ", c.faint(fmt.Sprintf("… and %d more; -o json has them all", more)))
	}
}

// tooLong reports whether cells would be cut, of which the end may be what
// differs.
func tooLong(g grid, room int) bool {
	total := len(gap) * (len(g.header) - 1)
	widths, _ := fit(g, 1<<20)
	for _, width := range widths {
		total += width
	}
	return total > room
}

// longDifferences writes each difference over lines of its own.
func (c *console) longDifferences(list []scenario.Difference) {
	for _, d := range list {
		head := clean(d.What)
		if d.Row > 0 {
			head = fmt.Sprintf("row %d, %s", d.Row, head)
		}
		c.line("          ", head)
		c.aside("            expected  ", clean(d.Expected))
		c.aside("            got       ", clean(d.Got))
	}
}

// aside writes a text behind a lead, what goes on below it under its beginning.
func (c *console) aside(lead, text string) {
	width := ansi.StringWidth(lead)
	for i, part := range wrap(text, c.width-width) {
		if i > 0 {
			lead = strings.Repeat(" ", width)
		}
		c.line(lead, part)
	}
}

// trials ends the output of tests.
func (c *console) trials(list []*trial, form string) {
	switch form {
	case "json":
		c.json(trialsJSON(list))
	case "junit":
		c.line(trialsJUnit(list))
	default:
		c.line()
		for _, w := range coverageOf(list) {
			c.coverage(w)
		}
		passed := 0
		for _, t := range list {
			if t.passed() {
				passed++
			}
		}
		text := fmt.Sprintf("%s, %d passed", plural(len(list), "test", "tests"), passed)
		if failed := len(list) - passed; failed > 0 {
			text += ", " + c.red(fmt.Sprintf("%d failed", failed))
		}
		c.line(text)
	}
}
