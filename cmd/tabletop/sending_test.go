package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A site is a workbook that blocks three addresses, in the folder in which the
// test then stands. Its configuration names a simulator on this machine as its
// host, so that what is sent there is sent as to a vendor.
type site struct {
	t      *testing.T
	url    string
	vendor *simulator.Vendor
	stop   func()

	mutex    sync.Mutex
	arrivals []simulator.Arrival
}

const siteWorkbook = `workbook: Three addresses
blocks:
  - sql: |
      SELECT $SrcIP, $DstIP, count(*) FROM FIREWALL WHERE $Duration=1d GROUP BY $SrcIP, $DstIP
  - trigger: own
`

// siteIntegrations has URL where the host goes.
const siteIntegrations = `integrations:
  - name: own
    url: URL/v2.0/xdr/response/block
    headers: {Authorization: 'Bearer [token]', Content-Type: application/json}
    payload: |
      {"valueType":"ip","targetValue":"$SrcIP","description":"seen at $DstIP"}
    target: {type: ip, column: $SrcIP}
    success: {status: [200], body: 'body.actionId != nil'}
    undo:
      url: URL/v2.0/xdr/response/restoreBlock
      payload: |
        {"valueType":"ip","targetValue":"$SrcIP","description":"seen at $DstIP"}
    ask:
      url: URL/v3.0/threatintel/suspiciousObjects
      taken: 'any(body.items, same(.ip, target))'
      next: body.nextLink
    task:
      id: body.actionId
      url: URL/v2.0/xdr/response/getTask?actionId=[task]
      state: body.data.taskStatus
      done: [success]
      failed: [failed]
    validate: {method: GET, url: URL/v3.0/healthcheck/connectivity}
`

// newSite writes the files, starts the vendor, and validates and enables the
// configuration.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, vendor: simulator.New()}
	t.Chdir(t.TempDir())
	t.Setenv("TABLETOP_SECRET_TOKEN", "a-secret-of-the-test")
	s.serve()
	t.Cleanup(func() { s.stop() })
	var events strings.Builder
	for i := range 3 {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"203.0.113.%d","$DstIP":"192.0.2.5"}`+"\n", 1769860800+i, i+1)
	}
	s.write("workbook.yaml", siteWorkbook)
	s.write("guard.yaml", drillGuard)
	s.write("integrations.yaml", strings.ReplaceAll(siteIntegrations, "URL", s.url))
	s.write("events/FIREWALL.ndjson", events.String())
	s.do("integrations", "validate", "own")
	s.do("integrations", "enable", "own")
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// serve starts the vendor anew where it was, with faults as simulate --fault
// takes them.
func (s *site) serve(faults ...string) {
	s.t.Helper()
	var texts []source.Text
	for _, f := range faults {
		texts = append(texts, source.NewText("--fault", f))
	}
	schedule, problems := simulator.ParseSchedule(texts...)
	if problems.Err() != nil {
		s.t.Fatal(problems)
	}
	at := "127.0.0.1:0"
	if s.stop != nil {
		s.stop()
		at = strings.TrimPrefix(s.url, "http://")
	}
	server, err := simulator.Listen(context.Background(), at, simulator.Options{Vendor: s.vendor, Schedule: schedule, Report: s.arrived})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	s.url = server.URL()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
}

func (s *site) arrived(a simulator.Arrival) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.arrivals = append(s.arrivals, a)
}

// arrivedAt counts the requests that arrived at a path.
func (s *site) arrivedAt(path string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := 0
	for _, a := range s.arrivals {
		if strings.Contains(a.Path, path) {
			n++
		}
	}
	return n
}

// do runs the program, which must succeed.
func (s *site) do(args ...string) string {
	s.t.Helper()
	return s.exits(0, args...)
}

// exits runs the program, which must exit with a code, and returns all that it
// said.
func (s *site) exits(want int, args ...string) string {
	s.t.Helper()
	code, stdout, stderr := tabletop(s.t, args...)
	if code != want {
		s.t.Fatalf("%v exits %d, not %d\n%s\n%s", args, code, want, stdout, stderr)
	}
	return stdout + stderr
}

// says is exits, for a message that must hold a text.
func (s *site) says(want int, text string, args ...string) {
	s.t.Helper()
	if got := strings.Join(strings.Fields(s.exits(want, args...)), " "); !strings.Contains(got, text) {
		s.t.Errorf("%v says nothing of %q:\n%s", args, text, got)
	}
}

// applied sends a new plan and returns the run.
func (s *site) applied(exit int, file string, flags ...string) int64 {
	s.t.Helper()
	p, _, err := plan.Load(file)
	if err != nil {
		s.t.Fatal(err)
	}
	sends := 0
	for _, a := range p.Actions {
		if a.Sends() {
			sends++
		}
	}
	code, stdout, stderr := tabletop(s.t, append([]string{"apply", file, "--yes", fmt.Sprint(sends), "-o", "json"}, flags...)...)
	if code != exit {
		s.t.Fatalf("apply %s exits %d, not %d\n%s\n%s", file, code, exit, stdout, stderr)
	}
	var told struct {
		Run int64 `json:"run"`
	}
	if err := json.Unmarshal([]byte(stdout), &told); err != nil {
		s.t.Fatal(err)
	}
	return told.Run
}

// blocked plans and applies the workbook and returns the run.
func (s *site) blocked(file string) int64 {
	s.t.Helper()
	s.do("plan", ".", "--to", file)
	return s.applied(0, file)
}

// run reads a run as the audit has it.
func (s *site) run(number int64) audit.Run {
	s.t.Helper()
	reader, err := audit.OpenReader(context.Background(), "audit.db")
	if err != nil {
		s.t.Fatal(err)
	}
	defer reader.Close()
	r, err := reader.Show(context.Background(), number)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// is checks the verdicts of a run's actions.
func (s *site) is(number int64, want ...workbook.Verdict) {
	s.t.Helper()
	r := s.run(number)
	var got []workbook.Verdict
	for _, a := range r.Actions {
		got = append(got, a.Verdict)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("run %d is %v, not %v", number, got, want)
	}
}

// listed lists the addresses that the vendor blocks.
func (s *site) listed() int { return len(s.vendor.State().SuspiciousObjects) }
