package main

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
)

// show writes a recorded run as the run itself was shown, with what the record
// adds: who ran it, when, on what and why.
func (c *console) show(r audit.Run, called map[int64]audit.Run) {
	c.line(c.strong(clean(r.Workbook.Name)), c.faint(fmt.Sprintf("  run %d, %s, %s", r.Number, clean(r.Mode), clean(r.Status))))
	c.fact("by ", clean(r.User), " on ", clean(r.Host), ", ", r.Started.Local().Format("2006-01-02 15:04:05 MST"), ", tabletop ", clean(r.Version))
	if r.Reason != "" || r.Ticket != "" {
		c.fact("because: ", clean(strings.TrimSpace(r.Reason+" "+r.Ticket)))
	}
	if r.Caller != nil {
		c.fact("called by block ", audit.ID{Run: r.Caller.Run, Block: r.Caller.Block}.String())
	}
	c.fact("the clock stood at ", r.Now.Format(time.RFC3339), ", ", clean(r.NowSource))
	if r.Workbook.Path != "" {
		c.fact("workbook ", clean(r.Workbook.Path), " sha256 ", short(r.Workbook.Digest))
	}
	for _, w := range r.Called {
		c.fact("calls ", clean(w.Path), " sha256 ", short(w.Digest))
	}
	if r.Integrations != nil {
		c.fact("integrations ", clean(r.Integrations.Path), " sha256 ", short(r.Integrations.Digest))
	}
	if r.Guard != nil {
		c.fact("guard ", clean(r.Guard.Path), " sha256 ", short(r.Guard.Digest))
	}
	for _, f := range r.Files {
		if f.Kind != "" {
			c.fact(clean(f.Kind), " ", clean(f.Path), ", ", plural(f.Bytes, "byte", "bytes"), ", root ", short(f.Root))
			continue
		}
		c.fact("events ", clean(f.Path), ", ", plural(f.Events, "event", "events"), ", ", plural(f.Bytes, "byte", "bytes"), ", root ", short(f.Root))
	}
	c.warnings(r.Warnings)
	c.sending(r)
	for _, b := range r.Blocks {
		c.block(replayed(b, r, called))
	}
	if len(r.Blocks) == 0 {
		c.sentTotals(r)
		return
	}
	c.closing(workbook.Result{Run: r.Number, Status: r.Status, Totals: r.Totals, Head: r.Head}, writings{})
}

// sending shows what a run has to do with a plan: the one it made, or the one it
// was given with those who approved it and what became of each action.
func (c *console) sending(r audit.Run) {
	if p := r.Planned; p != nil {
		c.fact("made the plan ", clean(p.File), " sha256 ", p.SHA256)
	}
	if r.Plan != "" {
		c.fact("applied the plan of sha256 ", r.Plan)
	}
	for _, endpoint := range strings.Fields(r.Endpoint) {
		c.fact("to the simulator: ", clean(endpoint))
	}
	for _, a := range r.Approvals {
		c.fact("approved by ", clean(a.Name), " with ", clean(a.Key), ", ", a.Time.UTC().Format(time.RFC3339), ": ", clean(a.Reason))
		if len(a.Actions) > 0 {
			c.para("  and for themselves: " + actionList(a.Actions))
		}
	}
	if len(r.Blocks) > 0 || len(r.Actions) == 0 {
		return
	}
	c.line()
	for _, a := range r.Actions {
		c.delivered(a)
		if a.SettledBy > 0 && a.Verdict != workbook.Undone { // whose reason names the run
			c.wrapped(fmt.Sprintf("found out by run %d", a.SettledBy))
		}
	}
}

// actionList lists actions.
func actionList(actions []int) string {
	var out []string
	for _, n := range actions {
		out = append(out, fmt.Sprintf("a%d", n))
	}
	return strings.Join(out, ", ")
}

// sentTotals totals a run that has no blocks.
func (c *console) sentTotals(r audit.Run) {
	c.line()
	for _, v := range workbook.Verdicts {
		if n := r.Totals.ByVerdict[v]; n > 0 {
			c.line(fmt.Sprintf("%4d", n), "  ", c.verdict(v))
		}
	}
	c.line(fmt.Sprintf("run %d is entry %d of %s, whose head is", r.Number, r.Head.Sequence, clean(r.Head.File)))
	c.line(r.Head.Hash)
}

// short is the beginning of a digest, enough to tell two apart.
func short(digest string) string { return digest[:min(len(digest), 16)] + "…" }

