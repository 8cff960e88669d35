package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tabletop/audit"
	"tabletop/workbook"
)

// An action is a request with the two answers to it, and why.
type action struct {
	ID, Number  string
	Verdict     string
	Type        string
	Target      string
	Integration string
	Reason      string
	Rule        string
	DNIF        string
	// From is the row that it was made from.
	From    place
	Events  string
	Effect  []string
	Request *payload
	Answer  *payload
	Details []fact
}

// A payload is what goes or comes over the wire: a first line, headers, a body.
type payload struct {
	Line    string
	Headers []string
	Body    string
}

// actions are the run's own, and behind them those that it settled for others.
func (r *reporter) actions() (shown []action, more string) {
	most := max(r.limits.Actions, 0)
	for _, a := range r.Run.Actions[:min(len(r.Run.Actions), most)] {
		if r.left < blocksBytes {
			break
		}
		shown = append(shown, r.action(r.Run.Number, a))
	}
	for _, s := range r.Settled[:max(min(len(r.Settled), most-len(shown)), 0)] {
		if r.left < blocksBytes {
			break
		}
		shown = append(shown, r.action(s.Run, s.Action))
	}
	return shown, leftOut(len(r.Run.Actions)+len(r.Settled), len(shown), "actions")
}

func (r *reporter) action(run int64, a workbook.Action) action {
	number, id := "a"+strconv.Itoa(a.Number), "a"+strconv.Itoa(a.Number)
	own := run == r.Run.Number
	if a.Run > 0 {
		number = fmt.Sprintf("%s of run %d", number, a.Run)
	}
	if !own {
		id = fmt.Sprintf("r%d%s", run, id)
		number = fmt.Sprintf("%s of run %d", number, run)
	}
	out := action{
		ID: id, Number: number, Verdict: r.line(string(a.Verdict), cellBytes), Type: r.line(a.Type, cellBytes), Target: r.line(a.Target, valueBytes),
		Integration: r.line(a.Integration, valueBytes), Reason: r.line(a.Reason, valueBytes), Rule: r.line(a.Rule, valueBytes), DNIF: dnifAnswer(a.DNIF),
	}
	if own {
		if _, known := r.blockAt(a.Block); known && a.Run == 0 { // others have their rows in another run
			out.From = place{Block: a.Block, Row: a.Row}
		}
		out.Events = r.evidence(r.because(a), mostPositions)
	}
	for _, line := range a.Effect[:min(len(a.Effect), mostListed)] {
		out.Effect = append(out.Effect, r.line(line, valueBytes))
	}
	out.Request, out.Answer = r.request(a.Request), r.answer(a)
	r.details(&out, a)
	return out
}

// details are what few actions have.
func (r *reporter) details(out *action, a workbook.Action) {
	add := func(name, value string) {
		if value != "" {
			out.Details = append(out.Details, fact{name, r.line(value, valueBytes)})
		}
	}
	if a.Canonical != a.Target {
		add("Judged as", a.Canonical)
	}
	if a.SameAs > 0 {
		add("The same as", "a"+strconv.Itoa(a.SameAs))
	}
	if a.Attempts > 1 {
		add("Attempts", strconv.Itoa(a.Attempts))
	}
	add("Task", a.Task)
	if a.SettledBy > 0 {
		add("Found out by", fmt.Sprintf("run %d", a.SettledBy))
	}
}

// because finds the events behind an action.
func (r *reporter) because(a workbook.Action) workbook.Evidence {
	if b, found := r.blockAt(a.Block); found && a.Run == 0 {
		rows := b.Rows
		i, known := slices.BinarySearchFunc(rows, a.Row, func(row audit.Row, number int) int { return cmp.Compare(row.Number, number) })
		if known {
			return rows[i].Evidence
		}
	}
	return r.Evidence[a.Number]
}

// blockAt finds a block that is shown by its index.
func (r *reporter) blockAt(index int) (audit.Block, bool) {
	all := r.from.Blocks
	i, found := slices.BinarySearchFunc(all, index, func(b audit.Block, index int) int { return cmp.Compare(b.Index, index) })
	if !found {
		return audit.Block{}, false
	}
	return all[i], true
}

func dnifAnswer(d workbook.DNIFAnswer) string {
	switch d {
	case workbook.DNIFWouldSend:
		return "would send this request"
	case workbook.DNIFNoRequest:
		return "would send nothing"
	}
	return "is not published to do anything with such a row"
}

