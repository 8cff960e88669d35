package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tabletop/audit"
	"tabletop/workbook/stores/tablefile"
)

// A recordWriter writes exported records, one by one.
type recordWriter struct {
	to   *bufio.Writer
	form string
	// part is what is being written, every that its objects name it.
	part  audit.Part
	every bool
	// tty says that a terminal reads.
	tty bool
	csv *tablefile.CSVWriter
	// line holds a record on its way.
	line bytes.Buffer
}

// into writes to a file for as long as do takes.
func (w *recordWriter) into(file io.Writer, do func(*recordWriter) error) error {
	w.to = bufio.NewWriterSize(file, 1<<16)
	return errors.Join(do(w), w.to.Flush())
}

// header begins a part.
func (w *recordWriter) header() error {
	if w.form != "csv" {
		return nil
	}
	w.csv = tablefile.NewCSVWriter(&w.line)
	return w.out(w.csv.Header(audit.ExportColumns(w.part)))
}

func (w *recordWriter) write(record audit.ExportRecord) error {
	switch w.form {
	case "csv":
		return w.out(w.csv.Row(record.Cells()))
	case "ocsf":
		shaped, ok := record.(interface{ OCSF() audit.OCSFEvent })
		if !ok {
			panic(fmt.Sprintf("a %T has no class in OCSF", record))
		}
		return w.object(shaped.OCSF())
	}
	return w.object(record)
}

// object writes an object in a line, with its part first where all are written.
func (w *recordWriter) object(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if w.every && w.form == "ndjson" {
		w.line.WriteString(`{"part":"` + string(w.part) + `",`)
		text = text[1:]
	}
	w.line.Write(jsonSafe(text))
	w.line.WriteByte('\n')
	return w.out(nil)
}

// out passes the line on, to a terminal with its control characters as escapes.
func (w *recordWriter) out(err error) error {
	if err == nil && w.tty && w.form == "csv" {
		_, err = w.to.WriteString(cleanLines(w.line.String()))
	} else if err == nil {
		_, err = w.to.Write(w.line.Bytes())
	}
	w.line.Reset()
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// replaceWith writes a file for its owner alone, and gives it its name once it is
// whole: an export that fails leaves what was there. Another of the name is
// written over where force is set.
func replaceWith(path string, force bool, write func(*os.File) error) (err error) {
	if err := mayReplace(path, force); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".tabletop-*")
	if err != nil {
		return nothingRan(fmt.Errorf("write %s: its folder can't be written to: %w", path, errors.Unwrap(err)))
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err = errors.Join(write(file), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// mayReplace refuses what stands at a path already.
func mayReplace(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return nothingRan(err)
	case !info.Mode().IsRegular():
		return nothingRan(fmt.Errorf("%s is no regular file: name another with --to", path))
	case !force:
		return nothingRan(fmt.Errorf("%s is there already: name another file, or write over it with --force", path))
	}
	return nil
}
