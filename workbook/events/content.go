package events

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"

	"tabletop/workbook/source"
)

// A Content is the text of one file of events, for who rewrites files rather
// than asks them.
type Content struct {
	// Path is where the file lies. Member is its name in the zip there, "" where
	// it is none's. Name is how it is called in output.
	Path, Member, Name string
	// Format is the name of its format, once Open has told it.
	Format string
	// Compression is "gzip", "zstd" or "", once Open has told it.
	Compression string
	// OwnDialect says, once Open has told it, that its delimiter is not what
	// CSVDelimiter finds, or its quote not the double one.
	OwnDialect bool
	// Raw names for each column that a source maps from one field as it stands
	// the fields that it may come from.
	Raw  map[string][]string
	file *file
}

// Contents lists the files of the set.
func (s *Set) Contents() []*Content {
	var out []*Content
	for _, f := range s.files {
		c := &Content{Path: f.path, Member: f.member, Name: f.name, Raw: map[string][]string{}, file: f}
		f.rule.rawFields(c.Raw)
		out = append(out, c)
	}
	return out
}

// rawFields adds the columns that are fields under another name.
func (r *rule) rawFields(to map[string][]string) {
	if r == nil {
		return
	}
	for _, column := range slices.Sorted(maps.Keys(r.fields)) {
		to[column] = append(to[column], fieldsAsTheyStand(r.fields[column])...)
	}
	for _, c := range r.cases {
		c.rawFields(to)
	}
}

func fieldsAsTheyStand(e expression) []string {
	switch e := e.(type) {
	case path:
		return []string{string(e)}
	case *nested: // of the ways to read it, the longest is the name as written
		names := e.reads()
		return []string{slices.MaxFunc(names, func(a, b string) int { return cmp.Compare(len(a), len(b)) })}
	case first:
		var out []string
		for _, one := range e {
			out = append(out, fieldsAsTheyStand(one)...)
		}
		return out
	}
	return nil
}

// A Text is the decompressed text of a file, open for reading.
type Text struct {
	*bufio.Reader
	opened *opened
}

// Close ends the reading.
func (t *Text) Close() { t.opened.close() }

// Open begins to read a file's text, decompressed, and tells its format.
func (c *Content) Open() (*Text, error) {
	o, plain, err := c.file.openPlain()
	if err != nil {
		return nil, inFile(c.file, err)
	}
	c.Format = c.file.format
	if c.Format == "csv" {
		head, err := plain.Peek(headBytes)
		if err != nil && !errors.Is(err, io.EOF) {
			o.close()
			return nil, inFile(c.file, err)
		}
		c.OwnDialect = c.file.dialect != dialect{CSVDelimiter(head), '"'}
	}
	if o.plain != nil {
		c.Compression = "zstd"
		if _, isGzip := o.plain.(interface{ Multistream(ok bool) }); isGzip {
			c.Compression = "gzip"
		}
	}
	return &Text{plain, o}, nil
}

// SourcesFile is the sources file that counts for the set, "" where there is
// none.
func (s *Set) SourcesFile() string {
	if s.sources == nil {
		return ""
	}
	return s.sources.full
}

// A Joined is a list that a sources file joins to events.
type Joined struct {
	// File is its path as the sources file gives it.
	File string
	// On is the event's column that is looked up, Key the list's, "" for its
	// first.
	On, Key string
}

// Joins lists the lists that the sources in a sources file join. What is wrong
// with the file Open tells.
func Joins(node source.Node) []Joined {
	var m mappings
	_ = source.Decode(node, &m)
	var out []Joined
	for _, s := range m.Sources {
		if !s.Enrich.Exists() {
			continue
		}
		var e enrichNode
		_ = source.Decode(s.Enrich, &e)
		joins := []source.Node{e.Join}
		switch {
		case !e.Join.Exists():
			continue
		case e.Join.IsList():
			joins = e.Join.Items()
		}
		for _, n := range joins {
			var j joinNode
			_ = source.Decode(n, &j)
			out = append(out, Joined{File: j.File.Value, On: j.On.Value, Key: j.Key.Value})
		}
	}
	return out
}

// A Span is a field of a line: its key, and where in the line its value stands.
type Span struct {
	Key        string
	Start, End int
}

// Spans finds the fields of a line of cef, leef, syslog or keyvalue, in the order
// in which they stand. The values are as they stand, escapes included. The
// problem says why the line is no event.
func Spans(format string, line []byte) (spans []Span, problem string) {
	parse := map[string]lineParser{"cef": parseCEF, "leef": parseLEEF, "syslog": parseSyslog, "keyvalue": parseKeyValue}[format]
	if parse == nil {
		return nil, "no format of lines with fields"
	}
	f := filler{names: map[string]string{}, raw: true}
	var r record
	f.begin(&r)
	if problem = parse(&f, line); problem != "" {
		return nil, problem
	}
	for i, v := range r.values {
		// A value that is no part of the line, such as a facility's name, is left
		// out.
		start := cap(line) - cap(v.text)
		if len(v.text) == 0 || start < 0 || start+len(v.text) > len(line) || &line[start] != &v.text[0] {
			continue
		}
		spans = append(spans, Span{r.keys[i], start, start + len(v.text)})
	}
	slices.SortStableFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	return spans, ""
}

// CSVDelimiter is the delimiter of a file of CSV whose quote is the double one,
// by its beginning.
func CSVDelimiter(head []byte) byte { return delimiter(bytes.TrimPrefix(head, bom), '"') }
