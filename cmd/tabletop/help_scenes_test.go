package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tabletop/workbook/stores/tablefile"
)

// vectorBook is a workbook with a parameter.
const vectorBook = `workbook: One vector
parameters:
  Vector: {default: HOST}
blocks:
  - sql: |
      SELECT $URL FROM THREAT WHERE $Vector='{Vector}' AND $Duration=1d
`

const detections = `{"$CNAMTime":1769860800000,"$Stream":"THREAT","$Vector":"HOST","$URL":"http://evil.example/a"}
{"$CNAMTime":1769860801000,"$Stream":"THREAT","$Vector":"EMAIL","$URL":"http://evil.example/b"}
`

// pastedBook is what import reads.
const pastedBook = "SQL Block\nSELECT $SrcIP FROM FIREWALL WHERE $Duration=1d\n"

// scenes prepare what the examples of each command speak of. A command without
// one needs no more than the folder.
func scenes() map[string]scene {
	return map[string]scene{
		"apply":         {before: planned, more: yes},
		"approve":       {set: approvable, more: yes},
		"audit":         {before: func(_ *testing.T, s *site, _ string) { s.do("run", "examples/email-threats") }, instead: laterOn},
		"audit archive": {set: one, instead: laterOn},
		"audit purge":   {set: one, instead: laterOn},
		"diff": {set: func(_ *testing.T, s *site) {
			s.do("run", ".")
			s.do("run", ".")
			s.write("mnt/evidence/audit.db", s.read("audit.db"))
		}, instead: map[string]string{"7 9": "1 2"}},
		"events": {set: func(_ *testing.T, s *site) {
			s.write("logs/THREAT.ndjson", detections)
			s.write("var/log/auth.log", "Jan 31 12:00:00 gate sshd[7]: Accepted password for ana from 192.0.2.7 port 50022 ssh2\n")
		}},
		"events cat":          {set: zipped},
		"events pseudonymise": {set: pseudonymised},
		"export":              {set: one},
		"guard":               {before: withoutGuard},
		"guard init":          {set: rawLogs, before: withoutGuard},
		"guard test":          {set: func(_ *testing.T, s *site) { s.write("targets.txt", "203.0.113.7\n10.0.0.5\n") }},
		"import":              {set: func(_ *testing.T, s *site) { s.write("pasted.txt", pastedBook) }},

		"integrations":          {before: published},
		"integrations disable":  {before: published},
		"integrations enable":   {before: published},
		"integrations show":     {before: published},
		"integrations validate": {before: published},

		"keys":      {set: signed},
		"keys list": {set: signed},
		"keys sign": {set: signed},
		"plan":      {before: func(_ *testing.T, _ *site, _ string) { _ = os.Remove("plan.json") }},
		"reconcile": {set: reconcilable, instead: map[string]string{"--run 7": "--run 2"}, exits: map[string]int{"tabletop reconcile --vendor vendor.csv --mode simulate": exitNotHeld}},
		"replay": {set: func(_ *testing.T, s *site) {
			s.do("run", ".")
			s.write("mnt/evidence/events/FIREWALL.ndjson", s.read("events/FIREWALL.ndjson"))
		}},
		"report": {set: one},
		"resume": {before: unknown, instead: map[string]string{"resume 7": "resume 2"}},
		"run": {set: func(_ *testing.T, s *site) {
			s.write("workbook.yaml", vectorBook)
			s.write("events/THREAT.ndjson", detections)
			s.write("var/log/zeek/THREAT.ndjson", detections)
			s.write("class.txt", "who Anna\nguess 5 rows\nnext\ncontinue\n")
		}},
		"show":          {set: one},
		"simulate":      {until: true},
		"sql":           {set: one},
		"stores":        {set: storedFiles},
		"stores delete": {set: storedFiles, before: func(_ *testing.T, s *site, _ string) { s.do("stores", "import", "bad_ips", "bad_ips.csv") }, more: yes},
		"stores export": {set: inStores, before: func(_ *testing.T, _ *site, _ string) { _ = os.Remove("assets.xlsx") }},
		"stores import": {set: storedFiles, instead: map[string]string{"Hosts": "Sheet1"}},
		"stores show":   {set: inStores},
		"tabletop":      {set: one},
		"test":          {set: func(_ *testing.T, s *site) { s.write("workbook.test.yaml", addressesTest) }},
		"test record":   {set: recordable, instead: map[string]string{"record 7": "record 3"}, before: func(_ *testing.T, _ *site, _ string) { _ = os.Remove("many.run-3.test.yaml") }},
		"undo":          {set: applied, before: func(_ *testing.T, _ *site, line string) { withoutUndo(line) }, more: yes, instead: map[string]string{"undo 7": "undo 2", "7/a": "2/a"}},
		"verify":        {set: verifiable, instead: map[string]string{"41:8f0c…": "mnt/backup/audit.head"}},
		"versions":      {set: three},
		"why":           {set: three, instead: map[string]string{"7/": "3/"}},
		"why-not":       {set: twice},
	}
}

