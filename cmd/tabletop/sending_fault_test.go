package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

// faultMatrix says for each fault what becomes of a request through each kind of
// configuration: how often it is tried, whether the vendor takes it, and the
// verdict. ?sent is unknown at first, and sent after resume asked the vendor; ?
// alone stays unknown, since there is nobody to ask.
//
// first: is a fault that only as many requests meet as there are configurations;
// the tries are then those of all together, by configuration.
//
// A vendor that says what is not so is believed: that is what the rows of
// status=200 and taken-status=500 show.
const faultMatrix = `
fault                    tries  taken  v2       v3       slack   teams   jira    firewall  plugin
none                     1      yes    sent     sent     sent    sent    sent    sent      sent
status=400               1      no     failed   failed   failed  failed  failed  failed    failed
status=401               1      no     failed   failed   failed  failed  failed  failed    failed
status=301               1      no     failed   failed   failed  failed  failed  failed    failed
status=500               1      no     failed   failed   failed  failed  failed  failed    failed
status=408               1      no     ?failed  ?failed  ?       ?       ?       ?         ?
status=502               1      no     ?failed  ?failed  ?       ?       ?       ?         ?
status=504               1      no     ?failed  ?failed  ?       ?       ?       ?         ?
status=503               20     no     failed   failed   failed  failed  failed  failed    failed
status=204               1      no     ?failed  ?failed  failed  failed  failed  failed    sent
status=200               1      no     ?failed  ?failed  sent    sent    failed  sent      sent
taken-status=500         1      yes    failed   failed   failed  failed  failed  failed    failed
taken-status=502         1      yes    ?sent    ?sent    ?       ?       ?       ?         ?
taken-status=504         1      yes    ?sent    ?sent    ?       ?       ?       ?         ?
429                      20     no     failed   failed   failed  failed  failed  failed    failed
first:429                2      yes    sent     sent     sent    sent    sent    sent      sent
first:429-retry-after=0  2      yes    sent     sent     sent    sent    sent    sent      sent
first:429-retry-after=9  2      yes    sent     sent     sent    sent    sent    sent      sent
first:429-retry-date=0   2      yes    sent     sent     sent    sent    sent    sent      sent
first:503-retry-after=0  2      yes    sent     sent     sent    sent    sent    sent      sent
503-retry-after=3600     20     no     failed   failed   failed  failed  failed  failed    failed
latency=20ms             1      yes    sent     sent     sent    sent    sent    sent      sent
latency=1h               1      yes    ?sent    ?sent    ?       ?       ?       ?         ?
reset-before             1      no     ?failed  ?failed  ?       ?       ?       ?         ?
reset-after              1      yes    ?sent    ?sent    ?       ?       ?       ?         ?
close-after              1      yes    ?sent    ?sent    ?       ?       ?       ?         ?
truncate                 1      yes    ?sent    ?sent    ?       sent    ?       ?         sent
non-json                 1      yes    ?sent    ?sent    failed  sent    failed  failed    sent
long-body                1      yes    ?sent    ?sent    ?       sent    ?       ?         sent
slow-loris=1ms           1      yes    sent     sent     sent    sent    sent    sent      sent
slow-loris=1h            1      yes    ?sent    ?sent    ?       sent    ?       ?         sent
207-mixed                1      no     ?failed  failed   failed  failed  failed  failed    ?
`

// faultTries is the most that a request of the matrix is tried.
const faultTries = 20

// matrixEvent is one event that every configuration finds its columns in.
const matrixEvent = `{"$CNAMTime":1769860800000,"$SrcIP":"203.0.113.7","$DstIP":"192.0.2.5","$URL":"http://evil.example/a?b=c",` +
	`"$Domain":"evil.example","$Sender":"billing@evil.example","$ConfigurationFileHash":"%[1]s","$SHA1":"%[1]s","$SHA256":"%[2]s",` +
	`"$System":"WS-17","$EventName":"BLOCKED"}` + "\n"

// matrixBook is a workbook that sends the event through each configuration.
func matrixBook(integrations *trigger.Integrations) string {
	book := "workbook: All configurations\nblocks:\n  - sql: |\n      SELECT * FROM FIREWALL WHERE $Duration=1d\n"
	for _, name := range integrations.Names() {
		if name == "Palo Alto" {
			book += "  - dql: |\n      _trigger api paloalto add_to_group 'Palo Alto' $SrcIP\n"
			continue
		}
		book += "  - trigger: '" + name + "'\n"
	}
	return book
}

