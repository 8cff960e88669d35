package report

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
)

// A page is what a report says, in the words in which it says it. All texts in it
// are visible and bounded; the two forms lay it out.
type page struct {
	Title, Subtitle string
	Happened        [][]phrase
	Facts           []fact
	Tallies         []tally
	Warnings        []string
	MoreWarnings    string
	Flow            flow
	Blocks          []block
	MoreBlocks      string
	Signals         []signal
	MoreSignals     string
	Actions         []action
	MoreActions     string
	// Open says that the actions are so few that none is folded.
	Open      bool
	Decisions []decision
	Approvals []approval
	Hashes    []digest
	MoreFiles string
	Head      head
}

// A fact is a name and what it is.
type fact struct{ Name, Value string }

// A tally is how many actions have a verdict.
type tally struct {
	Verdict string
	Count   int
	Says    string
}

// A digest is a file of the run by its hash.
type digest struct {
	What, Path, Size, Kind, Hash string
}

// A head is where in the log the run ends.
type head struct {
	File, Sequence, Hash string
}

// A reporter makes the page of a story.
type reporter struct {
	Story
	limits Limits
	room
	// from is the run whose blocks are shown: the run itself, or the one that
	// made its plan.
	from audit.Run
	// shown are the rows that the page shows, by block and number.
	shown map[[2]int]bool
}

func newPage(s Story, l Limits) page {
	r := &reporter{Story: s, limits: l, room: room{reportBytes}, from: s.Run, shown: map[[2]int]bool{}}
	if len(s.Run.Blocks) == 0 && s.Maker != nil {
		r.from = *s.Maker
	}
	p := page{
		Title: r.line(s.Run.Workbook.Name, valueBytes), Subtitle: r.subtitle(), Happened: r.happened(), Facts: r.facts(),
		Tallies: r.tallies(), Flow: r.flow(), Approvals: r.approvals(), Hashes: r.hashes(), Head: r.head(),
		MoreFiles: leftOut(len(r.from.Files), mostFiles, "files"),
	}
	if p.Title == "" {
		p.Title = "a run without a name"
	}
	p.Warnings, p.MoreWarnings = r.texts(s.Run.Warnings, mostWarnings, "warnings")
	// Actions come before rows, so that rows can't take their room.
	p.Decisions = r.decisions()
	p.Actions, p.MoreActions = r.actions()
	p.Open = len(p.Actions) <= 3
	p.Signals, p.MoreSignals = r.signals()
	p.Blocks, p.MoreBlocks = r.blocks()
	r.link(&p)
	return p
}

// link takes the places of rows that are not shown from what refers to them.
func (r *reporter) link(p *page) {
	for i := range p.Actions {
		p.Actions[i].From = r.known(p.Actions[i].From)
	}
	for i := range p.Signals {
		p.Signals[i].From = r.known(p.Signals[i].From)
	}
	for _, b := range p.Blocks {
		for i := range b.Rows {
			b.Rows[i].From = r.known(b.Rows[i].From)
		}
	}
}

func (r *reporter) known(p place) place {
	p.Shown = r.shown[[2]int{p.Block, p.Row}]
	return p
}

// A place is a row of a block; Row is 0 for none.
type place struct {
	Block, Row int
	Shown      bool
}

func (p place) String() string { return fmt.Sprintf("row %d of block %d", p.Row, p.Block) }

// ID names the place within the report.
func (p place) ID() string { return fmt.Sprintf("b%dr%d", p.Block, p.Row) }

func (r *reporter) texts(list []string, most int, what string) (shown []string, more string) {
	for _, text := range list[:min(len(list), most)] {
		shown = append(shown, r.lines(text, valueBytes))
	}
	return shown, leftOut(len(list), len(shown), what)
}

func (r *reporter) subtitle() string {
	return fmt.Sprintf("Run %d, %s, %s", r.Run.Number, r.line(modeName(r.Run.Mode), valueBytes), r.line(r.Run.Status, valueBytes))
}

// modeName says what a mode does, for a title.
func modeName(mode string) string {
	switch mode {
	case workbook.ModeRehearse, workbook.ModeStream:
		return "a rehearsal"
	case workbook.ModePlan:
		return "a rehearsal that wrote a plan"
	case workbook.ModeApply:
		return "a plan that was sent"
	case workbook.ModeSimulate:
		return "a plan that was sent to a simulator"
	case workbook.ModeResume:
		return "what became of open actions"
	case workbook.ModeUndo:
		return "a plan that takes actions back"
	case workbook.ModeRefuse:
		return "a plan that was refused"
	}
	return mode
}

