package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A step is a trigger that has been prepared.
type step struct {
	integration *Integration
	guard       *guard.Guard
	rehearser   rehearser
	planning    bool
	look        func(ctx context.Context, hashes []string) (guard.Sightings, error)
	facts       workbook.Facts
}

// Run makes one action of each row. Where ctx ends, what was done so far is
// returned with the error.
func (s *step) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	if s.rehearser.vendor == nil {
		return workbook.Output{}, errors.New("no vendor to rehearse with")
	}
	p := s.pass(in, env)
	if err := p.lookAt(ctx, in); err != nil {
		return workbook.Output{}, err
	}
	out := workbook.Output{Table: workbook.Table{Columns: withColumns(in.Columns)}}
	status, response := slices.Index(out.Table.Columns, StatusColumn), slices.Index(out.Table.Columns, ResponseColumn)
	var ended error
	for i, row := range in.Rows {
		if ended = ctx.Err(); ended != nil {
			break
		}
		a := p.act(ctx, i, row)
		p.actions = append(p.actions, a)
		values := make([]workbook.Value, len(out.Table.Columns))
		copy(values, row.Values)
		values[status], values[response] = answerValues(a)
		out.Table.Rows = append(out.Table.Rows, workbook.Row{Values: values, Evidence: row.Evidence, From: i + 1})
	}
	out.Actions = p.actions
	out.Warnings = p.warnings(in)
	return out, ended
}

// answerValues are the two columns that a row gets from its action.
func answerValues(a workbook.Action) (status, response workbook.Value) {
	status = "False"
	if a.Verdict == workbook.WouldSend || a.Verdict == workbook.Deduplicated {
		status = "True"
	}
	if a.Response != nil {
		response = a.Response.Body
	}
	return status, response
}

// A pass is one run of a trigger over its rows.
type pass struct {
	*step
	guard   *guard.Guard
	columns map[string]int
	// before counts the run's actions of earlier blocks, sent those that went
	// through this configuration.
	before, sent int
	actions      []workbook.Action
	// done maps the key of each request that went out to its action.
	done map[string]workbook.Action
}

func (s *step) pass(in workbook.Table, env *workbook.Env) *pass {
	p := &pass{step: s, guard: s.guard.At(env.Now), columns: map[string]int{}, before: len(env.Actions), done: map[string]workbook.Action{}}
	for _, n := range s.integration.needs() {
		p.columns[n.field] = in.Index(n.field)
	}
	for _, a := range env.Actions {
		p.remember(a)
	}
	return p
}

// lookAt gives the guard what the events say of the files that the rows are
// aimed at.
func (p *pass) lookAt(ctx context.Context, in workbook.Table) error {
	n := p.integration
	if p.look == nil || !strings.HasPrefix(n.target.kind, "file_") {
		return nil
	}
	var hashes []string
	for _, row := range in.Rows {
		if r, err := n.fill(filler{p.columns, row.Values, Shown}); err == nil {
			hashes = append(hashes, guard.Hashes(r.target)...)
		}
	}
	files, err := p.look(ctx, hashes)
	if err != nil {
		return err
	}
	p.guard = p.guard.Seeing(files)
	return nil
}

// remember takes in an action that later ones may repeat.
func (p *pass) remember(a workbook.Action) {
	switch a.Verdict {
	case workbook.WouldSend, workbook.Sent, workbook.Unknown:
		if a.Integration == p.integration.Name {
			p.sent++
		}
		if _, ok := p.done[a.Key]; !ok && a.Key != "" {
			p.done[a.Key] = a
		}
	}
}

// act makes the action of one row: template, validation and guard, life cycle,
// deduplication, request, outcome. Each refusal leaves the action as it stands
// by then.
func (p *pass) act(ctx context.Context, index int, row workbook.Row) workbook.Action {
	n := p.integration
	a := workbook.Action{
		Number: p.before + index + 1, Row: index + 1, Integration: n.Name, Type: n.target.kind,
		DNIF: workbook.DNIFWouldSend, Verdict: workbook.Invalid,
	}
	f := filler{p.columns, row.Values, Shown}
	r, err := n.fill(f)
	if err != nil {
		a.DNIF, a.Reason = workbook.DNIFUnpublished, err.Error()
	}
	if !n.Enabled {
		a.DNIF = workbook.DNIFNoRequest
	}
	if err != nil {
		return a
	}
	a.Request, a.Target = r.Record(), r.target

	judged := p.guard.Judge(n.target.kind, r.target)
	a.Canonical, a.Verdict, a.Rule, a.Reason, a.Protected = judged.Canonical, judged.Verdict, judged.Rule, judged.Reason, judged.Protected
	a.Key = n.key(r.Call, judged.Canonical)
	if p.planning {
		p.plan(&a, f)
	}
	if a.Verdict != workbook.WouldSend {
		return a
	}
	if !n.Enabled {
		a.Verdict, a.Reason = workbook.RefusedDisabled, "the configuration is not enabled"
		return a
	}
	if first, ok := p.done[a.Key]; ok {
		a.Verdict, a.SameAs, a.Response = workbook.Deduplicated, first.Number, first.Response
		a.Reason = fmt.Sprintf("the same request as action %d", first.Number)
		return a
	}
	return p.send(ctx, a, r, judged.Approved)
}

// plan adds to an action what a plan needs of it.
func (p *pass) plan(a *workbook.Action, f filler) {
	n := p.integration
	a.Effect, a.CannotUndo = n.Effect(), n.CannotUndo()
	var err error
	if a.Values, err = n.valuesOf(f); err != nil {
		a.Verdict, a.Reason = workbook.Invalid, err.Error()
		return
	}
	if a.Undo, err = n.undoRequest(f); err != nil {
		a.CannotUndo = err.Error()
	}
}

// send hands the request over and writes down what came of it.
func (p *pass) send(ctx context.Context, a workbook.Action, r *request, approved guard.Approved) workbook.Action {
	answer, err := p.rehearser.hand(ctx, r, approved)
	if err != nil {
		a.Verdict, a.Reason = workbook.Failed, "no answer came: "+err.Error()
		return a
	}
	a.Response = &workbook.Response{Status: answer.Status, Body: strings.ToValidUTF8(string(answer.Body), "\uFFFD")}
	if j := p.integration.judgeRehearsed(answer); j.Verdict != workbook.Sent {
		a.Verdict, a.Reason = workbook.Failed, j.Reason
	}
	p.remember(a)
	return a
}

// warnings says what a reader of the run should know beyond its actions.
func (p *pass) warnings(in workbook.Table) []string {
	var warnings []string
	if most := p.integration.MaxActions; p.sent > most {
		warnings = append(warnings, fmt.Sprintf("%s: %d actions, over the cap of %d: apply would send none of them", p.integration.Name, p.sent, most))
	}
	for _, n := range p.integration.needs() {
		if p.columns[n.field] >= 0 || len(in.Rows) == 0 {
			continue
		}
		warning := fmt.Sprintf("%s of %s needs %s, which no row has", n.where, p.integration.Name, n.field)
		if near := source.Nearest(n.field, in.Columns); near != "" {
			warning += ": did you mean " + near + "?"
		}
		warnings = append(warnings, warning)
	}
	for _, expired := range p.guard.Expired() {
		warnings = append(warnings, "guard: "+expired)
	}
	return warnings
}
