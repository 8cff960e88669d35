package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"tabletop/audit"
	"tabletop/workbook"
)

// A block is a block of the run with its text, its rows and what it says.
type block struct {
	Index      int
	Kind, Name string
	Notes      []string // its paragraphs
	Text       string
	// Prose is the text of a block that only explains, as HTML; Written is how it
	// was written.
	Prose   template.HTML
	Written string
	// Chart is the picture of a visual block, nil for others.
	Chart        *drawn
	Did          string
	Failed       string
	Warnings     []string
	MoreWarnings string
	Stores       []string
	Columns      []string
	Rows         []row
	// Traced says that some rows name the row that they were made from.
	Traced bool
	// More says which rows or columns are not shown.
	More []string
}

// A row is a row of a block, and where it came from.
type row struct {
	ID     string
	Number int
	Cells  []cell
	// From is the row of the block before that it was made from.
	From   place
	Events string
}

// A cell is a value: None where there is none, Number where it is one.
type cell struct {
	Text         string
	None, Number bool
}

func (r *reporter) blocks() (shown []block, more string) {
	all := r.from.Blocks
	for i, b := range all[:min(len(all), mostBlocks)] {
		before := 0
		if i > 0 {
			before = all[i-1].Index
		}
		shown = append(shown, r.block(b, before))
	}
	return shown, leftOut(len(all), len(shown), "blocks")
}

func (r *reporter) block(b audit.Block, before int) block {
	out := block{
		Index: b.Index, Kind: r.line(b.Kind, cellBytes), Name: r.line(b.ID, cellBytes), Notes: paragraphs(r.lines(b.Note, textBytes)),
		Failed: r.lines(b.Failed, valueBytes), Did: r.blockDid(b),
	}
	if b.Kind == "text" {
		out.Written = r.lines(b.Text, textBytes)
		out.Prose = prose(out.Written)
	} else {
		out.Text = r.lines(b.Text, textBytes)
		out.Written = out.Text
	}
	if b.Kind == "visual" && b.Failed == "" {
		out.Chart = r.chart(b)
	}
	out.Warnings, out.MoreWarnings = r.texts(b.Warnings, mostWarnings, "warnings")
	for _, c := range b.Stores[:min(len(b.Stores), mostListed)] {
		out.Stores = append(out.Stores, r.store(c))
	}
	if more := leftOut(len(b.Stores), mostListed, "changes of stores"); more != "" {
		out.Stores = append(out.Stores, more)
	}
	if b.Kind != "text" {
		r.rows(&out, b, before)
	}
	return out
}

// blockDid says what went through a block, and how long it took.
func (r *reporter) blockDid(b audit.Block) string {
	if b.Kind == "text" {
		return ""
	}
	did := []string{plural(b.RowsIn, "row", "rows") + " in", plural(b.RowsOut, "row", "rows") + " out"}
	if asks(b) {
		did[0] = step{Asks: true, In: b.RowsIn}.Came() + " in"
	}
	signals, actions := r.madeBy(b.Index)
	if signals > 0 {
		did = append(did, plural(signals, "signal", "signals"))
	}
	if actions > 0 {
		did = append(did, plural(actions, "action", "actions"))
	}
	if b.Called > 0 {
		did = append(did, fmt.Sprintf("run %d called", b.Called))
	}
	return strings.Join(append(did, fmt.Sprintf("%.3f s", b.Seconds)), ", ")
}

// madeBy counts what came of a block.
func (r *reporter) madeBy(index int) (signals, actions int) {
	for _, s := range r.from.Signals {
		if r.from.BlockOf(s.Run, s.Block) == index {
			signals++
		}
	}
	for _, a := range r.from.Actions {
		if r.from.BlockOf(a.Run, a.Block) == index {
			actions++
		}
	}
	return signals, actions
}

