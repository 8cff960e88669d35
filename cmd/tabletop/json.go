package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"tabletop/workbook"
)

// The object that run -o json prints.
type runObject struct {
	Run      int64             `json:"run"`
	Workbook string            `json:"workbook"`
	Mode     string            `json:"mode"`
	Status   string            `json:"status"`
	Now      string            `json:"now"`
	Blocks   []blockObject     `json:"blocks"`
	Signals  []workbook.Signal `json:"signals"`
	Actions  []workbook.Action `json:"actions"`
	Totals   map[string]int    `json:"totals"`
	Warnings []string          `json:"warnings"`
	// Stores are the changes to event stores; StoresKept says whether they
	// last, which a record does not know.
	Stores     []workbook.StoreChange `json:"stores"`
	StoresKept *bool                  `json:"stores_kept,omitempty"`
	// Unusual says in what the run differs from earlier ones of the workbook.
	Unusual []string      `json:"unusual,omitempty"`
	Audit   workbook.Head `json:"audit"`
}

type blockObject struct {
	Index    int                 `json:"index"`
	ID       string              `json:"id"`
	Kind     string              `json:"kind"`
	RowsIn   int                 `json:"rows_in"`
	RowsOut  int                 `json:"rows_out"`
	Seconds  float64             `json:"seconds"`
	Columns  []string            `json:"columns"`
	Rows     [][]workbook.Value  `json:"rows"`
	Evidence []workbook.Evidence `json:"evidence"`
	Warnings []string            `json:"warnings,omitempty"`
	// Stores are the changes to event stores.
	Stores []workbook.StoreChange `json:"stores,omitempty"`
	Failed string                 `json:"failed,omitempty"`
	// Called is the run of the workbook that the block called.
	Called *calledObject `json:"called,omitempty"`
	// Guesses are what people thought would come of the block.
	Guesses []workbook.Guess `json:"guesses,omitempty"`
}

// jsonPositions is how many positions of a row's evidence JSON shows; the audit
// keeps them all.
const jsonPositions = 3

func runJSON(info workbook.Info, r workbook.Result, keepRows int) runObject {
	o := runObject{
		Run: r.Run, Workbook: info.Workbook.Name, Mode: info.Mode, Status: r.Status, Now: info.Now.UTC().Format(time.RFC3339Nano),
		Blocks: []blockObject{}, Signals: notNil(r.Signals), Actions: notNil(r.Actions), Totals: totalsJSON(r.Totals),
		Warnings: notNil(r.Warnings), Audit: r.Head,
	}
	for _, done := range r.Blocks {
		o.Blocks = append(o.Blocks, blockJSON(done, keepRows))
	}
	return o
}

// totalsJSON names the totals as -o json does.
func totalsJSON(t workbook.Totals) map[string]int {
	out := map[string]int{"dnif_would_send": t.DNIFWouldSend, "dnif_protected": t.Protected}
	for v, n := range t.ByVerdict {
		out[string(v)] = n
	}
	return out
}

func blockJSON(done workbook.BlockResult, keepRows int) blockObject {
	t := done.Output.Table
	b := blockObject{
		Index: done.Block.Index, ID: done.Block.ID, Kind: done.Block.Kind.Name, RowsIn: done.RowsIn, RowsOut: len(t.Rows),
		Seconds: math.Round(done.Seconds*1e6) / 1e6, Columns: notNil(t.Columns), Rows: [][]workbook.Value{}, Evidence: []workbook.Evidence{},
		Warnings: done.Output.Warnings, Stores: done.Output.Stores, Called: calledJSON(done.Output.Called, keepRows), Guesses: done.Guesses,
	}
	if done.Failed != nil {
		b.Failed = describe(done.Failed)
	}
	for _, row := range t.Rows[:min(len(t.Rows), keepRows)] {
		e := row.Evidence
		e.First = notNil(e.First[:min(len(e.First), jsonPositions)])
		b.Rows, b.Evidence = append(b.Rows, row.Values), append(b.Evidence, e)
	}
	return b
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// json prints a value as one line. Characters that matter to a terminal are
// escaped by JSON itself.
func (c *console) json(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a value that JSON can't hold: %v", err))
	}
	c.line(string(jsonSafe(text)))
}

// jsonSafe escapes what JSON lets stand but a terminal should not get: DEL, the
// C1 controls and the characters that turn the direction of writing.
func jsonSafe(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
			out = fmt.Appendf(out, `\u%04x`, r)
			continue
		}
		out = append(out, string(r)...)
	}
	return out
}
