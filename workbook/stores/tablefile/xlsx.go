package tablefile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// readXLSX reads a sheet whose first row that is not empty is the header. The
// values of cells are taken as they were stored; formulas are not calculated.
func (b *builder) readXLSX(sheet string) (err error) {
	// The library is made for files that programs write, and these come from
	// anywhere.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("broken XLSX: %v", r)
		}
	}()
	archive, err := openArchive(b.text)
	if err != nil {
		return err
	}
	file, err := excelize.OpenReader(bytes.NewReader(b.text), excelize.Options{RawCellValue: true, UnzipSizeLimit: MaxFile})
	if err != nil {
		return fmt.Errorf("broken XLSX: %w", err)
	}
	defer file.Close()
	if sheet, err = chooseSheet(file.GetSheetList(), sheet); err != nil {
		return err
	}
	part, err := sheetPart(archive, sheet)
	if err != nil {
		return err
	}
	content, err := part.Open()
	if err != nil {
		return fmt.Errorf("broken XLSX: %w", err)
	}
	defer content.Close()
	rows, err := file.Rows(sheet)
	if err != nil {
		return fmt.Errorf("broken XLSX: %w", err)
	}
	defer rows.Close()
	s := &sheetReader{builder: b, kinds: newKinds(content), dates: newDates(file)}
	return s.read(rows)
}

// openArchive bounds what a file unpacks to, before it is unpacked. The sizes
// that it claims are held to by the reader.
func openArchive(text []byte) (*zip.Reader, error) {
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, fmt.Errorf("no XLSX file: %w", err)
	}
	const mostParts = 10_000
	if len(archive.File) > mostParts {
		return nil, fmt.Errorf("an archive of %d parts; the most is %d", len(archive.File), mostParts)
	}
	var unpacked uint64
	for _, part := range archive.File {
		if unpacked += part.UncompressedSize64; part.UncompressedSize64 > MaxFile || unpacked > MaxFile {
			return nil, fmt.Errorf("it unpacks to more than %d bytes: save the sheet as CSV, in parts", MaxFile)
		}
	}
	return archive, nil
}

func chooseSheet(sheets []string, name string) (string, error) {
	switch {
	case name != "":
		for _, sheet := range sheets {
			if strings.EqualFold(sheet, name) {
				return sheet, nil
			}
		}
		return "", fmt.Errorf("no sheet %.100s: %s", name, source.DidYouMean(name, sheets))
	case len(sheets) == 0:
		return "", errors.New("no sheet in it")
	case len(sheets) > 1:
		return "", fmt.Errorf("it has the sheets %s: choose one with --sheet", strings.Join(sheets, ", "))
	}
	return sheets[0], nil
}

// A sheetReader joins the values that the library reads, which come without
// their kinds, to the kinds.
type sheetReader struct {
	*builder
	kinds *kinds
	dates *dates
	// places tells which column of the table stands in which of the sheet; nil
	// until the header was read.
	places []int
	// empty counts formulas without a value.
	empty int
}

func (s *sheetReader) read(rows *excelize.Rows) error {
	number := 0
	for !s.full && rows.Next() {
		number++
		cells, err := rows.Columns()
		if err != nil {
			return fmt.Errorf("broken XLSX: row %d: %w", number, err)
		}
		kinds, err := s.kinds.row(number)
		if err != nil {
			return fmt.Errorf("broken XLSX: row %d: %w", number, err)
		}
		s.row(number, cells, kinds)
	}
	if err := rows.Error(); err != nil {
		return fmt.Errorf("broken XLSX: %w", err)
	}
	if !s.full {
		// The library takes a sheet that is cut off for one that ends.
		if err := s.kinds.end(number); err != nil {
			return fmt.Errorf("broken XLSX: %w", err)
		}
	}
	if s.places == nil {
		s.report(1, 1, "no header", "begin the sheet with a row of column names")
	}
	if s.empty > 0 {
		s.problems = append(s.problems, source.Problem{
			Place: source.Place{File: s.path}, Warning: true,
			Message: fmt.Sprintf("%d formulas without a stored value were read as empty", s.empty),
			Fix:     "open and save the file in a spreadsheet, which calculates them",
		})
	}
	return nil
}

func (s *sheetReader) row(number int, cells []string, kinds map[int]kind) {
	blank := true
	for i, text := range cells {
		blank = blank && text == ""
		if kinds[i+1].formula && text == "" {
			s.empty++
		}
	}
	switch {
	case blank:
	case s.places == nil:
		s.header(number, cells)
	default:
		s.values(number, cells, kinds)
	}
}

func (s *sheetReader) at(row, column int) place {
	return func(message, fix string) { s.report(row, column+1, message, fix) }
}

func (s *sheetReader) header(number int, cells []string) {
	s.places = make([]int, len(cells))
	for i, name := range cells {
		s.places[i] = -1
		if name == "" { // a mistake only where a value stands below
			continue
		}
		before := len(s.columns)
		s.headerName(name, s.at(number, i))
		if len(s.columns) > before {
			s.places[i] = before
		} else {
			s.headless = true
		}
	}
}

func (s *sheetReader) values(number int, cells []string, kinds map[int]kind) {
	values := make([]workbook.Value, len(s.columns))
	for i, text := range cells {
		if text == "" {
			continue
		}
		if i >= len(s.places) || s.places[i] < 0 {
			if !s.headless {
				s.at(number, i)("a value in a column that the header does not name", "name the column in the header, or empty it")
			}
			continue
		}
		values[s.places[i]] = s.value(s.cell(text, kinds[i+1]), s.at(number, i))
	}
	s.add(values, s.at(number, 0))
}

// cell turns what is stored into a value: texts as they are, numbers, dates as
// text in the form of RFC 3339 without a zone, and truths as true and false.
func (s *sheetReader) cell(stored string, k kind) workbook.Value {
	switch k.form {
	case "b":
		if k.number == "1" {
			return "true"
		}
		return "false"
	case "", "n":
		if whole, err := strconv.ParseInt(k.number, 10, 64); err == nil && !s.dates.is(k.style) {
			return whole
		}
		if real, err := strconv.ParseFloat(k.number, 64); err == nil && workbook.IsNumber(k.number) {
			return s.dates.value(k.style, real)
		}
	}
	return stored
}
