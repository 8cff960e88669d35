package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// shownTargets is the most targets of a kind that a review lists.
const shownTargets = 100

// review shows a plan as somebody needs it who answers for it: whose it is, what
// it would send where, and what of that is approved by the statement.
func (c *console) review(r *review, s plan.Statement) {
	p := r.plan
	c.fact(c.strong("plan "+r.path), c.faint("  "+r.sha256))
	c.para(fmt.Sprintf("made by %s on %s at %s, expires %s", p.Planner.User, p.Planner.Host, moment(p.Created), moment(p.Expires)))
	switch {
	case p.Undoes > 0:
		c.para(fmt.Sprintf("takes back what run %d sent", p.Undoes))
	case p.Workbook != nil:
		c.fact("of ", p.Workbook.Path, fmt.Sprintf(", run %d", p.Run))
	}
	if p.Reason != "" {
		c.para("because: " + p.Reason)
	}
	if p.Ticket != "" {
		c.para("ticket " + p.Ticket)
	}
	c.reviewCounts(p)
	c.reviewPlain(p)
	c.reviewNeeding(p, s)
	c.line()
	c.line(c.strong("what is signed"))
	for _, line := range strings.Split(strings.TrimSuffix(s.Text(), "\n"), "\n") {
		c.whole(line)
	}
}

// whole writes a text as wrapped does, however long it is: nobody signs what they
// can't see.
func (c *console) whole(text string) {
	for _, line := range wrap(clean(text), c.width-2*len(indent)) {
		c.line(indent, indent, line)
	}
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// reviewCounts counts requests by the configuration that they go through.
func (c *console) reviewCounts(p *plan.Plan) {
	sent := 0
	for _, n := range p.Caps {
		sent += n.Planned
	}
	c.line()
	c.line(c.strong("would send " + plural(sent, "request", "requests")))
	for _, n := range p.Caps {
		over := ""
		if n.Planned > n.Most {
			over = c.red(fmt.Sprintf("  over the cap of %d: apply sends none of the plan", n.Most))
		}
		c.line(fmt.Sprintf("%6d  ", n.Planned), clean(n.Integration), over)
	}
	by := map[workbook.Verdict]int{}
	for _, a := range p.Actions {
		if !a.Sends() {
			by[a.Verdict]++
		}
	}
	for _, v := range workbook.Verdicts {
		if n := by[v]; n > 0 {
			why := c.verdict(v)
			if v == workbook.WouldSend {
				why = "no configuration"
			}
			c.line(fmt.Sprintf("%6d  ", n), "not sent: ", why)
		}
	}
}

// reviewPlain lists what is sent on the plan's approval alone.
func (c *console) reviewPlain(p *plan.Plan) {
	var plain []plan.Action
	for _, a := range p.Actions {
		if a.Sends() && a.Verdict == workbook.WouldSend {
			plain = append(plain, a)
		}
	}
	if len(plain) == 0 {
		return
	}
	c.line()
	c.line(c.strong("sent on the plan's approval"))
	for _, a := range plain[:min(len(plain), shownTargets)] {
		c.reviewTarget(a, "")
	}
	c.more(len(plain))
}

// reviewNeeding lists what needs an approval of its own, and why.
func (c *console) reviewNeeding(p *plan.Plan, s plan.Statement) {
	approved := map[int]bool{}
	for _, t := range s.Targets {
		approved[t.Action] = true
	}
	var approving, others []plan.Action
	for _, a := range p.Actions {
		switch {
		case a.Verdict != workbook.NeedsApproval:
		case approved[a.Number]:
			approving = append(approving, a)
		default:
			others = append(others, a)
		}
	}
	if len(approving)+len(others) == 0 {
		return
	}
	c.line()
	c.line(c.strong(plural(len(approving)+len(others), "target needs an approval of its own", "targets need an approval of their own")))
	// What is approved is listed to its end.
	for _, a := range approving {
		c.reviewTarget(a, c.green("approving"))
		c.reviewDetails(a)
	}
	for _, a := range others[:min(len(others), shownTargets)] {
		c.reviewTarget(a, c.yellow("not approving"))
		c.reviewDetails(a)
	}
	c.more(len(others))
}

func (c *console) more(all int) {
	if all > shownTargets {
		c.line(indent, c.faint(fmt.Sprintf("… and %d more", all-shownTargets)))
	}
}

// reviewTarget is the line of a target, with what is said of it. A target that
// is too long for it stands below.
func (c *console) reviewTarget(a plan.Action, said string) {
	head := indent + c.strong(fmt.Sprintf("a%d", a.Number)) + gap
	if said != "" {
		head += said + gap
	}
	line := head + clean(a.Type) + " " + c.strong(clean(a.Target)) + c.faint(gap+clean(a.Integration))
	if ansi.StringWidth(line) <= c.width {
		c.line(line)
	} else {
		c.line(head, clean(a.Type))
		c.whole(a.Target)
		c.wrapped(a.Integration)
	}
	if a.Canonical != a.Target {
		c.wrapped("judged as " + a.Canonical)
	}
}

func (c *console) reviewDetails(a plan.Action) {
	if a.Rule != "" || a.Reason != "" {
		c.wrapped(strings.TrimSpace(a.Rule + ": " + a.Reason))
	}
	lines := bodyLines(*a.Request)
	c.wrapped(a.Request.Method + " " + a.Request.URL + "  " + lines[0])
	for _, line := range lines[1:] {
		c.wrapped(line)
	}
	for _, line := range a.Effect {
		c.wrapped(line)
	}
	if a.CannotUndo != "" {
		c.wrapped("can't be undone: " + a.CannotUndo)
	}
	if text := because(a.Evidence); text != "" {
		c.wrapped(text)
	}
}
