package audit

import (
	"context"
	"fmt"
	"time"

	"tabletop/workbook"
)

// A SignalRecord is an exported signal, as it was when it was last raised.
type SignalRecord struct {
	// ID is the signal's name for other commands, as 7/s1.
	ID     string    `json:"id"`
	Run    int64     `json:"run"`
	Number int       `json:"signal"`
	Time   time.Time `json:"time"`
	workbook.Signal
	// FirstSeen and LastSeen are the times of its events, RFC 3339 in UTC, or @
	// and seconds since 1970 for a year that RFC 3339 has no digits for; nil for
	// events without a time.
	FirstSeen *string `json:"first_seen"`
	LastSeen  *string `json:"last_seen"`
	// Rows are all rows that raised it.
	Rows []int `json:"rows"`
	RecordedIn
	Entry int64 `json:"entry"`
}

var signalRecordColumns = []string{
	"id", "run", "signal", "time", "workbook", "mode", "block", "row", "rows", "name", "severity", "score", "confidence",
	"target", "suspect", "occurrences", "first_seen", "last_seen", "tactic", "technique", "subtechnique", "tags", "knowledge",
	"source_stream", "user", "host", "run_reason", "ticket", "entry",
}

// Cells are the values of signalRecordColumns.
func (s *SignalRecord) Cells() []workbook.Value {
	return []workbook.Value{
		s.ID, s.Run, int64(s.Number), s.Time.UTC().Format(time.RFC3339Nano), s.Workbook, s.Mode, int64(s.Block), int64(s.Row), jsonCell(s.Rows), s.Name, s.Severity, int64(s.Score), s.Confidence,
		jsonCell(s.Target), jsonCell(s.Suspect), int64(s.Occurrences), optional(s.FirstSeen), optional(s.LastSeen), s.Tactic, s.Technique, s.Subtechnique, jsonCell(s.Tags), s.Knowledge,
		s.SourceStream, s.User, s.Host, s.RunReason, s.Ticket, s.Entry,
	}
}

// seen is the time of an event, which may have none.
func seen(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	stored, err := instant{t}.MarshalText()
	if err != nil {
		panic("audit: a time that has no form: " + err.Error())
	}
	text := string(stored)
	return &text
}

// signals exports a run's signals.
func (e *exporter) signals(ctx context.Context, run exportRun) error {
	condition, args := e.recorded()
	rows, err := e.tx.QueryxContext(ctx, `
		SELECT e.seq, e.number, e.time, b.body FROM entries e LEFT JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.kind = 'signal' AND NOT EXISTS (
			SELECT 1 FROM entries l WHERE l.run = e.run AND l.kind = 'signal' AND l.number = e.number AND l.seq > e.seq)
		`+condition+` ORDER BY e.number`, append([]any{run.number}, args...)...)
	if err != nil {
		return e.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var found struct {
			Seq    int64
			Number int
			Time   string
			Body   *string
		}
		if err := rows.StructScan(&found); err != nil {
			return e.failed(err)
		}
		if found.Body = held(found.Body); found.Body == nil {
			e.done.Purged++
			continue
		}
		var said signalBody
		err := decodeBody(*found.Body, &said)
		record := &SignalRecord{ID: fmt.Sprintf("%d/s%d", run.number, found.Number), Run: run.number, Number: found.Number, RecordedIn: run.RecordedIn, Entry: found.Seq}
		if err == nil {
			record.Time, err = exportTime(found.Time)
		}
		if err != nil {
			return e.reader.broken(run.number, fmt.Errorf("entry %d: %w", found.Seq, err))
		}
		signal := said.signal()
		if !e.aimedAt(mapValues(signal.Target, signal.Suspect)...) {
			continue
		}
		record.Signal, record.Rows = readableSignal(signal), said.Rows
		record.FirstSeen, record.LastSeen = seen(signal.FirstSeen), seen(signal.LastSeen)
		if err := e.hand(record); err != nil {
			return err
		}
	}
	return e.failed(rows.Err())
}

func readableSignal(s workbook.Signal) workbook.Signal {
	for _, text := range []*string{&s.Name, &s.Tactic, &s.Technique, &s.Subtechnique, &s.Confidence, &s.Severity, &s.Knowledge, &s.SourceStream} {
		*text = readable(*text)
	}
	s.Target, s.Suspect, s.Tags = readableMap(s.Target), readableMap(s.Suspect), readableList(s.Tags)
	return s
}
