package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// A resuming is the command resume with its flags.
type resuming struct {
	audit        string
	integrations string
	endpoints    []string
	sent         []string
	notSent      []string
	tasks        bool
	reason       string
	ticket       string
	output       string
}

func resumeCommand(c *console) *cobra.Command {
	r := &resuming{}
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Find out what became of requests whose outcome is unknown",
		Long: `resume settles the actions of a run whose outcome is unknown: the program died
after it had written down that a request would leave, or no answer came. It asks
the vendor whether it took the target, where the configuration says how to ask;
what the vendor can't tell, you say: --sent a3, --not-sent a4, or at the
question on a terminal. It never sends a request again. What was never begun can
be planned anew: what an earlier run sent is then deduplicated.

--tasks asks also what became of the vendor's tasks for what was sent.`,
		Example: `  tabletop resume 7
  tabletop resume 7 --not-sent a3,a4 --reason 'not in the console'
  tabletop resume 7 --tasks`,
		Args: exactly(1, "the number of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.run(cmd.Context(), c, cmd.InOrStdin(), args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.audit, "audit", "audit.db", "the audit that recorded the run")
	f.StringVar(&r.integrations, "integrations", "", "webhook configurations (default those of the run's plan)")
	f.StringArrayVar(&r.endpoints, "endpoint", nil, "where the simulator is now, FROM=TO, for a simulated run; may be repeated")
	f.StringSliceVar(&r.sent, "sent", nil, "actions that you know to have arrived, as a3,a4")
	f.StringSliceVar(&r.notSent, "not-sent", nil, "actions that you know not to have arrived")
	f.BoolVar(&r.tasks, "tasks", false, "ask what became of the vendor's tasks too")
	f.StringVar(&r.reason, "reason", "", "how you know, for the audit")
	f.StringVar(&r.ticket, "ticket", "", "the ticket that it belongs to, for the audit")
	f.StringVarP(&r.output, "output", "o", "text", "text or json")
	return cmd
}

// A settling is one run of resume.
type settling struct {
	*resuming
	c            *console
	stdin        io.Reader
	number       int64
	run          audit.Run
	original     *plan.Plan
	plan         map[int]plan.Action
	integrations *trigger.Integrations
	client       *delivery.Client
	endpoints    endpoints
	said         map[int]workbook.Verdict
	user         string
	// undone are the actions that the run takes back.
	undone map[int]workbook.Action
}

func (r *resuming) run(ctx context.Context, c *console, stdin io.Reader, arg string) error {
	if err := outputForm(r.output, "text", "json"); err != nil {
		return err
	}
	number, err := runNumber(arg)
	if err != nil {
		return err
	}
	release, err := lockSending(r.audit)
	if err != nil {
		return err
	}
	defer release()
	s := &settling{resuming: r, c: c, stdin: stdin, number: number, plan: map[int]plan.Action{}}
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.client.Close()
	log, err := audit.Open(ctx, r.audit, audit.Options{Now: time.Now})
	if err != nil {
		return nothingRan(err)
	}
	err = s.settle(ctx, log)
	if closing := log.Close(); err == nil {
		err = closing
	}
	return err
}

// open reads the run, its plan and what the vendor is asked with.
func (s *settling) open(ctx context.Context) error {
	var original *plan.Plan
	var err error
	if s.run, original, err = sentRun(ctx, s.audit, s.number); err != nil {
		return err
	}
	s.original = original
	for _, a := range original.Actions {
		s.plan[a.Number] = a
	}
	path := s.resuming.integrations
	if path == "" {
		path = original.Path(original.Integrations.Path)
	}
	if s.integrations, err = trigger.Load(path); err != nil {
		return nothingRan(err)
	}
	written := s.resuming.endpoints
	switch {
	case s.run.Mode == workbook.ModeSimulate && written == nil:
		written = strings.Fields(s.run.Endpoint)
	case s.run.Mode != workbook.ModeSimulate && written != nil:
		return nothingRan(fmt.Errorf("run %d sent for real: a simulator can't tell what became of it", s.number))
	}
	if s.endpoints, err = parseEndpoints(written); err != nil {
		return err
	}
	var all []*trigger.Integration
	for _, name := range s.integrations.Names() {
		n, _ := s.integrations.Find(name)
		all = append(all, n)
	}
	if s.client, err = delivery.New(s.endpoints.clientOptions(all...)); err != nil {
		return nothingRan(err)
	}
	s.user, _ = whoami()
	if err := s.readUndone(ctx); err != nil {
		return err
	}
	return s.listen()
}

// listen reads what the user says of actions.
func (s *settling) listen() error {
	s.said = map[int]workbook.Verdict{}
	for _, list := range []struct {
		names   []string
		verdict workbook.Verdict
	}{{s.sent, workbook.Sent}, {s.notSent, workbook.Failed}} {
		for _, name := range list.names {
			number, err := strconv.Atoi(strings.TrimPrefix(name, "a"))
			at := slices.IndexFunc(s.run.Actions, func(a workbook.Action) bool { return a.Number == number })
			switch {
			case err != nil || at < 0:
				return nothingRan(fmt.Errorf("%s is no action of run %d", clean(name), s.number))
			case s.run.Actions[at].Verdict != workbook.Unknown:
				return nothingRan(fmt.Errorf("a%d is %s, not unknown", number, s.run.Actions[at].Verdict))
			case s.said[number] != "" && s.said[number] != list.verdict:
				return nothingRan(fmt.Errorf("a%d can't be both sent and not sent", number))
			}
			s.said[number] = list.verdict
		}
	}
	return nil
}

// settle finds out and records, action by action.
func (s *settling) settle(ctx context.Context, log *audit.Log) error {
	kept := context.WithoutCancel(ctx)
	_, host := whoami()
	run, err := log.Begin(kept, workbook.Info{
		Name: fmt.Sprintf("resume run %d: %s", s.number, s.run.Workbook.Name), Mode: workbook.ModeResume, Now: time.Now(), NowSource: "the wall clock",
		Zone: time.UTC, User: s.user, Host: host, Reason: s.reason, Ticket: s.ticket, Version: version(), Program: programDigest(), Endpoint: s.endpoints.String(),
	})
	if err != nil {
		return err
	}
	status, open := workbook.Completed, 0
	var settled []workbook.Action
	for _, a := range s.run.Actions {
		outcome, found := s.find(ctx, a)
		if ctx.Err() != nil {
			status = workbook.Interrupted
			break
		}
		if !found {
			if a.Verdict == workbook.Unknown {
				open++
				s.show(a)
			}
			continue
		}
		if err := log.Deliver(kept, run, append([]audit.Outcome{outcome}, s.ofUndone(a, outcome)...), nil); err != nil {
			return err
		}
		a.Verdict, a.Reason, a.SettledBy = outcome.Verdict, outcome.Reason, run
		settled = append(settled, a)
		s.show(a)
	}
	result := workbook.Result{Run: run, Status: status}
	if result.Head, err = log.End(kept, result); err != nil {
		return err
	}
	s.close(result, settled, open)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case open > 0:
		return failure{exitNotHeld, fmt.Errorf("%s still unknown: look at the vendor's console, then say --sent or --not-sent", plural(open, "action is", "actions are"))}
	}
	return nil
}

