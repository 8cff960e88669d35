package audit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tabletop/workbook"
)

// The bodies of entries, as they stand in JSON. Texts from outside are of type
// text; names of files and verdicts too, since a path may hold any byte.

type runBody struct {
	Workbook     workbookBody  `json:"workbook"`
	Mode         text          `json:"mode"`
	Now          instant       `json:"now"`
	NowSource    text          `json:"now_source"`
	Zone         text          `json:"zone"`
	Parameters   textMap       `json:"parameters"`
	User         text          `json:"user"`
	Host         text          `json:"host"`
	Reason       text          `json:"reason"`
	Ticket       text          `json:"ticket"`
	Version      text          `json:"version"`
	Program      text          `json:"program"`
	Integrations *documentBody `json:"integrations,omitempty"`
	Guard        *documentBody `json:"guard,omitempty"`
	// Events is where the files lie, empty for a run that read none.
	Events text `json:"events,omitempty"`
	// Terms lack in records that are older than they are.
	Terms    *termsBody `json:"terms,omitempty"`
	Files    []fileBody `json:"files"`
	Warnings []text     `json:"warnings"`
	// Plan is the SHA-256 of the plan that is applied, Endpoint where to.
	Plan     text `json:"plan,omitempty"`
	Endpoint text `json:"endpoint,omitempty"`
	// Called are the workbooks that it calls; Caller is the block that called it.
	Called []documentBody   `json:"called,omitempty"`
	Caller *workbook.Caller `json:"caller,omitempty"`
}

type workbookBody struct {
	Name   text   `json:"name"`
	Path   text   `json:"path"`
	Folder text   `json:"folder"`
	Stage  text   `json:"stage"`
	Tags   []text `json:"tags"`
	Digest string `json:"digest"`
}

type documentBody struct {
	Path   text   `json:"path"`
	Digest string `json:"digest"`
}

type fileBody struct {
	Path        text  `json:"path"`
	Kind        text  `json:"kind,omitempty"`
	Bytes       int64 `json:"bytes"`
	Root        text  `json:"root"`
	Events      int64 `json:"events"`
	Undecodable int64 `json:"undecodable"`
}

// blockBody describes a block. RowsOf is the block whose entries hold its rows:
// its own index, or that of an earlier one whose rows it passed on as they
// were.
type blockBody struct {
	ID       text    `json:"id"`
	Kind     text    `json:"kind"`
	Note     text    `json:"note"`
	Text     text    `json:"text"`
	RowsIn   int     `json:"rows_in"`
	RowsOut  int     `json:"rows_out"`
	RowsOf   int     `json:"rows_of"`
	Seconds  float64 `json:"seconds"`
	Columns  []text  `json:"columns"`
	Warnings []text  `json:"warnings"`
	Failed   text    `json:"failed"`
	// Stores are the changes to event stores; most blocks make none.
	Stores []storeBody `json:"stores,omitempty"`
	// Called is the run of the workbook that it called.
	Called int64 `json:"called_run,omitempty"`
	// Skipped says that somebody left the block out.
	Skipped bool `json:"skipped,omitempty"`
	// Guesses are what people thought would come of the block.
	Guesses []guessBody `json:"guesses,omitempty"`
}

// guessBody is a guess, with what came.
type guessBody struct {
	Who   text `json:"who"`
	Of    text `json:"of"`
	Said  text `json:"said"`
	Came  text `json:"came"`
	Right bool `json:"right"`
}

// storeBody is a change to an event store, counted in rows.
type storeBody struct {
	Store          text   `json:"store"`
	Mode           text   `json:"mode"`
	Key            text   `json:"key"`
	Before         int64  `json:"before"`
	After          int64  `json:"after"`
	Added          int64  `json:"added"`
	Replaced       int64  `json:"replaced"`
	Removed        int64  `json:"removed"`
	Repeated       int64  `json:"repeated,omitempty"`
	Unkeyed        int64  `json:"unkeyed,omitempty"`
	ColumnsAdded   []text `json:"columns_added,omitempty"`
	ColumnsRemoved []text `json:"columns_removed,omitempty"`
}

// rowBody is a row of a block. Where Same is set, to a block and a row of it,
// the row has that row's evidence and values, and after them those in More.
type rowBody struct {
	Same   *[2]int       `json:"same,omitempty"`
	More   []value       `json:"more,omitempty"`
	Values []value       `json:"values,omitempty"`
	From   int           `json:"from,omitempty"`
	Source *evidenceBody `json:"evidence,omitempty"`
}

// evidenceBody names each file once; a position is the index of its file, the
// offset and the line.
type evidenceBody struct {
	Events  int64      `json:"events"`
	Files   []text     `json:"files,omitempty"`
	First   [][3]int64 `json:"first,omitempty"`
	Unknown text       `json:"unknown,omitempty"`
	// Store is the event store that the row was read from, Run the run that
	// wrote it last.
	Store text  `json:"store,omitempty"`
	Run   int64 `json:"store_run,omitempty"`
}

