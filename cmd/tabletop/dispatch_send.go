package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook"
)

// apply checks the plan, asks, and sends it. What it refuses is recorded too.
func (d *dispatch) apply(ctx context.Context, c *console, path string, confirm func(count int) error) error {
	reader, err := audit.OpenReader(ctx, path)
	if err != nil {
		return nothingRan(err)
	}
	defer reader.Close()
	log, err := audit.Open(ctx, path, audit.Options{Now: time.Now})
	if err != nil {
		return nothingRan(err)
	}
	err = d.send(ctx, c, reader, log, confirm)
	if closing := log.Close(); err == nil {
		err = closing
	}
	return err
}

// send sends the plan. What it refuses is recorded.
func (d *dispatch) send(ctx context.Context, c *console, reader *audit.Reader, log *audit.Log, confirm func(int) error) error {
	err := d.checked(ctx, c, reader, log, confirm)
	var not *refusal
	if errors.As(err, &not) {
		_, recording := d.recordRefusal(ctx, log, not)
		return errors.Join(refused(not), recording)
	}
	return err
}

// checked sends the plan once all of it is checked.
func (d *dispatch) checked(ctx context.Context, c *console, reader *audit.Reader, log *audit.Log, confirm func(int) error) error {
	if err := d.known(ctx, reader); err != nil {
		return nothingRan(err)
	}
	if err := d.review(ctx); err != nil {
		return nothingRan(err)
	}
	if err := d.decide(ctx, reader); err != nil {
		return nothingRan(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.summary(d)
	if d.count() == 0 {
		run, err := d.recordRefusal(ctx, log, &refusal{why: []string{"nothing of this plan goes"}})
		return errors.Join(refused(fmt.Errorf("nothing of this plan goes: tabletop show %d tells why of each action", run)), err)
	}
	queues := d.queues()
	client, err := d.client(queues)
	if err != nil {
		return nothingRan(err)
	}
	defer client.Close()
	if err := confirm(d.count()); err != nil {
		return err
	}
	if d.asks {
		if err := d.holdsStill(ctx, reader); err != nil {
			return err
		}
	}
	run, err := d.begin(ctx, log)
	if err != nil {
		return err
	}
	b := newBook(log, run, d, func(a workbook.Action) {
		if !d.json {
			c.delivered(a)
			_ = c.flush()
		}
	})
	report, sending := client.Deliver(ctx, queues, b)
	return d.finish(ctx, c, log, b, report, sending)
}

// holdsStill checks the plan once more after somebody was asked, which may have
// taken hours: what they said yes to must be what goes.
func (d *dispatch) holdsStill(ctx context.Context, reader *audit.Reader) error {
	again := *d
	again.now, again.decisions, again.undoes = time.Now(), nil, nil
	err := again.review(ctx)
	if err == nil {
		err = again.decide(ctx, reader)
	}
	if err == nil && !slices.EqualFunc(d.decisions, again.decisions, sameDecision) {
		err = refuse("what goes of it is not any more what you were asked about: apply it again")
	}
	if err != nil {
		d.decisions = again.decisions // which the refusal is recorded with
	}
	return nothingRan(err)
}

func sameDecision(a, b decision) bool {
	return a.goes() == b.goes() && a.action.Verdict == b.action.Verdict
}

// client sends to the hosts of the plan's configurations only.
func (d *dispatch) client(queues []delivery.Queue) (*delivery.Client, error) {
	var used []*trigger.Integration
	for _, q := range queues {
		n, _ := d.integrations.Find(q.Integration)
		used = append(used, n)
	}
	return delivery.New(d.endpoints.clientOptions(used...))
}

// info is what the audit keeps of the run.
func (d *dispatch) info() workbook.Info {
	name, host := whoami()
	return workbook.Info{
		Name: d.plan.Name, Mode: d.mode(), Plan: d.sha, Endpoint: d.endpoints.String(), Now: d.now, NowSource: "the wall clock", Zone: time.UTC,
		User: name, Host: host, Reason: d.reason, Ticket: d.ticket, Version: version(), Program: programDigest(),
	}
}

// begin opens the run's record, with the approvals and what does not go.
func (d *dispatch) begin(ctx context.Context, log *audit.Log) (int64, error) {
	kept := context.WithoutCancel(ctx)
	info := d.info()
	document := d.integrations.Document()
	info.Integrations = &document
	if g := d.guard.Document(); g.Path != "" {
		info.Guard = &g
	}
	run, err := log.Begin(kept, info)
	var applied *audit.AppliedError
	if errors.As(err, &applied) {
		return 0, appliedAlready(applied.Run)
	}
	if err != nil {
		return 0, err
	}
	if err := log.Approve(kept, run, d.given()); err != nil {
		return run, err
	}
	var staying []workbook.Action
	for _, decided := range d.decisions {
		if !decided.goes() {
			staying = append(staying, decided.action)
		}
	}
	return run, log.Refuse(kept, run, staying)
}

// recordRefusal records that the plan was refused: a run of its own that leaves
// the plan unused. Actions get the refusal's verdict where it has one.
func (d *dispatch) recordRefusal(ctx context.Context, log *audit.Log, why *refusal) (int64, error) {
	kept := context.WithoutCancel(ctx)
	info := d.info()
	info.Mode, info.Plan, info.Name = workbook.ModeRefuse, "", d.plan.Name
	info.Warnings = append([]string{"plan " + d.sha + " of run " + fmt.Sprint(d.plan.Run)}, why.why...)
	run, err := log.Begin(kept, info)
	if err != nil {
		return run, err
	}
	var actions []workbook.Action
	for _, decided := range d.decisions {
		a := decided.action
		if decided.goes() && why.verdict != "" {
			a.Verdict, a.Reason = why.verdict, why.Error()
		}
		if a.Verdict != workbook.WouldSend {
			actions = append(actions, a)
		}
	}
	if err := log.Refuse(kept, run, actions); err != nil {
		return run, err
	}
	_, err = log.End(kept, workbook.Result{Run: run, Status: workbook.Refused, Actions: actions, Totals: workbook.Count(actions), Warnings: info.Warnings})
	return run, err
}

// finish records the end of the run and shows it.
func (d *dispatch) finish(ctx context.Context, c *console, log *audit.Log, b *book, report delivery.Report, sending error) error {
	result := workbook.Result{Run: b.run, Status: workbook.Completed, Actions: b.actions(d), Warnings: stopped(report)}
	result.Totals = workbook.Count(result.Actions)
	c.unrecorded(b.run, report.Unrecorded)
	switch {
	case ctx.Err() != nil:
		result.Status = workbook.Interrupted
	case sending != nil || len(report.Stops) > 0:
		result.Status = workbook.Broken
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	var err error
	if result.Head, err = log.End(ending, result); err != nil {
		return errors.Join(sending, fmt.Errorf("record the end of the run: %w", err))
	}
	c.applied(d, result)
	if sending != nil {
		return sending
	}
	open := result.Totals.ByVerdict[workbook.Failed] + result.Totals.ByVerdict[workbook.Unknown] + notBegun(report)
	if open > 0 {
		return fmt.Errorf("%s not sent for certain: tabletop resume %d tells what can be done", plural(open, "request was", "requests were"), b.run)
	}
	return nil
}

// unrecorded tells what became of requests of which the audit could not take it:
// there they stay unknown, and nobody else will tell.
func (c *console) unrecorded(run int64, outcomes []delivery.Outcome) {
	for _, o := range outcomes {
		flag := "--not-sent"
		if o.Verdict == workbook.Sent {
			flag = "--sent"
		}
		text := fmt.Sprintf("a%d is %s, which could not be recorded: %s", o.Action, o.Verdict, o.Reason)
		if o.Verdict != workbook.Unknown {
			text += fmt.Sprintf("\n  say so later: tabletop resume %d %s a%d", run, flag, o.Action)
		}
		c.problem(text)
	}
}

// stopped says where sending stopped before its end.
func stopped(r delivery.Report) []string {
	var out []string
	for _, s := range r.Stops {
		out = append(out, fmt.Sprintf("%s: %s; %s not begun", s.Integration, s.Reason, plural(len(s.NotBegun), "action was", "actions were")))
	}
	return out
}

// notBegun counts the actions of which nothing was sent.
func notBegun(r delivery.Report) int {
	n := 0
	for _, s := range r.Stops {
		n += len(s.NotBegun)
	}
	return n
}

// A book is the ledger of a run: it writes to the audit and remembers what
// became of each action.
type book struct {
	log *audit.Log
	run int64
	// undoes is the run that this one takes back, 0 for none.
	undoes  int64
	observe func(workbook.Action)

	mutex sync.Mutex
	byNum map[int]*workbook.Action
	// undone maps an action to the one that it takes back.
	undone map[int]int
}

func newBook(log *audit.Log, run int64, d *dispatch, observe func(workbook.Action)) *book {
	b := &book{log: log, run: run, observe: observe, byNum: map[int]*workbook.Action{}, undone: map[int]int{}}
	if settles(d.plan, d.mode()) {
		b.undoes = d.plan.Undoes
	}
	for i := range d.decisions {
		a := d.decisions[i].action
		b.byNum[a.Number] = &a
	}
	for _, a := range d.plan.Actions {
		b.undone[a.Number] = a.Undoes
	}
	return b
}

// Write makes outcomes and intents durable.
func (b *book) Write(ctx context.Context, outcomes []delivery.Outcome, intents []int) error {
	var settled []audit.Outcome
	var begun []workbook.Action
	b.mutex.Lock()
	for _, o := range outcomes {
		settled = append(settled, audit.Outcome{
			Action: o.Action, Verdict: o.Verdict, Reason: o.Reason, Response: o.Response, Attempts: o.Attempts, Task: o.Task,
		})
		if b.undoes > 0 && o.Verdict == workbook.Sent {
			settled = append(settled, undoneBy(b.undoes, b.undone[o.Action], b.run, o.Action))
		}
	}
	for _, n := range intents {
		begun = append(begun, *b.byNum[n])
	}
	b.mutex.Unlock()
	if err := b.log.Deliver(context.WithoutCancel(ctx), b.run, settled, begun); err != nil {
		return err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, n := range intents {
		b.byNum[n].Verdict = workbook.Unknown
	}
	for _, o := range outcomes {
		a := b.byNum[o.Action]
		a.Verdict, a.Response, a.Attempts, a.Task = o.Verdict, o.Response, o.Attempts, o.Task
		if o.Reason != "" {
			a.Reason = o.Reason
		}
		b.observe(*a)
	}
	return nil
}

// actions are those of the run as they stand, in the order of the plan. Those
// that were never begun are not among them.
func (b *book) actions(d *dispatch) []workbook.Action {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var out []workbook.Action
	for _, decided := range d.decisions {
		a := *b.byNum[decided.action.Number]
		if a.Verdict != workbook.WouldSend {
			out = append(out, a)
		}
	}
	return out
}
