package tablefile

import (
	"encoding/csv"
	"io"

	"tabletop/workbook"
)

// A CSVWriter writes a table as CSV row by row, with a quote before what a
// spreadsheet would take for a formula. Behind each call what it wrote has gone to
// its writer.
type CSVWriter struct {
	to     io.Writer
	csv    *csv.Writer
	record []string
}

// NewCSVWriter writes to a writer.
func NewCSVWriter(to io.Writer) *CSVWriter {
	// Hidden, a buffer is not taken for encoding/csv's own, and not emptied with it.
	return &CSVWriter{to: to, csv: csv.NewWriter(struct{ io.Writer }{to})}
}

// Header writes the names of the columns.
func (w *CSVWriter) Header(columns []string) error {
	w.record = make([]string, len(columns))
	for i, name := range columns {
		w.record[i] = FormulaSafe(name)
	}
	return w.write()
}

// Row writes a row, a value a column.
func (w *CSVWriter) Row(values []workbook.Value) error {
	for i, v := range values {
		w.record[i] = workbook.Text(v)
		if text, ok := v.(string); ok {
			w.record[i] = FormulaSafe(text)
		}
	}
	if len(w.record) == 1 && w.record[0] == "" {
		// An empty line would be read as none.
		_, err := io.WriteString(w.to, "\"\"\n")
		return err
	}
	return w.write()
}

func (w *CSVWriter) write() error {
	if err := w.csv.Write(w.record); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}
