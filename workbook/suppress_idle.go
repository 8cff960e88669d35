package workbook

import (
	"net/netip"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// Idle tells of a field of the rule that none of the signals can have, so that the
// rule silences nothing; false where each may be had. What only a run tells is
// taken to fit.
func (r Suppression) Idle(signals []SignalFacts) (source.Problem, bool) {
	for _, f := range r.fields {
		fits := func(s SignalFacts) bool { return s.mayHave(f) }
		if slices.ContainsFunc(signals, fits) {
			continue
		}
		for i, v := range f.values {
			if network(v) && strings.HasSuffix(f.name, ".host") {
				return f.texts[i].Problem(0, "no "+f.name+" is "+v+": values are compared letter by letter", "write the addresses, or * at an end, as in '10.20.0.*'"), true
			}
		}
		known, what := f.known(signals)
		if len(known) == 0 {
			return f.key.Problem(0, "no signal of the workbook has "+f.name, ""), true
		}
		return f.key.Problem(0, "no signal of the workbook has such "+what, "there is "+strings.Join(known, ", ")), true
	}
	return source.Problem{}, false
}

// known are what the signals have that a field is held against, and its name.
func (f suppressedField) known(signals []SignalFacts) (known []string, what string) {
	what = "a " + f.name
	for _, s := range signals {
		values := []string{s.written(f.name)}
		if strings.Contains(f.name, ".") {
			values, what = s.Keys, "a field as "+f.name
		}
		for _, v := range values {
			if v != "" && !slices.Contains(known, v) {
				known = append(known, v)
			}
		}
	}
	return known, what
}

// written is what a signal says in a field as it is written.
func (s SignalFacts) written(field string) string {
	switch field {
	case "name":
		return s.Name
	case "tactic":
		return s.Tactic.Value
	case "technique":
		return s.Technique.Value
	case "subtechnique":
		return s.Subtechnique.Value
	}
	return ""
}

// mayHave reports whether a signal may have one of the values in a field.
func (s SignalFacts) mayHave(f suppressedField) bool {
	switch f.name {
	case "name":
		return slices.ContainsFunc(f.values, s.mayBeCalled)
	case "tactic", "technique", "subtechnique":
		return f.has(s.written(f.name))
	}
	if !strings.Contains(f.name, ".") {
		return true
	}
	return slices.Contains(s.Keys, f.name) && !(strings.HasSuffix(f.name, ".host") && !slices.ContainsFunc(f.values, func(v string) bool { return !network(v) }))
}

// mayBeCalled reports whether a signal's name may fit a pattern, whatever stands
// in its columns.
func (s SignalFacts) mayBeCalled(pattern string) bool {
	if !s.Open {
		return wildMatch(pattern, s.Name)
	}
	if strings.HasPrefix(pattern, "*") {
		return true
	}
	begins, _, _ := strings.Cut(s.Name, "_$")
	text, anyEnd := strings.CutSuffix(pattern, "*")
	return strings.HasPrefix(text, begins) || anyEnd && strings.HasPrefix(begins, text)
}

// network reports whether a value is an address with the length of a network.
func network(value string) bool {
	_, err := netip.ParsePrefix(value)
	return err == nil
}
