package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// Events are the events of a test. Path is a file or folder that is read where
// it lies; else Streams are written for the run. Where neither is set, the run
// reads what lies beside the workbook.
type Events struct {
	Path    string
	Streams []Stream
}

// A Stream is a stream of a test: its events, an object of JSON each, or a file
// of them.
type Stream struct {
	Name string
	File string
	Rows [][]byte
}

// timeColumn is the column of an event's time.
const timeColumn = "CNAMTime"

// maxCopied is the largest file that is copied for a test, in bytes.
const maxCopied = 64 << 20

var (
	streamName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`) })
	ago        = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-[0-9]{1,9}[smhdwM]$`) })
)

// events reads the events of a test whose clock stands at now.
func (r *reading) events(n source.Node, now time.Time) Events {
	if t, ok := n.Text(); ok {
		return Events{Path: r.path(t)}
	}
	if n.Exists() && !n.IsMap() {
		r.report(n.Problem("events must be a map of streams, or the path of a file or folder", "write it as events: {FIREWALL: [{$SrcIP: 203.0.113.7}]}"))
	}
	if n.IsMap() && len(n.Pairs()) == 0 {
		r.report(n.Problem("no stream", "name the streams that the workbook reads, as in FIREWALL: []"))
	}
	var e Events
	seen := map[string]bool{}
	for _, pair := range n.Pairs() {
		name := strings.ToUpper(pair.Key.Value)
		switch {
		case !streamName().MatchString(name):
			r.report(pair.Key.Problem(0, "no name of a stream", "write letters, digits, - and _, as in FIREWALL"))
		case seen[name]:
			r.report(pair.Key.Problem(0, "the stream "+name+" stands twice", "put its events together"))
		}
		seen[name] = true
		e.Streams = append(e.Streams, r.stream(name, pair.Value, now))
	}
	return e
}

func (r *reading) stream(name string, n source.Node, now time.Time) Stream {
	s := Stream{Name: name}
	if t, ok := n.Text(); ok {
		s.File = r.path(t)
		return s
	}
	if !n.IsList() {
		r.report(n.Problem("a stream must be a list of events, or the path of a file", "write it as [{$SrcIP: 203.0.113.7}] or one event a line, each after '- '"))
	}
	for _, item := range n.Items() {
		s.Rows = append(s.Rows, r.event(item, now))
	}
	return s
}

// event writes an event as JSON. One without $CNAMTime happens at the clock; a
// time as -10m lies before it.
func (r *reading) event(n source.Node, now time.Time) []byte {
	if !n.IsMap() {
		r.report(n.Problem("an event must be a map of columns", "write it as {$SrcIP: 203.0.113.7}"))
		return nil
	}
	var b bytes.Buffer
	timed, seen := false, map[string]bool{}
	b.WriteByte('{')
	for _, pair := range n.Pairs() {
		key := pair.Key.Value
		if key == "" || seen[key] {
			r.report(pair.Key.Problem(0, "a column stands twice, or has no name", "remove one of them"))
		}
		value := pair.Value.JSON()
		if strings.TrimPrefix(key, "$") == timeColumn {
			timed = true
			value = r.eventTime(pair.Value, value, now)
		}
		if len(seen) > 0 {
			b.WriteByte(',')
		}
		seen[key] = true
		name, err := json.Marshal(key)
		if err != nil {
			panic(err) // a text always has a form in JSON
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	if !timed && !now.IsZero() {
		if len(seen) > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"$%s":%d`, timeColumn, now.UnixMilli())
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (r *reading) eventTime(n source.Node, value []byte, now time.Time) []byte {
	t, ok := n.Text()
	if !ok || !ago().MatchString(t.Value) {
		return value
	}
	before, err := events.ParseDuration(t.Value[1:])
	switch {
	case err != nil:
		r.report(t.Problem(0, err.Error(), ""))
	case now.IsZero():
		r.report(t.Problem(0, "a time before the clock, and the test has no clock", "set it, as in now: 2026-01-31T12:00:00Z"))
	}
	return fmt.Append(nil, now.Add(-before).UnixMilli())
}

// stores reads the rows of event stores.
func (r *reading) stores(nodes map[string]source.Node) []Store {
	var list []Store
	for _, name := range sortedKeys(nodes) {
		n := nodes[name]
		if !n.IsList() {
			r.report(n.Problem("an event store must be a list of rows", "write it as [{$SrcIP: 203.0.113.7}]"))
		}
		rows := r.rows(n)
		list = append(list, Store{Name: name, Table: tableOf(rows)})
	}
	return list
}

// tableOf makes a table of rows that may have different columns.
func tableOf(rows []Row) workbook.Table {
	var t workbook.Table
	index := map[string]int{}
	for _, row := range rows {
		for _, c := range row.Cells {
			if _, known := index[c.Column]; !known {
				index[c.Column] = len(t.Columns)
				t.Columns = append(t.Columns, c.Column)
			}
		}
	}
	for _, row := range rows {
		values := make([]workbook.Value, len(t.Columns))
		for _, c := range row.Cells {
			values[index[c.Column]] = c.Value
		}
		t.Rows = append(t.Rows, workbook.Row{Values: values})
	}
	return t
}

// Write writes the streams into folder, a file each, and returns what is to be
// read: the folder, or Path where the events lie elsewhere; "" where they lie
// beside the workbook.
func (e Events) Write(folder string) (string, error) {
	if e.Path != "" || len(e.Streams) == 0 {
		return e.Path, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	for _, s := range e.Streams {
		if s.File != "" {
			if err := s.copy(folder); err != nil {
				return "", err
			}
			continue
		}
		text := bytes.Join(append(s.Rows, nil), []byte("\n"))
		if err := os.WriteFile(filepath.Join(folder, s.Name+".ndjson"), text, 0o600); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// copy copies a stream's file under the stream's name.
func (s Stream) copy(folder string) (err error) {
	_, ending, _ := strings.Cut(filepath.Base(s.File), ".")
	from, err := os.Open(s.File)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(folder, strings.TrimSuffix(s.Name+"."+ending, ".")), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(from, maxCopied+1))
	if closing := to.Close(); err == nil {
		err = closing
	}
	if err == nil && n > maxCopied {
		err = fmt.Errorf("%s is larger than %d bytes, the most that is copied for a test: name its folder instead, as in events: events", s.File, maxCopied)
	}
	return err
}
