package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tabletop/workbook"
)

// An ActionRecord is an exported action, in the state that its last outcome
// tells.
type ActionRecord struct {
	// ID is the action's name for other commands, as 7/a2.
	ID   string    `json:"id"`
	Run  int64     `json:"run"`
	Time time.Time `json:"time"`
	// Target is the target in the form in which it was judged, WrittenAs in that
	// of the row.
	Target    string `json:"target"`
	WrittenAs string `json:"written_as"`
	workbook.Action
	RecordedIn
	Entry int64 `json:"entry"`
}

var actionRecordColumns = []string{
	"id", "run", "action", "time", "workbook", "mode", "block", "row", "integration", "type", "target", "written_as",
	"dnif", "verdict", "rule", "reason", "protected", "same_as", "attempts", "task", "settled_by", "effect",
	"method", "url", "headers", "request", "status", "response", "user", "host", "run_reason", "ticket", "undoes", "entry",
}

// Cells are the values of actionRecordColumns.
func (a *ActionRecord) Cells() []workbook.Value {
	var method, url, headers, request, status, response workbook.Value
	if q := a.Request; q != nil {
		method, url, headers, request = q.Method, q.URL, jsonCell(q.Headers), q.Body
	}
	if p := a.Response; p != nil {
		status, response = int64(p.Status), p.Body
	}
	return []workbook.Value{
		a.ID, a.Run, int64(a.Number), a.Time.UTC().Format(time.RFC3339Nano), a.Workbook, a.Mode, int64(a.Block), int64(a.Row), a.Integration, a.Type, a.Target, a.WrittenAs,
		string(a.DNIF), string(a.Verdict), a.Rule, a.Reason, flag(a.Protected), some(a.SameAs), some(a.Attempts), a.Task, some(a.SettledBy), jsonCell(a.Effect),
		method, url, headers, request, status, response, a.User, a.Host, a.RunReason, a.Ticket, flag(a.Undoes), a.Entry,
	}
}

// actions exports a run's actions.
func (e *exporter) actions(ctx context.Context, run exportRun) error {
	condition, args := e.recorded()
	rows, err := e.tx.QueryxContext(ctx, `
		SELECT e.seq, e.run, e.block, e.number, e.kind, e.time, b.body, o.seq AS outcome_seq, ob.body AS outcome
		FROM entries e LEFT JOIN bodies b ON b.seq = e.seq
		LEFT JOIN entries o ON o.seq = CASE e.kind WHEN 'intent' THEN
			(SELECT max(x.seq) FROM entries x WHERE x.run = e.run AND x.kind = 'outcome' AND x.number = e.number AND x.block = e.block) END
		LEFT JOIN bodies ob ON ob.seq = o.seq
		WHERE e.run = ? AND e.kind IN ('action', 'intent') `+condition+` ORDER BY e.number, e.seq`, append([]any{run.number}, args...)...)
	if err != nil {
		return e.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var found struct {
			entry
			Body       *string `db:"body"`
			OutcomeSeq *int64  `db:"outcome_seq"`
			Outcome    *string `db:"outcome"`
		}
		if err := rows.StructScan(&found); err != nil {
			return e.failed(err)
		}
		found.Body, found.Outcome = held(found.Body), held(found.Outcome)
		if found.Body == nil || found.OutcomeSeq != nil && found.Outcome == nil {
			e.done.Purged++
			continue
		}
		a, err := lastState(found.entry, *found.Body, found.Outcome)
		if err != nil {
			return e.reader.broken(run.number, fmt.Errorf("entry %d: %w", found.Seq, err))
		}
		if !e.aimedAt(a.Target, a.Canonical) || len(e.filter.Verdicts) > 0 && !slices.Contains(e.filter.Verdicts, a.Verdict) {
			continue
		}
		record := newActionRecord(run, found.Seq, a)
		if record.Time, err = exportTime(found.Time); err != nil {
			return e.reader.broken(run.number, err)
		}
		if err := e.hand(record); err != nil {
			return err
		}
	}
	return e.failed(rows.Err())
}

func newActionRecord(run exportRun, seq int64, a workbook.Action) *ActionRecord {
	a = readableAction(a)
	record := &ActionRecord{
		ID: fmt.Sprintf("%d/a%d", run.number, a.Number), Run: run.number, Target: cmp.Or(a.Canonical, a.Target), WrittenAs: a.Target,
		Action: a, RecordedIn: run.RecordedIn, Entry: seq,
	}
	record.Canonical = "" // it is the record's target
	return record
}

// lastState is an action or an intent, with the last outcome of an intent.
func lastState(at entry, body string, outcome *string) (workbook.Action, error) {
	if at.Kind == kindAction {
		var said actionBody
		err := decodeBody(body, &said)
		return said.action(at), err
	}
	var said intentBody
	if err := decodeBody(body, &said); err != nil {
		return workbook.Action{}, err
	}
	a := said.action(at)
	if outcome == nil {
		return a, nil
	}
	var came outcomeBody
	err := decodeBody(*outcome, &came)
	came.settle(&a, string(said.Reason))
	return a, err
}

func readableAction(a workbook.Action) workbook.Action {
	for _, s := range []*string{&a.Integration, &a.Type, &a.Target, &a.Canonical, (*string)(&a.DNIF), (*string)(&a.Verdict), &a.Reason, &a.Rule, &a.Task} {
		*s = readable(*s)
	}
	a.Effect = readableList(a.Effect)
	if q := a.Request; q != nil {
		a.Request = &workbook.Request{Method: readable(q.Method), URL: readable(q.URL), Headers: readableMap(q.Headers), Body: readable(q.Body)}
	}
	if p := a.Response; p != nil {
		a.Response = &workbook.Response{Status: p.Status, Body: readable(p.Body)}
	}
	return a
}
