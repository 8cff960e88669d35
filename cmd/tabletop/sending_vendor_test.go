package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tabletop/audit"
	"tabletop/workbook"
)

// A vendor is one of the test's own on loopback, under an address that
// configurations name: what is sent to it is sent for real.
type vendor struct {
	*httptest.Server
	mutex sync.Mutex
	// bodies are those of the requests that arrived, but for HEAD and GET.
	bodies []string
	// answer, where set, answers request n, counted from 1, in place of a 200.
	answer func(n int, body string, w http.ResponseWriter, r *http.Request)
}

func newVendor(t testing.TB) *vendor {
	v := &vendor{}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	v.mutex.Lock()
	if r.Method != http.MethodHead && r.Method != http.MethodGet {
		v.bodies = append(v.bodies, string(text))
	}
	n, answer := len(v.bodies), v.answer
	v.mutex.Unlock()
	if answer != nil {
		answer(n, string(text), w, r)
	}
}

// arrived gives the bodies that arrived since it was asked last.
func (v *vendor) arrived() []string {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	bodies := v.bodies
	v.bodies = nil
	return bodies
}

// does sets what the vendor answers.
func (v *vendor) does(answer func(n int, body string, w http.ResponseWriter, r *http.Request)) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.answer = answer
}

const addressBook = `workbook: Addresses
blocks:
  - sql: |
      SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d
  - trigger: block
`

// blocker is a configuration that blocks addresses at a vendor, and can take it
// back.
func blocker(url string) string {
	return fmt.Sprintf(`integrations:
  - name: block
    url: %[1]s/block
    headers: {Authorization: 'Bearer [token]'}
    payload: |
      {"block": "$SrcIP"}
    target: {type: ip, column: $SrcIP}
    undo: {url: '%[1]s/lift', payload: '{"lift": "$SrcIP"}'}
`, url)
}

// addressEvents has an event of each address from 203.0.113.1 on.
func addressEvents(n int) string {
	var events strings.Builder
	for i := range n {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"203.0.113.%d"}`+"\n", 1769860800000+int64(i), i+1)
	}
	return events.String()
}

// newRealDrill is a drill that blocks n addresses at a vendor of its own, ready to
// send.
func newRealDrill(t testing.TB, n int) (*drill, *vendor) {
	t.Helper()
	v := newVendor(t)
	s := newDrill(t, map[string]string{
		"workbook.yaml": addressBook, "guard.yaml": drillGuard, "integrations.yaml": blocker(v.URL), "events/FIREWALL.ndjson": addressEvents(n),
	})
	t.Setenv("TABLETOP_SECRET_TOKEN", "a-token-of-the-test")
	s.enable(t)
	return s, v
}

// enable validates and enables all configurations.
func (s *drill) enable(t testing.TB, flags ...string) {
	t.Helper()
	for _, verb := range []string{"validate", "enable"} {
		s.do(t, exitDone, append([]string{"integrations", verb, "--all", "--integrations", s.path("integrations.yaml")}, flags...)...)
	}
}

// plan plans the workbook.
func (s *drill) plan(t testing.TB, name string) (file string) {
	t.Helper()
	file = s.path(name)
	s.do(t, exitDone, "plan", s.path("workbook.yaml"), "--to", file)
	return file
}

// newest is the newest run of the audit.
func (s *drill) newest(t testing.TB) audit.Run {
	t.Helper()
	var newest int64
	s.read(t, func(r *audit.Reader) error {
		runs, err := r.Runs(t.Context(), 1)
		if len(runs) > 0 {
			newest = runs[0].Run
		}
		return err
	})
	return s.shown(t, newest)
}

// shown is a run of the audit.
func (s *drill) shown(t testing.TB, number int64) (shown audit.Run) {
	t.Helper()
	s.read(t, func(r *audit.Reader) (err error) {
		shown, err = r.Show(t.Context(), number)
		return err
	})
	return shown
}

func (s *drill) read(t testing.TB, do func(*audit.Reader) error) {
	t.Helper()
	reader, err := audit.OpenReader(t.Context(), s.path("audit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := do(reader); err != nil {
		t.Fatal(err)
	}
}

func number(run int64) string { return strconv.FormatInt(run, 10) }

// program is the program under test as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(t.TempDir(), "tabletop") // testscript goes by the name
	if err := os.Symlink(exe, named); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), named, args...)
}

// verdicts are those of a run's actions, in their order.
func verdicts(run audit.Run) (out []workbook.Verdict) {
	for _, a := range run.Actions {
		out = append(out, a.Verdict)
	}
	return out
}
