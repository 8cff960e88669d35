package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tabletop/workbook/events"
)

// A screen keeps what is drawn and tells when a text stands on it.
type screen struct {
	mu    sync.Mutex
	drawn bytes.Buffer
	wants string
	seen  chan struct{}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn.Write(b)
	if s.wants != "" && strings.Contains(ansi.Strip(s.drawn.String()), s.wants) {
		s.wants = ""
		close(s.seen)
	}
	return len(b), nil
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drawn.String()
}

func TestBarComesLateAndGoes(t *testing.T) {
	var out screen
	late := make(chan time.Time)
	b := &bar{out: &out, progress: new(events.Progress), width: narrow, after: func() <-chan time.Time { return late }}
	b.show()
	b.hide()
	if text := out.text(); text != "" {
		t.Errorf("%q was drawn before its time", text)
	}
	out.wants, out.seen = "reading events 0 B / 0 B", make(chan struct{})
	b.show()
	late <- time.Time{}
	<-out.seen
	b.hide()
	// The last thing drawn takes away what was there.
	drawn := out.text()
	if !strings.HasSuffix(drawn, "\x1b[J") && !strings.Contains(drawn[strings.LastIndex(drawn, "/s"):], "\x1b[") {
		t.Errorf("%q is still there", drawn)
	}
	b.hide()
	var none *bar
	none.show()
	none.hide()
	if none.counter() != nil {
		t.Error("no bar counts")
	}
}

// A pipe gets nothing of a bar, and bytes are counted as they are stored.
func TestNoBarThroughAPipe(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if newBar(newConsole(write, write)) != nil || newBar(newConsole(&bytes.Buffer{}, &bytes.Buffer{})) != nil {
		t.Error("a bar through a pipe")
	}
	for _, name := range []string{"FIREWALL.ndjson", "gateway.ndjson.gz"} {
		path := filepath.Join("..", "..", "examples", "suspicious-remote-desktop", "events", name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		p := new(events.Progress)
		set, err := events.Open(path, events.Options{Progress: p})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Survey(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := p.All()
		if before < info.Size() || before > 3*info.Size() {
			t.Errorf("%s: %d bytes counted of %d", name, before, info.Size())
		}
		if _, err := set.Hash(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.All() - before; got != info.Size() {
			t.Errorf("%s: %d bytes hashed of %d", name, got, info.Size())
		}
		if read, total := p.Bytes(); read != info.Size() || total != info.Size() {
			t.Errorf("%s: read %d of %d, want %d of them", name, read, total, info.Size())
		}
	}
}

func TestByteText(t *testing.T) {
	for n, want := range map[float64]string{0: "0 B", 999: "999 B", 999.6: "1 kB", 1234: "1.23 kB", 12_345_678: "12.3 MB", 4.5e9: "4.5 GB"} {
		if got := byteText(n); got != want {
			t.Errorf("%g: %s, want %s", n, got, want)
		}
	}
}
