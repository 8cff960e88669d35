package events

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tabletop/workbook"
)

// Options say how a set of events is to be read.
type Options struct {
	// Zone reads times that name none; nil where it is not known.
	Zone *time.Location
	// Year is that of the first event of each file whose times name none; 0 leaves
	// it to the source, and to when the file was changed last.
	Year int
	// Untimed says that no one asks for times: one that names no zone is then
	// none, and not an error.
	Untimed bool
	// Progress, where set, is told of the bytes that are read.
	Progress *Progress
	// Wall is the time at the wall: events over a day past it are left out.
	Wall time.Time
	// Store reads an event store that sources join; nil where there are none.
	Store func(name string) (workbook.Table, error)
	// Sources are the sources files to look for; the first that exists counts.
	Sources []string
	// Recorded, where set, are the files that a run read before, as they were
	// recorded: no other is read, and none further than it went then.
	Recorded []workbook.EventFile
}

// A Set is a folder or a file of events, opened but not read.
type Set struct {
	// Path is the folder or file as the user named it.
	Path  string
	files []*file
	// left are the files that hold no events, in the order of their names.
	left  []LeftOut
	rules []*rule
	// sources is the file that the rules stand in; nil where there is none.
	sources *sideFile
	options Options
	survey  *Survey
	// leaves are those of the files that the survey hashed, ahead the groups
	// that it made.
	leaves map[int][]leaf
	ahead  []aheadGroups
	// chunkSize is how much of a file a worker takes at a time.
	chunkSize int
}

// Open finds the files of events at path. Mistakes in a sources file are
// source.Problems.
func Open(path string, o Options) (*Set, error) {
	s := &Set{Path: path, options: o, chunkSize: chunkSize}
	for _, candidate := range o.Sources {
		rules, itself, err := readRules(candidate, o.Store)
		if err != nil {
			return nil, err
		}
		if rules != nil {
			s.rules, s.sources = rules, itself
			break
		}
	}
	files, left, err := find(path, s.rules)
	if err != nil {
		return nil, err
	}
	if o.Recorded != nil {
		files, left = asRecorded(files, o.Recorded), nil
	}
	s.files, s.left = files, left
	if len(files) == 0 {
		return nil, &NoFilesError{path, left}
	}
	for _, f := range files {
		f.wall, f.untimed, f.years.named, f.progress = o.Wall, o.Untimed, o.Year, o.Progress
		if f.rule != nil && o.Year == 0 {
			f.years.named = f.rule.year
		}
	}
	return s, nil
}

// An opened is a file of events that is being read.
type opened struct {
	reader
	file  *os.File
	plain io.ReadCloser
	// member is the file in a zip that is read instead of the zip itself.
	member io.Closer
}

// open starts to read a file from its beginning, event by event.
func (f *file) open() (*opened, error) {
	o, plain, err := f.openPlain()
	if err != nil {
		return nil, err
	}
	if err := o.read(f, plain); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// openPlain opens the file's text, decompressed, and tells its format.
func (f *file) openPlain() (*opened, *bufio.Reader, error) {
	disk, err := os.Open(f.path)
	if err != nil {
		return nil, nil, err
	}
	if !f.sized { // what is written later is not read
		if info, err := disk.Stat(); err == nil {
			f.size, f.sized = info.Size(), true
		}
	}
	o := &opened{file: disk}
	plain, err := o.start(f)
	if err != nil {
		o.close()
		return nil, nil, err
	}
	return o, plain, nil
}

func (o *opened) start(f *file) (*bufio.Reader, error) {
	var stored io.Reader = counted{o.file, f.progress}
	if f.sized {
		stored = io.LimitReader(stored, f.size)
	}
	if f.member != "" {
		inside, err := openMember(f.path, f.member, f.size, f.progress)
		if err != nil {
			return nil, err
		}
		o.member, stored = inside, inside
	}
	b := bufio.NewReaderSize(stored, headBytes)
	plain, err := decompress(b)
	if err != nil {
		return nil, err
	}
	if plain != nil {
		o.plain = plain
		b = bufio.NewReaderSize(plain, headBytes)
	}
	form, reason, err := detect(b, f.format, f.name)
	if err != nil {
		return nil, err
	}
	if f.format == "" {
		f.guessed = true
	}
	if f.reason == "" {
		f.reason = reason
	}
	if f.format != form.name { // else others may be reading it
		f.format = form.name
	}
	if !f.timesKnown {
		text, _ := b.Peek(headBytes)
		f.rawTimes, f.timesKnown = rawTimes(f.format, text), true
	}
	if f.format == "csv" && f.dialect.comma == 0 {
		text, err := b.Peek(headBytes)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		f.dialect = f.dialectOf(text)
		// Only double quotes are known where a file is cut into chunks.
		f.uneven = f.uneven || f.dialect.quote != '"'
		f.reason += "; its delimiters: " + f.dialect.String()
	}
	return b, nil
}

// read begins to read the events one by one.
func (o *opened) read(f *file, plain *bufio.Reader) error {
	if f.format == "csv" {
		var err error
		o.reader, err = openDelimited(plain, f.dialect)
		return err
	}
	for _, form := range formats() {
		if form.name == f.format {
			var err error
			o.reader, err = form.open(plain)
			return err
		}
	}
	return fmt.Errorf("unknown format %s", f.format)
}

// decompress looks at a file's first bytes and returns a reader of its plain
// text, nil where it is plain already.
func decompress(b *bufio.Reader) (io.ReadCloser, error) {
	head, _ := b.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		plain, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("not whole gzip: %w", err)
		}
		return plain, nil
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		plain, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindowBytes))
		if err != nil {
			return nil, fmt.Errorf("not whole zstd: %w", err)
		}
		return plain.IOReadCloser(), nil
	}
	return nil, nil
}

// maxWindowBytes bounds the memory that a compressed file may ask for.
const maxWindowBytes = 128 << 20

// close stops reading.
func (o *opened) close() {
	if o.plain != nil {
		o.plain.Close()
	}
	if o.member != nil {
		o.member.Close()
	}
	o.file.Close()
}

// streamOf names the stream of an event: that of the source where it names
// one, else the event's own $Stream, else the file's.
func (f *file) streamOf(own workbook.Value) string {
	if f.rule != nil && f.rule.stream != "" {
		return f.rule.stream
	}
	if name := streamName(own); name != "" {
		return name
	}
	return f.streamName
}

// streamName is the name that an event gives its stream; "" where what it gives
// is no name.
func streamName(v workbook.Value) string {
	text := strings.TrimSpace(workbook.Text(v))
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") {
		return ""
	}
	return strings.ToUpper(text)
}

// futureFrom is the moment behind which an event is left out.
func (s *Set) futureFrom() moment {
	if s.options.Wall.IsZero() {
		return math.MaxInt64
	}
	return momentOf(s.options.Wall.Add(futureAfter))
}

// fields are the names that the file's source gives to raw fields.
func (f *file) fields() map[string]expression {
	if f.rule == nil {
		return nil
	}
	return f.rule.fields
}
