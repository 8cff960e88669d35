package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// A seenEvent is an event as a scan shows it: what its columns read as, and
// where it stands.
type seenEvent struct {
	Offset, Line int64
	Cells        []string
}

func seenCells(cells []cell) []string {
	var out []string
	for i := range cells {
		text := "nothing"
		if !cells[i].null() {
			text = "=" + string(cells[i].text())
		}
		out = append(out, text)
	}
	return out
}

// A watchSink is a sink that keeps all events, with their lines counted from the
// file's beginning once all chunks are known.
type watchSink struct {
	all *watched
	seq int
}

type watched struct {
	mu     sync.Mutex
	events []seenEvent
	seqs   []int
	lines  *lineCounts
	inLine bool
}

func (c *watchSink) begin(_ context.Context, ch chunk, r *reading) error {
	c.seq, c.all.inLine = ch.seq, r.lines != nil
	return nil
}

func (c *watchSink) hit(h hit) error {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.all.events = append(c.all.events, seenEvent{h.offset, h.line, seenCells(h.cells)})
	c.all.seqs = append(c.all.seqs, c.seq)
	return nil
}

func (c *watchSink) end(ch chunk, r *reading, lines int64) error {
	c.all.lines.note(r.index, ch.seq, lines, r.first)
	return nil
}

func (c *watchSink) leave() {}

// scannedEvents reads a file by regions and shapes.
func scannedEvents(t *testing.T, set *Set, columns []string) ([]seenEvent, int64, error) {
	t.Helper()
	for {
		all := &watched{lines: newLineCounts()}
		v := &view{scan: Scan{Columns: columns}, whole: true, sink: func() sink { return &watchSink{all: all} }}
		_, broken, err := newPass(set, v).each(t.Context())
		if set.readOtherwise(err) {
			continue
		}
		all.lines.bases()
		for i := range all.events {
			if all.inLine {
				all.events[i].Line += all.lines.of[0][all.seqs[i]]
			}
		}
		slices.SortFunc(all.events, func(a, b seenEvent) int { return cmp.Compare(a.Offset, b.Offset) })
		return all.events, broken.lines, err
	}
}

// plainEvents reads a file event by event.
func plainEvents(t *testing.T, set *Set, columns []string) (out []seenEvent, undecodable int64, err error) {
	t.Helper()
	f := set.files[0]
	in, err := f.open()
	if err != nil {
		return nil, 0, err
	}
	defer in.close()
	l := newLayout(f, columns, nil)
	var r record
	for {
		switch err := in.next(&r); {
		case errors.Is(err, io.EOF):
			return out, undecodable, nil
		case err != nil:
			return nil, 0, err
		case r.problem != "":
			undecodable++
			continue
		}
		cells := make([]cell, len(l.columns))
		if _, err := l.fromRecord(&r, cells); err != nil {
			return nil, 0, err
		}
		out = append(out, seenEvent{r.offset, r.line, seenCells(cells)})
	}
}

// FuzzScan holds the scan, in regions of any size, against a plain reading,
// which FuzzJSON and FuzzCSV hold against the standard library.
func FuzzScan(f *testing.F) {
	f.Add(true, 1, "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\\n\"}\r\n\n{\"a\":\"\xc3\xa9\",\"b\":null}\n{\"a\":1,\"b\":[\"}\"]}")
	f.Add(true, 20, "\ufeff{\"b\":1e5,\"a\":-0}\n{\"b\":01,\"a\":2}\n{\"b\":7,\"b\":8,\"a\":\"\\u00e9\"}\n{\"b\":7,\"a\":\"x\ty\"}\n \n{}")
	f.Add(true, 64, "{\"a\":true,\"long key that does not fit in words\":{\"a\":1},\"b\":123456789012345678901}\n{\"a\":tru}\n")
	f.Add(false, 3, "a,b\n1,2\n\"x\ny\",3\r\n\n4\n\"\"\"q\"\"\",\n5,\"open\n6,7\n")
	f.Add(false, 16, "\ufeffa;b;c\n1;2;3\n4;5;6\n")
	f.Add(false, 1, "a,b\n1,x\"y\n2,z\n")
	columns := []string{"a", "b"}
	folder := f.TempDir() // one file again and again: making folders takes longer than reading
	f.Fuzz(func(t *testing.T, isJSON bool, size int, text string) {
		name := "e.csv"
		if isJSON {
			name = "e.ndjson"
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		open := func() *Set {
			set, err := Open(path, Options{Untimed: true})
			if err != nil {
				t.Fatal(err)
			}
			set.chunkSize = max(size&0xfff, 1)
			return set
		}
		if set := open(); set.sniff(t.Context()) != nil {
			return // no file of events
		}
		plainSet, scanSet := open(), open()
		want, wantBroken, wantErr := plainEvents(t, plainSet, columns)
		got, gotBroken, gotErr := scannedEvents(t, scanSet, columns)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatal(fmt.Sprint(gotErr), "want", wantErr)
		}
		if wantErr != nil {
			return
		}
		if diff := gocmp.Diff(want, got); diff != "" || wantBroken != gotBroken {
			t.Fatalf("%d undecodable, want %d\n%s", gotBroken, wantBroken, diff)
		}
	})
}
