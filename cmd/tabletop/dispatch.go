package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// A dispatch is a plan on its way to vendors. The steps before the first
// request only look: open, review, decide.
type dispatch struct {
	plan      *plan.Plan
	sha       string
	approvals []*plan.Approval
	// unreadable are approvals beside the plan that can't be read.
	unreadable []plan.Refusal
	endpoints  endpoints
	now        time.Time
	// again is how long an action counts as done for later runs: windows of
	// workbooks that run again and again overlap.
	again  time.Duration
	reason string
	ticket string
	json   bool
	// asks says that somebody is asked before anything goes.
	asks bool
	// stores is the file of event stores.
	stores string

	integrations *trigger.Integrations
	guard        *trigger.Guard
	standing     plan.Standing
	// undoes is the run that the plan takes back, once it was looked up.
	undoes    *audit.Run
	decisions []decision
}

// A decision is what becomes of one action of the plan.
type decision struct {
	// action is as it will be recorded; its verdict is would_send where it goes.
	action   workbook.Action
	filled   *trigger.Filled
	approved guard.Approved
}

func (d decision) goes() bool { return d.filled != nil }

// A refusal is why a plan is not applied, line by line, and the verdict that its
// actions get for it; "" where each keeps its own.
type refusal struct {
	why     []string
	verdict workbook.Verdict
}

func (r *refusal) Error() string { return "the plan is refused: " + strings.Join(r.why, "\n  ") }

// refuse makes a refusal of one sentence.
func refuse(format string, args ...any) error {
	return &refusal{why: []string{fmt.Sprintf(format, args...)}}
}

// refuseChanged makes a refusal of what changed.
func refuseChanged(changes []string) error {
	return &refusal{why: append([]string{"what it rests on changed:"}, changes...)}
}

// open reads again what the plan rests on.
func (d *dispatch) open() error {
	if d.plan.Integrations == nil {
		return refuse("it names no integrations")
	}
	var err error
	if d.integrations, err = trigger.Load(d.plan.Path(d.plan.Integrations.Path)); err != nil {
		return refuse("the integrations can't be read: %s", describe(err))
	}
	d.guard = trigger.NewGuard()
	if d.plan.Guard != nil {
		if d.guard, err = trigger.LoadGuard(d.plan.Path(d.plan.Guard.Path)); err != nil {
			return refuse("the guard's lists can't be read: %s", describe(err))
		}
	}
	d.guard = d.integrations.Protected(d.guard.At(d.now))
	return nil
}

// review holds the plan against the world as it is now.
func (d *dispatch) review(ctx context.Context) error {
	if d.plan.Simulated && len(d.endpoints) == 0 {
		return refuse("it takes back what a simulated run sent: name the simulator with --endpoint")
	}
	if expired := d.plan.Expired(d.now); expired != "" {
		return refuse("%s", expired)
	}
	changes, err := plan.Changed(ctx, d.plan, plan.Hashes{File: hashRegular, Store: d.storeRoot})
	if err != nil {
		return err
	}
	if changes = append(changes, d.appeared()...); len(changes) > 0 {
		return refuseChanged(changes)
	}
	if err := d.open(); err != nil {
		return err
	}
	if changes := d.asPlanned(); len(changes) > 0 {
		return refuseChanged(changes)
	}
	if d.guard.OwnLists() == 0 && d.plan.Undoes == 0 {
		return refuse("no own list says what is never to be blocked: write guard.yaml (tabletop guard init --from EVENTS proposes one) and plan again")
	}
	return d.checkApprovals()
}

// checkApprovals finds who approved what.
func (d *dispatch) checkApprovals() error {
	approvers := &plan.Approvers{}
	if d.plan.Approvers != nil {
		var err error
		if approvers, err = plan.LoadApprovers(d.plan.Path(d.plan.Approvers.Path)); err != nil {
			return refuse("the approvers can't be read: %s", describe(err))
		}
		if approvers.SHA256 != d.plan.Approvers.SHA256 {
			return refuseChanged([]string{"the approvers changed while they were checked"})
		}
	}
	d.standing = plan.Check(d.plan, d.sha, approvers, d.approvals, d.now)
	d.standing.Refused = append(d.standing.Refused, d.unreadable...)
	if d.standing.Approved() {
		return nil
	}
	why := append([]string{"it is not approved:"}, d.standing.Lacks()...)
	for _, r := range d.standing.Refused {
		why = append(why, r.File+" does not count: "+r.Reason)
	}
	return &refusal{why: why}
}

// given are all approvals that count, for the record: one person may have
// approved the plan and, later, targets.
func (d *dispatch) given() []audit.Approval {
	var out []audit.Approval
	for _, g := range d.standing.Counted {
		given := audit.Approval{Name: g.Name, Key: g.Key, Reason: g.Reason, Statement: g.Approval.Text, Signature: g.Approval.Signature, Time: g.Time}
		for _, t := range g.Approval.Statement.Targets {
			given.Actions = append(given.Actions, t.Action)
		}
		out = append(out, given)
	}
	return out
}