func (r *reporter) request(q *workbook.Request) *payload {
	if q == nil {
		return nil
	}
	out := &payload{Line: r.line(q.Method+" "+q.URL, valueBytes), Body: r.lines(q.Body, payloadBytes)}
	names := slices.Sorted(maps.Keys(q.Headers))
	for _, name := range names[:min(len(names), mostListed)] {
		out.Headers = append(out.Headers, r.line(name+": "+q.Headers[name], valueBytes))
	}
	if more := leftOut(len(names), mostListed, "headers"); more != "" {
		out.Headers = append(out.Headers, more)
	}
	return out
}

func (r *reporter) answer(a workbook.Action) *payload {
	if a.Response == nil {
		return nil
	}
	from := ""
	switch r.Run.Mode {
	case workbook.ModeRehearse, workbook.ModeStream, workbook.ModePlan, workbook.ModeSimulate:
		from = ", simulated"
	}
	if a.Verdict == workbook.Deduplicated && a.SameAs > 0 {
		from += fmt.Sprintf(", to a%d", a.SameAs)
	}
	return &payload{Line: fmt.Sprintf("status %d%s", a.Response.Status, from), Body: r.lines(a.Response.Body, payloadBytes)}
}

// A decision is what the guard, the cap and the like did, by rule.
type decision struct {
	Verdict string
	Rule    string
	Count   int
	Reason  string
	Targets string
}

// decisions lists what kept actions from going, or would have.
func (r *reporter) decisions() []decision {
	type key struct {
		verdict workbook.Verdict
		rule    string
	}
	at := map[key]int{}
	targets := map[key][]string{}
	var keys []key
	var out []decision
	for _, a := range r.Run.Actions {
		if a.Rule == "" && !held(a.Verdict) {
			continue
		}
		k := key{a.Verdict, a.Rule}
		i, known := at[k]
		if !known {
			if len(out) == mostListed {
				continue
			}
			i, at[k] = len(out), len(out)
			keys = append(keys, k)
			out = append(out, decision{Verdict: r.line(string(a.Verdict), cellBytes), Rule: r.line(a.Rule, cellBytes), Reason: r.line(a.Reason, valueBytes)})
		}
		out[i].Count++
		if a.Target != "" && len(targets[k]) < mostTargets && !slices.Contains(targets[k], a.Target) {
			targets[k] = append(targets[k], a.Target)
		}
	}
	for i, k := range keys {
		var named []string
		for _, target := range targets[k] {
			named = append(named, r.line(target, cellBytes))
		}
		out[i].Targets = strings.Join(named, ", ")
		if out[i].Count > len(named) && len(named) == mostTargets {
			out[i].Targets += " and others"
		}
		if out[i].Rule == "" {
			out[i].Rule = ruleOf(k.verdict)
		}
	}
	return out
}

// held reports whether a verdict is a decision against sending.
func held(v workbook.Verdict) bool {
	switch v {
	case workbook.Deduplicated, workbook.NeedsApproval, workbook.RefusedProtected, workbook.RefusedCap, workbook.RefusedDisabled, workbook.Invalid:
		return true
	}
	return false
}

// ruleOf names what decided where no rule of the guard did.
func ruleOf(v workbook.Verdict) string {
	switch v {
	case workbook.Deduplicated:
		return "one request for the same"
	case workbook.RefusedCap:
		return "the cap"
	case workbook.RefusedDisabled:
		return "enabled configurations alone"
	case workbook.Invalid:
		return "a whole request"
	}
	return "–"
}

// An approval is one person's word for the plan.
type approval struct{ Name, Key, Time, Reason, Actions string }

func (r *reporter) approvals() []approval {
	var out []approval
	for _, a := range r.Run.Approvals[:min(len(r.Run.Approvals), mostListed)] {
		actions := "the plan as a whole"
		if len(a.Actions) > 0 {
			var named []string
			for _, n := range a.Actions[:min(len(a.Actions), mostListed)] {
				named = append(named, "a"+strconv.Itoa(n))
			}
			actions += ", and for themselves " + strings.Join(named, ", ")
			if more := len(a.Actions) - mostListed; more > 0 {
				actions += fmt.Sprintf(" and %d more", more)
			}
		}
		out = append(out, approval{r.line(a.Name, cellBytes), r.line(a.Key, cellBytes), at(a.Time), r.line(a.Reason, valueBytes), actions})
	}
	return out
}