// impatient is the text of configurations whose requests are given up soon, and
// tried again at once.
func impatient(t *testing.T, text string) string {
	t.Helper()
	_, text, ok := strings.Cut(text, "integrations:\n")
	if !ok {
		t.Fatal("no integrations:")
	}
	var out []string
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch key := strings.TrimSpace(line); {
		case strings.HasPrefix(key, "timeouts:"), strings.HasPrefix(key, "retry:"):
			continue
		case key == "success: {body: body.ready == true}": // which the simulator does not say
			line = strings.Replace(line, "body: body.ready == true", "status: [200]", 1)
		case key == "body: body.id != nil":
			line = strings.Replace(line, "body.id != nil", `text == "ok"`, 1)
		}
		out = append(out, line)
		if strings.HasPrefix(line, "  - name:") {
			out = append(out, "    timeouts: {connect: 5s, read: 4s}", fmt.Sprintf("    retry: {tries: %d, max_wait: 1ms}", faultTries))
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// columnOf is the column of the matrix that a configuration stands in; "" is for
// one through which nothing is sent.
func columnOf(t *testing.T, integration string) string {
	t.Helper()
	// Isolating a machine needs an approval, and this plan has none.
	if integration == "Trend Micro Vision One: Isolate Endpoint" {
		return ""
	}
	for _, c := range [][2]string{
		{"Trend Micro XDR: ", "v2"},
		{"Trend Micro Vision One: ", "v3"},
		{"Slack: ", "slack"},
		{"Teams: ", "teams"},
		{"Jira: ", "jira"},
		{"Firewall: ", "firewall"},
		{"Palo Alto", "plugin"},
	} {
		if strings.HasPrefix(integration, c[0]) {
			return c[1]
		}
	}
	t.Fatalf("the fault matrix has no column for %s", integration)
	return ""
}

// A faultRow is a line of the matrix.
type faultRow struct {
	fault string
	tries int
	taken bool
	cells map[string]string
}

func faultRows(t *testing.T) []faultRow {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(faultMatrix), "\n")
	header := strings.Fields(lines[0])
	var rows []faultRow
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) != len(header) {
			t.Fatalf("%d columns: %s", len(fields), line)
		}
		tries, err := strconv.Atoi(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		r := faultRow{fields[0], tries, fields[2] == "yes", map[string]string{"": string(workbook.NeedsApproval)}}
		for i, cell := range fields[3:] {
			r.cells[header[i+3]] = cell
		}
		rows = append(rows, r)
	}
	return rows
}

// TestFaultMatrixIsWhole has a row for every fault that the simulator knows.
func TestFaultMatrixIsWhole(t *testing.T) {
	known := map[string]bool{}
	for _, r := range faultRows(t) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.fault, "first:"), "=")
		known[name] = true
	}
	for _, f := range simulator.Faults() {
		name, _, _ := strings.Cut(f.Form, "=")
		if name = strings.TrimSuffix(name, "["); !known[name] {
			t.Errorf("the fault %s has no row in the matrix", f.Form)
		}
	}
}