// hashRegular is events.HashFirst for regular files alone: to open another, such
// as a named pipe, may never end.
func hashRegular(ctx context.Context, path string, bytes int64) (root string, size int64, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", 0, &fs.PathError{Op: "open", Path: path, Err: errors.New("is no regular file any more")}
	}
	return events.HashFirst(ctx, path, bytes)
}

// storeRoot hashes an event store as it is now. Stores lie beside the audit.
func (d *dispatch) storeRoot(_ context.Context, name string) (string, error) {
	return events.StoreRoot(name, (&input{storesFile: d.stores}).storeRows)
}

// decide says of every action whether it goes.
func (d *dispatch) decide(ctx context.Context, reader *audit.Reader) error {
	first := map[string]int{}
	for _, a := range d.plan.Actions {
		decided, err := d.decideOne(ctx, reader, a, first)
		if err != nil {
			return err
		}
		d.decisions = append(d.decisions, decided)
	}
	return d.withinLimits(ctx, reader)
}

// decideOne decides on one action; first maps the keys of those that go to their
// numbers.
func (d *dispatch) decideOne(ctx context.Context, reader *audit.Reader, a plan.Action, first map[string]int) (decision, error) {
	decided := decision{action: a.Action}
	decided.action.Key, decided.action.Undo, decided.action.Values = a.Key, a.Undo, nil
	decided.action.SameRun = 0 // all actions of the plan are of the run that sends it
	if !a.Sends() {
		if a.Verdict == workbook.WouldSend { // a plugin's call that no configuration stands for
			decided.action.Verdict = workbook.RefusedDisabled
		}
		return decided, nil
	}
	filled, err := d.fill(a)
	if err != nil {
		return decided, refuse("action %d: %s", a.Number, err)
	}
	if !reflect.DeepEqual(filled.Shown, a.Request) || filled.Key != a.Key || filled.Target != a.Target {
		return decided, refuse("action %d: its request is not what the configuration makes of its values", a.Number)
	}
	judged, err := d.judge(a, filled)
	if err != nil {
		return decided, err
	}
	decided.action.Verdict, decided.action.Rule, decided.action.Reason = judged.Verdict, judged.Rule, judged.Reason
	if judged.Verdict != workbook.WouldSend {
		return decided, nil
	}
	if number, ok := first[a.Key]; ok {
		decided.action.Verdict, decided.action.SameAs = workbook.Deduplicated, number
		decided.action.Reason = fmt.Sprintf("the same request as action %d", number)
		return decided, nil
	}
	done, err := d.done(ctx, reader, a)
	if err != nil {
		return decided, err
	}
	if done != "" {
		decided.action.Verdict, decided.action.Reason = workbook.Deduplicated, done
		return decided, nil
	}
	first[a.Key] = a.Number
	decided.filled, decided.approved = filled, judged.Approved
	return decided, nil
}

// fill fills an action's request anew, with its secrets.
func (d *dispatch) fill(a plan.Action) (*trigger.Filled, error) {
	n, suggestion := d.integrations.Find(a.Integration)
	if n == nil {
		return nil, errors.New("no configuration " + guard.Quote(a.Integration) + ": " + suggestion)
	}
	if d.plan.Undoes > 0 {
		return n.FillUndo(a.Values, a.Canonical, secretOf(n, d.endpoints))
	}
	return n.Fill(a.Values, a.Canonical, secretOf(n, d.endpoints))
}

// judge asks the guard again, and takes the approvals into account. An action
// that takes another back needs no approval of its target: it lifts a block.
func (d *dispatch) judge(a plan.Action, filled *trigger.Filled) (guard.Judgement, error) {
	if d.plan.Undoes > 0 {
		return guard.Release(a.Type, filled.Target), nil
	}
	judged := d.guard.Judge(a.Type, filled.Target)
	if judged.Canonical != a.Canonical {
		return judged, refuse("action %d: the guard reads its target as %s, and the plan says %s", a.Number, judged.Canonical, a.Canonical)
	}
	if a.Verdict == workbook.WouldSend {
		if judged.Verdict != workbook.WouldSend {
			return judged, refuse("action %d: the guard says %s now: %s", a.Number, judged.Verdict, judged.Reason)
		}
		return judged, nil
	}
	grants, ok := d.standing.Grants(a.Number)
	if !ok || len(grants) == 0 {
		judged.Verdict, judged.Rule, judged.Reason = workbook.NeedsApproval, a.Rule, a.Reason
		return judged, nil
	}
	switch judged.Verdict {
	case workbook.NeedsApproval:
		return judged.Grant(grantedBy(grants))
	case workbook.WouldSend:
		return judged, nil
	}
	return judged, refuse("action %d: the guard says %s now: %s", a.Number, judged.Verdict, judged.Reason)
}

