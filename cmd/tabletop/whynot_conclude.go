package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tabletop/audit"
	"tabletop/blocks/query"
	"tabletop/workbook"
)

// A lostReason says where a value was lost, or what became of it.
type lostReason string

// The reasons beside those of a query, which are query.Loss, and the verdicts.
const (
	neverInEvents  lostReason = "never_in_events"
	droppedByBlock lostReason = "dropped"
	droppedByCode  lostReason = "dropped_by_code"
	changedByCode  lostReason = "changed_by_code"
	codeFailed     lostReason = "code_failed"
	runFailed      lostReason = "run_failed"
	otherTarget    lostReason = "other_target"
	noAction       lostReason = "no_action"
	notFollowed    lostReason = "not_followed"
)

// ofTrail is a query's loss.
func ofTrail(l query.Loss) lostReason { return lostReason(l) }

// The object that why-not -o json prints.
type whyNotObject struct {
	What string `json:"what"`
	// Value is its one form, Within says that it was found inside longer texts
	// alone.
	Value  string `json:"value"`
	Within bool   `json:"within_texts"`
	Run    int64  `json:"run"`
	// Applied is the run that applied the plan of Run, where that was asked for.
	Applied  int64  `json:"applied_by,omitempty"`
	Workbook string `json:"workbook"`
	// Reason is where it was lost, or the verdict on its action; Sentence says it
	// in words, Block is the block of it, 0 where there is none.
	Reason   string `json:"reason"`
	Sentence string `json:"sentence"`
	Block    int    `json:"block,omitempty"`
	// Events are the streams whose events hold it, whatever their time.
	Events  []query.Sighting `json:"events"`
	Blocks  []stopObject     `json:"blocks"`
	Actions []notObject      `json:"actions"`
	// Differs says that the run, made again, is not as it was recorded; Changed why
	// that may be, Assumed what the record does not say.
	Differs bool     `json:"differs_from_record"`
	Changed []string `json:"changed"`
	Assumed []string `json:"assumed"`
	// ActionsAlone says that the run was not made again: events and blocks are then
	// not told.
	ActionsAlone bool `json:"actions_alone,omitempty"`
}

type stopObject struct {
	Run   int64  `json:"run"`
	Block int    `json:"block"`
	Depth int    `json:"depth,omitempty"`
	Kind  string `json:"kind"`
	ID    string `json:"id,omitempty"`
	Text  string `json:"text"`
	// RowsIn and RowsOut count the rows of the value.
	RowsIn  int          `json:"rows_in"`
	RowsOut int          `json:"rows_out"`
	Query   *query.Trail `json:"query,omitempty"`
	Lost    string       `json:"lost,omitempty"`
	// Line and Statement are of the code that dropped or changed it.
	Line      int                `json:"line,omitempty"`
	Statement string             `json:"statement,omitempty"`
	Before    []query.TrailValue `json:"before,omitempty"`
	After     []query.TrailValue `json:"after,omitempty"`
	Directive int                `json:"directive,omitempty"`
	Note      string             `json:"note,omitempty"`
}

// A notObject is an action of the value.
type notObject struct {
	Action      string `json:"action"`
	Integration string `json:"integration"`
	Target      string `json:"target"`
	Verdict     string `json:"verdict"`
	Reason      string `json:"reason"`
	Rule        string `json:"rule"`
	SameAs      string `json:"same_as,omitempty"`
	// Capped says that it is one of more than apply would send.
	Capped string `json:"capped,omitempty"`
}

// conclude says what became of the value.
func (p *pursuit) conclude() whyNotObject {
	o := whyNotObject{
		What: p.value, Value: p.found.Canonical(), Within: p.sought.Within, Run: p.recorded.run.Number, Workbook: p.recorded.run.Workbook.Name,
		Events: notNil(p.sightings), Blocks: []stopObject{}, Actions: []notObject{},
		Differs: len(p.differ.list) > 0, Changed: notNil(p.again.elsewhere), Assumed: notNil(p.recorded.assumed),
	}
	for _, s := range p.stops {
		o.Blocks = append(o.Blocks, s.object())
	}
	o.Actions = p.actions(p.again.result.Actions, o.Run, p.again.result.Actions)
	if p.applied != nil {
		o.Applied = p.applied.Number
		if sent := p.actions(p.applied.Actions, p.applied.Number, nil); len(sent) > 0 {
			o.Actions = sent
		}
	}
	switch last := p.lastLoss(); {
	case len(o.Actions) > 0:
		o.byAction()
	case len(p.others) > 0:
		p.aimedElsewhere(&o)
	case p.alive:
		o.Reason, o.Sentence = string(noAction), "its rows reached the end of the workbook, and no block made an action of them"
	case last != nil:
		o.Reason, o.Block, o.Sentence = string(last.lost), last.block.Index, p.sentence(last)
	case len(p.sightings) == 0 && !p.met():
		o.Reason, o.Sentence = string(neverInEvents), "no event holds it, whatever the time and the stream"
	default:
		o.Reason, o.Sentence = string(notFollowed), "it could not be followed to where it was lost"
	}
	// What stands in no event at all was not lost by a query.
	if o.Reason == string(query.NotRead) && len(p.sightings) == 0 {
		o.Reason, o.Block, o.Sentence = string(neverInEvents), 0, "no event holds it, whatever the time and the stream"
	}
	return o
}

