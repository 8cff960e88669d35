package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// planned shows a plan that was written.
func (c *console) planned(p *plan.Plan, w writtenPlan, asJSON bool) {
	totals := map[workbook.Verdict]int{}
	for _, a := range p.Actions {
		totals[a.Verdict]++
	}
	if asJSON {
		verdicts := map[string]int{}
		for v, n := range totals {
			verdicts[string(v)] = n
		}
		c.json(struct {
			Run     int64          `json:"run"`
			Plan    writtenPlan    `json:"plan"`
			Expires time.Time      `json:"expires"`
			Totals  map[string]int `json:"totals"`
		}{p.Run, w, p.Expires, verdicts})
		return
	}
	c.line(c.strong(clean(p.Name)))
	c.para("plan of run " + strconv.FormatInt(p.Run, 10) + "; nothing is sent yet")
	c.planActions(p)
	c.line()
	for _, v := range workbook.Verdicts {
		if n := totals[v]; n > 0 {
			c.line(fmt.Sprintf("%4d", n), "  ", c.verdict(v))
		}
	}
	c.line()
	c.fact("written to ", w.File)
	c.line("SHA-256 ", w.SHA256)
	c.para("it holds until " + p.Expires.UTC().Format(time.RFC3339))
	c.para(nextStep(p, w.File, totals))
}

// nextStep says what comes after a plan.
func nextStep(p *plan.Plan, file string, totals map[workbook.Verdict]int) string {
	switch {
	case !slices.ContainsFunc(p.Actions, plan.Action.Sends):
		return "nothing of it would be sent"
	case p.Approvers != nil:
		return "next: have it approved with tabletop approve " + file
	case totals[workbook.NeedsApproval] > 0:
		return "next: tabletop apply " + file + "; what needs approval stays behind, since no approvers.yaml says who may approve"
	}
	return "next: tabletop apply " + file
}

// planActions lists what a plan has of each configuration, and the effect of
// its requests once.
func (c *console) planActions(p *plan.Plan) {
	var names []string
	for _, a := range p.Actions {
		if !slices.Contains(names, a.Integration) {
			names = append(names, a.Integration)
		}
	}
	for _, name := range names {
		c.line()
		c.line(c.strong(clean(name)))
		shown, count := 0, 0
		var effect []string
		for _, a := range p.Actions {
			if a.Integration != name {
				continue
			}
			if effect == nil && len(a.Effect) > 0 {
				effect = a.Effect
				for _, line := range effect {
					c.wrapped(line)
				}
			}
			if count++; shown < shownActions {
				shown++
				c.planAction(p, a)
			}
		}
		if count > shown {
			c.line(indent, c.faint(fmt.Sprintf("… and %d more", count-shown)))
		}
	}
}

// planAction shows one action of a plan in short.
func (c *console) planAction(p *plan.Plan, a plan.Action) {
	target := a.Target
	if target == "" {
		target = "no target"
	}
	c.short(a.Action, target)
	if a.Verdict == workbook.WouldSend && a.Undo == nil && a.CannotUndo != "" && p.Undoes == 0 {
		c.wrapped("can't be undone: " + a.CannotUndo)
	}
	if text := because(a.Evidence); text != "" && a.Sends() {
		c.wrapped(text)
	}
}

// short shows an action on one line, with its reason below.
func (c *console) short(a workbook.Action, target string) {
	head := []string{indent, c.strong(fmt.Sprintf("a%d", a.Number)), gap, c.verdict(a.Verdict), gap, clean(a.Type), " "}
	plain := len(indent) + len(strconv.Itoa(a.Number)) + 1 + len(a.Verdict) + len(a.Type) + 2*len(gap) + 1
	if plain+len(target) <= c.width {
		c.line(append(head, clean(target))...)
	} else {
		c.line(head...)
		c.wrapped(target)
	}
	c.wrapped(a.Reason)
}

// summary shows what would go, before anyone is asked.
func (c *console) summary(d *dispatch) {
	if d.json {
		return
	}
	c.line(c.strong(clean(d.plan.Name)))
	c.para(fmt.Sprintf("plan of run %d by %s, made %s", d.plan.Run, d.plan.Planner.User, d.plan.Created.UTC().Format(time.RFC3339)))
	for _, from := range strings.Fields(d.endpoints.String()) {
		c.para("to the simulator: " + strings.Replace(from, "=", " goes to ", 1))
	}
	for _, given := range d.standing.Plan {
		c.para("approved by " + given.Name + ": " + given.Reason)
	}
	for _, r := range d.standing.Refused {
		c.para("the approval " + r.File + " does not count: " + r.Reason)
	}
	counts := map[string]int{}
	var names []string
	for _, decided := range d.decisions {
		a := decided.action
		if !decided.goes() {
			c.short(a, a.Target)
			continue
		}
		if counts[a.Integration]++; counts[a.Integration] == 1 {
			names = append(names, a.Integration)
		}
	}
	for _, name := range names {
		c.line(fmt.Sprintf("%4d", counts[name]), "  ", clean(name))
	}
	_ = c.flush()
}

// delivered shows what became of an action.
func (c *console) delivered(a workbook.Action) {
	target := a.Target
	if target == "" {
		target = clean(a.Integration)
	}
	c.short(a, target)
}

// applied totals a run that sent.
func (c *console) applied(d *dispatch, r workbook.Result) {
	if d.json {
		c.json(struct {
			Run      int64             `json:"run"`
			Plan     string            `json:"plan"`
			Mode     string            `json:"mode"`
			Status   string            `json:"status"`
			Actions  []workbook.Action `json:"actions"`
			Totals   map[string]int    `json:"totals"`
			Warnings []string          `json:"warnings"`
			Head     workbook.Head     `json:"audit"`
		}{r.Run, d.sha, d.mode(), r.Status, notNil(r.Actions), totalsJSON(r.Totals), notNil(r.Warnings), r.Head})
		return
	}
	c.line()
	c.warnings(r.Warnings)
	for _, v := range workbook.Verdicts {
		if n := r.Totals.ByVerdict[v]; n > 0 {
			c.line(fmt.Sprintf("%4d", n), "  ", c.verdict(v))
		}
	}
	if r.Totals.ByVerdict[workbook.Sent] > 0 {
		c.para("sent means that the vendor accepted the command, not that its products enforce it")
	}
	if r.Status != workbook.Completed {
		c.line(c.red("the run " + ended(r.Status)))
	}
	c.line(fmt.Sprintf("run %d is entry %d of %s, whose head is", r.Run, r.Head.Sequence, clean(r.Head.File)))
	c.line(r.Head.Hash)
}
