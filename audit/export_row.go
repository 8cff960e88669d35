package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tabletop/workbook"
)

// A RowRecord is an exported row of a block, of those that were kept.
type RowRecord struct {
	// ID is the row's name for other commands, as 7/3/12.
	ID    string    `json:"id"`
	Run   int64     `json:"run"`
	Block int       `json:"block"`
	Row   int       `json:"row"`
	Time  time.Time `json:"time"`
	// Kind is that of the block.
	Kind string `json:"kind"`
	// Values is an object, keyed by the block's columns in their order.
	Values json.RawMessage `json:"cells"`
	// MadeFrom is the row of the block before that it was made from; 0 for none
	// or several.
	MadeFrom int               `json:"made_from"`
	Evidence workbook.Evidence `json:"evidence"`
	RecordedIn
	Entry int64 `json:"entry"`
}

var rowRecordColumns = []string{
	"id", "run", "block", "row", "time", "workbook", "mode", "kind", "cells", "made_from", "events", "evidence", "unknown",
	"user", "host", "run_reason", "ticket", "entry",
}

// Cells are the values of rowRecordColumns.
func (r *RowRecord) Cells() []workbook.Value {
	return []workbook.Value{
		r.ID, r.Run, int64(r.Block), int64(r.Row), r.Time.UTC().Format(time.RFC3339Nano), r.Workbook, r.Mode, r.Kind, string(r.Values), some(r.MadeFrom), r.Evidence.Events, jsonCell(r.Evidence.First), r.Evidence.Unknown,
		r.User, r.Host, r.RunReason, r.Ticket, r.Entry,
	}
}

// rows exports a run's kept rows, block by block.
func (e *exporter) rows(ctx context.Context, run exportRun) error {
	var blocks []struct {
		Block int     `db:"block"`
		Body  *string `db:"body"`
	}
	err := e.tx.SelectContext(ctx, &blocks, `
		SELECT e.block, b.body FROM entries e LEFT JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.kind = 'block' ORDER BY e.seq`, run.number)
	if err != nil {
		return e.failed(err)
	}
	for _, b := range blocks {
		if b.Body = held(b.Body); b.Body == nil {
			e.done.Purged++
			continue
		}
		var said blockBody
		if err := decodeBody(*b.Body, &said); err != nil {
			return e.reader.broken(run.number, err)
		}
		if err := e.rowsOf(ctx, run, b.Block, said); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf exports the rows of a block, which may stand in the entries of an
// earlier one that it passed on, and begin with the values of another row.
func (e *exporter) rowsOf(ctx context.Context, run exportRun, index int, block blockBody) error {
	condition, args := e.recorded()
	rows, err := e.tx.QueryxContext(ctx, `
		SELECT e.seq, e.number, e.time, b.body, ob.body AS same
		FROM entries e LEFT JOIN bodies b ON b.seq = e.seq
		LEFT JOIN entries o ON o.run = e.run AND o.kind = 'row' AND o.number = json_extract(b.body, '$.same[1]') AND o.block = json_extract(b.body, '$.same[0]')
		LEFT JOIN bodies ob ON ob.seq = o.seq
		WHERE e.run = ? AND e.kind = 'row' AND e.block = ? `+condition+` ORDER BY e.number`, append([]any{run.number, block.RowsOf}, args...)...)
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
			Same   *string
		}
		if err := rows.StructScan(&found); err != nil {
			return e.failed(err)
		}
		found.Body, found.Same = held(found.Body), held(found.Same)
		if found.Body == nil {
			e.done.Purged++
			continue
		}
		record := &RowRecord{ID: fmt.Sprintf("%d/%d/%d", run.number, index, found.Number), Run: run.number, Block: index, Row: found.Number, Kind: readable(string(block.Kind)), RecordedIn: run.RecordedIn, Entry: found.Seq}
		whole, err := record.fill(block, *found.Body, found.Same)
		if err == nil {
			record.Time, err = exportTime(found.Time)
		}
		switch {
		case err != nil:
			return e.reader.broken(run.number, fmt.Errorf("entry %d: %w", found.Seq, err))
		case !whole:
			e.done.Purged++
			continue
		}
		if index != block.RowsOf {
			record.MadeFrom = found.Number
		}
		if err := e.hand(record); err != nil {
			return err
		}
	}
	return e.failed(rows.Err())
}

// fill takes what the row's entry says, and the entry of the row that it begins
// with; whole is false where that one is gone.
func (r *RowRecord) fill(block blockBody, body string, same *string) (whole bool, err error) {
	var said, first rowBody
	if err := decodeBody(body, &said); err != nil {
		return false, err
	}
	first, own := said, said.Values
	if said.Same != nil {
		if same == nil {
			return false, nil
		}
		first = rowBody{}
		if err := decodeBody(*same, &first); err != nil {
			return false, err
		}
		own = append(slices.Clone(first.Values), said.More...)
	}
	values := make([]workbook.Value, len(own))
	for i, v := range own {
		values[i] = v.any
	}
	if r.Values, err = cells(plain(block.Columns), values); err != nil {
		return false, err
	}
	r.MadeFrom, r.Evidence.First = said.From, []workbook.Position{}
	if first.Source == nil {
		return true, nil
	}
	evidence, err := first.Source.evidence()
	r.Evidence.Events, r.Evidence.Unknown = evidence.Events, readable(evidence.Unknown)
	for _, p := range evidence.First {
		p.File = readable(p.File)
		r.Evidence.First = append(r.Evidence.First, p)
	}
	return true, err
}