// at writes a time, the same for every reader.
func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// facts are who ran what, when and why.
func (r *reporter) facts() []fact {
	run := r.Run
	var out []fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, fact{r.line(name, cellBytes), r.line(value, valueBytes)})
		}
	}
	add("Run by", run.User+" on "+run.Host)
	add("Started", at(run.Started))
	if !run.Ended.IsZero() {
		add("Ended", at(run.Ended))
	}
	add("Reason", run.Reason)
	add("Ticket", run.Ticket)
	add("Clock", at(run.Now)+", "+run.NowSource)
	if run.Zone != "" && run.Zone != "UTC" {
		add("Zone", run.Zone)
	}
	add("Folder", run.Workbook.Folder)
	add("Stage", run.Workbook.Stage)
	names := slices.Sorted(maps.Keys(run.Parameters))
	for _, name := range names[:min(len(names), mostListed)] {
		add("{"+name+"}", run.Parameters[name])
	}
	add("", leftOut(len(names), mostListed, "parameters"))
	if p := run.Planned; p != nil {
		add("Plan made", p.File+", which holds until "+at(p.Expires))
		add("SHA-256 of the plan", p.SHA256)
	}
	add("SHA-256 of the plan sent", run.Plan)
	add("Sent to", run.Endpoint)
	add("Program", "tabletop "+run.Version)
	return out
}

// tallies counts the verdicts and says what each means.
func (r *reporter) tallies() []tally {
	var out []tally
	for _, v := range given(r.Run.Totals.ByVerdict) {
		out = append(out, tally{r.line(string(v), cellBytes), r.Run.Totals.ByVerdict[v], meaning(v)})
	}
	return out
}

// given lists the verdicts that occur, those that this program does not know last.
func given(counts map[workbook.Verdict]int) []workbook.Verdict {
	var known, others []workbook.Verdict
	for _, v := range workbook.Verdicts {
		if counts[v] > 0 {
			known = append(known, v)
		}
	}
	for v, n := range counts {
		if n > 0 && !slices.Contains(workbook.Verdicts, v) {
			others = append(others, v)
		}
	}
	slices.Sort(others)
	return append(known, others[:min(len(others), mostListed)]...)
}

// meaning says what a verdict is to someone who reads it for the first time.
func meaning(v workbook.Verdict) string {
	switch v {
	case workbook.WouldSend:
		return "the request is whole, and no rule stands against it"
	case workbook.Sent:
		return "the receiver accepted the request"
	case workbook.Deduplicated:
		return "an earlier request asks for the same"
	case workbook.NeedsApproval:
		return "right perhaps, and harmful if wrong: a person must approve this target"
	case workbook.RefusedProtected:
		return "the guard protects the target; no approval lets it through"
	case workbook.RefusedCap:
		return "the plan holds more requests than are allowed at once, so none of them goes"
	case workbook.RefusedDisabled:
		return "the configuration that would send it is not enabled"
	case workbook.Invalid:
		return "the row gives no request that could be sent"
	case workbook.Failed:
		return "the request did not do what it should"
	case workbook.Unknown:
		return "the request may have arrived: no outcome is recorded"
	case workbook.Undone:
		return "sent, and taken back later"
	}
	return "a verdict that this version of tabletop does not know"
}

// hashes are the files that the run's answer hangs on.
func (r *reporter) hashes() []digest {
	run := r.from
	var out []digest
	add := func(what, path, size, kind, hash string) {
		if hash != "" {
			out = append(out, digest{what, r.line(path, cellBytes), size, kind, r.line(hash, cellBytes)})
		}
	}
	const plain, tree = "SHA-256", "tree of SHA-256 (RFC 6962) over 1 MiB chunks"
	add("workbook", run.Workbook.Path, "", plain, run.Workbook.Digest)
	if d := run.Integrations; d != nil {
		add("integrations", d.Path, "", plain, d.Digest)
	}
	if d := run.Guard; d != nil {
		add("guard", d.Path, "", plain, d.Digest)
	}
	for _, f := range run.Files[:min(len(run.Files), mostFiles)] {
		what := "events"
		if f.Kind != "" {
			what = r.line(f.Kind, cellBytes)
		}
		add(what, f.Path, plural(f.Bytes, "byte", "bytes"), tree, f.Root)
	}
	if r.Run.Planned != nil {
		add("plan", r.Run.Planned.File, "", plain, r.Run.Planned.SHA256)
	}
	add("plan", "as it was sent", "", plain, r.Run.Plan)
	add("program", "tabletop "+r.Run.Version, "", plain, r.Run.Program)
	return out
}

func (r *reporter) head() head {
	h := r.Run.Head
	return head{r.line(h.File, valueBytes), grouped(h.Sequence), r.line(h.Hash, valueBytes)}
}
