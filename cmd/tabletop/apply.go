package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// An application is the command apply with its flags.
type application struct {
	audit     string
	approvals []string
	endpoints []string
	yes       int
	stores    string
	// again is how long an action counts as done for later runs.
	again  time.Duration
	reason string
	ticket string
	output string
}

func applyCommand(c *console) *cobra.Command {
	a := &application{}
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Send exactly what a plan says",
		Long: `apply sends the requests of a plan, in their order, after it has checked again
that nothing changed since: the workbook, the integrations, the guard and its
lists, the approvers, the events, the guard's verdict on every target, the caps
and the approvals. A plan that changed or is older than 24 hours is refused
whole, and none is applied twice.

Before a request leaves, that it will is on disk; what came of it is recorded
after. An answer that never came leaves an action unknown: tabletop resume finds
out. Ctrl-C stops before the next request.

--endpoint sends to a simulator on this machine instead (tabletop simulate),
with made-up secrets; the run is then recorded as simulated, and the plan stays
unused.`,
		Example: `  tabletop apply plan.json
  tabletop apply plan.json --yes 3 --reason 'approved in SOC-17'
  tabletop apply plan.json \
      --endpoint https://api.xdr.trendmicro.com=http://127.0.0.1:8080`,
		Args: exactly(1, "the file of a plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), c, cmd.InOrStdin(), args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&a.audit, "audit", "audit.db", "the audit that recorded the plan")
	f.StringArrayVar(&a.approvals, "approval", nil, "file of an approval; may be repeated (default all that lie beside the plan)")
	f.StringArrayVar(&a.endpoints, "endpoint", nil, "send to a simulator on this machine, as FROM=TO; may be repeated")
	f.IntVar(&a.yes, "yes", 0, "the number of requests, instead of typing it")
	f.DurationVar(&a.again, "again-after", 24*time.Hour, "how long what a run sent is not sent again by another")
	f.StringVar(&a.stores, "stores", "", "the file of event stores (default beside the audit, as in audit.stores.db)")
	f.StringVar(&a.reason, "reason", "", "why it is sent, for the audit")
	f.StringVar(&a.ticket, "ticket", "", "the ticket that it belongs to, for the audit")
	f.StringVarP(&a.output, "output", "o", "text", "text or json")
	return cmd
}

func (a *application) run(ctx context.Context, c *console, stdin io.Reader, file string) error {
	if err := outputForm(a.output, "text", "json"); err != nil {
		return err
	}
	if a.again < 0 {
		return nothingRan(errors.New("--again-after must be 0 or more, as 24h"))
	}
	to, err := parseEndpoints(a.endpoints)
	if err != nil {
		return err
	}
	made, sha, err := plan.Load(file)
	if err != nil {
		return nothingRan(err)
	}
	approvals, unreadable, err := a.approvalsOf(file)
	if err != nil {
		return nothingRan(err)
	}
	release, err := lockSending(a.audit)
	if err != nil {
		return err
	}
	defer release()
	d := &dispatch{
		plan: made, sha: sha, approvals: approvals, unreadable: unreadable, endpoints: to,
		now: time.Now(), again: a.again, reason: a.reason, ticket: a.ticket, json: a.output == "json",
		stores: storesPath(a.stores, a.audit), asks: a.yes == 0,
	}
	return d.apply(ctx, c, a.audit, func(count int) error { return confirm(ctx, c, stdin, a.yes, count) })
}

// approvalsOf reads the approvals that were named, else those beside the plan.
func (a *application) approvalsOf(file string) ([]*plan.Approval, []plan.Refusal, error) {
	if a.approvals == nil {
		return plan.FindApprovals(file)
	}
	var out []*plan.Approval
	for _, name := range a.approvals {
		approval, err := plan.LoadApproval(name)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, approval)
	}
	return out, nil, nil
}

// confirm asks for the number of requests, which nobody types by mistake.
func confirm(ctx context.Context, c *console, stdin io.Reader, yes, count int) error {
	if yes != 0 {
		if yes != count {
			return refused(fmt.Errorf("--yes %d: the plan would send %s", yes, plural(count, "request", "requests")))
		}
		return nil
	}
	line, err := c.ask(ctx, stdin, fmt.Sprintf("Type %d to send %s: ", count, plural(count, "request", "requests")))
	if errors.Is(err, errNoTerminal) {
		return refused(fmt.Errorf("%w: add --yes %d to send %s", err, count, plural(count, "request", "requests")))
	}
	if err != nil {
		return err
	}
	if line != strconv.Itoa(count) {
		return refused(errors.New("nothing was sent: the number was not typed"))
	}
	return nil
}

// known looks the plan up in the audit, which must have it, and no run that
// applied it.
func (d *dispatch) known(ctx context.Context, reader *audit.Reader) error {
	entry, err := reader.FindPlan(ctx, d.sha)
	switch {
	case errors.Is(err, audit.ErrNoPlan):
		return refuse("the audit does not know it: it was changed since, or made with another audit (--audit)")
	case err != nil:
		return err
	case entry.Run != d.plan.Run:
		return refuse("it says that run %d made it, and the audit that run %d did", d.plan.Run, entry.Run)
	case d.mode() != workbook.ModeApply:
		return nil
	}
	applied, err := reader.AppliedBy(ctx, d.sha)
	if err != nil {
		return err
	}
	for _, a := range applied {
		if a.Mode == workbook.ModeApply {
			return appliedAlready(a.Run)
		}
	}
	return nil
}

// appliedAlready refuses a plan that a run applied.
func appliedAlready(run int64) error {
	return refuse("run %d applied it already: tabletop resume %d settles what is open of it", run, run)
}

// mode is the mode in which requests go.
func (d *dispatch) mode() string {
	if len(d.endpoints) > 0 {
		return workbook.ModeSimulate
	}
	return workbook.ModeApply
}