// signalBody is a signal of the run after the block that raised it, or raised
// it again: a later entry with the same number takes its place.
type signalBody struct {
	Block        int     `json:"block"`
	Row          int     `json:"row"`
	Rows         []int   `json:"rows"`
	Name         text    `json:"name"`
	Tactic       text    `json:"tactic"`
	Technique    text    `json:"technique"`
	Subtechnique text    `json:"subtechnique"`
	Confidence   text    `json:"confidence"`
	Score        int     `json:"score"`
	Severity     text    `json:"severity"`
	Target       textMap `json:"target"`
	Suspect      textMap `json:"suspect"`
	Tags         []text  `json:"tags"`
	Knowledge    text    `json:"knowledge"`
	SourceStream text    `json:"source_stream"`
	Occurrences  int     `json:"occurrences"`
	FirstSeen    instant `json:"first_seen"`
	LastSeen     instant `json:"last_seen"`
}

type actionBody struct {
	Row         int           `json:"row"`
	Integration text          `json:"integration"`
	Type        text          `json:"type"`
	Target      text          `json:"target"`
	Canonical   text          `json:"canonical"`
	DNIF        text          `json:"dnif"`
	Verdict     text          `json:"verdict"`
	Reason      text          `json:"reason"`
	Rule        text          `json:"rule"`
	Protected   bool          `json:"protected"`
	SameAs      int           `json:"same_as"`
	SameRun     int64         `json:"same_as_run,omitempty"`
	Run         int64         `json:"of_run,omitempty"`
	Key         text          `json:"key"`
	Effect      []text        `json:"effect,omitempty"`
	Request     *requestBody  `json:"request,omitempty"`
	Response    *responseBody `json:"response,omitempty"`
}

type requestBody struct {
	Method  text    `json:"method"`
	URL     text    `json:"url"`
	Headers textMap `json:"headers"`
	Body    text    `json:"body"`
}

type responseBody struct {
	Status int  `json:"status"`
	Body   text `json:"body"`
}

type endBody struct {
	Status    text           `json:"status"`
	Blocks    int            `json:"blocks"`
	Signals   int            `json:"signals"`
	Actions   int            `json:"actions"`
	DNIFSends int            `json:"dnif_would_send"`
	Protected int            `json:"protected"`
	ByVerdict map[string]int `json:"by_verdict"`
	Warnings  []text         `json:"warnings"`
}

// An instant is a time, stored as RFC 3339 in UTC. A year that RFC 3339 has no
// digits for is stored as @ and the seconds and nanoseconds since 1970.
type instant struct{ time.Time }

func (i instant) MarshalText() ([]byte, error) {
	t := i.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return fmt.Appendf(nil, "@%d.%09d", t.Unix(), t.Nanosecond()), nil
	}
	return t.AppendFormat(nil, time.RFC3339Nano), nil
}

// MarshalJSON takes the place of time.Time's own, which refuses some years.
func (i instant) MarshalJSON() ([]byte, error) {
	stored, err := i.MarshalText()
	return append(append([]byte{'"'}, stored...), '"'), err
}

func (i *instant) UnmarshalText(stored []byte) (err error) {
	since, far := strings.CutPrefix(string(stored), "@")
	if !far {
		i.Time, err = time.Parse(time.RFC3339Nano, string(stored))
		return err
	}
	whole, part, _ := strings.Cut(since, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return fmt.Errorf("read the time %s: %w", stored, err)
	}
	nanoseconds, err := strconv.ParseInt(part, 10, 64)
	if err != nil {
		return fmt.Errorf("read the time %s: %w", stored, err)
	}
	i.Time = time.Unix(seconds, nanoseconds).UTC()
	return nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *instant) UnmarshalJSON(stored []byte) error {
	return i.UnmarshalText([]byte(strings.Trim(string(stored), `"`)))
}

func newEvidence(e workbook.Evidence) *evidenceBody {
	body := &evidenceBody{Events: e.Events, Unknown: text(e.Unknown), Store: text(e.Store), Run: e.StoreRun}
	index := map[string]int64{}
	for _, p := range e.First[:min(len(e.First), workbook.MaxPositions)] {
		i, known := index[p.File]
		if !known {
			i = int64(len(body.Files))
			index[p.File] = i
			body.Files = append(body.Files, text(p.File))
		}
		body.First = append(body.First, [3]int64{i, p.Offset, p.Line})
	}
	return body
}

func (body *evidenceBody) evidence() (workbook.Evidence, error) {
	e := workbook.Evidence{Events: body.Events, Unknown: string(body.Unknown), Store: string(body.Store), StoreRun: body.Run}
	for _, p := range body.First {
		if p[0] < 0 || p[0] >= int64(len(body.Files)) {
			return e, fmt.Errorf("a position names file %d of %d", p[0], len(body.Files))
		}
		e.First = append(e.First, workbook.Position{File: string(body.Files[p[0]]), Offset: p[1], Line: p[2]})
	}
	return e, nil
}

