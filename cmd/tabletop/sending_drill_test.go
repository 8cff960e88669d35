package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook/source"
)

// A drill is a folder with a workbook and all that it needs to be sent, and the
// vendor that it is sent to: a simulator on loopback.
type drill struct {
	folder  string
	program string
	url     string

	// last is the newest run that was looked at.
	last int64

	mutex    sync.Mutex
	arrivals []simulator.Arrival
	// onArrival, where set, is called with the count of arrivals before each is
	// answered.
	onArrival func(n int)
}

const drillGuard = `never:
  - value: 192.0.2.0/24
    reason: our own network
`

// newDrill writes files into a folder of its own, by their paths in it.
func newDrill(t testing.TB, files map[string]string) *drill {
	t.Helper()
	s := &drill{folder: t.TempDir()}
	for name, text := range files {
		s.write(t, name, text)
	}
	return s
}

func (s *drill) path(name string) string { return filepath.Join(s.folder, name) }

func (s *drill) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve starts a server of a vendor, with a schedule of faults where one is
// named; stop has it answer what is in flight and end.
func (s *drill) serve(t testing.TB, vendor *simulator.Vendor, faults ...string) (stop func()) {
	t.Helper()
	o := simulator.Options{Vendor: vendor, Report: s.arrived}
	for _, text := range faults {
		var problems source.Problems
		if o.Schedule, problems = simulator.ParseSchedule(source.NewText("schedule", text)); len(problems) > 0 {
			t.Fatal(problems)
		}
	}
	at := "127.0.0.1:0"
	if s.url != "" { // where the configurations were validated
		at = strings.TrimPrefix(s.url, "http://")
	}
	server, err := simulator.Listen(context.Background(), at, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	s.url = server.URL()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func (s *drill) arrived(a simulator.Arrival) {
	s.mutex.Lock()
	s.arrivals = append(s.arrivals, a)
	n, act := len(s.arrivals), s.onArrival
	s.mutex.Unlock()
	if act != nil {
		act(n)
	}
}

// whenArrived has act called at each request that arrives; nil for nothing.
func (s *drill) whenArrived(act func(n int)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.onArrival = act
}

// seen are the requests that arrived since the last forget.
func (s *drill) seen() []simulator.Arrival {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.arrivals)
}

func (s *drill) forget() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.arrivals = nil
}

// endpoints are the flags that send to the simulator.
func (s *drill) endpoints() []string {
	return []string{"--endpoint", "https://api.xdr.trendmicro.com=" + s.url, "--endpoint", "https://chat.example.com=" + s.url}
}

// build builds the program, for tests that kill it.
func (s *drill) build(t testing.TB) {
	t.Helper()
	s.program = filepath.Join(s.folder, "tabletop")
	if out, err := exec.Command("go", "build", "-o", s.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// run runs the program in this process and expects it to succeed.
func (s *drill) run(t testing.TB, args ...string) string {
	t.Helper()
	code, stdout, stderr := tabletop(t, args...)
	if code != 0 {
		t.Fatalf("%v exits %d\n%s\n%s", args, code, stdout, stderr)
	}
	return stdout
}

// do runs the program in this process with the drill's audit, and expects its
// code.
func (s *drill) do(t testing.TB, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := tabletop(t, append(args, "--audit", s.path("audit.db"))...)
	if code != want {
		t.Fatalf("%v exits %d, not %d\n%s\n%s", args, code, want, stdout, stderr)
	}
	return stdout, stderr
}
