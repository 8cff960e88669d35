package plan

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"tabletop/workbook"
)

// A checker gathers the mistakes of a plan.
type checker struct{ found []mistake }

func (c *checker) unless(holds bool, path, message string) {
	if !holds {
		c.found = append(c.found, mistake{path: path, message: path + " " + message})
	}
}

// check finds everything in a plan that can't be so, whatever stands on the
// disk.
func check(p *Plan) []mistake {
	c := &checker{}
	c.head(p)
	c.files(p)
	c.actions(p)
	c.caps(p)
	return c.found
}

var fingerprintForm = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

func (c *checker) head(p *Plan) {
	c.unless(p.Form == Form, "tabletop_plan", fmt.Sprintf("must be %d", Form))
	c.unless(p.Run > 0, "run", "must be the number of the rehearsal, from 1")
	c.unless(!p.Created.IsZero(), "created", "must be the time of the plan")
	c.unless(p.Expires.After(p.Created) && !p.Expires.After(p.Created.Add(Lifetime)), "expires", fmt.Sprintf("must be within %.0f hours after created", Lifetime.Hours()))
	c.unless(p.Planner.User != "", "planner.user", "must name who planned: nobody approves a plan of their own")
	c.unless(p.Planner.Key == "" || fingerprintForm.MatchString(p.Planner.Key), "planner.key", "must be the fingerprint of a key, SHA256: and 43 characters")
	c.unless(p.Folder != "" && filepath.IsAbs(p.Folder), "folder", "must be the folder in which the plan was made, from the root")
	c.unless(p.Undoes >= 0, "undoes", "must be the number of a run")
	c.unless(p.Workbook != nil || p.Undoes > 0, "workbook", "must name the workbook, unless the plan takes a run back")
	c.unless(p.Integrations != nil, "integrations", "must name the configurations that the requests were built by")
}

func (c *checker) files(p *Plan) {
	for _, f := range p.files() {
		if f.file == nil {
			continue
		}
		c.unless(f.file.Path != "", f.key+".path", "must name a file")
		c.unless(digestForm().MatchString(f.file.SHA256), f.key+".sha256", digestMust)
	}
	for i, f := range p.Events {
		path := "events[" + strconv.Itoa(i) + "]"
		c.unless(f.Path != "", path+".path", "must name a file")
		c.unless(f.Kind == "" || slices.Contains(kinds, f.Kind), path+".kind", "is not known")
		c.unless(f.Bytes >= 0, path+".bytes", "must be 0 or more")
		c.unless(digestForm().MatchString(f.Root), path+".root", digestMust)
	}
}

const digestMust = "must be 64 hexadecimal digits in lower case"

// kinds are those of the files that an answer depends on.
var kinds = []string{workbook.KindSources, workbook.KindList, workbook.KindMMDB, workbook.KindStore, workbook.KindGuard}

// verdicts are those that a rehearsal gives.
var verdicts = []workbook.Verdict{
	workbook.WouldSend, workbook.NeedsApproval, workbook.Deduplicated, workbook.RefusedProtected,
	workbook.RefusedDisabled, workbook.RefusedCap, workbook.Invalid, workbook.Failed,
}

func (c *checker) actions(p *Plan) {
	last := 0
	for i, a := range p.Actions {
		path := "actions[" + strconv.Itoa(i) + "]"
		c.unless(a.Number > last, path+".action", fmt.Sprintf("must be above %d: each action has a number of its own, and they stand in order", last))
		last = max(last, a.Number)
		c.unless(a.Block >= 0 && a.Row >= 0, path+".row", "and block must be 0 or more")
		c.unless(a.Run >= 0 && a.SameRun >= 0, path+".of_run", "and same_as_run must be 0 or more")
		c.unless(a.Integration != "", path+".integration", "must name a configuration")
		c.unless(typeForm().MatchString(a.Type), path+".type", "must be ip, url, domain, mailbox, file_sha1, none or another of the vendor's")
		c.unless(slices.Contains(verdicts, a.Verdict), path+".verdict", "is none that a rehearsal gives")
		c.unless(a.SameAs >= 0 && a.SameAs < max(a.Number, 1), path+".same_as", "must be the number of an earlier action")
		c.unless(a.Undoes >= 0 && (a.Undoes == 0 || p.Undoes > 0), path+".undoes", "must be the number of an action of the run that the plan takes back")
		c.unless(a.Undo == nil || a.CannotUndo == "", path+".cannot_undo", "can't stand beside an undo")
		c.unless(a.Evidence.Events >= 0 && len(a.Evidence.First) <= workbook.MaxPositions, path+".evidence", fmt.Sprintf("must have at most %d positions", workbook.MaxPositions))
		switch {
		case a.Sends():
			c.sends(a, path)
		case a.Verdict == workbook.NeedsApproval:
			c.unless(false, path, "needs an approval and has no request")
		case a.Verdict == workbook.WouldSend:
			c.unless(a.Reason != "", path+".reason", "must say why the action has no request")
		}
		if a.Request != nil {
			c.request(*a.Request, path+".request")
		}
		if a.Undo != nil {
			c.request(*a.Undo, path+".undo")
		}
	}
}

// sends checks an action that is sent: its request is aimed at the target that
// was judged.
func (c *checker) sends(a Action, path string) {
	c.unless(digestForm().MatchString(a.Key), path+".key", digestMust)
	if a.Type == noTarget {
		c.unless(a.Target == "" && a.Canonical == "", path+".target", "must be empty for the type none")
		c.unless(a.Verdict != workbook.NeedsApproval, path+".verdict", "can't be needs_approval: the action has no target to approve")
		return
	}
	c.unless(a.Target != "", path+".target", "must name the target")
	c.unless(a.Canonical != "", path, "has no canonical target, which is what was judged")
	c.unless(a.Target == "" || holds(*a.Request, a.Target) || holds(*a.Request, a.Canonical), path+".request", "does not hold the target "+strconv.Quote(a.Target)+" that was judged")
}

// noTarget is the type of a request that names no target.
const noTarget = "none"

func (c *checker) caps(p *Plan) {
	planned := map[string]int{}
	var order []string
	for _, a := range p.Actions {
		if !a.Sends() {
			continue
		}
		if planned[a.Integration] == 0 {
			order = append(order, a.Integration)
		}
		planned[a.Integration]++
	}
	seen := map[string]bool{}
	for i, n := range p.Caps {
		path := "caps[" + strconv.Itoa(i) + "]"
		c.unless(!seen[n.Integration], path+".integration", "stands twice")
		seen[n.Integration] = true
		c.unless(digestForm().MatchString(n.Digest), path+".digest", digestMust)
		c.unless(n.Planned == planned[n.Integration], path+".planned", fmt.Sprintf("must be %d, the actions that are sent through it", planned[n.Integration]))
		c.unless(n.Most >= 0, path+".most", "must be 0 or more")
	}
	for _, name := range order {
		c.unless(seen[name], "caps", "lack "+strconv.Quote(name)+", which actions go through")
	}
}
