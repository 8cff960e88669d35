package main

import (
	"fmt"
	"strings"
	"time"

	"tabletop/audit/reconcile"
)

// shownFindings is how many findings of a kind are told; -o json has them all.
const shownFindings = 50

// kindWords head the groups of findings.
var kindWords = map[reconcile.Kind]string{
	reconcile.Protected: "at a protected target", reconcile.Missing: "missing", reconcile.Unexpected: "unexpected",
	reconcile.Twice: "twice", reconcile.Gone: "expired or evicted", reconcile.There: "expected and there",
}

func (c *console) reconciled(d reconciled) {
	c.reportLine("action", d.actions)
	c.reportLine("signal", d.signals)
	for _, note := range d.notes {
		c.fact("note: ", note)
	}
	for _, report := range []*reconcile.Report{d.actions, d.signals} {
		if report == nil {
			continue
		}
		c.span(*report, d.within)
		for _, kind := range reconcile.Kinds {
			c.findings(kind, *report)
		}
	}
}

// reportLine tells a report in a line, and what it counted in another.
func (c *console) reportLine(what string, report *reconcile.Report) {
	if report == nil {
		return
	}
	var counts []string
	for _, kind := range reconcile.Kinds {
		counts = append(counts, fmt.Sprintf("%d %s", report.Count(kind), kind))
	}
	head := c.green("holds  ")
	if !report.Holds() {
		head = c.red("differs")
	}
	c.line(head, gap, strings.Join(counts, ", "))
	c.line("       ", gap, plural(report.Expected, what+" is", what+"s are"), " expected, ", plural(report.Found, "record was", "records were"), " found")
}

// span tells the time that was looked at.
func (c *console) span(report reconcile.Report, within time.Duration) {
	bound := func(t time.Time) string {
		if t.IsZero() {
			return "any time"
		}
		return t.UTC().Format(time.RFC3339)
	}
	apart := "any time apart"
	if within >= 0 {
		apart = "at most " + within.String() + " apart"
	}
	c.line()
	c.para("from " + bound(report.From) + " until " + bound(report.Until) + ", what belongs together " + apart)
}

// findings tells those of a kind.
func (c *console) findings(kind reconcile.Kind, report reconcile.Report) {
	count := report.Count(kind)
	if count == 0 {
		return
	}
	style := c.strong
	if !kind.Holds() {
		style = c.red
	}
	c.line()
	c.line(style(fmt.Sprintf("%s, %d", kindWords[kind], count)))
	shown := 0
	for _, f := range report.Findings {
		if f.Kind != kind {
			continue
		}
		if shown++; shown > shownFindings {
			c.line("  ", c.faint(fmt.Sprintf("… and %d more; -o json has them all", count-shownFindings)))
			return
		}
		c.found(f)
	}
}

// found tells one finding: its target, why, by whom it is expected and where it
// stands.
func (c *console) found(f reconcile.Finding) {
	c.fact("  ", f.Type, " ", f.Target)
	c.paragraph(indent+indent[:2], clean(f.Reason))
	if len(f.Expected) > 0 {
		c.paragraph(indent+indent[:2], "expected by "+clean(firstOf(f.Expected)))
	}
	if len(f.Found) > 0 {
		c.paragraph(indent+indent[:2], "found at "+clean(firstOf(f.Found)))
	}
}

// mostNamed is how many of a list are named in a line.
const mostNamed = 4

// firstOf names the first of a list.
func firstOf(list []string) string {
	text := strings.Join(list[:min(len(list), mostNamed)], "; ")
	if more := len(list) - mostNamed; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}