// store words what a block wrote to an event store.
func (r *reporter) store(c workbook.StoreChange) string {
	said := fmt.Sprintf("event store %s, %s: %s before, %s after; %s added, %s removed",
		r.line(c.Store, cellBytes), r.line(string(c.Mode), cellBytes), plural(c.Before, "row", "rows"), grouped(c.After), grouped(c.Added), grouped(c.Removed))
	if c.Replaced > 0 {
		said += fmt.Sprintf(", %s replaced by %s", grouped(c.Replaced), r.line(c.Key, cellBytes))
	}
	return said
}

// rows fills in the rows of a block, those behind actions and signals first of
// all: they are what a reader is led to.
func (r *reporter) rows(out *block, b audit.Block, before int) {
	columns := b.Columns[:min(len(b.Columns), mostColumns)]
	if more := leftOut(len(b.Columns), len(columns), "columns"); more != "" {
		out.More = append(out.More, more)
	}
	for _, name := range columns {
		out.Columns = append(out.Columns, r.line(name, cellBytes))
	}
	for _, kept := range r.chosen(b) {
		if r.full() {
			break
		}
		shown := row{ID: place{Block: b.Index, Row: kept.Number}.ID(), Number: kept.Number, Events: r.evidence(kept.Evidence, 1)}
		if kept.From > 0 {
			shown.From, out.Traced = place{Block: before, Row: kept.From}, true
		}
		for i := range columns {
			var v workbook.Value
			if i < len(kept.Values) {
				v = kept.Values[i]
			}
			shown.Cells = append(shown.Cells, r.cell(v))
		}
		r.shown[[2]int{b.Index, kept.Number}] = true
		out.Rows = append(out.Rows, shown)
	}
	if more := leftOut(b.RowsOut, len(out.Rows), "rows"); more != "" {
		out.More = append(out.More, more)
	}
}

// chosen are the rows of a block that are shown, by their numbers.
func (r *reporter) chosen(b audit.Block) []audit.Row {
	most := max(r.limits.Rows, 0)
	if len(b.Rows) <= most {
		return b.Rows
	}
	wanted := map[int]bool{}
	for _, a := range r.from.Actions {
		if a.Run == 0 && a.Block == b.Index && len(wanted) < most {
			wanted[a.Row] = true
		}
	}
	for _, s := range r.from.Signals {
		if s.Run == 0 && s.Block == b.Index && len(wanted) < most {
			wanted[s.Row] = true
		}
	}
	var first, rest []audit.Row
	for _, kept := range b.Rows {
		if wanted[kept.Number] {
			first = append(first, kept)
		} else {
			rest = append(rest, kept)
		}
	}
	list := append(first, rest...)[:most]
	slices.SortFunc(list, func(a, b audit.Row) int { return a.Number - b.Number })
	return list
}

func (r *reporter) cell(v workbook.Value) cell {
	switch v := v.(type) {
	case nil:
		return cell{Text: "null", None: true}
	case string:
		return cell{Text: r.line(v, cellBytes)}
	}
	return cell{Text: r.line(workbook.Text(v), cellBytes), Number: true}
}

// evidence names the events behind a row, so many of them by their places.
func (r *reporter) evidence(e workbook.Evidence, most int) string {
	switch {
	case e.Unknown != "":
		return "not known: " + r.line(e.Unknown, cellBytes)
	case e.Events == 0:
		return ""
	}
	var places []string
	for _, p := range e.First[:min(len(e.First), most)] {
		places = append(places, fmt.Sprintf("%s:%d", r.line(p.File, cellBytes), p.Line))
	}
	said := plural(e.Events, "event", "events")
	if len(places) > 0 {
		said += ": " + strings.Join(places, ", ")
	}
	if more := e.Events - int64(len(places)); more > 0 && len(places) > 0 {
		said += " and " + grouped(more) + " more"
	}
	return said
}

// paragraphs takes a text apart where a line is empty.
func paragraphs(text string) []string {
	var out []string
	for _, part := range strings.Split(text, "\n\n") {
		if part = flat(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