// yes stands for whoever answers at the terminal.
func yes(line string) []string {
	switch {
	case strings.HasPrefix(line, "tabletop approve") && !strings.Contains(line, "--print"):
		return []string{"--yes"}
	case line == "tabletop stores delete bad_ips":
		return []string{"--yes"}
	case line == "tabletop apply plan.json":
		return []string{"--yes", "3"}
	case strings.HasPrefix(line, "tabletop apply") && !strings.Contains(line, "--yes"):
		return []string{"--yes", "2"}
	}
	return nil
}

// laterOn are times by which the runs of a test are over, and a value that they
// hold.
var laterOn = map[string]string{"2026-01-01": "2100-01-01", "2024-01-01": "2100-01-01", "ada@example.com": "billing@mail.example.net"}

// one records a run.
func one(_ *testing.T, s *site) { s.do("run", "examples/email-threats") }

// addressesTest is a test that says nothing of what comes yet.
const addressesTest = `workbook: workbook.yaml
tests:
  - name: three addresses
    expect: {blocks: {1: {rows: 3}}}
`

// recordable is three with the audit and the events of another machine too.
func recordable(t *testing.T, s *site) {
	three(t, s)
	s.write("old/events/FIREWALL.ndjson", s.read("events/FIREWALL.ndjson"))
	s.write("var/lib/audit.db", s.read("audit.db"))
}

// three records three runs, of which the last blocks many addresses.
func three(_ *testing.T, s *site) {
	s.do("run", "examples/suspicious-remote-desktop")
	s.do("run", "examples/email-threats")
	s.write("many.yaml", strings.Replace(siteWorkbook, "  - trigger: own", "  - signal: {name: seen, target: {host: $DstIP}}\n  - trigger: own", 1))
	s.addresses(20, 100)
	s.do("run", "many.yaml")
	s.write("mnt/evidence/events/FIREWALL.ndjson", s.read("events/FIREWALL.ndjson"))
}

// twice records an example with and without its limit, and copies the audit and
// the events to another place.
func twice(_ *testing.T, s *site) {
	s.do("run", "examples/suspicious-remote-desktop")
	s.do("run", "examples/suspicious-remote-desktop/all-sources.yaml")
	for _, name := range []string{"FIREWALL.ndjson", "gateway.ndjson.gz"} {
		s.write("mnt/evidence/events/"+name, s.read("examples/suspicious-remote-desktop/events/"+name))
	}
	s.write("mnt/evidence/audit.db", s.read("audit.db"))
}

