package events

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Options say how a set of events is to be read.
type Options struct {
	// Zone reads times that name none; nil where it is not known.
	Zone *time.Location
	// Wall is the time at the wall: events over a day past it are left out.
	Wall time.Time
	// Sources are the sources files to look for; the first that exists counts.
	Sources []string
}

// A Set is a folder or a file of events, opened but not read.
type Set struct {
	// Path is the folder or file as the user named it.
	Path    string
	files   []*file
	rules   []*rule
	options Options
	survey  *Survey
}

// Open finds the files of events at path. Mistakes in a sources file are
// source.Problems.
func Open(path string, o Options) (*Set, error) {
	s := &Set{Path: path, options: o}
	for _, candidate := range o.Sources {
		rules, err := readRules(candidate)
		if err != nil {
			return nil, err
		}
		if rules != nil {
			s.rules = rules
			break
		}
	}
	files, err := find(path, s.rules)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no files of events in %s", path)
	}
	s.files = files
	return s, nil
}

// An opened is a file of events that is being read.
type opened struct {
	reader
	file  *os.File
	plain *gzip.Reader
}

// open starts to read a file from its beginning; what is read of it, as it is
// stored, is also written to raw where that is not nil.
func (f *file) open(raw io.Writer) (*opened, error) {
	disk, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	o := &opened{file: disk}
	if err := o.start(f, raw); err != nil {
		disk.Close()
		return nil, err
	}
	return o, nil
}

func (o *opened) start(f *file, raw io.Writer) error {
	var stored io.Reader = o.file
	if raw != nil {
		stored = io.TeeReader(stored, raw)
	}
	b := bufio.NewReaderSize(stored, 1<<20)
	if head, _ := b.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		plain, err := gzip.NewReader(b)
		if err != nil {
			return fmt.Errorf("not whole gzip: %w", err)
		}
		o.plain = plain
		b = bufio.NewReaderSize(plain, 1<<20)
	}
	form, err := detect(b, f.format)
	if err != nil {
		return err
	}
	f.format = form.name
	o.reader, err = form.open(b)
	return err
}

// close stops reading.
func (o *opened) close() {
	if o.plain != nil {
		o.plain.Close()
	}
	o.file.Close()
}

// streamOf names the stream of an event: that of the source where it names
// one, else the event's own $Stream, else the file's.
func (f *file) streamOf(own string) string {
	switch {
	case f.rule != nil && f.rule.stream != "":
		return f.rule.stream
	case own != "":
		return strings.ToUpper(own)
	}
	return f.streamName
}

// fields are the names that the file's source gives to raw fields.
func (f *file) fields() map[string]expression {
	if f.rule == nil {
		return nil
	}
	return f.rule.fields
}
