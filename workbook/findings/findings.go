// Package findings is what check reports: the table of all kinds of finding, each
// with its code, the ways to write findings down (JSON, SARIF), the comments that
// allow one where it is meant, and the edits that mend a file. In go problems with
// their codes; out come texts for people, editors and code hosts.
package findings

import (
	"cmp"
	"slices"

	"tabletop/workbook/source"
)

// A Severity is how much a finding weighs: with an error the workbook does not
// run, a warning is likely a mistake.
type Severity string

// The severities, as SARIF calls them too.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// The codes. A code keeps its meaning for good: one that is given up is not given
// to anything else.
const (
	Mistake = "TT001"

	UnknownColumn   = "TT101"
	UnusedColumn    = "TT102"
	UnusedRows      = "TT103"
	RepeatedColumn  = "TT104"
	UngroupedColumn = "TT105"
	UnusedParameter = "TT106"

	NoTarget          = "TT201"
	ScoreOfConfidence = "TT202"
	UnknownTactic     = "TT203"
	UnknownTechnique  = "TT204"
	UnknownSub        = "TT205"
	TechniqueOfTactic = "TT206"
	SubOfTechnique    = "TT207"
	IdleSuppression   = "TT208"

	PayloadColumn  = "TT301"
	PayloadUnseen  = "TT302"
	NoSignal       = "TT303"
	AnyRows        = "TT304"
	RequestsADay   = "TT305"
	Configurations = "TT306"
	Unreachable    = "TT307"
	OtherType      = "TT308"

	NeverRows      = "TT401"
	NoEvents       = "TT402"
	UnseenColumn   = "TT403"
	BeyondEvents   = "TT404"
	EqualsNull     = "TT405"
	QuotedName     = "TT406"
	LiteralStar    = "TT407"
	KeyExists      = "TT408"
	UnknownStore   = "TT409"
	LimitOfGroups  = "TT410"
	CaseOfStream   = "TT411"
	FieldsOfLabel  = "TT412"
	NoTime         = "TT413"
	UnfoundField   = "TT501"
	UnusedPattern  = "TT502"
	LeftOut        = "TT503"
	IdleAllow      = "TT601"
	AllowUnnamed   = "TT602"
	AllowNoReason  = "TT603"
	AllowOfMistake = "TT604"
)

// A Rule is a kind of finding.
type Rule struct {
	Code     string
	Name     string
	Severity Severity
	// Summary says in one line what is found; Why why it matters, Mend what to do.
	Summary, Why, Mend string
	// OfEvents says that only the events, or what else lies outside the workbook,
	// show it.
	OfEvents bool
	// Mends says that check --fix can mend it, if not each time.
	Mends bool
}

// Rules lists all kinds of finding by their codes.
func Rules() []Rule {
	return slices.SortedFunc(slices.Values(slices.Concat(columnRules, signalRules, triggerRules, queryRules, fileRules)), func(a, b Rule) int {
		return cmp.Compare(a.Code, b.Code)
	})
}

// Find finds a rule by its code.
func Find(code string) (Rule, bool) {
	for _, r := range Rules() {
		if r.Code == code {
			return r, true
		}
	}
	return Rule{}, false
}

// CodeOf is a problem's code, that of a plain mistake where it has none.
func CodeOf(p source.Problem) string { return cmp.Or(p.Code, Mistake) }

// Named are problems whose messages end in their codes, for people who may want to
// look one up or allow it.
func Named(found source.Problems) source.Problems {
	out := slices.Clone(found)
	for i, p := range out {
		if p.Code != "" {
			out[i].Message += " (" + p.Code + ")"
		}
	}
	return out
}

// SeverityOf is how much a problem weighs.
func SeverityOf(p source.Problem) Severity {
	if p.Warning {
		return Warning
	}
	return Error
}
