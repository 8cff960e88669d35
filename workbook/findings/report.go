package findings

import (
	"cmp"

	"tabletop/workbook/source"
)

// A Finding is a problem as check -o json prints it. Line and column count from 1
// and are 0 where a file is meant as a whole.
type Finding struct {
	Code     string   `json:"code"`
	Name     string   `json:"name"`
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Column   int      `json:"column"`
	// Message says what is wrong, Reason why that matters, Fix what to do.
	Message string `json:"message"`
	Reason  string `json:"reason"`
	Fix     string `json:"fix"`
	// Fixable says that check --fix mends it.
	Fixable bool `json:"fixable"`
}

// Report turns problems into findings.
func Report(found source.Problems) []Finding {
	out := make([]Finding, 0, len(found))
	for _, p := range found {
		rule, _ := Find(CodeOf(p))
		out = append(out, Finding{
			Code: CodeOf(p), Name: rule.Name, Severity: SeverityOf(p), File: p.File, Line: p.Line, Column: p.Column,
			Message: p.Message, Reason: rule.Why, Fix: cmp.Or(p.Fix, rule.Mend), Fixable: p.Edit != nil,
		})
	}
	return out
}