// ofActions says what a run that is not made again did about the value.
func (p *pursuit) ofActions(run audit.Run) whyNotObject {
	o := whyNotObject{
		What: p.value, Value: p.found.Canonical(), Run: run.Number, Workbook: run.Workbook.Name, Events: []query.Sighting{}, Blocks: []stopObject{},
		Actions: p.actions(run.Actions, run.Number, nil), Changed: []string{}, Assumed: []string{}, ActionsAlone: true,
	}
	if len(o.Actions) > 0 {
		o.byAction()
	}
	return o
}

// met reports whether rows of the value were met anywhere.
func (p *pursuit) met() bool {
	return slices.ContainsFunc(p.stops, func(s *stop) bool { return s.in+s.out > 0 })
}

// lastLoss is the last block that lost the value after having had it; where none
// had it, the first one that should have read it; nil for none.
func (p *pursuit) lastLoss() *stop {
	var last, first *stop
	for _, s := range p.stops {
		switch s.lost {
		case "":
		case ofTrail(query.NotRead):
			first = cmp.Or(first, s)
		case ofTrail(query.NotSelected):
			// Its rows go on.
			last = s
		default:
			last = s
		}
	}
	return cmp.Or(last, first)
}

// weight orders verdicts by how much an action of the value says: one that was
// sent before one that would be, before those that are not.
var weight = []workbook.Verdict{
	workbook.Sent, workbook.Unknown, workbook.WouldSend, workbook.RefusedCap, workbook.NeedsApproval, workbook.RefusedProtected,
	workbook.RefusedDisabled, workbook.Deduplicated, workbook.Failed, workbook.Undone, workbook.Invalid,
}

// actions are those that are aimed at the value, that which weighs most first. all
// are those of the rehearsal, nil where caps were judged by apply.
func (p *pursuit) actions(list []workbook.Action, run int64, all []workbook.Action) []notObject {
	var aimed []workbook.Action
	for _, a := range list {
		if p.aims(a) {
			aimed = append(aimed, a)
		}
	}
	slices.SortStableFunc(aimed, func(a, b workbook.Action) int {
		return cmp.Compare(slices.Index(weight, a.Verdict), slices.Index(weight, b.Verdict))
	})
	out := []notObject{}
	for _, a := range aimed {
		of := cmp.Or(a.Run, run)
		n := notObject{
			Action: audit.ID{Run: of, Action: a.Number}.String(), Integration: a.Integration, Target: a.Target,
			Verdict: string(a.Verdict), Reason: a.Reason, Rule: a.Rule,
		}
		if a.SameAs > 0 {
			n.SameAs = audit.ID{Run: cmp.Or(a.SameRun, of), Action: a.SameAs}.String()
		}
		if all != nil && a.Verdict == workbook.WouldSend {
			n.Capped = p.over(a.Integration, all)
		}
		out = append(out, n)
	}
	return out
}

// over says that a configuration would send more than its cap, of which apply
// sends none.
func (p *pursuit) over(integration string, all []workbook.Action) string {
	if p.again.bench.options.Trigger.Integrations == nil {
		return ""
	}
	n, _ := p.again.bench.options.Trigger.Integrations.Find(integration)
	count := 0
	for _, a := range all {
		if a.Integration == integration && a.Verdict == workbook.WouldSend {
			count++
		}
	}
	if n == nil || count <= n.MaxActions {
		return ""
	}
	return fmt.Sprintf("%d actions through %s, over the cap of %d: apply would send none of them", count, integration, n.MaxActions)
}

