package trigger

import (
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Facts say what the trigger calls and what its requests need.
func (s *step) Facts() []workbook.Facts { return []workbook.Facts{s.facts} }

// facts are those of a trigger at a place, on columns that come in.
func (n *Integration) facts(at source.Spot, in workbook.Columns) workbook.Facts {
	f := workbook.Facts{Spot: at, All: true, Trigger: &workbook.TriggerFacts{Configuration: n.Name, Known: in.Known, Type: n.target.kind, Column: n.target.written}}
	for _, name := range []string{StatusColumn, ResponseColumn} {
		f.Makes = append(f.Makes, workbook.Named{Name: name, Spot: at})
	}
	for _, need := range n.needs() {
		f.Trigger.Needs = append(f.Trigger.Needs, need.field)
	}
	return f
}

// Facts say what the plugin is called with.
func (u unmapped) Facts() []workbook.Facts {
	return []workbook.Facts{{Spot: u.spot, All: true, Star: true, Trigger: &workbook.TriggerFacts{Configuration: u.call.Plugin + " " + u.call.Function, Known: true}}}
}

// Facts are that all rows may be read, and whom no e-mail reaches.
func (n *notification) Facts() []workbook.Facts { return n.step.Facts() }
