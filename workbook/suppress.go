package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook/source"
)

// MaxSuppressions is the most rules by which a workbook may silence signals.
const MaxSuppressions = 100

type suppressionNode struct {
	When          source.Node `yaml:"when,required" doc:"fields of the signal, each with a value or a list of them; * stands for any text at either end"`
	FalsePositive bool        `yaml:"false_positive" doc:"that an analyst found such a signal to be a false positive"`
	Reason        source.Text `yaml:"reason" doc:"why, for those who read the run"`
}

// A Suppression is a rule that silences signals: a signal that has one of the
// values in each of the fields. Its rows pass on all the same.
type Suppression struct {
	// Number counts from 1.
	Number        int
	FalsePositive bool
	Reason        string
	fields        []suppressedField
}

type suppressedField struct {
	name   string
	values []string
	// key is where the field stands, texts where its values do.
	key   source.Text
	texts []source.Text
}

// signalFields are what a rule may look at.
func signalFields() []string {
	names := []string{"name", "tactic", "technique", "subtechnique", "confidence", "score", "severity", "tags", "hash"}
	for _, key := range []string{"host", "user", "resource", "port"} {
		names = append(names, "target."+key)
	}
	for _, key := range []string{"host", "user", "object", "process", "hash", "url", "action"} {
		names = append(names, "suspect."+key)
	}
	return names
}

// suppressions reads the rules of a workbook.
func suppressions(nodes []suppressionNode, list source.Node) ([]Suppression, source.Problems) {
	var problems source.Problems
	if len(nodes) > MaxSuppressions {
		problems = append(problems, list.Problem(fmt.Sprintf("more than %d rules", MaxSuppressions), "give a rule several values"))
		nodes = nodes[:MaxSuppressions]
	}
	var rules []Suppression
	for i, n := range nodes {
		rule := Suppression{Number: i + 1, FalsePositive: n.FalsePositive, Reason: n.Reason.Value}
		switch {
		case n.When.Exists() && !n.When.IsMap():
			problems = append(problems, n.When.Problem("when must be a map of fields", "as in when: {suspect.host: 10.0.0.5}"))
		case n.When.Exists() && len(n.When.Pairs()) == 0:
			problems = append(problems, n.When.Problem("a rule without fields would silence every signal", "name fields, as in when: {suspect.host: 10.0.0.5}"))
		}
		for _, pair := range n.When.Pairs() {
			field, more := suppressedBy(pair)
			problems = append(problems, more...)
			rule.fields = append(rule.fields, field)
		}
		rules = append(rules, rule)
	}
	return rules, problems
}

// suppressedBy reads a field with its values.
func suppressedBy(pair source.Pair) (suppressedField, source.Problems) {
	field := suppressedField{name: pair.Key.Value, key: pair.Key}
	var problems source.Problems
	if known := signalFields(); !slices.Contains(known, field.name) {
		problems = append(problems, pair.Key.Problem(0, "a signal has no field "+field.name, source.DidYouMean(field.name, known)))
	}
	values := []source.Node{pair.Value}
	if pair.Value.IsList() {
		values = pair.Value.Items()
	}
	for _, v := range values {
		value, ok := v.Text()
		switch {
		case !ok:
			problems = append(problems, v.Problem(field.name+" must be a text or a list of texts", ""))
		case strings.Trim(value.Value, "*") == "":
			problems = append(problems, v.Problem("an empty value says nothing", "write the value, or leave the field out"))
		default:
			field.values, field.texts = append(field.values, value.Value), append(field.texts, value)
		}
	}
	if len(field.values) == 0 && len(problems) == 0 {
		problems = append(problems, pair.Key.Problem(0, field.name+" has no value", "write one, or leave the field out"))
	}
	return field, problems
}

// matches reports whether the rule silences a signal.
func (r Suppression) matches(s Signal) bool {
	for _, f := range r.fields {
		if !slices.ContainsFunc(s.field(f.name), f.has) {
			return false
		}
	}
	return true
}

// has reports whether the field has one of the values.
func (f suppressedField) has(value string) bool {
	return slices.ContainsFunc(f.values, func(pattern string) bool { return wildMatch(pattern, value) })
}

// wildMatch compares with a pattern that may have a * at either end.
func wildMatch(pattern, value string) bool {
	text, anyEnd := strings.CutSuffix(pattern, "*")
	text, anyStart := strings.CutPrefix(text, "*")
	switch {
	case anyStart && anyEnd:
		return strings.Contains(value, text)
	case anyEnd:
		return strings.HasPrefix(value, text)
	case anyStart:
		return strings.HasSuffix(value, text)
	}
	return value == text
}

// field is what a signal has in a field: nothing, a value or several.
func (s Signal) field(name string) []string {
	var value string
	switch name {
	case "name":
		value = s.Name
	case "tactic":
		value = s.Tactic
	case "technique":
		value = s.Technique
	case "subtechnique":
		value = s.Subtechnique
	case "confidence":
		value = s.Confidence
	case "score":
		value = strconv.Itoa(s.Score)
	case "severity":
		value = s.Severity
	case "tags":
		return s.Tags
	case "hash":
		value = s.Hash()
	default:
		if key, ok := strings.CutPrefix(name, "target."); ok {
			value = s.Target[key]
		} else if key, ok := strings.CutPrefix(name, "suspect."); ok {
			value = s.Suspect[key]
		}
	}
	if value == "" {
		return nil
	}
	return []string{value}
}

// shownSuppressed bounds the signals that a warning names.
const shownSuppressed = 3

// suppress takes out of the raised signals those that a rule silences; the
// first that matches counts. The warnings tell of them, a rule each.
func (w *Workbook) suppress(raised []Signal) (heard []Signal, warnings []string) {
	if len(w.Suppress) == 0 {
		return raised, nil
	}
	silenced := make([][]Signal, len(w.Suppress))
	for _, s := range raised {
		i := slices.IndexFunc(w.Suppress, func(r Suppression) bool { return r.matches(s) })
		if i < 0 {
			heard = append(heard, s)
			continue
		}
		silenced[i] = append(silenced[i], s)
	}
	for i, signals := range silenced {
		if len(signals) > 0 {
			warnings = append(warnings, w.Suppress[i].told(signals))
		}
	}
	return heard, warnings
}

// told says what a rule did.
func (r Suppression) told(silenced []Signal) string {
	what := "signal suppressed, row passed on"
	if len(silenced) > 1 {
		what = fmt.Sprintf("%d signals suppressed, rows passed on", len(silenced))
	}
	by := fmt.Sprintf("rule %d of suppress", r.Number)
	if r.FalsePositive {
		by += ", a false positive"
	}
	if r.Reason != "" {
		by += " (" + r.Reason + ")"
	}
	var names []string
	for _, s := range silenced {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	more := ""
	if len(names) > shownSuppressed {
		names, more = names[:shownSuppressed], " and others"
	}
	return what + ": " + strings.Join(names, ", ") + more + ", by " + by
}