// byAction concludes from the action that weighs most.
func (o *whyNotObject) byAction() {
	a := o.Actions[0]
	o.Reason = a.Verdict
	switch workbook.Verdict(a.Verdict) {
	case workbook.Sent, workbook.Unknown, workbook.Undone:
		o.Sentence = "it was acted on: the action is " + a.Verdict
	case workbook.WouldSend:
		if a.Capped != "" {
			o.Reason, o.Sentence = string(workbook.RefusedCap), a.Capped
			return
		}
		o.Sentence = "it would be sent: tabletop why " + a.Action + " explains it"
	case workbook.RefusedProtected:
		o.Sentence = "the guard refused it: " + a.Reason
	case workbook.NeedsApproval:
		o.Sentence = "the guard asks for an approval: " + a.Reason
	case workbook.RefusedDisabled:
		o.Sentence = "its configuration is not enabled"
	case workbook.Deduplicated:
		o.Sentence = "its request repeats another, " + a.SameAs
	default:
		o.Sentence = "its action is " + a.Verdict
		if a.Reason != "" {
			o.Sentence += ": " + a.Reason
		}
	}
}

// aimedElsewhere concludes where the value's rows made actions that are aimed at
// something else.
func (p *pursuit) aimedElsewhere(o *whyNotObject) {
	first := p.others[0]
	o.Reason, o.Block = string(otherTarget), first.Block
	o.Sentence = fmt.Sprintf("its row is aimed at something else: %s %s, %s", first.Type, targetName(first.Target), first.Verdict)
	if first.Verdict == workbook.Invalid {
		o.Reason, o.Sentence = string(workbook.Invalid), "its row could not be made a request: "+first.Reason
	}
	for _, s := range p.stops {
		if s.lost == ofTrail(query.NotSelected) {
			o.Reason, o.Block, o.Sentence = string(query.NotSelected), s.block.Index, p.sentence(s)
		}
	}
	if s := p.changed; s != nil {
		o.Reason, o.Block, o.Sentence = string(changedByCode), s.block.Index, "code took it out of its row"
		if s.statement != "" {
			o.Sentence = fmt.Sprintf("line %d of the code took it out of its row: %s", s.line, oneLine(s.statement))
		}
	}
}

// sentence says where a value was lost.
func (p *pursuit) sentence(s *stop) string {
	t := s.trail
	switch s.lost {
	case ofTrail(query.NotRead):
		return "events hold it, but none of those that block " + blockNumber(s) + " reads"
	case ofTrail(query.OutsideTime):
		return "its events lie outside of the query's time, " + t.Sources[0].Window
	case ofTrail(query.ByCondition):
		return "a condition of the query removed it: " + t.At
	case ofTrail(query.ByJoin):
		return "the JOIN has no row of it: its events have no partner"
	case ofTrail(query.ByHaving):
		return "HAVING removed its groups: " + t.At
	case ofTrail(query.ByLimit):
		return limitSentence(t)
	case ofTrail(query.NotSelected):
		return "the query gives its rows without the column that holds it"
	case droppedByCode:
		if s.statement == "" {
			return "the code gives no row of it"
		}
		return fmt.Sprintf("line %d of the code dropped its row: %s", s.line, oneLine(s.statement))
	case codeFailed:
		return "the code failed: " + s.note
	case runFailed:
		return "the run failed at block " + blockNumber(s) + ": " + s.note
	}
	if s.directive > 0 {
		return fmt.Sprintf("directive %d of block %s gives no row of it", s.directive, blockNumber(s))
	}
	return "block " + blockNumber(s) + ", " + s.block.Kind.Name + ", gives no row of it"
}

func blockNumber(s *stop) string { return fmt.Sprint(s.block.Index) }

func limitSentence(t *query.Trail) string {
	text := fmt.Sprintf("LIMIT %d kept other rows", t.Limit)
	if t.Offset > 0 {
		text = fmt.Sprintf("OFFSET %d passed over its rows, or LIMIT kept others", t.Offset)
	}
	if len(t.Places) == 0 {
		return text
	}
	var places []string
	for _, n := range t.Places[:min(len(t.Places), 5)] {
		places = append(places, fmt.Sprint(n))
	}
	word := "its row would be row "
	if len(t.Places) > 1 {
		word = "its rows would be rows "
	}
	return fmt.Sprintf("%s: %s%s of %d", text, word, strings.Join(places, ", "), t.Of)
}

func (s *stop) object() stopObject {
	return stopObject{
		Run: s.run, Block: s.block.Index, Depth: s.depth, Kind: s.block.Kind.Name, ID: s.block.ID, Text: s.block.Text(),
		RowsIn: s.in, RowsOut: s.out, Query: s.trail, Lost: string(s.lost), Line: s.line, Statement: s.statement,
		Before: s.before, After: s.after, Directive: s.directive, Note: s.note,
	}
}
