package workbook

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Value is what a cell of a table holds: nil, string, int64 or float64.
type Value = any

// A Table is what one block hands to the next.
type Table struct {
	Columns []string
	Rows    []Row
}

// A Row is one row of a table, the events behind it and the row it came from.
type Row struct {
	// Values has one value a column of its table.
	Values []Value
	// Evidence are the events that the row was made from.
	Evidence Evidence
	// From is the row of the block's input that this row was made from,
	// counted from 1; 0 where it was made from none or from several.
	From int
}

// Evidence are the events behind a row.
type Evidence struct {
	// Events is the exact number of events.
	Events int64 `json:"events"`
	// First holds the positions of the first MaxPositions of them.
	First []Position `json:"first"`
	// Unknown says why the events behind the row are not known; it is empty
	// where they are.
	Unknown string `json:"unknown,omitempty"`
	// Store is the event store that the row was read from; StoreRun is the run
	// that wrote it last, 0 where none did, as in an import.
	Store    string `json:"store,omitempty"`
	StoreRun int64  `json:"store_run,omitempty"`
}

// MaxPositions is the most event positions that a row keeps.
const MaxPositions = 100

// A Position is where an event stands.
type Position struct {
	// File is the path as the events' folder names it.
	File string `json:"file"`
	// Offset counts bytes of the decompressed file from 0.
	Offset int64 `json:"offset"`
	// Line counts from 1.
	Line int64 `json:"line"`
}

// Index finds a column: by its exact name, else by the name with or without
// the leading $. Letter case counts. It returns -1 where there is none.
func (t Table) Index(name string) int { return ColumnIndex(t.Columns, name) }

// ColumnIndex finds name among columns as Table.Index does.
func ColumnIndex(columns []string, name string) int {
	if i := slices.Index(columns, name); i >= 0 {
		return i
	}
	bare := strings.TrimPrefix(name, "$")
	return slices.IndexFunc(columns, func(c string) bool { return strings.TrimPrefix(c, "$") == bare })
}

// Text writes a value as DNIF would compare and print it: numbers by their
// shortest form, nil as the empty text.
func Text(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return realText(v)
	}
	panic("workbook: a value that is none")
}

// realText writes a real number as SQLite does: with digits behind a point, and
// with an exponent where it is very large or very small.
func realText(v float64) string {
	size := math.Abs(v)
	switch {
	case v == math.Trunc(v) && size < 1e15:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 1e-4 && size < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'e', -1, 64)
}

// Number reads a value as a number: an int64 or a float64 as it is, a text that
// is [+-]?digits[.digits][e±digits] as what it says, exact where it is a whole
// number of 64 bits. It returns nil for everything else.
func Number(v Value) Value {
	s, ok := v.(string)
	if !ok {
		return v
	}
	if !IsNumber(s) {
		return nil
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return f
}

// IsNumber reports whether a text is [+-]?digits[.digits][e[+-]digits].
func IsNumber(s string) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	sign := func() {
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
	}
	sign()
	if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		sign()
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
