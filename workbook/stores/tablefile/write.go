package tablefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tabletop/workbook"
)

// Write writes a table. What a form has no place for is an error that names the
// cell, before anything is written.
func Write(to io.Writer, form Form, t workbook.Table) error {
	switch form {
	case CSV:
		return writeCSV(to, t)
	case JSON, NDJSON:
		return writeJSON(to, t, form == JSON)
	case XLSX:
		return writeXLSX(to, t)
	}
	return fmt.Errorf("write %.20s: no such form: one of %s", form, strings.Join(Forms(), ", "))
}

// writeCSV writes a table with a CSVWriter.
func writeCSV(to io.Writer, t workbook.Table) error {
	w := NewCSVWriter(to)
	if err := w.Header(t.Columns); err != nil {
		return err
	}
	for _, row := range t.Rows {
		if err := w.Row(row.Values); err != nil {
			return err
		}
	}
	return nil
}

// formulaSigns begin what a spreadsheet calculates, also in their wide forms.
const formulaSigns = "=+-@＝＋－＠"

// FormulaSafe puts a quote before a text that a spreadsheet would calculate: one
// that begins with =, +, - or @, or with a control character, which some drop
// before they look. Numbers stay.
func FormulaSafe(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text == "" || !unicode.IsControl(first) && !strings.ContainsRune(formulaSigns, first) || workbook.IsNumber(text) {
		return text
	}
	return "'" + text
}

func writeJSON(to io.Writer, t workbook.Table, list bool) error {
	keys := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		key, err := jsonText(name)
		if err != nil {
			return fmt.Errorf("the name of column %d: %w", i+1, err)
		}
		keys[i] = key
	}
	var b bytes.Buffer
	lead, between, end := "", "\n", "\n"
	if list {
		lead, between, end = "[", ",\n", "]\n"
	}
	b.WriteString(lead)
	for i, row := range t.Rows {
		if i > 0 {
			b.WriteString(between)
		}
		for j, v := range row.Values {
			text, err := jsonValue(v)
			if err != nil {
				return fmt.Errorf("row %d, column %.100s: %w", i+1, t.Columns[j], err)
			}
			b.WriteString([]string{"{", ","}[min(j, 1)] + keys[j] + ":" + text)
		}
		if len(row.Values) == 0 {
			b.WriteByte('{')
		}
		b.WriteByte('}')
	}
	if list || len(t.Rows) > 0 {
		b.WriteString(end)
	}
	_, err := b.WriteTo(to)
	return err
}

func jsonText(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("a text that is not UTF-8, which JSON can't hold: export as csv")
	}
	quoted, err := json.Marshal(text)
	return string(quoted), err
}

func jsonValue(v workbook.Value) (string, error) {
	switch v := v.(type) {
	case string:
		return jsonText(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", fmt.Errorf("the number %v, which JSON can't hold: export as csv", v)
		}
		return floatText(v), nil
	case nil:
		return "null", nil
	}
	return workbook.Text(v), nil
}

// floatText writes a floating number always with a point or an exponent, so
// that it is read as one again.
func floatText(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// exactInXLSX is the largest whole number up to which a spreadsheet, which
// counts in floating ones, is exact.
const exactInXLSX = 1 << 53

// xlsxValue turns a value into what a cell takes: a number that the file would
// round stands as text.
func xlsxValue(v workbook.Value) (workbook.Value, error) {
	switch v := v.(type) {
	case int64:
		if v > exactInXLSX || v < -exactInXLSX {
			return workbook.Text(v), nil
		}
	case float64:
		if !exactInCell(v) {
			return workbook.Text(v), nil
		}
	case string:
		if v == "" {
			return nil, nil
		}
		return v, xlsxText(v)
	}
	return v, nil
}

// exactInCell reports whether a number survives the fifteen digits to which the
// library writes it.
func exactInCell(v float64) bool {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return err == nil && short == v && !math.IsInf(v, 0)
}

// mostCellBytes is the most that spreadsheets take as the text of a cell.
const mostCellBytes = 32_767

// xlsxText returns an error for a text that a spreadsheet would cut or change.
func xlsxText(text string) error {
	if len(text) > mostCellBytes { // in bytes, and so on the safe side
		return fmt.Errorf("a text of %d bytes, and a cell holds %d: export as csv", len(text), mostCellBytes)
	}
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' || r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return fmt.Errorf("a text with the character %U, which XLSX can't hold: export as csv", r)
		}
	}
	return nil
}