// addresses writes events of a number of addresses.
func (s *site) addresses(n, from int) {
	s.t.Helper()
	var events strings.Builder
	for i := range n {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"203.0.113.%d","$DstIP":"192.0.2.5"}`+"\n", 1769860800+i, from+i)
	}
	s.write("events/FIREWALL.ndjson", events.String())
}

func (s *site) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// planned makes a plan that nobody has sent yet.
func planned(_ *testing.T, s *site, line string) {
	_ = os.Remove("plan.json")
	if strings.Contains(line, "--endpoint") {
		to := []string{"--all", "--integrations", "examples/integrations.yaml", "--endpoint", "https://api.xdr.trendmicro.com=" + s.url}
		s.do(append([]string{"integrations", "validate"}, to...)...)
		s.do(append([]string{"integrations", "enable"}, to...)...)
		s.do("plan", "examples/suspicious-remote-desktop", "--to", "plan.json")
		return
	}
	s.addresses(3, 10+len(line))
	s.do("plan", ".", "--to", "plan.json")
}

// approvable makes a plan with a target that has to be approved.
func approvable(t *testing.T, s *site) {
	key := s.read(filepath.Join(os.Getenv("HOME"), ".ssh", "id_ed25519"))
	s.write("key_ed25519", key)
	s.write("guard.yaml", drillGuard+"ask:\n  - value: 203.0.113.7\n    reason: many use it\n")
	s.write("approvers.yaml", "approvers:\n  - {name: Anna, user: anna, key: '"+strings.TrimSpace(s.read(filepath.Join(os.Getenv("HOME"), ".ssh", "id_ed25519.pub")))+"'}\n")
	s.addresses(3, 6)
	s.do("plan", ".", "--to", "plan.json")
	agentWith(t, key)
}

// agentWith starts an SSH agent that holds a key.
func agentWith(t *testing.T, private string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "agent") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(folder, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	key, err := ssh.ParseRawPrivateKey([]byte(private))
	if err != nil {
		t.Fatal(err)
	}
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(keys, connection) // until the other side hangs up
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(folder, "s"))
}

// zipped writes an archive whose file has an event at byte 1203.
func zipped(t *testing.T, s *site) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("rdp.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	first := `{"$Stream":"RDP","$User":"`
	fmt.Fprintf(w, "%s%s\"}\n{\"$Stream\":\"RDP\",\"$User\":\"ana\"}\n", first, strings.Repeat("x", 1203-len(first)-len("\"}\n")))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s.write("logs/monday.zip", out.String())
	s.write("events/gateway.ndjson.gz", s.read("examples/suspicious-remote-desktop/events/gateway.ndjson.gz"))
}

// packed is a text in gzip.
func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func pseudonymised(t *testing.T, s *site) {
	s.write("monday.csv.gz", packed(t, "SrcIP,User\n203.0.113.7,ana\n"))
	s.write("logs/door.ndjson", `{"badge":"ana","SrcIP":"203.0.113.7"}`+"\n")
	s.do("events", "pseudonymise", "logs", "--key", "k", "--new-key", "--to", "before")
}

func rawLogs(t *testing.T, s *site) {
	s.write("conn.log.gz", packed(t, `{"ts":1769860800.1,"uid":"C1","id.orig_h":"10.0.0.5","id.orig_p":50000,"id.resp_h":"203.0.113.7","id.resp_p":443,"proto":"tcp"}`+"\n"))
	s.write("logs/a.ndjson", `{"from":"10.0.0.5","to":"203.0.113.7"}`+"\n")
	s.write("sources.yaml", "sources:\n  - stream: FIREWALL\n    files: ['*.ndjson']\n    fields: {SrcIP: from, DstIP: to}\n")
}

// withoutGuard takes away what guard init would not write over.
func withoutGuard(_ *testing.T, _ *site, _ string) { _ = os.Remove("guard.yaml") }

// published writes the published configurations, at the vendor of this machine
// unless the line names it as an endpoint.
func published(_ *testing.T, s *site, line string) {
	text := s.read("examples/integrations.yaml")
	if !strings.Contains(line, "--endpoint") {
		text = strings.ReplaceAll(text, "https://api.xdr.trendmicro.com", s.url)
	}
	s.write("integrations.yaml", text)
	if strings.Contains(line, "able ") { // enable and disable
		s.do("integrations", "validate", "--all")
	}
}

func signed(t *testing.T, s *site) {
	s.do("run", ".")
	private, public := filepath.Join(os.Getenv("HOME"), ".ssh", "id_ed25519"), filepath.Join(os.Getenv("HOME"), ".ssh", "id_ed25519.pub")
	s.write("auditors.pub", s.read(public))
	s.do("keys", "sign", "--key", private)
	agentWith(t, s.read(private))
}

// verifiable is a signed audit, an archive of its first run, and its heads kept
// elsewhere.
func verifiable(t *testing.T, s *site) {
	s.do("run", ".")
	s.do("audit", "archive", "--before", "2100-01-01", "--to", "audit-2025.db", "--reason", "yearly")
	signed(t, s)
	s.write("mnt/backup/audit.head", s.read("audit.head"))
}

// unknown makes a run 2 that sent four requests, two of them without an answer.
func unknown(_ *testing.T, s *site, _ string) {
	for _, name := range []string{"audit.db", "audit.head", "plan.json"} {
		_ = os.Remove(name)
	}
	s.do("integrations", "validate", "own")
	s.do("integrations", "enable", "own")
	s.addresses(4, 1)
	s.do("plan", ".", "--to", "plan.json")
	s.serve("3:reset-after", "4:reset-after")
	s.applied(exitFailed, "plan.json")
	s.serve()
}

// applied makes a run 2 that blocked three addresses.
func applied(_ *testing.T, s *site) {
	s.blocked("plan.json")
}

// reconcilable is applied with what the vendor and DNIF export.
func reconcilable(t *testing.T, s *site) {
	s.vendor.Clock = func() time.Time { return time.Unix(1769860900, 0) }
	applied(t, s)
	for name, path := range map[string]string{"tasks.json": "/v3.0/response/tasks", "list.json": "/v3.0/threatintel/suspiciousObjects"} {
		s.write(name, askedFor(t, http.MethodGet, s.url+path, ""))
	}
	for _, name := range []string{"list.csv", "vendor.csv"} {
		var out strings.Builder
		if err := s.vendor.WriteExport(&out, tablefile.CSV); err != nil {
			t.Fatal(err)
		}
		s.write(name, out.String())
	}
	s.write("signals.csv", "$DetectionName,$TargetHost,$SuspectHost,$Workbook,$FirstSeen\n")
}

func withoutUndo(line string) {
	if strings.Contains(line, " undo ") {
		_ = os.Remove("undo.json")
	}
}

// storedFiles writes the files that go into event stores.
func storedFiles(_ *testing.T, s *site) {
	s.write("bad_ips.csv", "$SrcIP,$Why\n203.0.113.7,seen\n")
	s.write("new.csv", "$Host,$Owner\na.example,ana\n")
	s.do("stores", "import", "for_export", "new.csv")
	s.do("stores", "export", "for_export", "--to", "assets.xlsx")
}

// inStores has the stores already.
func inStores(t *testing.T, s *site) {
	storedFiles(t, s)
	s.do("stores", "import", "assets", "new.csv")
	s.do("stores", "import", "bad_ips", "bad_ips.csv")
}
