package simulator

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tabletop/workbook/source"
)

// A Schedule says which requests meet which fault. Its zero value has none.
//
// It is written as rules `WHICH:FAULT`, set apart by commas or line breaks. WHICH
// is a number (the first request is 1), a span (`1-4`, `5-`), every=N or *, and
// may lack for *; FAULT is one of Faults. For a request, the first rule that names it and brings
// a fault counts; a latency is no such fault and comes on top.
type Schedule struct{ rules []scheduleRule }

// A scheduleRule is a fault and the requests from first to last, or each that
// every divides.
type scheduleRule struct {
	first, last, every int
	fault              Fault
}

func (r scheduleRule) meets(n int) bool {
	return n >= r.first && n <= r.last && n%r.every == 0
}

// Limits of a schedule.
const (
	maxSchedule      = 64 << 10
	maxScheduleRules = 1000
	maxRequestNumber = 1_000_000_000
)

// At is the fault of request n, which counts from 1.
func (s Schedule) At(n int) Fault {
	var found Fault
	for _, r := range s.rules {
		if !r.meets(n) {
			continue
		}
		switch {
		case r.fault.kind == faultNone && found.latency == 0:
			found.latency = r.fault.latency
		case r.fault.kind != faultNone && found.kind == faultNone:
			latency, name := found.latency, found.Name
			found = r.fault
			found.latency, found.Name = latency, name
		default:
			continue
		}
		found.Name = join(found.Name, r.fault.Name)
	}
	return found
}

func join(before, name string) string {
	if before == "" {
		return name
	}
	return before + ", " + name
}

// ParseSchedule reads schedules, as of several flags, as one. Every mistake is
// reported, each with its place.
func ParseSchedule(texts ...source.Text) (Schedule, source.Problems) {
	var s Schedule
	var problems source.Problems
	for _, t := range texts {
		if len(t.Value) > maxSchedule {
			problems = append(problems, t.Problem(0, fmt.Sprintf("a schedule of faults longer than %d bytes", maxSchedule), "write spans, as 1-400:429"))
			continue
		}
		rules, found := parseRules(t)
		s.rules = append(s.rules, rules...)
		problems = append(problems, found...)
	}
	if len(s.rules) > maxScheduleRules {
		problems = append(problems, texts[0].Problem(0, fmt.Sprintf("a schedule of more than %d faults", maxScheduleRules), "write spans, as 1-400:429"))
	}
	return s, problems
}

func parseRules(t source.Text) (rules []scheduleRule, problems source.Problems) {
	for start := 0; start <= len(t.Value); {
		end := len(t.Value)
		if i := strings.IndexAny(t.Value[start:], ",\n"); i >= 0 {
			end = start + i
		}
		part := t.Value[start:end]
		trimmed := strings.TrimSpace(part)
		if trimmed != "" {
			at := start + strings.Index(part, trimmed)
			r, offset, err := parseRule(trimmed)
			if err != nil {
				problems = append(problems, t.Problem(at+offset, err.Error(), faultsHint))
			}
			rules = append(rules, r)
		}
		start = end + 1
	}
	if len(rules) == 0 {
		problems = append(problems, t.Problem(0, "no fault is named", faultsHint))
	}
	return rules, problems
}

const faultsHint = "write WHICH:FAULT, as 3:reset-after, 1-4:429, every=5:status=503 or *:latency=200ms"

// parseRule reads WHICH:FAULT; where it fails, offset is the place of the mistake.
func parseRule(text string) (r scheduleRule, offset int, err error) {
	which, what, ok := strings.Cut(text, ":")
	if !ok {
		which, what = "*", text
	} else {
		offset = len(which) + 1
	}
	if r, err = parseWhich(strings.TrimSpace(which)); err != nil {
		return r, 0, err
	}
	offset += len(what) - len(strings.TrimLeft(what, " "))
	r.fault, err = parseFault(strings.TrimSpace(what))
	return r, offset, err
}

// parseWhich reads which requests a rule is for.
func parseWhich(text string) (scheduleRule, error) {
	if text == "*" {
		return scheduleRule{1, math.MaxInt, 1, Fault{}}, nil
	}
	if every, ok := strings.CutPrefix(text, "every="); ok {
		n, err := requestNumber(every)
		return scheduleRule{1, math.MaxInt, max(n, 1), Fault{}}, err
	}
	from, to, isSpan := strings.Cut(text, "-")
	first, err := requestNumber(from)
	last := first
	switch {
	case err != nil || !isSpan:
	case to == "":
		last = math.MaxInt
	default:
		if last, err = requestNumber(to); err == nil && last < first {
			err = fmt.Errorf("the span %q ends before it begins", text)
		}
	}
	return scheduleRule{first, last, 1, Fault{}}, err
}

func requestNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxRequestNumber || text[0] == '+' {
		return 0, fmt.Errorf("%q says not which requests: write a number from 1 on, a span as 1-4, every=5, or *", text)
	}
	return n, nil
}

// parseFault reads a fault with its value.
func parseFault(text string) (Fault, error) {
	name, value, hasValue := strings.Cut(text, "=")
	var names []string
	for _, r := range faultRules() {
		if r.name() != name {
			names = append(names, r.name())
			continue
		}
		f := r.fault
		f.Name = text
		switch {
		case hasValue && r.parse == nil:
			return Fault{}, fmt.Errorf("%s takes no value", name)
		case !hasValue && !r.bare:
			return Fault{}, fmt.Errorf("%s lacks its value: write %s", name, r.Form)
		case hasValue:
			if err := r.parse(&f, value); err != nil {
				return Fault{}, fmt.Errorf("%s: %w", name, err)
			}
		}
		return f, nil
	}
	hint := ""
	if near := source.Nearest(name, names); near != "" {
		hint = ": did you mean " + near + "?"
	}
	return Fault{}, fmt.Errorf("unknown fault %q%s (known: %s)", name, hint, strings.Join(names, ", "))
}
