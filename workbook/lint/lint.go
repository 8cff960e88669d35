// Package lint finds what is likely a mistake in a workbook that parses: columns
// that nobody uses, triggers on rows that chance chose, names that ATT&CK does not
// have. In go a workbook as it was prepared and, where there are any, what its
// events hold; out come warnings, each with a code of package findings, a place
// and the way to mend it. Each group of rules is a file.
//
// The rules know no kind of block. They read the facts that steps tell of
// themselves; of a step that tells none they assume that it may do anything.
package lint

import (
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A Subject is what is looked at.
type Subject struct {
	Workbook *workbook.Workbook
	// Program is the workbook as workbook.Look prepared it.
	Program *workbook.Program
	// Events are what the events hold; nil where there are none.
	Events *events.Inspection
	// LookedAt is how many events of each file were looked at where the inspection
	// is of the first ones only.
	LookedAt int
}

// A deed is a part of a block with its facts.
type deed struct {
	block workbook.Block
	workbook.Facts
	// untold says that the block told none, and may do anything.
	untold bool
}

// A linter collects the warnings of one workbook.
type linter struct {
	Subject
	deeds []deed
	found source.Problems
}

// Check looks at a workbook by all rules. The warnings come by their places.
func Check(s Subject) source.Problems {
	l := &linter{Subject: s, deeds: deeds(s)}
	l.columns()
	l.parameters()
	l.signals()
	l.triggers()
	l.volume()
	l.rows()
	l.streams()
	l.doubts()
	l.suppressions()
	l.targets()
	return l.found.Sorted()
}

// deeds lists what the blocks do, in their order.
func deeds(s Subject) []deed {
	var out []deed
	steps := s.Program.Steps()
	for i, b := range s.Workbook.Blocks {
		if i >= len(steps) {
			break
		}
		facts, told := workbook.FactsOf(steps[i])
		if !told {
			facts = []workbook.Facts{{All: true, Star: true}}
		}
		for _, f := range facts {
			out = append(out, deed{b, f, !told})
		}
	}
	return out
}

// doubts takes over what deeds tell of themselves.
func (l *linter) doubts() {
	for _, d := range l.deeds {
		for _, p := range d.Doubts {
			l.warn(d, source.Spot{Place: p.Place, LineText: p.LineText}, p.Code, p.Message, p.Fix)
		}
	}
}

// warn adds a warning at a spot in the block's file, else at the block.
func (l *linter) warn(d deed, spot source.Spot, code, message, fix string) {
	l.report(d, spot, code, message, fix, "", "")
}

// report adds a warning with the edit that mends it; none where old is empty.
func (l *linter) report(d deed, spot source.Spot, code, message, fix, old, with string) {
	if spot.Line == 0 || spot.File != l.Workbook.Path {
		if spot = d.block.Body.Spot(); spot.File == "" {
			spot.File = l.Workbook.Path
		}
	}
	l.found = append(l.found, spot.Problem(message, fix).Warn(code).Mended(old, with))
}
