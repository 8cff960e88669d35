package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tabletop/blocks/query"
)

// whyNot asks why a value was not acted on.
func whyNot(t testing.TB, args ...string) whyNotObject {
	t.Helper()
	var o whyNotObject
	if err := json.Unmarshal([]byte(done(t, append([]string{"why-not", "-o", "json"}, args...)...)), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// lostAt is the block at which a value was lost.
func lostAt(t testing.TB, o whyNotObject) stopObject {
	t.Helper()
	for _, b := range o.Blocks {
		if b.Lost == o.Reason && b.Block == o.Block {
			return b
		}
	}
	t.Fatalf("no block lost %s: %+v", o.What, o)
	return stopObject{}
}

// TestWhyNotOfTheExamples asks of the examples, as they are, what their READMEs
// tell.
func TestWhyNotOfTheExamples(t *testing.T) {
	auditPath := atRoot(t)
	for _, book := range []string{"suspicious-remote-desktop/workbook.yaml", "suspicious-remote-desktop/all-sources.yaml", "malicious-domain/workbook.yaml", "malicious-domain/published.yaml"} {
		done(t, "run", "examples/"+book, "--audit", auditPath)
	}
	ask := func(what, run, reason string) whyNotObject {
		t.Helper()
		o := whyNot(t, what, "--run", run, "--audit", auditPath)
		if o.Reason != reason || o.Differs || len(o.Changed)+len(o.Assumed) > 0 {
			t.Errorf("%s of run %s: %s, %s; %q", what, run, o.Reason, o.Sentence, o.Changed)
		}
		return o
	}
	if o := ask("10.0.0.5", "1", "never_in_events"); len(o.Events) > 0 || o.Block != 0 {
		t.Errorf("%+v", o)
	}
	o := ask("203[.]0[.]113[.]9", "1", "limit")
	if q := lostAt(t, o).Query; q.Limit != 2 || len(q.Places) != 2 || q.Places[0] < 3 || q.Of != 7 || o.Events[0].Example.At == nil {
		t.Errorf("%+v", q)
	}
	if o = ask("203.0.113.9", "2", "would_send"); len(o.Actions) != 2 || o.Actions[0].Action != "2/a1" || o.Actions[1].SameAs != "2/a1" || o.Actions[1].Verdict != "deduplicated" {
		t.Errorf("%+v", o.Actions)
	}
	if o = ask("::ffff:10.20.5.23", "2", "refused_protected"); o.Actions[0].Rule != "private_address" {
		t.Errorf("%+v", o.Actions)
	}
	ask("10.20.0.11", "1", "other_target")
	ask("203.0.113.140", "1", "would_send")
	o = ask("http://192.0.2.99/x", "3", "never_in_events")
	ask("10.0.0.5", "4", "never_in_events")
	// The newest run is asked of where none is named.
	if o = whyNot(t, "10.0.0.5", "--audit", auditPath); o.Run != 4 {
		t.Errorf("run %d", o.Run)
	}
	// A URL on a bare address has no domain, and its row ends in the code.
	bare := ""
	for _, row := range showRows(t, auditPath, "3", 1) {
		url := row[2].(string)
		if o := whyNot(t, url, "--run", "3", "--audit", auditPath); o.Reason == "dropped_by_code" {
			bare = url
			if b := lostAt(t, o); b.Statement != "where domain($URL) != nil" || b.Line == 0 || len(b.Before) == 0 {
				t.Errorf("%+v", b)
			}
		}
	}
	if bare == "" {
		t.Error("the code drops no URL")
	}
	// As published the Python fails on them.
	if o = whyNot(t, bare, "--run", "4", "--audit", auditPath); o.Reason != "code_failed" {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
}

// showRows are the rows of a block as show gives them.
func showRows(t testing.TB, auditPath, run string, block int) [][]any {
	t.Helper()
	var o runObject
	if err := json.Unmarshal([]byte(done(t, "show", run, "--audit", auditPath, "-o", "json")), &o); err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	for _, row := range o.Blocks[block-1].Rows {
		values := make([]any, len(row))
		copy(values, row)
		rows = append(rows, values)
	}
	return rows
}

// bookOf writes a workbook and its events to a folder of their own, with the
// integrations and the guard of the examples above it.
func bookOf(t testing.TB, book string, files map[string]string) {
	t.Helper()
	copyExample(t, "file-hash")
	if err := os.RemoveAll("book"); err != nil {
		t.Fatal(err)
	}
	if files == nil {
		files = map[string]string{}
	}
	files["workbook.yaml"] = book
	for name, text := range files {
		path := filepath.Join("book", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// threatEvent is an event of the published query, changed by what is given.
func threatEvent(changes ...string) string {
	event := map[string]any{"$Stream": "THREAT", "$CNAMTime": 1769860800000, "$Vector": "HOST", "$Action": "THREAT_DETECTED", "$Threat": "x", "$System": "s"}
	for i := 0; i+1 < len(changes); i += 2 {
		event[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(event, changes[i])
		}
	}
	text, _ := json.Marshal(event)
	return string(text) + "\n"
}

// TestWhyNotNamesEachCondition lets an event fail each condition of a query by
// itself.
func TestWhyNotNamesEachCondition(t *testing.T) {
	const book = `workbook: conditions
blocks:
  - sql: |
      SELECT $Threat, $System, $URL FROM THREAT WHERE $Vector='HOST' AND $Action='THREAT_DETECTED' AND $Threat IS NOT NULL AND $System IS NOT NULL AND $URL LIKE 'http%' AND $Duration=1d GROUP BY $Threat, $System, $URL
  - dql: |
      _trigger api generic_webhook send_alert 'Trend Micro XDR: Block URL'
`
	tests := []struct{ url, change, to, want string }{
		{"http://a.example/1", "$Vector", "EMAIL", "$Vector = 'HOST'"},
		{"http://a.example/2", "$Action", "SEEN", "$Action = 'THREAT_DETECTED'"},
		{"http://a.example/3", "$Threat", "", "$Threat IS NOT NULL"},
		{"http://a.example/4", "$System", "", "$System IS NOT NULL"},
		{"ftp://a.example/5", "", "", "$URL LIKE 'http%'"},
	}
	events := threatEvent("$URL", "http://a.example/0")
	for _, test := range tests {
		events += threatEvent("$URL", test.url, test.change, test.to)
	}
	bookOf(t, book, map[string]string{"events/E.ndjson": events})
	done(t, "run", "book")
	for i, test := range tests {
		o := whyNot(t, test.url)
		if o.Reason != "condition" {
			t.Errorf("%s: %s, %s", test.url, o.Reason, o.Sentence)
			continue
		}
		q := lostAt(t, o).Query
		if q.At != test.want || q.Line != 4 || q.Example == nil || q.Example.At == nil || q.Example.At.Line != int64(i+2) {
			t.Errorf("%s: %q in line %d, %+v", test.url, q.At, q.Line, q.Example)
			continue
		}
		if test.change == "" {
			continue
		}
		at := slices.IndexFunc(q.Example.Values, func(v query.TrailValue) bool { return v.Column == test.change })
		if at < 0 || fmt.Sprint(q.Example.Values[at].Value) != test.to && test.to != "" || test.to == "" && q.Example.Values[at].Value != nil {
			t.Errorf("%s: %+v", test.url, q.Example.Values)
		}
	}
	if o := whyNot(t, "http://a.example/0"); o.Reason != "would_send" {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
}

// firewallEvent is an event of an address.
func firewallEvent(ip string, more ...string) string {
	return threatEvent(append([]string{"$Stream", "FIREWALL", "$SrcIP", ip}, more...)...)
}

// TestWhyNotOfEachReason has a workbook a reason.
func TestWhyNotOfEachReason(t *testing.T) {
	const trigger = "  - dql: |\n      _trigger api generic_webhook send_alert 'Trend Micro XDR: Block IP'\n"
	const all = "  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d\n"
	const ip = "203.0.113.77"
	old := strings.Replace(firewallEvent(ip), "1769860800000", "1669860800000", 1)
	tests := map[string]struct {
		blocks, events, reason, says string
		block                        int
	}{
		"stream":  {all, threatEvent("$SrcIP", ip) + firewallEvent("203.0.113.1"), "not_in_stream", "block 1 reads", 1},
		"time":    {all, old + firewallEvent("203.0.113.1"), "outside_window", "outside of the query's time", 1},
		"having":  {"  - sql: SELECT $SrcIP, COUNT(*) FROM FIREWALL WHERE $Duration=1d GROUP BY $SrcIP HAVING COUNT(*)>2\n", firewallEvent(ip) + firewallEvent(ip), "having", "count(*) > 2", 1},
		"limit":   {"  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d ORDER BY $SrcIP LIMIT 1\n", firewallEvent(ip) + firewallEvent("203.0.113.1"), "limit", "row 2 of 2", 1},
		"offset":  {"  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d ORDER BY $SrcIP LIMIT 5 OFFSET 1\n", firewallEvent(ip) + firewallEvent("203.0.113.99"), "limit", "row 1 of 2", 1},
		"search":  {"  - search: {stream: FIREWALL, where: ['$SrcIP = 203.0.113.1'], duration: 1d}\n", firewallEvent(ip) + firewallEvent("203.0.113.1"), "condition", "$SrcIP = ", 1},
		"newest":  {"  - search: {stream: FIREWALL, rows: 1, duration: 1d}\n", firewallEvent(ip) + strings.Replace(firewallEvent("203.0.113.1"), "0800000", "0900000", 1), "limit", "row 2 of 2", 1},
		"pipe":    {"  - dql: stream=firewall where srcip != '203.0.113.77' | duration 1d\n", firewallEvent(ip), "condition", "203.0.113.77", 1},
		"fetch":   {"  - dql: _fetch * from event where $Stream=FIREWALL AND $SrcIP=203.0.113.1 AND $Duration=1d last 5\n", firewallEvent(ip), "condition", "203.0.113.1", 1},
		"checkif": {"  - dql: |\n      _fetch * from event where $Stream=FIREWALL AND $Duration=1d last 5\n      >>_checkif int_compare Bytes > 5 include\n", firewallEvent(ip, "$Bytes", "1"), "dropped", "directive 2", 1},
		"join":    {"  - sql: SELECT a.$SrcIP FROM FIREWALL a JOIN THREAT b ON a.$SrcIP = b.$SrcIP WHERE $Duration=1d\n", firewallEvent(ip) + threatEvent("$SrcIP", "203.0.113.1"), "join", "no partner", 1},
		"joined":  {"  - sql: SELECT a.$SrcIP FROM FIREWALL a JOIN THREAT b ON a.$SrcIP = b.$SrcIP WHERE b.$Threat='y' AND $Duration=1d\n", firewallEvent(ip) + threatEvent("$SrcIP", ip), "condition", "b.$Threat = 'y'", 1},
		"inner":   {"  - sql: SELECT x.$SrcIP FROM (SELECT $SrcIP FROM FIREWALL WHERE $System='none') x WHERE $Duration=1d\n", firewallEvent(ip), "condition", "$System = 'none'", 1},
		"select":  {"  - sql: SELECT $System, COUNT(*) AS $SrcIP FROM FIREWALL WHERE $Duration=1d GROUP BY $System\n" + trigger, firewallEvent(ip), "not_selected", "without the column", 1},
		"code":    {all + "  - code: |\n      $A = 1\n      where $SrcIP == '203.0.113.1'\n", firewallEvent(ip), "dropped_by_code", "where $SrcIP == '203.0.113.1'", 2},
		"change":  {all + "  - code: |\n      $SrcIP = '203.0.113.1'\n" + trigger, firewallEvent(ip), "changed_by_code", "$SrcIP = '203.0.113.1'", 2},
		"python":  {all + "  - code: |\n      def transform(inward_array):\n          return []\n", firewallEvent(ip), "dropped_by_code", "no row of it", 2},
		"failed":  {all + "  - code: |\n      def transform(inward_array):\n          fail('x')\n", firewallEvent(ip), "code_failed", "fail: x", 2},
		"target":  {"  - sql: SELECT $SrcIP, $Other FROM FIREWALL WHERE $Duration=1d\n" + trigger, firewallEvent("203.0.113.1", "$Other", ip), "other_target", "ip 203.0.113.1", 2},
		"nothing": {all, firewallEvent(ip), "no_action", "reached the end", 0},
		"invalid": {"  - sql: SELECT $Other, $SrcIP FROM FIREWALL WHERE $Duration=1d\n" + trigger, firewallEvent("", "$Other", ip), "invalid", "no value for $SrcIP", 2},
		"second":  {"  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d AND $System='s'\n  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d AND $System='t'\n", firewallEvent(ip), "condition", "$System = 't'", 2},
		"union":   {"  - sql: SELECT $SrcIP FROM (SELECT $SrcIP FROM FIREWALL WHERE $System='t' UNION SELECT $SrcIP FROM THREAT) x WHERE $Duration=1d\n" + trigger, firewallEvent(ip) + threatEvent("$SrcIP", ip), "would_send", "why 1/a1", 0},
		"texts":   {"  - sql: SELECT $Note FROM FIREWALL WHERE $Duration=1d AND $System='t'\n", firewallEvent("", "$Note", "seen "+ip+" twice"), "condition", "$System = 't'", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bookOf(t, "workbook: "+name+"\nblocks:\n"+test.blocks, map[string]string{"events/E.ndjson": test.events})
			if code, _, said := tabletop(t, "run", "book"); code == exitNothingRan {
				t.Fatal(said)
			}
			o := whyNot(t, ip)
			if o.Reason != test.reason || !strings.Contains(o.Sentence, test.says) || o.Block != test.block || o.Differs {
				t.Errorf("%s in block %d: %s; not %s in block %d", o.Reason, o.Block, o.Sentence, test.reason, test.block)
				for _, b := range o.Blocks {
					text, _ := json.Marshal(b)
					t.Log(string(text))
				}
			}
			if (name == "texts") != o.Within {
				t.Error("within texts is", o.Within)
			}
			out := done(t, "why-not", ip)
			for _, line := range strings.Split(out, "\n") {
				if utf8.RuneCountInString(line) > narrow {
					t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
				}
			}
			if !strings.Contains(strings.Join(strings.Fields(strings.NewReplacer("│", "", "├─", "", "└─", "").Replace(out)), " "), strings.Join(strings.Fields(clean(o.Sentence)), " ")) {
				t.Errorf("%s does not say: %s", out, o.Sentence)
			}
		})
	}
}

// TestWhyNotOfVerdicts has what the configurations say stand in the way.
func TestWhyNotOfVerdicts(t *testing.T) {
	copyExample(t, "suspicious-remote-desktop")
	edit := func(old, with string) {
		t.Helper()
		text, err := os.ReadFile("integrations.yaml")
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatal(err)
		}
		if err := os.WriteFile("integrations.yaml", []byte(strings.Replace(string(text), old, with, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const name = "- name: 'Trend Micro XDR: Block IP'\n"
	text, err := os.ReadFile("integrations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	written := name
	if !strings.Contains(string(text), name) {
		written = strings.ReplaceAll(name, "'", `"`)
	}
	if !strings.Contains(string(text), written) {
		written = "- name: \"Trend Micro XDR: Block IP\"\n"
	}
	edit(written, written+"    max_actions: 1\n")
	done(t, "run", "book")
	if o := whyNot(t, "203.0.113.140"); o.Reason != "refused_cap" || !strings.Contains(o.Sentence, "over the cap of 1") {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
	edit("max_actions: 1\n", "enabled: false\n")
	done(t, "run", "book")
	if o := whyNot(t, "203.0.113.140"); o.Reason != "refused_disabled" {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
	if err := os.WriteFile("guard.yaml", []byte("ask:\n  - {value: 203.0.113.140, reason: a partner}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	done(t, "run", "book")
	if o := whyNot(t, "203.0.113.140"); o.Reason != "needs_approval" || o.Actions[0].Rule != "own_list" {
		t.Errorf("%s: %+v", o.Reason, o.Actions)
	}
	// Each run is asked with what it had.
	if o := whyNot(t, "203.0.113.140", "--run", "1"); o.Reason != "refused_cap" {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
}

// TestWhyNotOfACalledWorkbook follows a value into a workbook that is called.
func TestWhyNotOfACalledWorkbook(t *testing.T) {
	bookOf(t, "workbook: calls\nblocks:\n  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d\n  - return: called/inner.yaml\n  - dql: \"_trigger api generic_webhook send_alert 'Trend Micro XDR: Block IP'\"\n", map[string]string{
		"called/inner.yaml": "workbook: inner\nblocks:\n  - code: |\n      where $SrcIP == '203.0.113.1'\n",
		"events/E.ndjson":   firewallEvent("203.0.113.77") + firewallEvent("203.0.113.1"),
	})
	done(t, "run", "book")
	o := whyNot(t, "203.0.113.77")
	if o.Reason != "dropped_by_code" || o.Differs {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
	if o := whyNot(t, "203.0.113.1"); o.Reason != "would_send" {
		t.Errorf("%s: %s", o.Reason, o.Sentence)
	}
}

// TestWhyNotOfHostileValues asks of what tries to act on the terminal, on SQL and
// on patterns.
func TestWhyNotOfHostileValues(t *testing.T) {
	values := []string{"\x1b[2J\u202e", "' OR 1=1 --", `"); DROP TABLE t0; --`, "%", "_", ".*", "{Vector}", "\xff\xfe", "a\x00b", strings.Repeat("x", maxAsked), "=cmd()", "1/a1", "http://[::1", "@", "-"}
	var events strings.Builder
	for _, v := range values {
		text, _ := json.Marshal(map[string]any{"$Stream": "ODD", "$CNAMTime": 1769860800000, "$V": v, "$W$(x)`\"": v})
		events.WriteString(string(text) + "\n")
	}
	bookOf(t, "workbook: odd\nparameters: {Vector: {default: \"'\"}}\nblocks:\n  - sql: SELECT $V FROM ODD WHERE $Duration=1d AND $W IS NOT NULL\n", map[string]string{"events/E.ndjson": events.String()})
	done(t, "run", "book")
	for _, v := range values {
		for _, args := range [][]string{{"why-not", "--", v}, {"why-not", "-o", "json", "--", v}} {
			code, out, said := tabletop(t, args...)
			if code != exitDone {
				t.Errorf("%.60q: exit %d: %s", v, code, said)
			}
			if !strings.Contains(out, "condition") && utf8.ValidString(v) {
				t.Errorf("%.60q: %s", v, out)
			}
			for _, r := range out + said {
				if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
					t.Errorf("%.60q gives %U", v, r)
				}
			}
		}
	}
}

func TestWhyNotRefuses(t *testing.T) {
	auditPath := atRoot(t)
	if code, _, said := tabletop(t, "why-not", "x", "--audit", auditPath); code != exitNothingRan || !strings.Contains(said, "there is no") {
		t.Error(code, said)
	}
	done(t, "run", "examples/file-hash", "--audit", auditPath)
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "one value"},
		{[]string{""}, "1 to 4096"},
		{[]string{strings.Repeat("x", maxAsked+1)}, "1 to 4096"},
		{[]string{"x", "--run", "2"}, "no such run"},
		{[]string{"x", "--run", "-1"}, "count from 1"},
		{[]string{"x", "--events", "nowhere"}, "--events"},
		{[]string{"x", "-o", "yaml"}, "text, json"},
	} {
		code, out, said := tabletop(t, append([]string{"why-not", "--audit", auditPath}, test.args...)...)
		if code != exitNothingRan || out != "" || !strings.Contains(strings.Join(strings.Fields(said), " "), test.want) {
			t.Errorf("why-not %.40q: exit %d, %q, %s; want %q", test.args, code, out, said, test.want)
		}
	}
}

// TestWhyNotOfWhatWasSent asks of runs that applied plans.
func TestWhyNotOfWhatWasSent(t *testing.T) {
	s := newSite(t)
	s.do("plan", ".", "--to", "first.json")
	first := s.applied(exitDone, "first.json")
	s.do("plan", ".", "--to", "second.json")
	second := first + 2
	s.exits(exitRefused, "apply", "second.json", "--yes", "3") // nothing of it is new
	for run, want := range map[int64]string{first: "sent", second: "deduplicated"} {
		o := whyNot(t, "203.0.113.2", "--run", fmt.Sprint(run))
		if o.Reason != want || run == first && (o.Applied != run || o.Run != run-1) || run == second && o.Run != run || !strings.HasPrefix(o.Actions[0].Action, fmt.Sprint(run)+"/a") {
			t.Errorf("run %d: %s, %s: %+v", run, o.Reason, o.Sentence, o.Actions)
		}
	}
	if code, _, said := tabletop(t, "why-not", "203.0.113.99", "--run", fmt.Sprint(second)); code != exitNothingRan || !strings.Contains(said, "mode refuse") {
		t.Errorf("exit %d: %s", code, said)
	}
}
