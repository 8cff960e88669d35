package trigger

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

func load(t testing.TB) *Integrations {
	t.Helper()
	n, err := Load(filepath.Join("testdata", "integrations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// prepare prepares a trigger on the columns, as the runner would.
func prepare(t testing.TB, name string, columns []string, vendor http.RoundTripper) workbook.Step {
	t.Helper()
	p := workbook.NewPreparation(nil)
	p.First, p.In = false, workbook.Columns{Names: columns}
	s := Prepare(source.NewText("workbook.yaml", name), 0, Options{Integrations: load(t), Vendor: vendor}, p)
	if s == nil {
		t.Fatal(p.Problems())
	}
	return s
}

// run runs a trigger over the rows after the actions in env.
func run(t testing.TB, name string, table workbook.Table, before ...workbook.Action) workbook.Output {
	t.Helper()
	out, err := prepare(t, name, table.Columns, simulator.New()).Run(t.Context(), table, &workbook.Env{Now: time.Unix(0, 0), Actions: before})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func table(columns string, rows ...[]workbook.Value) workbook.Table {
	t := workbook.Table{Columns: strings.Split(columns, ",")}
	for i, values := range rows {
		evidence := workbook.Evidence{Events: int64(i + 10)}
		t.Rows = append(t.Rows, workbook.Row{Values: values, Evidence: evidence})
	}
	return t
}

type values = []workbook.Value

func TestPublishedConfigurations(t *testing.T) {
	for _, c := range []struct{ name, column, value, body string }{
		{"Block IP", "$SrcIP", "203.0.113.7", "{\n\"valueType\":\"ip\",\n\"targetValue\":\"203.0.113.7\",\n\"productId\":\"DNIF\",\n\"description\":\"Blocking malicious IP\"\n}\n"},
		{"Block URL", "$URL", "http://evil.example/a?b=1&c=2", "{\n\"valueType\":\"url\",\n\"targetValue\":\"http://evil.example/a?b=1&c=2\",\n\"productId\":\"DNIF\",\n\"description\":\"Blocking malicious URL\"\n}\n"},
		{"Block Domain", "$Domain", "evil.example", "{\n\"valueType\":\"domain\",\n\"targetValue\":\"evil.example\",\n\"productId\":\"DNIF\",\n\"description\":\"Blocking malicious Domain\"\n}\n"},
		{"Block Email", "$Sender", "billing@evil.example", "{\n\"valueType\":\"mailbox\",\n\"targetValue\":\"billing@evil.example\",\n\"productId\":\"DNIF\",\n\"description\":\"Blocking malicious Email\"\n}\n"},
		{"Block FileHash", "$ConfigurationFileHash", "3395856ce81f2b7382dee72602f798b642f14140", "{\n\"valueType\":\"file_sha1\",\n\"targetValue\":\"3395856ce81f2b7382dee72602f798b642f14140\",\n\"productId\":\"DNIF\",\n\"description\":\"Blocking malicious File Hash\"\n}\n"},
	} {
		out := run(t, "Trend Micro XDR: "+c.name, table(c.column, values{c.value}))
		want := workbook.Action{
			Number: 1, Row: 1, Integration: "Trend Micro XDR: " + c.name, Target: c.value, Canonical: c.value,
			DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend,
			Request: &workbook.Request{
				Method: "POST", URL: "https://api.xdr.trendmicro.com/v2.0/xdr/response/block", Body: c.body,
				Headers: map[string]string{"Authorization": "Bearer [token]", "Content-Type": "application/json;charset=utf-8"},
			},
			Response: &workbook.Response{Status: 200, Body: `{"actionId":"00000120","taskStatus":"pending"}`},
		}
		got := out.Actions[0]
		want.Type, want.Key, want.Reason = got.Type, got.Key, got.Reason
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		row := out.Table.Rows[0]
		if diff := cmp.Diff(values{c.value, "True", `{"actionId":"00000120","taskStatus":"pending"}`}, row.Values); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if row.From != 1 || row.Evidence.Events != 10 {
			t.Errorf("%s: row from %d with %d events", c.name, row.From, row.Evidence.Events)
		}
	}
}

func TestEmailRowsOfOneSenderShareATask(t *testing.T) {
	out := run(t, "Trend Micro XDR: Block Email", table("$Sender",
		values{"a@evil.example"}, values{"b@evil.example"}, values{"a@EVIL.example"}, values{"c@evil.example"}, values{"a@evil.example"}))
	var got []string
	for i, a := range out.Actions {
		got = append(got, string(a.Verdict), out.Table.Rows[i].Values[2].(string)[13:21])
	}
	want := []string{"would_send", "00000120", "would_send", "00000121", "deduplicated", "00000120", "would_send", "00000122", "deduplicated", "00000120"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if same := out.Actions[4]; same.SameAs != 1 || same.Number != 5 || same.DNIF != workbook.DNIFWouldSend {
		t.Errorf("a repeat: %+v", same)
	}
	totals := workbook.Count(out.Actions)
	if totals.DNIFWouldSend != 5 || totals.ByVerdict[workbook.WouldSend] != 3 {
		t.Errorf("totals %+v", totals)
	}
}

func TestRowsKeepTheirVerdicts(t *testing.T) {
	out := run(t, "Trend Micro XDR: Block IP", table("$SrcIP",
		values{"10.0.0.5"}, values{nil}, values{"not an address"}, values{"203.0.113.7"}, values{"203.0.113.0/24"}, values{"\xff\xfe"}, values{"::ffff:203.0.113.7"}))
	type summary struct {
		DNIF      workbook.DNIFAnswer
		Verdict   workbook.Verdict
		Protected bool
		Request   bool
		Status    workbook.Value
	}
	var got []summary
	for i, a := range out.Actions {
		got = append(got, summary{a.DNIF, a.Verdict, a.Protected, a.Request != nil, out.Table.Rows[i].Values[1]})
	}
	want := []summary{
		{"would_send", "refused_protected", true, true, "False"},
		{"unpublished", "invalid", false, false, "False"},
		{"would_send", "invalid", false, true, "False"},
		{"would_send", "would_send", false, true, "True"},
		{"would_send", "refused_protected", true, true, "False"},
		{"unpublished", "invalid", false, false, "False"},
		{"would_send", "deduplicated", false, true, "True"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, a := range out.Actions {
		if a.Verdict != workbook.WouldSend && a.Reason == "" {
			t.Errorf("action %d is %s without a reason", i+1, a.Verdict)
		}
		if a.Response == nil && out.Table.Rows[i].Values[2] != nil {
			t.Errorf("row %d shows an answer that nobody gave", i+1)
		}
	}
	if r := out.Actions[1].Reason; r != "the payload can't be filled: the row has no value for $SrcIP" {
		t.Errorf("a hole: %q", r)
	}
}

func TestRepeatsOfEarlierBlocks(t *testing.T) {
	rows := table("$SrcIP", values{"203.0.113.7"}, values{"203.0.113.8"})
	first := run(t, "Trend Micro XDR: Block IP", rows).Actions
	first[1].Verdict = workbook.Failed
	out := run(t, "Trend Micro XDR: Block IP", rows, first...)
	if a := out.Actions[0]; a.Verdict != workbook.Deduplicated || a.SameAs != 1 || a.Number != 3 || a.Response.Body != first[0].Response.Body {
		t.Errorf("the same target in a later block: %+v", a)
	}
	if a := out.Actions[1]; a.Verdict != workbook.WouldSend || a.Number != 4 {
		t.Errorf("after a failure: %+v", a)
	}
}

func TestCap(t *testing.T) {
	rows := table("$SrcIP,$User,$Signal name,$Count(1)")
	rows.Columns = []string{"$SrcIP", "$User", "$Signal name", "$Count(1)"}
	for _, ip := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.2", "203.0.113.3"} {
		rows.Rows = append(rows.Rows, workbook.Row{Values: values{ip, `a"b`, "x\ny", int64(3)}})
	}
	out := run(t, "Firewall", rows)
	want := []string{"Firewall: 3 actions, over the cap of 2: apply would send none of them"}
	if diff := cmp.Diff(want, out.Warnings); diff != "" {
		t.Error(diff)
	}
	for _, a := range out.Actions {
		if a.Verdict == workbook.RefusedCap {
			t.Error("a rehearsal refused by the cap")
		}
	}
	if r := out.Actions[0].Request; r.URL != "https://firewall.corp.example/block/203.0.113.1" || r.Body != `{"count": 3, "note": "a\"b said \"x\ny\""}` {
		t.Errorf("request %+v", r)
	}
	rows.Rows = rows.Rows[:2]
	if out := run(t, "Firewall", rows); out.Warnings != nil {
		t.Errorf("within the cap: %q", out.Warnings)
	}
}

func TestNoTarget(t *testing.T) {
	rows := table("$Channel,$Signal name,$User", values{"a/b ü", "1 & 2", "<b>"}, values{"a/b ü", "1 & 2", "<b>"}, values{"c", "d", "e"}, values{"..", "d", "e"}, values{"c", "d", "e\r\nX: y"})
	out := run(t, "Chat", rows)
	var got []workbook.Verdict
	for _, a := range out.Actions {
		got = append(got, a.Verdict)
	}
	if diff := cmp.Diff([]workbook.Verdict{"would_send", "deduplicated", "would_send", "invalid", "invalid"}, got); diff != "" {
		t.Error(diff)
	}
	want := &workbook.Request{
		Method: "POST", URL: "https://hooks.chat.example/services/[hook]/a%2Fb%20%C3%BC?text=1+%26+2",
		Headers: map[string]string{"X-User": "<b>"}, Body: `<message to="a/b ü">&lt;b&gt;</message>`,
	}
	if diff := cmp.Diff(want, out.Actions[0].Request); diff != "" {
		t.Error(diff)
	}
	if out.Table.Rows[0].Values[4] != "ok" {
		t.Errorf("answer %q", out.Table.Rows[0].Values[4])
	}
}

func TestDisabled(t *testing.T) {
	out := run(t, "Off", table("$SrcIP", values{"203.0.113.7"}, values{"10.0.0.1"}, values{nil}))
	var got []string
	for _, a := range out.Actions {
		got = append(got, string(a.DNIF), string(a.Verdict))
	}
	if diff := cmp.Diff([]string{"no_request", "refused_disabled", "no_request", "refused_protected", "no_request", "invalid"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestVendorRefuses(t *testing.T) {
	vendor := simulator.New()
	vendor.PerMinute = 1
	rows := table("$SrcIP", values{"203.0.113.7"}, values{"203.0.113.8"}, values{"203.0.113.8"})
	out, err := prepare(t, "Trend Micro XDR: Block IP", rows.Columns, vendor).Run(t.Context(), rows, &workbook.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range out.Actions[1:] {
		if a.Verdict != workbook.Failed || a.Response.Status != 429 || !strings.Contains(a.Reason, "429 Too Many Requests") {
			t.Errorf("over the limit: %+v", a)
		}
	}
	if v := out.Table.Rows[1].Values; v[1] != "False" || !strings.Contains(v[2].(string), "TooManyRequests") {
		t.Errorf("row %q", v)
	}
}

func TestSecondTriggerWritesOverTheAnswer(t *testing.T) {
	out := run(t, "Trend Micro XDR: Block IP", table("$WebhookStatus,$SrcIP,$WebhookResponse", values{"old", "10.0.0.1", "old"}))
	if diff := cmp.Diff(table("$WebhookStatus,$SrcIP,$WebhookResponse", values{"False", "10.0.0.1", nil}).Rows[0].Values, out.Table.Rows[0].Values); diff != "" {
		t.Error(diff)
	}
	if len(out.Table.Columns) != 3 {
		t.Errorf("columns %q", out.Table.Columns)
	}
}

func TestMissingColumnAtRunTime(t *testing.T) {
	out := run(t, "Trend Micro XDR: Block IP", table("$srcip", values{"203.0.113.7"}))
	if a := out.Actions[0]; a.Verdict != workbook.Invalid || a.DNIF != workbook.DNIFUnpublished {
		t.Errorf("%+v", a)
	}
	want := []string{"the payload of Trend Micro XDR: Block IP needs $SrcIP, which no row has: did you mean $srcip?"}
	if diff := cmp.Diff(want, out.Warnings); diff != "" {
		t.Error(diff)
	}
}
