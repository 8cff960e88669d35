package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// An undoing is the command undo with its flags.
type undoing struct {
	audit        string
	to           string
	integrations string
	approvers    string
	reason       string
	ticket       string
	output       string
}

func undoCommand(c *console) *cobra.Command {
	u := &undoing{}
	cmd := &cobra.Command{
		Use:   "undo RUN|ACTION… --to FILE",
		Short: "Plan to take back what a run sent",
		Long: `undo writes a plan of the inverse requests of what a run sent, newest first, and
says what can't be taken back. Nothing is sent: review the plan, have it
approved and apply it as any other. Once an inverse request is sent, the action
that it takes back is undone.

A run is named by its number, an action as 7/a2. Actions whose outcome is
unknown are left out: tabletop resume settles them first.`,
		Example: `  tabletop undo 7 --to undo.json
  tabletop undo 7/a2 7/a3 --to undo.json --reason 'false positive'
  tabletop apply undo.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nothingRan(errors.New("name a run, as 7, or actions of it, as 7/a2"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return u.run(cmd.Context(), c, args) },
	}
	f := cmd.Flags()
	f.StringVar(&u.audit, "audit", "audit.db", "the audit that recorded the run")
	f.StringVar(&u.to, "to", "", "the file to write the plan to; one that is there is left alone")
	f.StringVar(&u.integrations, "integrations", "", "webhook configurations (default those of the run's plan)")
	f.StringVar(&u.approvers, "approvers", "", "who may approve (default those of the run's plan)")
	f.StringVar(&u.reason, "reason", "", "why it is taken back, for the audit")
	f.StringVar(&u.ticket, "ticket", "", "the ticket that it belongs to, for the audit")
	f.StringVarP(&u.output, "output", "o", "text", "text or json")
	return cmd
}

// parseActions reads a run, or actions of one run; no actions stand for all.
func parseActions(args []string) (run int64, actions []int, err error) {
	for _, arg := range args {
		id, err := audit.ParseID(arg, false)
		if err != nil || id != (audit.ID{Run: id.Run, Action: id.Action}) || id.Run == 0 {
			return 0, nil, nothingRan(fmt.Errorf("%s is neither a run, as 7, nor an action, as 7/a2", clean(arg)))
		}
		if run != 0 && id.Run != run {
			return 0, nil, nothingRan(errors.New("one run at a time: its actions become one plan"))
		}
		run = id.Run
		if id.Action > 0 {
			actions = append(actions, id.Action)
		}
	}
	if len(actions) > 0 && len(actions) < len(args) {
		return 0, nil, nothingRan(errors.New("name the run, or actions of it, not both"))
	}
	return run, actions, nil
}

func (u *undoing) run(ctx context.Context, c *console, args []string) error {
	if err := outputForm(u.output, "text", "json"); err != nil {
		return err
	}
	number, chosen, err := parseActions(args)
	if err != nil {
		return err
	}
	if err := toNew(u.to, "undo.json"); err != nil {
		return err
	}
	sent, original, err := sentRun(ctx, u.audit, number)
	if err != nil {
		return err
	}
	if missing := slices.DeleteFunc(slices.Clone(chosen), func(n int) bool { return hasAction(sent.Actions, n) }); len(missing) > 0 {
		return nothingRan(fmt.Errorf("run %d has no action %d", number, missing[0]))
	}
	made, left, err := u.build(sent, original, chosen)
	if err != nil {
		return err
	}
	if len(made.Actions) == 0 {
		for _, why := range left {
			c.remark("%s", clean(why))
		}
		return refused(fmt.Errorf("nothing of run %d can be taken back", number))
	}
	log, err := audit.Open(ctx, u.audit, audit.Options{Now: time.Now})
	if err != nil {
		return nothingRan(err)
	}
	written, err := u.record(ctx, log, made)
	if closing := log.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	c.planned(made, written, u.output == "json")
	for _, why := range left {
		c.remark("left out: %s", clean(why))
	}
	return nil
}

func hasAction(actions []workbook.Action, number int) bool {
	return slices.ContainsFunc(actions, func(a workbook.Action) bool { return a.Number == number })
}

// sentRun reads a run that sent, and its plan.
func sentRun(ctx context.Context, path string, number int64) (audit.Run, *plan.Plan, error) {
	reader, err := audit.OpenReader(ctx, path)
	if err != nil {
		return audit.Run{}, nil, nothingRan(err)
	}
	defer reader.Close()
	sent, err := reader.Show(ctx, number)
	if err != nil {
		return sent, nil, nothingRan(err)
	}
	if sent.Plan == "" {
		return sent, nil, nothingRan(fmt.Errorf("run %d sent nothing: its mode is %s", number, sent.Mode))
	}
	entry, err := reader.FindPlan(ctx, sent.Plan)
	if err != nil {
		return sent, nil, fmt.Errorf("the plan of run %d: %w", number, err)
	}
	original, err := plan.Read(fmt.Sprintf("the plan of run %d", number), entry.Text)
	return sent, original, err
}

// build makes the plan that takes actions back, and says what it leaves out.
func (u *undoing) build(sent audit.Run, original *plan.Plan, chosen []int) (made *plan.Plan, left []string, err error) {
	path := u.integrations
	if path == "" {
		path = original.Path(original.Integrations.Path)
	}
	integrations, err := trigger.Load(path)
	if err != nil {
		return made, nil, nothingRan(err)
	}
	made, err = u.head(sent, original, integrations)
	if err != nil {
		return made, nil, err
	}
	planned := map[int]plan.Action{}
	for _, a := range original.Actions {
		planned[a.Number] = a
	}
	for _, a := range slices.Backward(sent.Actions) {
		if len(chosen) > 0 && !slices.Contains(chosen, a.Number) {
			continue
		}
		inverse, why := inverseOf(a, planned[a.Number], integrations)
		if original.Undoes > 0 {
			why = "it is itself an undoing: plan the workbook again"
		}
		if why != "" {
			left = append(left, fmt.Sprintf("a%d %s: %s", a.Number, a.Target, why))
			continue
		}
		inverse.Number = len(made.Actions) + 1
		made.Actions = append(made.Actions, inverse)
	}
	made.Caps = capsOf(integrations, made.Actions)
	return made, left, nil
}

// head is a plan without actions that takes back those of a run.
func (u *undoing) head(sent audit.Run, original *plan.Plan, integrations *trigger.Integrations) (*plan.Plan, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	name, host := whoami()
	document := integrations.Document()
	created := time.Now().UTC().Truncate(time.Second)
	made := &plan.Plan{
		Form: plan.Form, Name: fmt.Sprintf("undo run %d: %s", sent.Number, original.Name), Created: created, Expires: created.Add(plan.Lifetime),
		Planner: plan.Planner{User: name, Host: host}, Reason: u.reason, Ticket: u.ticket, Folder: folder,
		Integrations: planFile(&document), Undoes: sent.Number, Simulated: sent.Mode == workbook.ModeSimulate,
		Clock: created, ClockFrom: "the wall clock",
	}
	approvers := u.approvers
	if approvers == "" && original.Approvers != nil {
		approvers = original.Path(original.Approvers.Path)
	}
	if approvers != "" {
		if made.Approvers, err = approversFile(approvers); err != nil {
			return made, err
		}
	}
	return made, nil
}

// inverseOf is the action that takes another back, or why there is none.
func inverseOf(a workbook.Action, planned plan.Action, integrations *trigger.Integrations) (inverse plan.Action, why string) {
	if a.Verdict != workbook.Sent {
		return inverse, "it is " + string(a.Verdict) + ", not sent"
	}
	n, suggestion := integrations.Find(a.Integration)
	if n == nil {
		return inverse, "no configuration " + a.Integration + ": " + suggestion
	}
	if why := n.CannotUndo(); why != "" {
		return inverse, why
	}
	if why := elsewhere(n, a.Request); why != "" {
		return inverse, why
	}
	filled, err := n.FillUndo(planned.Values, a.Canonical, trigger.Shown)
	if err != nil {
		return inverse, err.Error()
	}
	// The guard judged the target that the request had, and no other.
	if filled.Target != a.Target {
		return inverse, "its configuration is aimed at " + guard.Quote(filled.Target) + " now"
	}
	inverse = plan.Action{
		Action: workbook.Action{
			Block: a.Block, Row: a.Row, Run: a.Run, Integration: a.Integration, Type: a.Type, Target: filled.Target, Canonical: a.Canonical,
			DNIF: workbook.DNIFNoRequest, Verdict: workbook.WouldSend, Reason: fmt.Sprintf("takes back action %d", a.Number), Request: filled.Shown,
		},
		Key: filled.Key, Values: planned.Values, Undoes: a.Number, Evidence: planned.Evidence, CannotUndo: "it is itself an undoing",
	}
	return inverse, ""
}

// record gives the plan its run and writes it.
func (u *undoing) record(ctx context.Context, log *audit.Log, made *plan.Plan) (writtenPlan, error) {
	kept := context.WithoutCancel(ctx)
	info := workbook.Info{
		Name: made.Name, Mode: workbook.ModeUndo, Now: made.Clock, NowSource: made.ClockFrom, Zone: time.UTC,
		User: made.Planner.User, Host: made.Planner.Host, Reason: made.Reason, Ticket: made.Ticket, Version: version(), Program: programDigest(),
	}
	var err error
	if made.Run, err = log.Begin(kept, info); err != nil {
		return writtenPlan{}, err
	}
	var actions []workbook.Action
	for _, a := range made.Actions {
		a.Action.Key = a.Key
		actions = append(actions, a.Action)
	}
	if err := log.Refuse(kept, made.Run, actions); err != nil {
		return writtenPlan{}, err
	}
	if _, err := log.End(kept, workbook.Result{Run: made.Run, Status: workbook.Completed, Actions: actions, Totals: workbook.Count(actions)}); err != nil {
		return writtenPlan{}, err
	}
	return keepPlan(ctx, log, made, u.to)
}
