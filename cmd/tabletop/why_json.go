package main

import (
	"time"

	"tabletop/audit"
	"tabletop/workbook"
)

// The object that why -o json prints.
type whyObject struct {
	What string      `json:"what"`
	Seen *seenObject `json:"seen,omitempty"`
	// Of is what is explained: 7/a2, 7/s1 or 7/3/12.
	Of      string    `json:"of"`
	Entry   int64     `json:"entry"`
	Written time.Time `json:"written"`
	Run     ranObject `json:"run"`
	// RowsOf is the run that the rows are of, where that is another one.
	RowsOf    *ranObject       `json:"rows_of,omitempty"`
	Action    *workbook.Action `json:"action,omitempty"`
	Signal    *workbook.Signal `json:"signal,omitempty"`
	SameAs    string           `json:"same_as,omitempty"`
	TakesBack string           `json:"takes_back,omitempty"`
	Plan      *planObject      `json:"plan,omitempty"`
	Outcomes  []becameObject   `json:"outcomes,omitempty"`
	// Target are the columns of the first step that hold the target.
	Target   []string       `json:"target_columns,omitempty"`
	Steps    []stepObject   `json:"steps"`
	Gap      string         `json:"gap,omitempty"`
	Evidence evidenceObject `json:"evidence"`
}

type seenObject struct {
	Value   string                   `json:"value"`
	Entries int64                    `json:"entries"`
	Over    bool                     `json:"more_entries,omitempty"`
	First   sightingObject           `json:"first"`
	Last    sightingObject           `json:"last"`
	Counted int                      `json:"counted"`
	Whole   bool                     `json:"counted_all"`
	Actions int                      `json:"actions"`
	Signals int                      `json:"signals"`
	Runs    int                      `json:"runs"`
	Totals  map[workbook.Verdict]int `json:"totals"`
	List    []sightingObject         `json:"list,omitempty"`
}

type sightingObject struct {
	Of      string           `json:"of"`
	Entry   int64            `json:"entry"`
	Written time.Time        `json:"written"`
	Type    string           `json:"type,omitempty"`
	Verdict workbook.Verdict `json:"verdict,omitempty"`
}

type ranObject struct {
	Run      int64     `json:"run"`
	Mode     string    `json:"mode"`
	Status   string    `json:"status"`
	Started  time.Time `json:"started"`
	User     string    `json:"user"`
	Host     string    `json:"host"`
	Reason   string    `json:"reason"`
	Ticket   string    `json:"ticket"`
	Workbook string    `json:"workbook"`
	Path     string    `json:"workbook_path"`
	Digest   string    `json:"workbook_sha256"`
	Now      time.Time `json:"now"`
	// Caller is the block that called the run's workbook.
	Caller *workbook.Caller `json:"caller,omitempty"`
}

type planObject struct {
	SHA256    string           `json:"sha256"`
	Run       int64            `json:"run"`
	Made      time.Time        `json:"made"`
	Planned   string           `json:"planned_as,omitempty"`
	Approvals []audit.Approval `json:"approvals"`
	Sent      []sentObject     `json:"sent"`
}

type sentObject struct {
	As       string           `json:"as"`
	Mode     string           `json:"mode"`
	Endpoint string           `json:"endpoint,omitempty"`
	Verdict  workbook.Verdict `json:"verdict"`
	Written  time.Time        `json:"written"`
}

type becameObject struct {
	Written time.Time        `json:"written"`
	Verdict workbook.Verdict `json:"verdict"`
	Reason  string           `json:"reason"`
	By      int64            `json:"by,omitempty"`
	Entry   int64            `json:"entry"`
}

type stepObject struct {
	Row   string `json:"row"`
	Block int    `json:"block"`
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Text  string `json:"text"`
	Entry int64  `json:"entry"`
	// Passed says that the block passed the row on as it was.
	Passed  bool             `json:"passed,omitempty"`
	Columns []string         `json:"columns"`
	Values  []workbook.Value `json:"values"`
	Made    []madeObject     `json:"made,omitempty"`
	Signal  string           `json:"signal,omitempty"`
	Store   *storedObject    `json:"store,omitempty"`
	Unknown string           `json:"signal_unknown,omitempty"`
	Gap     string           `json:"gap,omitempty"`
}

