// Package exportfile reads what other systems export of what they did: a vendor's
// tasks and its list of what is blocked, and DNIF's signals. In goes the text of a
// file, JSON, NDJSON or CSV; out come records, or every mistake with its place.
//
// An export has many shapes: pages of an API behind one another, a console's CSV,
// a search's answer. They are told apart by the names of their fields alone, whose
// case, blanks and signs don't count; tables say which name means what.
package exportfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// The bounds of a file: its size, that of one record, both in bytes, its records,
// and the fields of one.
const (
	MaxFile    = 128 << 20
	MaxRecord  = 1 << 20
	MaxRecords = 200_000
	MaxFields  = 1_000
)

// mostProblems is how many mistakes are told of a file.
const mostProblems = 20

// Open reads the text of a file within its bound.
func Open(path string) ([]byte, error) {
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
		return nil, fmt.Errorf("%s: more than %d MiB: export a shorter time, or name its parts one by one", path, MaxFile>>20)
	}
	return text, nil
}

// An object is one record of a file: its fields by their plain names.
type object struct {
	fields map[string]string
	// part is the plain name of the list that it stands in, if that has one.
	part   string
	number int
	place  source.Place
}

// A file is the objects of an export.
type file struct {
	name, path string
	text       []byte
	objects    []object
	// parts are the named lists that the file holds, empty ones too.
	parts map[string]bool
	// cut says that the last page names a next one.
	cut bool

	problems source.Problems
	more     int
	// counted is the offset up to which lines were counted, and how many.
	counted, lines int
}

// read reads the objects of a text; path is for its mistakes.
func read(path string, text []byte) *file {
	f := &file{name: filepath.Base(path), path: filepath.ToSlash(path), text: bytes.TrimPrefix(text, []byte("\ufeff")), parts: map[string]bool{}}
	blank := len(f.text) - len(bytes.TrimLeft(f.text, " \t\r\n"))
	switch {
	case blank == len(f.text):
		f.report(0, "the file is empty", "export it again; an export without a record is [], or a header of CSV")
	case packed(f.text):
		f.report(0, "the file is packed, or no text", "unpack it first, or export it as JSON or CSV")
	case !utf8.Valid(f.text):
		f.report(invalidAt(f.text), "a byte that is not UTF-8", "save the file as UTF-8")
	case f.text[blank] == '{' || f.text[blank] == '[':
		f.readJSON()
	default:
		f.readCSV()
	}
	return f
}

// packed finds gzip, zstd, zip, and text of two bytes a character.
func packed(text []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "PK\x03\x04", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(magic)) {
			return true
		}
	}
	return bytes.IndexByte(text[:min(len(text), 4096)], 0) >= 0
}

func invalidAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return at
}

// add takes an object; false where there is no room for another.
func (f *file) add(offset int, part string, fields map[string]string) bool {
	if len(f.objects) == MaxRecords {
		f.report(offset, fmt.Sprintf("more than %d records", MaxRecords), "export a shorter time, or name its parts one by one")
		return false
	}
	f.objects = append(f.objects, object{fields: fields, part: part, number: len(f.objects) + 1, place: f.place(offset)})
	return true
}

// place is the line and column of an offset.
func (f *file) place(offset int) source.Place {
	offset = min(max(offset, 0), len(f.text))
	if offset < f.counted {
		f.counted, f.lines = 0, 0
	}
	f.lines += bytes.Count(f.text[f.counted:offset], []byte{'\n'})
	f.counted = offset
	start := bytes.LastIndexByte(f.text[:offset], '\n') + 1
	return source.Place{File: f.path, Line: f.lines + 1, Column: utf8.RuneCount(f.text[start:offset]) + 1}
}

// report tells of a mistake at an offset.
func (f *file) report(offset int, message, fix string) { f.problem(f.place(offset), message, fix) }

func (f *file) problem(at source.Place, message, fix string) {
	if len(f.problems) == mostProblems {
		f.more++
		return
	}
	f.problems = append(f.problems, source.Problem{Place: at, Message: message, Fix: fix})
}

// wrong tells of a mistake in an object.
func (f *file) wrong(o object, message, fix string) {
	f.problem(o.place, fmt.Sprintf("record %d: %s", o.number, message), fix)
}

// err is the mistakes of the file, nil where there are none.
func (f *file) err() error {
	if f.more > 0 {
		f.problems = append(f.problems, source.Problem{Place: source.Place{File: f.path}, Message: fmt.Sprintf("and %d more mistakes", f.more)})
	}
	return f.problems.Err()
}

// where is an object's place for people.
func (f *file) where(o object) string {
	return fmt.Sprintf("%s:%d, record %d", f.name, o.place.Line, o.number)
}

// plain is a field's name in small letters and digits alone, by which names are
// compared: $DetectionName, detection_name and Detection Name are one.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f:
			return r
		}
		return -1
	}, name)
}

// get is the first of some fields that says something.
func (o object) get(names ...string) string {
	for _, name := range names {
		if v := o.fields[name]; !nothing(v) {
			return v
		}
	}
	return ""
}

// has reports whether an object has one of some fields, be they empty.
func (o object) has(names ...string) bool {
	for _, name := range names {
		if _, ok := o.fields[name]; ok {
			return true
		}
	}
	return false
}

// nothing finds what exports write for no value.
func nothing(v string) bool {
	switch strings.ToLower(v) {
	case "", "-", "--", "none", "null", "n/a", "not available":
		return true
	}
	return false
}
