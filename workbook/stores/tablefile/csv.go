package tablefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"tabletop/workbook"
)

// readCSV reads a header and rows, all values texts as they stand; an empty
// field is nothing.
func (b *builder) readCSV() {
	text, _ := bytes.CutPrefix(b.text, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	header := false
	for !b.full {
		fields, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if !header {
				b.report(1, 1, "no header", "begin with a line of column names")
			}
			return
		case errors.As(err, &broken):
			b.report(broken.Line, broken.Column, "broken CSV: "+broken.Err.Error(), `write a text that holds " or a comma in quotes, and each " in it twice`)
			b.headless = b.headless || !header
			header = true
			continue
		case err != nil:
			b.report(1, 1, err.Error(), "")
			return
		case !header:
			header = true
			b.csvHeader(r, fields)
			continue
		}
		b.csvRow(r, fields)
	}
}

// field is the place of a field of the record that was read last.
func (b *builder) field(r *csv.Reader, i int) place {
	return func(message, fix string) {
		line, column := r.FieldPos(i)
		b.report(line, column, message, fix)
	}
}

func (b *builder) csvHeader(r *csv.Reader, names []string) {
	for i, name := range names {
		b.headerName(name, b.field(r, i))
	}
	b.headless = len(b.columns) != len(names)
}

// headerName adds a column of a header, in which no name may stand twice.
func (b *builder) headerName(name string, at place) {
	if _, twice := b.index[name]; twice {
		at(fmt.Sprintf("a second column %.100s", name), "name it otherwise")
		return
	}
	b.column(name, at)
}

func (b *builder) csvRow(r *csv.Reader, fields []string) {
	if b.headless { // each row would be a mistake of its own
		return
	}
	if len(fields) != len(b.columns) {
		b.field(r, min(len(fields), len(b.columns)+1)-1)(
			fmt.Sprintf("%s, and the header has %d", fieldCount(len(fields)), len(b.columns)), "put a text that holds a comma in quotes; a field that is empty still needs its comma")
		return
	}
	values := make([]workbook.Value, len(fields))
	for i, text := range fields {
		if text != "" {
			values[i] = b.value(text, b.field(r, i))
		}
	}
	b.add(values, b.field(r, 0))
}

func fieldCount(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}