type madeObject struct {
	Column    string         `json:"column"`
	Value     workbook.Value `json:"value"`
	Statement string         `json:"statement"`
	Line      int            `json:"line"`
	Reads     []string       `json:"reads"`
	From      []columnValue  `json:"from"`
}

type storedObject struct {
	Store string `json:"store"`
	Run   int64  `json:"run,omitempty"`
	// Same is a row with the same values that was written to the store.
	Same string `json:"same_values,omitempty"`
	Mode string `json:"mode,omitempty"`
	Gap  string `json:"gap,omitempty"`
}

type evidenceObject struct {
	workbook.Evidence
	Where string    `json:"where,omitempty"`
	Read  []witness `json:"read"`
}

func (a *answer) json(all bool) whyObject {
	ch := a.chain
	o := whyObject{
		What: a.what, Of: ch.ID.String(), Entry: ch.Entry, Written: ch.Time, Run: ranJSON(ch.Run),
		Action: ch.Action, Signal: ch.Signal, SameAs: named(ch.SameAs), TakesBack: named(ch.TakesBack),
		Target: a.target, Gap: ch.Gap, Steps: []stepObject{},
		Evidence: evidenceObject{a.witnesses.evidence, a.witnesses.where, notNil(a.witnesses.list)},
	}
	o.Evidence.First = notNil(o.Evidence.First)
	if ch.Source != nil {
		of := ranJSON(*ch.Source)
		o.RowsOf = &of
	}
	if a.seen != nil {
		o.Seen = seenJSON(a.seen, all)
	}
	if p := ch.Plan; p != nil {
		o.Plan = &planObject{p.SHA256, p.Run, p.Made, named(ch.Planned), notNil(ch.Approvals), []sentObject{}}
		for _, s := range ch.Sent {
			o.Plan.Sent = append(o.Plan.Sent, sentObject{s.ID.String(), s.Mode, s.Endpoint, s.Verdict, s.Time})
		}
	}
	for _, b := range ch.Outcomes {
		o.Outcomes = append(o.Outcomes, becameObject{b.Time, b.Verdict, b.Reason, b.By, b.Entry})
	}
	for i := range ch.Steps {
		o.Steps = append(o.Steps, a.stepJSON(i))
	}
	return o
}

// named is an identifier, empty for none.
func named(id audit.ID) string {
	if id == (audit.ID{}) {
		return ""
	}
	return id.String()
}

func ranJSON(r audit.Run) ranObject {
	return ranObject{
		Run: r.Number, Mode: r.Mode, Status: r.Status, Started: r.Started, User: r.User, Host: r.Host, Reason: r.Reason, Ticket: r.Ticket,
		Workbook: r.Workbook.Name, Path: r.Workbook.Path, Digest: r.Workbook.Digest, Now: r.Now, Caller: r.Caller,
	}
}

func (a *answer) stepJSON(i int) stepObject {
	s := a.chain.Steps[i]
	o := stepObject{
		Row: s.Place().String(), Block: s.Block.Index, Kind: s.Block.Kind, ID: s.Block.ID, Text: s.Block.Text, Entry: s.Entry,
		Passed: s.Passed, Columns: notNil(s.Block.Columns), Values: notNil(s.Values), Gap: s.Gap,
	}
	for _, m := range a.made[i] {
		o.Made = append(o.Made, madeObject{m.Column, m.Value, m.Statement, m.Line, notNil(m.Reads), notNil(m.From)})
	}
	if r := s.Signal; r != nil {
		o.Unknown = r.Gap
		if r.Number > 0 {
			o.Signal = audit.ID{Run: s.Run, Signal: r.Number}.String()
		}
	}
	if w := s.Written; w != nil {
		o.Store = &storedObject{w.Store, w.Run, named(w.From), w.Mode, w.Gap}
	}
	return o
}

func seenJSON(s *audit.Sightings, all bool) *seenObject {
	o := &seenObject{
		Value: s.Value, Entries: s.Entries, Over: s.Over, First: sightingJSON(s.First), Last: sightingJSON(s.Last), Counted: s.Counted, Whole: s.Whole,
		Actions: s.Actions, Signals: s.Signals, Runs: s.Runs, Totals: s.ByVerdict,
	}
	if all {
		for _, one := range s.List {
			o.List = append(o.List, sightingJSON(one))
		}
	}
	return o
}

func sightingJSON(s audit.Sighting) sightingObject {
	return sightingObject{s.ID.String(), s.Entry, s.Time, s.Type, s.Verdict}
}
