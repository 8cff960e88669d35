// Package tablefile reads tables from files and writes them: CSV, JSON, NDJSON
// and XLSX, the forms in which event stores are loaded and taken away. In goes a
// file; out comes a table with every value as it was written, or every mistake
// with its place. The other way round, a table becomes a file's text.
package tablefile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// A Form is how a table stands in a file.
type Form string

// The forms.
const (
	CSV    Form = "csv"
	JSON   Form = "json"
	NDJSON Form = "ndjson"
	XLSX   Form = "xlsx"
)

// Forms lists them.
func Forms() []string { return []string{string(CSV), string(JSON), string(NDJSON), string(XLSX)} }

// FormOf tells a file's form by the end of its name; "" where it tells none.
func FormOf(path string) Form {
	end := Form(strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")))
	switch {
	case end == "jsonl":
		return NDJSON
	case slices.Contains(Forms(), string(end)):
		return end
	}
	return ""
}

// MaxFile is the most bytes of a file that is read; an XLSX file may unpack to
// as many.
const MaxFile = 512 << 20

// mostProblems is how many mistakes are told of a file.
const mostProblems = 20

// A Source says how a file is to be read.
type Source struct {
	Path string
	// Form is taken from the file's name where it is empty.
	Form Form
	// Sheet names the sheet of an XLSX file; the only one where it is empty.
	Sheet string
}

// Read reads a table. The error is a source.Problems where the file has
// mistakes, with all of them, up to twenty. The problems returned beside a table are
// warnings.
func Read(from Source) (workbook.Table, source.Problems, error) {
	if from.Form == "" {
		if from.Form = FormOf(from.Path); from.Form == "" {
			return workbook.Table{}, nil, fmt.Errorf("%s: its name does not tell what it is: write --as with one of %s%s", from.Path, strings.Join(Forms(), ", "), old(from.Path))
		}
	}
	if from.Sheet != "" && from.Form != XLSX {
		return workbook.Table{}, nil, fmt.Errorf("%s: only an XLSX file has sheets, and --sheet %s names one", from.Path, from.Sheet)
	}
	text, err := readFile(from.Path)
	if err != nil {
		return workbook.Table{}, nil, err
	}
	b := &builder{path: filepath.ToSlash(from.Path), text: text, index: map[string]int{}}
	switch from.Form {
	case CSV:
		b.readCSV()
	case JSON:
		b.readJSON()
	case NDJSON:
		b.readNDJSON()
	case XLSX:
		if err := b.readXLSX(from.Sheet); err != nil {
			return workbook.Table{}, nil, fmt.Errorf("%s: %w", from.Path, err)
		}
	default:
		return workbook.Table{}, nil, fmt.Errorf("--as %s: write one of %s", from.Form, strings.Join(Forms(), ", "))
	}
	return b.done()
}

func old(path string) string {
	if strings.EqualFold(filepath.Ext(path), ".xls") {
		return "; the old XLS must be saved as XLSX first"
	}
	return ""
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxFile {
		return nil, fmt.Errorf("%s: more than %d bytes: split it, and import the parts with --mode %s", path, MaxFile, stores.StackAppend)
	}
	return text, nil
}