// replayed puts a recorded block into the form in which a running one is shown.
func replayed(b audit.Block, r audit.Run, called map[int64]audit.Run) workbook.BlockResult {
	done := workbook.BlockResult{RowsIn: b.RowsIn, Seconds: b.Seconds, Guesses: b.Guesses}
	done.Block = workbook.Block{Index: b.Index, ID: b.ID, Note: b.Note, Recorded: b.Text, Kind: workbook.Kind{Name: b.Kind, Silent: b.Kind == "text"}}
	done.Output = workbook.Output{Table: workbook.Table{Columns: b.Columns}, Warnings: b.Warnings, Stores: b.Stores, Called: replayedCall(b, called)}
	for _, row := range b.Rows {
		done.Output.Table.Rows = append(done.Output.Table.Rows, row.Row)
	}
	for _, s := range r.Signals {
		if s.Run == 0 && s.Block == b.Index {
			done.Output.Signals = append(done.Output.Signals, s)
		}
	}
	for _, a := range r.Actions {
		if a.Run == 0 && a.Block == b.Index {
			done.Output.Actions = append(done.Output.Actions, a)
		}
	}
	if b.Failed != "" {
		done.Failed = fmt.Errorf("%s", b.Failed)
	}
	return done
}

// showJSON is the object of run -o json, from the record, with who and why.
func showJSON(r audit.Run, called map[int64]audit.Run) any {
	o := runObject{
		Run: r.Number, Workbook: r.Workbook.Name, Mode: r.Mode, Status: r.Status, Now: r.Now.UTC().Format(time.RFC3339Nano),
		Stores: []workbook.StoreChange{}, Blocks: []blockObject{}, Signals: notNil(r.Signals), Actions: notNil(r.Actions), Totals: totalsJSON(r.Totals),
		Warnings: notNil(r.Warnings), Audit: r.Head,
	}
	for _, b := range r.Blocks {
		o.Stores = append(o.Stores, b.Stores...)
		o.Blocks = append(o.Blocks, recordedJSON(b, called))
	}
	return struct {
		runObject
		Caller       *workbook.Caller     `json:"caller,omitempty"`
		Plan         string               `json:"plan,omitempty"`
		Endpoint     string               `json:"endpoint,omitempty"`
		Approvals    []audit.Approval     `json:"approvals,omitempty"`
		Started      time.Time            `json:"started"`
		Ended        time.Time            `json:"ended"`
		NowSource    string               `json:"now_source"`
		User         string               `json:"user"`
		Host         string               `json:"host"`
		Reason       string               `json:"reason"`
		Ticket       string               `json:"ticket"`
		Version      string               `json:"version"`
		Program      string               `json:"program_sha256"`
		Parameters   map[string]string    `json:"parameters"`
		WorkbookPath string               `json:"workbook_path"`
		WorkbookHash string               `json:"workbook_sha256"`
		Files        []workbook.EventFile `json:"files"`
	}{o, r.Caller, r.Plan, r.Endpoint, r.Approvals, r.Started, r.Ended, r.NowSource, r.User, r.Host, r.Reason, r.Ticket, r.Version, r.Program, r.Parameters, r.Workbook.Path, r.Workbook.Digest, r.Files}
}

// recordedJSON is the object of a recorded block, with all that is kept of its
// rows.
func recordedJSON(b audit.Block, called map[int64]audit.Run) blockObject {
	block := blockObject{
		Index: b.Index, ID: b.ID, Kind: b.Kind, RowsIn: b.RowsIn, RowsOut: b.RowsOut, Seconds: math.Round(b.Seconds*1e6) / 1e6,
		Columns: notNil(b.Columns), Rows: [][]workbook.Value{}, Evidence: []workbook.Evidence{}, Warnings: b.Warnings, Failed: b.Failed, Stores: b.Stores, Guesses: b.Guesses,
	}
	for _, row := range b.Rows {
		e := row.Evidence
		e.First = notNil(e.First)
		block.Rows, block.Evidence = append(block.Rows, row.Values), append(block.Evidence, e)
	}
	if of, known := called[b.Called]; known {
		called = maps.Clone(called)
		delete(called, b.Called)
		block.Called = &calledObject{Run: of.Number, Workbook: of.Workbook.Name, Path: of.Workbook.Path, Status: of.Status, Parameters: of.Parameters, Blocks: []blockObject{}}
		for _, inner := range of.Blocks {
			block.Called.Blocks = append(block.Called.Blocks, recordedJSON(inner, called))
		}
	}
	return block
}
