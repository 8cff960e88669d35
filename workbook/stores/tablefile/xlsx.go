package tablefile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// readXLSX reads a sheet whose first row that is not empty is the header. The
// values of cells are taken as they were stored; formulas are not calculated.
//
// It reads the parts of the file that hold values, as ECMA-376 part 1 has them:
// a library for all of the format would start with every command, and takes
// numbers for texts.
func (b *builder) readXLSX(sheet string) error {
	archive, err := openArchive(b.text)
	if err != nil {
		return err
	}
	book, err := readBook(archive)
	if err != nil {
		return err
	}
	if sheet, err = chooseSheet(book.names(), sheet); err != nil {
		return err
	}
	part, err := book.part(archive, sheet)
	if err != nil {
		return err
	}
	texts, err := readSharedTexts(archive)
	if err != nil {
		return err
	}
	dates, err := readDates(archive, book)
	if err != nil {
		return err
	}
	content, err := part.Open()
	if err != nil {
		return fmt.Errorf("broken XLSX: %w", err)
	}
	defer content.Close()
	s := &sheetReader{builder: b, rows: newSheetRows(content), texts: texts, dates: dates}
	return s.read()
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

// A sheetReader makes a table of a sheet's rows.
type sheetReader struct {
	*builder
	rows  *sheetRows
	texts []string
	dates *dates
	// places tells which column of the table stands in which of the sheet; nil
	// until the header was read.
	places []int
	// empty counts formulas without a value.
	empty int
}

func (s *sheetReader) read() error {
	for !s.full {
		more, err := s.rows.next()
		if err != nil {
			return fmt.Errorf("broken XLSX: row %d: %w", s.rows.number, err)
		}
		if !more {
			break
		}
		if err := s.row(s.rows.number, s.rows.cells); err != nil {
			return fmt.Errorf("broken XLSX: row %d: %w", s.rows.number, err)
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

func (s *sheetReader) row(number int, found map[int]sheetCell) error {
	width := 0
	for column := range found {
		width = max(width, column)
	}
	cells := make([]string, width)
	blank := true
	for column, c := range found {
		text, err := s.stored(c)
		if err != nil {
			return err
		}
		cells[column-1] = text
		blank = blank && text == ""
		if c.formula && text == "" {
			s.empty++
		}
	}
	switch {
	case blank:
	case s.places == nil:
		s.header(number, cells)
	default:
		s.values(number, cells, found)
	}
	return nil
}

// stored is what a cell holds, texts without what points to them.
func (s *sheetReader) stored(c sheetCell) (string, error) {
	if c.form != "s" {
		return c.text, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(c.text))
	if err != nil || n < 0 || n >= len(s.texts) {
		return "", fmt.Errorf("the shared text %.20s is not in it", c.text)
	}
	return s.texts[n], nil
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

func (s *sheetReader) values(number int, cells []string, found map[int]sheetCell) {
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
		values[s.places[i]] = s.value(s.cell(text, found[i+1]), s.at(number, i))
	}
	s.add(values, s.at(number, 0))
}

// cell turns what is stored into a value: texts as they are, numbers, dates as
// text in the form of RFC 3339 without a zone, and truths as true and false.
func (s *sheetReader) cell(stored string, c sheetCell) workbook.Value {
	switch number := strings.TrimSpace(stored); c.form {
	case "b":
		if number == "1" {
			return "true"
		}
		return "false"
	case "", "n":
		if whole, err := strconv.ParseInt(number, 10, 64); err == nil && !s.dates.is(c.style) {
			return whole
		}
		if real, err := strconv.ParseFloat(number, 64); err == nil && workbook.IsNumber(number) {
			return s.dates.value(c.style, real)
		}
	}
	return stored
}
