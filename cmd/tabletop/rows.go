package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/stores/tablefile"
)

// streams reports whether the answer is written row by row, as it is found.
func (q *question) streams(asked *query.Question) bool {
	return (q.output == "csv" || q.output == "ndjson") && asked.OneStatement()
}

// receiver writes rows as CSV or NDJSON, row by row.
func (q *question) receiver(c *console) query.Receiver {
	w := &rowWriter{console: c, bar: q.bar}
	if q.output == "csv" {
		return query.Receiver{Columns: w.csvHeader, Row: w.csvRow}
	}
	return query.Receiver{Columns: w.keysOf, Row: w.object}
}

// A rowWriter writes the rows of one answer.
type rowWriter struct {
	*console
	bar  *bar
	keys [][]byte
	csv  *tablefile.CSVWriter
	// line holds a row of CSV on its way to a terminal.
	line    bytes.Buffer
	flushed time.Time
}

// flushEvery is how long a row waits for others before it is written.
const flushEvery = 100 * time.Millisecond

// wrote ends a row: what can't be written ends the answer.
func (w *rowWriter) wrote(err error) error {
	if err == nil {
		if now := time.Now(); now.Sub(w.flushed) > flushEvery {
			err, w.flushed = w.out.Flush(), now
		}
	}
	if err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// begin takes the bar off a terminal on which rows will stand.
func (w *rowWriter) begin() {
	if w.tty {
		w.bar.hide()
	}
}

func (w *rowWriter) keysOf(columns []string) error {
	w.begin()
	w.keys = objectKeys(columns)
	return nil
}

func (w *rowWriter) object(values []workbook.Value) error {
	line := append(appendObject(w.out.AvailableBuffer(), w.keys, values), '\n')
	_, err := w.out.Write(line)
	return w.wrote(err)
}

func (w *rowWriter) csvHeader(columns []string) error {
	w.begin()
	w.csv = tablefile.NewCSVWriter(w.out)
	if w.tty {
		w.csv = tablefile.NewCSVWriter(&w.line)
	}
	return w.csvLine(w.csv.Header(columns))
}

func (w *rowWriter) csvRow(values []workbook.Value) error { return w.csvLine(w.csv.Row(values)) }

// csvLine passes a line to a terminal with its control characters as escapes.
func (w *rowWriter) csvLine(err error) error {
	if err == nil && w.tty {
		_, err = w.out.WriteString(cleanLines(w.line.String()))
		w.line.Reset()
	}
	return w.wrote(err)
}

// objectKeys are the names of columns as keys of an object, each with what stands
// before it and its colon.
func objectKeys(columns []string) [][]byte {
	keys := make([][]byte, len(columns))
	for i, name := range columns {
		lead := []byte{','}
		if i == 0 {
			lead[0] = '{'
		}
		keys[i] = append(appendJSON(lead, name), ':')
	}
	return keys
}

// appendObject writes a row as an object, its keys in the order of the columns.
func appendObject(to []byte, keys [][]byte, values []workbook.Value) []byte {
	if len(keys) == 0 {
		to = append(to, '{')
	}
	for i, key := range keys {
		to = appendJSON(append(to, key...), values[i])
	}
	return append(to, '}')
}

// appendJSON writes a value as json.Marshal does, and then safe for a terminal.
func appendJSON(to []byte, v workbook.Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...)
	case int64:
		return strconv.AppendInt(to, v, 10)
	case string:
		if plainJSON(v) {
			return append(append(append(to, '"'), v...), '"')
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a value that JSON can't hold: %v", err))
	}
	return append(to, jsonSafe(text)...)
}

// plainJSON reports whether a text stands in JSON as it is.
func plainJSON(text string) bool {
	for i := range len(text) {
		switch b := text[i]; {
		case b < ' ', b >= 0x7f, b == '"', b == '\\', b == '<', b == '>', b == '&':
			return false
		}
	}
	return true
}