// grantedBy names those who approved a target, and why.
func grantedBy(grants []plan.Grant) string {
	var by []string
	for _, g := range grants {
		by = append(by, g.Name+": "+g.Reason)
	}
	return "approved by " + strings.Join(by, "; ")
}

// done tells why an action need not go any more: its block is taken back, or an
// earlier run sent the same; "" where it must.
func (d *dispatch) done(ctx context.Context, reader *audit.Reader, a plan.Action) (string, error) {
	since := d.now.Add(-d.again)
	if d.plan.Undoes > 0 {
		began, undone, err := d.takesBack(ctx, reader, a)
		if err != nil || undone != "" {
			return undone, err
		}
		// A block after the last undoing needs one of its own.
		since = later(since, began)
	}
	return d.delivered(ctx, reader, a, since)
}

// delivered tells where an earlier run sent the same since a time; "" where none
// did. What is simulated neither counts nor is counted.
func (d *dispatch) delivered(ctx context.Context, reader *audit.Reader, a plan.Action, since time.Time) (string, error) {
	if d.mode() != workbook.ModeApply {
		return "", nil
	}
	done, found, err := reader.Delivered(ctx, a.Key, since)
	if err != nil || !found {
		return "", err
	}
	return fmt.Sprintf("run %d, action %d: %s at %s", done.Run, done.Action, done.Verdict, done.Time.UTC().Format(time.RFC3339)), nil
}

// withinLimits checks the life cycle and the cap of each configuration.
func (d *dispatch) withinLimits(ctx context.Context, reader *audit.Reader) error {
	counts := map[string]int{}
	for _, decided := range d.decisions {
		if decided.goes() {
			counts[decided.action.Integration]++
		}
	}
	var disabled, over []string
	for _, name := range d.integrations.Names() {
		if counts[name] == 0 {
			continue
		}
		n, _ := d.integrations.Find(name)
		if why := d.endpoints.lacks(n); why != "" {
			disabled = append(disabled, why)
			continue
		}
		cycle, err := reader.Lifecycle(ctx, n.Digest(), d.endpoints.of(n.Origin()))
		if err != nil {
			return err
		}
		if why := notReady(n, cycle); why != "" {
			disabled = append(disabled, guard.Quote(name)+" "+why)
		}
		if d.plan.Undoes == 0 && counts[name] > n.MaxActions {
			over = append(over, fmt.Sprintf("%s: %d actions, over the cap of %d (max_actions)", guard.Quote(name), counts[name], n.MaxActions))
		}
	}
	switch {
	case len(disabled) > 0:
		return &refusal{disabled, workbook.RefusedDisabled}
	case len(over) > 0:
		return &refusal{over, workbook.RefusedCap}
	}
	return nil
}

// notReady says why a configuration must not be sent through; "" where it may.
func notReady(n *trigger.Integration, cycle audit.Lifecycle) string {
	name := guard.Quote(n.Name)
	switch {
	case !n.Enabled:
		return "has enabled: false in its file"
	case cycle.Status != trigger.Validated:
		return "is not validated: tabletop integrations validate " + name
	case !cycle.Enabled:
		return "is not enabled: tabletop integrations enable " + name
	}
	return ""
}

// count is how many requests go.
func (d *dispatch) count() int {
	n := 0
	for _, decided := range d.decisions {
		if decided.goes() {
			n++
		}
	}
	return n
}

// queues are the requests by configuration, each in the order of the plan.
func (d *dispatch) queues() []delivery.Queue {
	var queues []delivery.Queue
	at := map[string]int{}
	secrets := map[string]map[string]string{}
	for _, decided := range d.decisions {
		if !decided.goes() {
			continue
		}
		name := decided.action.Integration
		n, _ := d.integrations.Find(name)
		i, known := at[name]
		if !known {
			policy := n.Policy()
			if d.plan.Undoes > 0 {
				policy = n.UndoPolicy()
			}
			i, at[name] = len(queues), len(queues)
			queues = append(queues, delivery.Queue{Integration: name, Policy: policy})
			secrets[name] = knownSecrets(n, d.integrations, d.endpoints)
		}
		m := decided.filled.Message(decided.action.Number, decided.approved)
		for secret, value := range secrets[name] {
			if _, own := m.Secrets[secret]; !own {
				m.Secrets[secret] = value
			}
		}
		if header, ok := n.IdempotencyHeader(d.sha, decided.action.Key); ok {
			m.Headers = append(m.Headers, header)
		}
		queues[i].Messages = append(queues[i].Messages, m)
	}
	return queues
}
