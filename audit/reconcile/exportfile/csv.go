package exportfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"tabletop/workbook/events"
	"tabletop/workbook/source"
	"tabletop/workbook/stores/tablefile"
)

// headBytes is how much of a file its delimiter is told by.
const headBytes = 64 << 10

// readCSV reads a header and the records behind it.
func (f *file) readCSV() {
	r := csv.NewReader(bytes.NewReader(f.text))
	r.Comma = rune(events.CSVDelimiter(f.text[:min(len(f.text), headBytes)]))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	var names []string
	for {
		start := int(r.InputOffset())
		cells, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.As(err, &broken):
			f.problem(source.Place{File: f.path, Line: broken.Line, Column: broken.Column}, "broken CSV: "+broken.Err.Error(), `a text that holds " or a comma stands in quotes, and each " in it twice`)
			return // what is a record from here on is a guess
		case err != nil:
			f.report(start, "broken CSV: "+err.Error(), "")
			return
		case names == nil:
			if names = f.header(r, cells); names == nil {
				return
			}
			continue
		}
		line, column := r.FieldPos(0)
		if !f.row(source.Place{File: f.path, Line: line, Column: column}, start, int(r.InputOffset()), names, cells) {
			return
		}
	}
}

// header are the plain names of the columns; nil where they are none.
func (f *file) header(r *csv.Reader, cells []string) []string {
	if len(cells) > MaxFields {
		f.report(0, fmt.Sprintf("%d columns; the most is %d", len(cells), MaxFields), "export fewer")
		return nil
	}
	names := make([]string, len(cells))
	for i, cell := range cells {
		if names[i] = plain(cell); names[i] == "" {
			line, column := r.FieldPos(i)
			f.problem(source.Place{File: f.path, Line: line, Column: column}, fmt.Sprintf("column %d has no name", i+1), "a CSV begins with the names of its columns")
			return nil
		}
	}
	return names
}

// row takes a record of CSV; false where there is no room for another.
func (f *file) row(at source.Place, start, end int, names, cells []string) bool {
	switch {
	case len(cells) != len(names):
		f.problem(at, fmt.Sprintf("%d fields, and the header has %d", len(cells), len(names)), "a text that holds the delimiter stands in quotes")
		return true
	case !f.fits(start, end-start, len(cells)):
		return true
	}
	fields := make(map[string]string, len(cells))
	for i, cell := range cells {
		f.field(fields, names[i], strings.Clone(unquoted(cell)))
	}
	if !f.add(start, "", fields) {
		return false
	}
	f.objects[len(f.objects)-1].place = at
	return true
}

// unquoted takes away the quote that keeps a spreadsheet from calculating.
func unquoted(cell string) string {
	if bare, ok := strings.CutPrefix(cell, "'"); ok && tablefile.FormulaSafe(bare) == cell {
		return bare
	}
	return cell
}