// block is the block of an index, without its rows.
func (b blockBody) block(index int) Block {
	block := Block{
		Index: index, Kind: string(b.Kind), ID: string(b.ID), Note: string(b.Note), Text: string(b.Text),
		RowsIn: b.RowsIn, RowsOut: b.RowsOut, Seconds: b.Seconds,
		Columns: plain(b.Columns), Warnings: plain(b.Warnings), Failed: string(b.Failed),
		Called: b.Called,
	}
	for _, c := range b.Stores {
		block.Stores = append(block.Stores, c.change())
	}
	for _, g := range b.Guesses {
		block.Guesses = append(block.Guesses, workbook.Guess{Who: string(g.Who), Of: string(g.Of), Said: string(g.Said), Came: string(g.Came), Right: g.Right})
	}
	return block
}

func newGuesses(guesses []workbook.Guess) []guessBody {
	var out []guessBody
	for _, g := range guesses {
		out = append(out, guessBody{Who: text(g.Who), Of: text(g.Of), Said: text(g.Said), Came: text(g.Came), Right: g.Right})
	}
	return out
}

func newStores(changes []workbook.StoreChange) []storeBody {
	var out []storeBody
	for _, c := range changes {
		out = append(out, storeBody{
			Store: text(c.Store), Mode: text(c.Mode), Key: text(c.Key),
			Before: c.Before, After: c.After, Added: c.Added, Replaced: c.Replaced, Removed: c.Removed,
			Repeated: c.Repeated, Unkeyed: c.Unkeyed,
			ColumnsAdded: texts(c.ColumnsAdded), ColumnsRemoved: texts(c.ColumnsRemoved),
		})
	}
	return out
}

func (b storeBody) change() workbook.StoreChange {
	return workbook.StoreChange{
		Store: string(b.Store), Mode: workbook.StoreMode(b.Mode), Key: string(b.Key),
		Before: b.Before, After: b.After, Added: b.Added, Replaced: b.Replaced, Removed: b.Removed,
		Repeated: b.Repeated, Unkeyed: b.Unkeyed,
		ColumnsAdded: plain(b.ColumnsAdded), ColumnsRemoved: plain(b.ColumnsRemoved),
	}
}

func newSignal(s workbook.Signal) signalBody {
	return signalBody{
		Block: s.Block, Row: s.Row, Rows: s.Rows,
		Name: text(s.Name), Tactic: text(s.Tactic), Technique: text(s.Technique), Subtechnique: text(s.Subtechnique),
		Confidence: text(s.Confidence), Score: s.Score, Severity: text(s.Severity),
		Target: s.Target, Suspect: s.Suspect, Tags: texts(s.Tags), Knowledge: text(s.Knowledge), SourceStream: text(s.SourceStream),
		Occurrences: s.Occurrences, FirstSeen: instant{s.FirstSeen}, LastSeen: instant{s.LastSeen},
	}
}

func (b signalBody) signal() workbook.Signal {
	return workbook.Signal{
		Block: b.Block, Row: b.Row, Rows: b.Rows,
		Name: string(b.Name), Tactic: string(b.Tactic), Technique: string(b.Technique), Subtechnique: string(b.Subtechnique),
		Confidence: string(b.Confidence), Score: b.Score, Severity: string(b.Severity),
		Target: b.Target, Suspect: b.Suspect, Tags: plain(b.Tags), Knowledge: string(b.Knowledge), SourceStream: string(b.SourceStream),
		Occurrences: b.Occurrences, FirstSeen: b.FirstSeen.Time, LastSeen: b.LastSeen.Time,
	}
}

func newAction(a workbook.Action) actionBody {
	return actionBody{
		Row: a.Row, Integration: text(a.Integration), Type: text(a.Type), Target: text(a.Target), Canonical: text(a.Canonical),
		DNIF: text(a.DNIF), Verdict: text(a.Verdict), Reason: text(a.Reason), Rule: text(a.Rule),
		Protected: a.Protected, SameAs: a.SameAs, SameRun: a.SameRun, Run: a.Run, Key: text(a.Key), Effect: texts(a.Effect),
		Request: newRequest(a.Request), Response: newResponse(a.Response),
	}
}

func (b actionBody) action(e entry) workbook.Action {
	return workbook.Action{
		Number: e.Number, Block: e.Block,
		Row: b.Row, Integration: string(b.Integration), Type: string(b.Type), Target: string(b.Target), Canonical: string(b.Canonical),
		DNIF: workbook.DNIFAnswer(b.DNIF), Verdict: workbook.Verdict(b.Verdict), Reason: string(b.Reason), Rule: string(b.Rule),
		Protected: b.Protected, SameAs: b.SameAs, SameRun: b.SameRun, Run: b.Run, Key: string(b.Key), Effect: plain(b.Effect),
		Request: b.Request.request(), Response: b.Response.response(),
	}
}

// subject is what an action is looked up by: its target as it was judged.
func subject(a workbook.Action) *string {
	target := a.Canonical
	if target == "" {
		target = a.Target
	}
	if target == "" {
		return nil
	}
	target = encodeText(target)
	return &target
}