func (s *settling) show(a workbook.Action) {
	if s.output == "text" {
		s.c.delivered(a)
		_ = s.c.flush()
	}
}

// find finds out what became of an action; false where nothing new is known.
func (s *settling) find(ctx context.Context, a workbook.Action) (audit.Outcome, bool) {
	o := audit.Outcome{Run: s.number, Action: a.Number}
	if a.Verdict == workbook.Sent && s.tasks {
		return s.task(ctx, a, o)
	}
	if a.Verdict != workbook.Unknown {
		return o, false
	}
	if v, ok := s.said[a.Number]; ok {
		o.Verdict, o.Reason = v, s.testimony(v)
		return o, true
	}
	taken, why := s.taken(ctx, a)
	if why == "" && taken && s.original.Undoes == 0 {
		why = s.stoodBefore(ctx, a)
	}
	if why == "" {
		o.Verdict, o.Reason = meaning(taken, s.original.Undoes > 0)
		return o, true
	}
	if ctx.Err() != nil {
		return o, false
	}
	s.c.remark("a%d %s %s: the vendor can't tell: %s", a.Number, a.Type, clean(a.Target), clean(why))
	if o.Verdict = s.question(ctx); o.Verdict == "" {
		return o, false
	}
	o.Reason = s.testimony(o.Verdict)
	return o, true
}

// meaning is what an action came to for a vendor that has its target, or has it
// not. A list tells what stands, and not by whose request.
func meaning(has, undoing bool) (v workbook.Verdict, reason string) {
	v = workbook.Failed
	if has != undoing {
		v = workbook.Sent
	}
	if has {
		reason = "asked, the vendor has the target"
	} else {
		reason = "asked, the vendor does not have the target"
	}
	if v == workbook.Sent {
		reason += "; whether through this request, it does not tell"
	}
	return v, reason
}

// testimony words what a person said.
func (s *settling) testimony(v workbook.Verdict) string {
	words := "did not arrive"
	if v == workbook.Sent {
		words = "arrived"
	}
	text := s.user + " says that it " + words
	if s.reason != "" {
		text += ": " + s.reason
	}
	return text
}

// question asks whoever sits at the terminal; "" where nobody knows.
func (s *settling) question(ctx context.Context) workbook.Verdict {
	line, err := s.c.ask(ctx, s.stdin, "Did it arrive? yes, no, or nothing to leave it open: ")
	if err != nil {
		return ""
	}
	switch strings.ToLower(line) {
	case "y", "yes":
		return workbook.Sent
	case "n", "no":
		return workbook.Failed
	}
	return ""
}

// close tells what was found out.
func (s *settling) close(r workbook.Result, settled []workbook.Action, open int) {
	if s.output == "json" {
		s.c.json(struct {
			Run     int64             `json:"run"`
			Resumes int64             `json:"resumes"`
			Settled []workbook.Action `json:"settled"`
			Open    int               `json:"unknown"`
			Head    workbook.Head     `json:"audit"`
		}{r.Run, s.number, notNil(settled), open, r.Head})
		return
	}
	if len(settled) == 0 && open == 0 {
		s.c.line(fmt.Sprintf("nothing of run %d is unknown", s.number))
	}
	if n := s.notBegun(); n > 0 {
		s.c.para(plural(n, "action was", "actions were") + " never begun: plan again; what was sent is then deduplicated")
	}
	s.c.line(fmt.Sprintf("run %d is entry %d of %s, whose head is", r.Run, r.Head.Sequence, clean(r.Head.File)))
	s.c.line(r.Head.Hash)
}

// notBegun counts the plan's actions of which the run has no record.
func (s *settling) notBegun() int {
	n := 0
	for number, a := range s.plan {
		if (a.Verdict == workbook.WouldSend || a.Verdict == workbook.NeedsApproval) && !hasAction(s.run.Actions, number) {
			n++
		}
	}
	return n
}
