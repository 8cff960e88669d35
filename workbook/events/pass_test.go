package events

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
)

// openFiles counts the descriptors of this process that are files at path.
func openFiles(t *testing.T, path string) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no such list on this system
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && target == path {
			n++
		}
	}
	return n
}

// TestStoppedReadingClosesItsFile stops streams of rows early, again and again.
func TestStoppedReadingClosesItsFile(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // nobody else closes it
	path := filepath.Join(t.TempDir(), "E.ndjson")
	if err := os.WriteFile(path, []byte(strings.Repeat(`{"a":1}`+"\n", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	set.chunkSize = 4096
	for range 50 {
		query(t, set, Query{Scans: []Scan{{Stream: "E", Columns: []string{"a"}}}, SQL: "SELECT c0 FROM t0 LIMIT 1", Columns: []string{"a"}})
	}
	if n := openFiles(t, path); n > 0 {
		t.Errorf("%d descriptors are left open", n)
	}
}

// TestFirstErrorCounts lets a worker fail while the others are told to stop, as
// when whoever waits for rows meets the failure first.
func TestFirstErrorCounts(t *testing.T) {
	set := folder(t, map[string]string{"E.ndjson": strings.Repeat(`{"a":1}`+"\n", 100)}, Options{})
	set.chunkSize = 64
	if err := set.sniff(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		f := &failing{cancel: cancel, others: make(chan struct{}, workers())}
		_, _, err := newPass(set, &view{scan: Scan{Stream: "E"}, sink: func() sink { return &failingSink{failing: f} }}).each(ctx)
		cancel()
		if !errors.Is(err, errInOrder) {
			t.Fatal(err)
		}
	}
}

// A failing is what the sinks of one pass share: the first that meets an event
// fails, and leaves only once another has left.
type failing struct {
	failed atomic.Bool
	cancel context.CancelFunc
	others chan struct{}
}

type failingSink struct {
	*failing
	own bool
}

func (f *failingSink) begin(context.Context, chunk, *reading) error { return nil }
func (f *failingSink) end(chunk, *reading, int64) error             { return nil }

func (f *failingSink) hit(hit) error {
	if f.own = f.failed.CompareAndSwap(false, true); f.own {
		return errInOrder
	}
	return nil
}

func (f *failingSink) leave() {
	if !f.own {
		f.others <- struct{}{}
		return
	}
	f.cancel()
	if workers() > 1 {
		<-f.others
		for range 1000 {
			runtime.Gosched()
		}
	}
}

// TestPassesSideBySide joins two streams, whose passes open the same files at one
// time: under the race detector, what they share of a file must not be written.
func TestPassesSideBySide(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("E%d.ndjson", i)] = strings.Repeat(`{"a":1}`+"\n", 20)
	}
	set := folder(t, files, Options{})
	set.chunkSize = 64
	both := Scan{Every: true, Columns: []string{"a"}}
	result := query(t, set, Query{Scans: []Scan{both, both}, SQL: "SELECT count(*) FROM t0, t1 WHERE t0.rowid = t1.rowid + 8", Columns: []string{"n"}})
	if n := result.Table.Rows[0].Values[0]; n != int64(20*19) {
		t.Error(n)
	}
}

// Each file that can't be cut costs a pass of its own, but not one after the other.
func TestASecondFileInOrderSpeaksForItsFormat(t *testing.T) {
	csv, other := &file{format: "csv"}, &file{format: "ndjson"}
	set := &Set{files: []*file{csv, {format: "csv"}, {format: "csv"}, other}}
	inOrder := func() (n int) {
		for _, f := range set.files {
			if f.inOrder {
				n++
			}
		}
		return n
	}
	if !set.readOtherwise(errFile{csv, errInOrder}) || inOrder() != 1 {
		t.Errorf("after one file, %d are read in order", inOrder())
	}
	if !set.readOtherwise(errFile{set.files[1], errInOrder}) || inOrder() != 3 || other.inOrder {
		t.Errorf("after two files, %d are read in order", inOrder())
	}
	if set.readOtherwise(errFile{csv, errInOrder}) {
		t.Error("a file that fails again is no reason to go on")
	}
}
