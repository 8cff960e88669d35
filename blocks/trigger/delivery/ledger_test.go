package delivery

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"tabletop/workbook"
)

// An entry is one write to a fileLedger.
type entry struct {
	Outcomes []Outcome `json:"outcomes"`
	Intents  []int     `json:"intents"`
}

// A fileLedger writes its entries to a file, a line each, and has them on the
// disk before it returns. What several callers wrote goes there together.
type fileLedger struct {
	mu      sync.Mutex
	file    *os.File
	written int
	// disk is held while the file goes to the disk, synced is how many entries
	// lie there.
	disk   sync.Mutex
	synced int
	// refuse, where it is set, has a write fail.
	refuse func(e entry) error
}

func newLedger(t testing.TB) *fileLedger {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "ledger.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &fileLedger{file: f}
}

func (l *fileLedger) Write(ctx context.Context, outcomes []Outcome, intents []int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	mine, err := l.append(entry{outcomes, intents})
	if err != nil {
		return err
	}
	l.disk.Lock()
	defer l.disk.Unlock()
	if l.synced >= mine {
		return nil
	}
	l.mu.Lock()
	all := l.written
	l.mu.Unlock()
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.synced = all
	return nil
}

func (l *fileLedger) append(e entry) (number int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		if err := l.refuse(e); err != nil {
			return 0, err
		}
	}
	line, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	l.written++
	_, err = l.file.Write(append(line, '\n'))
	return l.written, err
}

// entries reads back what lies in the file.
func (l *fileLedger) entries(t testing.TB) []entry {
	t.Helper()
	l.mu.Lock() // so that no line is half written
	defer l.mu.Unlock()
	f, err := os.Open(l.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var entries []entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return entries
}

// holds reports whether an action's intent lies in the file.
func (l *fileLedger) holds(t testing.TB, action int) bool {
	for _, e := range l.entries(t) {
		if slices.Contains(e.Intents, action) {
			return true
		}
	}
	return false
}

// story is what the ledger says: intents in their order, and the last verdict
// of each.
func (l *fileLedger) story(t testing.TB) (intents []int, verdicts map[int]workbook.Verdict) {
	t.Helper()
	verdicts = map[int]workbook.Verdict{}
	for _, e := range l.entries(t) {
		for _, o := range e.Outcomes {
			if _, twice := verdicts[o.Action]; twice {
				t.Errorf("action %d has two outcomes", o.Action)
			}
			if !slices.Contains(intents, o.Action) {
				t.Errorf("action %d has an outcome before its intent", o.Action)
			}
			verdicts[o.Action] = o.Verdict
		}
		for _, i := range e.Intents {
			if slices.Contains(intents, i) {
				t.Errorf("action %d has two intents", i)
			}
			intents = append(intents, i)
		}
	}
	return intents, verdicts
}
