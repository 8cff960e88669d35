package tablefile

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"tabletop/workbook"
)

// xlsxParts are the parts of a workbook of one sheet, ECMA-376 part 1, but for
// the sheet itself.
var xlsxParts = [][2]string{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

// mostSheetRows is the most rows of a sheet, ECMA-376 part 1, 18.3.1.73.
const mostSheetRows = 1_048_576

func writeXLSX(to io.Writer, t workbook.Table) error {
	if len(t.Rows) >= mostSheetRows || len(t.Columns) > maxSheetColumns {
		return fmt.Errorf("%d rows of %d columns, and a sheet holds %d of %d: export as csv", len(t.Rows), len(t.Columns), mostSheetRows-1, maxSheetColumns)
	}
	archive := zip.NewWriter(to)
	for _, p := range xlsxParts {
		part, err := archive.Create(p[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, xml.Header+p[1]); err != nil {
			return err
		}
	}
	part, err := archive.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	sheet := bufio.NewWriter(part)
	if err := writeSheet(sheet, t); err != nil {
		return err
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return archive.Close()
}

func writeSheet(sheet *bufio.Writer, t workbook.Table) error {
	_, _ = sheet.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	names := make([]workbook.Value, len(t.Columns))
	for i, name := range t.Columns {
		if err := xlsxText(name); err != nil {
			return fmt.Errorf("the name of column %d: %w", i+1, err)
		}
		names[i] = name
	}
	writeRow(sheet, 1, names)
	cells := make([]workbook.Value, len(t.Columns))
	for i, row := range t.Rows {
		for j, v := range row.Values {
			value, err := xlsxValue(v)
			if err != nil {
				return fmt.Errorf("row %d, column %.100s: %w", i+1, t.Columns[j], err)
			}
			cells[j] = value
		}
		writeRow(sheet, i+2, cells)
	}
	_, err := sheet.WriteString(`</sheetData></worksheet>`)
	return err
}

// writeRow writes a row; an error of the writer comes with its next one.
func writeRow(sheet *bufio.Writer, number int, cells []workbook.Value) {
	_, _ = fmt.Fprintf(sheet, `<row r="%d">`, number)
	for i, v := range cells {
		at := columnName(i+1) + strconv.Itoa(number)
		switch v := v.(type) {
		case nil:
		case string:
			_, _ = sheet.WriteString(`<c r="` + at + `" t="inlineStr"><is><t xml:space="preserve">`)
			_ = xml.EscapeText(sheet, []byte(escaped(v)))
			_, _ = sheet.WriteString(`</t></is></c>`)
		case float64:
			_, _ = sheet.WriteString(`<c r="` + at + `"><v>` + cellNumber(v) + `</v></c>`)
		default:
			_, _ = sheet.WriteString(`<c r="` + at + `"><v>` + workbook.Text(v) + `</v></c>`)
		}
	}
	_, _ = sheet.WriteString(`</row>`)
}

// escaped keeps a text that looks like an escaped character from being read as
// one.
func escaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escapedCharacter.ReplaceAllStringFunc(text, func(found string) string { return "_x005F" + found })
}

// columnName is the name of a column by its number, as AB of 28.
func columnName(column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// cellNumber writes a whole number as spreadsheets do, without a point.
func cellNumber(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