// TestFaultMatrix sends through every ready-made configuration, and through the
// five of the examples, to a simulator with each fault.
func TestFaultMatrix(t *testing.T) {
	published, err := os.ReadFile("../../examples/integrations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ready := "integrations:\n"
	for _, name := range trigger.Ready() {
		if name == "mail" { // whose faults are those of SMTP: TestMailOutcomes of package delivery
			continue
		}
		text, _ := trigger.ReadyText(name)
		ready += impatient(t, text)
	}
	for name, text := range map[string]string{"ready": ready, "published": "integrations:\n" + impatient(t, string(published))} {
		t.Run(name, func(t *testing.T) {
			m := newMatrix(t, text)
			for _, r := range faultRows(t) {
				t.Run(r.fault, func(t *testing.T) { m.row(t, r) })
			}
			m.do(t, exitDone, "verify")
		})
	}
}

// A matrix is a drill with a plan that goes through many configurations.
type matrix struct {
	*drill
	endpoints []string
	// count is how many requests the plan sends, columns are those of the matrix
	// that its configurations stand in.
	count   int
	columns map[string]bool
}

func newMatrix(t *testing.T, text string) *matrix {
	t.Helper()
	m := &matrix{columns: map[string]bool{}, drill: newDrill(t, map[string]string{
		"integrations.yaml": text, "guard.yaml": drillGuard,
		"events/FIREWALL.ndjson": fmt.Sprintf(matrixEvent, strings.Repeat("ab", 20), strings.Repeat("cd", 32)),
	})}
	integrations, err := trigger.Load(m.path("integrations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m.write(t, "workbook.yaml", matrixBook(integrations))
	stop := m.serve(t, simulator.New())
	defer stop()
	for _, name := range integrations.Names() {
		n, _ := integrations.Find(name)
		if to := n.Origin() + "=" + m.url; !slices.Contains(m.endpoints, to) {
			m.endpoints = append(m.endpoints, "--endpoint", to)
		}
		if column := columnOf(t, name); column != "" {
			m.count++
			m.columns[column] = true
		}
	}
	file := []string{"--all", "--integrations", m.path("integrations.yaml")}
	m.do(t, exitDone, slices.Concat([]string{"integrations", "validate"}, file, m.endpoints)...)
	m.do(t, exitDone, slices.Concat([]string{"integrations", "enable"}, file, m.endpoints)...)
	m.do(t, exitDone, "plan", m.path("workbook.yaml"), "--to", m.path("plan.json"))
	return m
}

// row sends the plan to a vendor with one fault, and has resume settle the rest
// with the same vendor, well again.
func (m *matrix) row(t *testing.T, r faultRow) {
	vendor := simulator.New()
	fault := r.fault
	if name, first := strings.CutPrefix(fault, "first:"); first {
		fault = fmt.Sprintf("1-%d:%s", m.count, name)
	}
	var faults []string
	if fault != "none" {
		faults = []string{fault}
	}
	m.forget()
	stop := m.serve(t, vendor, faults...)
	run, actions := m.apply(t, r)
	stop()
	arrivals := m.seen()
	tries := 0
	for _, a := range actions {
		cell := r.cells[columnOf(t, a.Integration)]
		if want := atFirst(cell); a.Verdict != want {
			t.Errorf("%s is %s, not %s: %s", a.Integration, a.Verdict, want, a.Reason)
		}
		checkArrivals(t, r, a, arrivals)
		tries += a.Attempts
	}
	if tries != r.tries*m.count || len(arrivals) != tries {
		t.Errorf("%d tries and %d arrivals, not %d for each of %d", tries, len(arrivals), r.tries, m.count)
	}
	stop = m.serve(t, vendor)
	defer stop()
	m.resumed(t, r, run)
}

// atFirst is the verdict of a cell before resume, last the one after it.
func atFirst(cell string) workbook.Verdict {
	if strings.HasPrefix(cell, "?") {
		return workbook.Unknown
	}
	return workbook.Verdict(cell)
}

func last(cell string) workbook.Verdict {
	if cell == "?" {
		return workbook.Unknown
	}
	return workbook.Verdict(strings.TrimPrefix(cell, "?"))
}

// apply sends the plan; it exits 0 only where all was sent.
func (m *matrix) apply(t *testing.T, r faultRow) (run int64, actions []workbook.Action) {
	t.Helper()
	want := exitDone
	for column := range m.columns {
		if r.cells[column] != "sent" {
			want = exitFailed
		}
	}
	out, _ := m.do(t, want, slices.Concat([]string{"apply", m.path("plan.json"), "--yes", fmt.Sprint(m.count), "-o", "json"}, m.endpoints)...)
	var told struct {
		Run     int64             `json:"run"`
		Actions []workbook.Action `json:"actions"`
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		t.Fatal(err)
	}
	return told.Run, told.Actions
}

// checkArrivals holds an action against the requests that arrived of it.
func checkArrivals(t *testing.T, r faultRow, a workbook.Action, arrivals []simulator.Arrival) {
	t.Helper()
	arrived, taken := 0, 0
	for _, x := range arrivals {
		// What is not read is known by no body.
		if x.Read && x.Body != a.Request.Body {
			continue
		}
		arrived++
		if x.Taken {
			taken++
		}
	}
	switch {
	case a.Verdict == workbook.NeedsApproval && (a.Attempts > 0 || arrived > 0 && arrivals[0].Read):
		t.Errorf("%s needs an approval, and arrived %d times", a.Integration, arrived)
	case a.Verdict == workbook.NeedsApproval:
		return
	case arrived != a.Attempts && arrivals[0].Read:
		t.Errorf("%s was tried %d times and arrived %d times", a.Integration, a.Attempts, arrived)
	case !strings.HasPrefix(r.fault, "first:") && a.Attempts != r.tries:
		t.Errorf("%s was tried %d times, not %d", a.Integration, a.Attempts, r.tries)
	case taken > 1 || (taken == 1) != r.taken:
		t.Errorf("%s was taken %d times", a.Integration, taken)
	}
}

// resumed settles a run; resume asks and sends nothing.
func (m *matrix) resumed(t *testing.T, r faultRow, run int64) {
	t.Helper()
	before := len(m.seen())
	want := exitDone
	for column := range m.columns {
		if last(r.cells[column]) == workbook.Unknown {
			want = exitNotHeld
		}
	}
	m.do(t, want, slices.Concat([]string{"resume", fmt.Sprint(run)}, m.endpoints)...)
	for _, x := range m.seen()[before:] {
		if x.Method != http.MethodGet {
			t.Errorf("resume made a %s to %s", x.Method, x.Path)
		}
	}
	for _, a := range m.shown(t, run).Actions {
		if want := last(r.cells[columnOf(t, a.Integration)]); a.Verdict != want {
			t.Errorf("after resume, %s is %s, not %s: %s", a.Integration, a.Verdict, want, a.Reason)
		}
	}
}
