// Package events reads the event files of a workbook where they lie and answers
// queries over them. In go a folder or file and a Query (which streams, which
// columns, which window of time, and what SQLite is to do with them); out come
// rows, each with the positions of the events behind it.
//
// Nothing is imported: SQLite sees each stream as a virtual table whose columns
// are those that the query names. Formats turn bytes into records (format.go
// and the files named after formats), sources say which file holds which
// stream under which names (source.go), and the table hands records to SQLite
// (table.go, engine.go).
package events

import (
	"time"

	"tabletop/workbook"
)

// A Window is the span of time that a query reads: later than From and not
// later than To. A zero time leaves that end open.
type Window struct {
	From, To time.Time
}

// Open reports whether the window lets every event through, also those without
// a time.
func (w Window) Open() bool { return w.From.IsZero() && w.To.IsZero() }

// A Scan is one reading of one stream.
type Scan struct {
	// Stream is the stream's name; letter case does not count.
	Stream string
	// Streams, where there are any, are several streams that are read as one;
	// Every says that all are.
	Streams []string
	Every   bool
	// Columns are the columns read, as the query writes them. In the query's
	// SQL, column i of the scan that is number n is called "tn"."ci"; beside
	// them stand rowid, "at" (the event's time in epoch milliseconds) and
	// "line".
	Columns []string
	// Shown says of each column whether SQL reads it; the others are for the
	// conditions alone and are NULL to SQL. Nil shows all.
	Shown  []bool
	Window Window
	// Where holds conditions on the columns that are tested while the files are
	// read; nil for none.
	Where Filter
	// Grouping, where set, makes groups while the files are read.
	Grouping *Grouping
}

// String tells the window for a reader.
func (w Window) String() string {
	const form = "2006-01-02 15:04:05Z"
	switch {
	case w.From.IsZero() && w.To.IsZero():
		return "all time"
	case w.From.IsZero():
		return "up to " + w.To.UTC().Format(form)
	case w.To.IsZero():
		return "after " + w.From.UTC().Format(form)
	}
	return w.From.UTC().Format(form) + " to " + w.To.UTC().Format(form)
}

// holds reports whether a moment is inside the window.
func (w Window) holds(m moment) bool {
	return (w.From.IsZero() || m > momentOf(w.From)) && (w.To.IsZero() || m <= momentOf(w.To))
}

// Evidence says how a query's rows lead to the events behind them.
type Evidence int

const (
	// NoEvidence is for shapes through which events can't be followed.
	NoEvidence Evidence = iota
	// RowEvidence says that the result's last two columns are rowid and line of the one
	// event behind the row.
	RowEvidence
	// GroupEvidence says that the result's last column is evidence(rowid, line),
	// or where the first scan has a Grouping, its column "group".
	GroupEvidence
)

// A Query is a question to the engine: the scans that it reads and one SELECT
// statement over them, in SQLite's SQL and with the functions of function.go.
type Query struct {
	Scans []Scan
	SQL   string
	// Args are the values of the parameters ?1, ?2, … in SQL.
	Args []any
	// Columns are the names of the result's columns.
	Columns []string
	// Evidence names the further columns at the result's end that carry the
	// events; Unknown says why there are none.
	Evidence Evidence
	Unknown  string
	// MaxRows is the most rows that the result may have. Where Each takes them,
	// 0 sets no bound.
	MaxRows int
	// Each, where set, takes the rows as they come, in place of the result's
	// table. A row's values are valid until Each returns; it has no evidence,
	// which costs as much as the row. An error of Each ends the query, which
	// returns it as it is.
	Each func(workbook.Row) error
}

// A Result is the answer to a query.
type Result struct {
	// Table has the rows, but for those that Query.Each took; Rows counts both.
	Table workbook.Table
	Rows  int
	// Read counts, scan by scan, the events of the stream and what was left
	// out of them.
	Read []Reading
	// Undecodable counts the lines that the scans met which are no events; Bad
	// are the first of them.
	Undecodable int64
	Bad         []BadLine
}

// A Reading counts what a scan saw of a stream's events.
type Reading struct {
	Stream string
	// Events counts those of the stream, Inside those in the scan's window.
	// NoTime counts those that a window left out because they have no time,
	// Future those that lie over a day past the wall clock.
	Events, Inside, NoTime, Future int64
	// Unseen are the columns that no event of the stream has, where Complete.
	Unseen []string
	// Complete says that the scan saw all events, and saw them once: SQLite
	// stops early for LIMIT.
	Complete bool
}
