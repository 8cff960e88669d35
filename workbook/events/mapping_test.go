package events

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook/source"
)

// withSources opens files of events together with a sources file.
func withSources(t *testing.T, sources string, files map[string]string) *Set {
	t.Helper()
	all := map[string]string{SourcesName: sources}
	for name, text := range files {
		all[name] = text
	}
	dir := filepath.Join(t.TempDir(), "events")
	for name, text := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := Open(dir, Options{Sources: []string{filepath.Join(dir, SourcesName)}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// columnsOf reads columns of all events of a stream.
func columnsOf(t *testing.T, set *Set, stream string, columns ...string) [][]any {
	t.Helper()
	var list []string
	for i := range columns {
		list = append(list, fmt.Sprintf("c%d", i))
	}
	return values(query(t, set, Query{
		Scans:   []Scan{{Stream: stream, Columns: columns}},
		SQL:     "SELECT " + strings.Join(list, ", ") + " FROM t0",
		Columns: columns,
	}).Table)
}

func TestExpressions(t *testing.T) {
	event := `{"a.b":1,"a":{"b":2,"c":{"d":"x"},"e.f":{"g":"lit"},"q\u0022":3,"n":null,"dup":1,"dup":2},"ids":[{"ip":"192.0.2.1"},{"ip":["192.0.2.2","192.0.2.3"]}],"x[0]":"key","x":["item"],"grid":[[1,2],[3,4]],"empty":"","Name":"Ann","text":"{\"k\":1}","none":null}`
	for _, tt := range []struct {
		in   string
		want any
	}{
		{"a.b", int64(1)},
		{"a.c.d", "x"},
		{"a.e.f.g", "lit"},
		{`a.q"`, int64(3)},
		{"a.n", nil},
		{"a.dup", int64(2)},
		{"a.c", `{"d":"x"}`},
		{"a.lacks", nil},
		{"'ids[0].ip'", "192.0.2.1"},
		{"'ids[1].ip[1]'", "192.0.2.3"},
		{"'ids[2].ip'", nil},
		{"'ids[-1].ip'", nil},
		{"'ids[99999999999999999999].ip'", nil},
		{"'x[0]'", "key"},
		{"'grid[1][0]'", int64(3)},
		{"'grid[1][0][0]'", nil},
		{"text.k", nil},
		{"..", nil},
		{"'[0]'", nil},
		{"{const: FIREWALL}", "FIREWALL"},
		{"{template: 'http://{a.b}/{Name}'}", "http://1/Ann"},
		{"{template: '{none}x'}", nil},
		{"{first: [none, empty, lacks, Name]}", "Ann"},
		{"{first: [none, {const: z}]}", "z"},
		{"{regex: '(A)(n+)', field: Name, group: 2}", "nn"},
		{"{regex: '(A)(n+)', field: Name}", "A"},
		{"{regex: 'n+', field: Name}", "nn"},
		{"{regex: '(A)(n+)', field: Name, group: 0}", "Ann"},
		{"{regex: 'b', field: Name}", nil},
		{"{regex: '(b)?A', field: Name}", nil},
		{"{regex: '^1$', field: a.b}", "1"},
		{"{regex: x, field: none}", nil},
		{"{lower: Name}", "ann"},
		{"{upper: {first: [none, Name]}}", "ANN"},
		{"{lower: none}", nil},
	} {
		set := withSources(t, "sources:\n  - files: ['*.ndjson']\n    stream: S\n    fields:\n      V: "+tt.in+"\n", map[string]string{"e.ndjson": event})
		if diff := cmp.Diff([][]any{{tt.want}}, columnsOf(t, set, "S", "$V")); diff != "" {
			t.Errorf("%s: %s", tt.in, diff)
		}
	}
}

func TestExpressionsNameTheKeysTheyRead(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"a", []string{"a"}},
		{"a.b.c", []string{"a.b.c", "a.b", "a"}},
		{"'a[0].b'", []string{"a[0].b", "a[0]", "a"}},
		{"{const: x}", nil},
		{"{template: 'x{a}{b}'}", []string{"a", "b"}},
		{"{first: [a, {regex: x, field: b}, {lower: c}]}", []string{"a", "b", "c"}},
	} {
		node, err := source.Parse("t", []byte("v: "+tt.in))
		if err != nil {
			t.Fatal(err)
		}
		e, problems := parseExpression(node.Pairs()[0].Value)
		if problems != nil {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(tt.want, e.reads()); diff != "" {
			t.Errorf("%s: %s", tt.in, diff)
		}
	}
}

func TestSourcesMistakes(t *testing.T) {
	const head = "sources:\n  - files: ['a.ndjson']\n    "
	for _, tt := range []struct{ in, want string }{
		{"fields: {A: {regex: 'ab(c', field: x}}", "3:26: broken regular expression: missing closing ): ab(c"},
		{"fields: {A: {regex: 'ab[z-a]', field: x}}", "3:29: broken regular expression: invalid character class range: z-a"},
		{"fields: {A: {regex: 'a', field: x, group: 1}}", "3:17: there is no group 1: the pattern has 0"},
		{"fields: {A: {regex: 'a'}}", "3:17: regex needs the field"},
		{"fields: {A: {first: [a, {regx: b}]}}", "3:30: unknown key regx"},
		{"fields: {A: {const: a, lower: b}}", "3:17: a column is"},
		{"fields: {A: {field: a}}", "3:17: a column is"},
		{"fields: {A: []}", "3:17: a column is"},
		{"fields: {A: {template: 'x{b'}}", "3:30: { without a field's name and }"},
		{"fields: {A: a, $a: b}", "$A stands twice"},
		{"when: {field: x}", "3:11: is is missing"},
		{"when: {field: x, is: {a: b}}", "3:26: is must be a text or a list of texts"},
		{"when: [x]", "3:12: this must be a map"},
		{"mapping: zeek-rpd", "3:14: unknown mapping zeek-rpd\n        mapping: zeek-rpd\n                 ^\n    did you mean zeek-rdp?"},
		{"mapping: ../mapping", "unknown mapping"},
		{"enrich: {types: [User]}", "3:22: types takes columns of addresses"},
		{"enrich: {join: {file: none.csv, on: A, columns: {B: b}}}", "3:27: can't join none.csv: no such file or directory"},
		{"enrich: {join: {file: list.csv, on: A, columns: {B: key}}}", "no column key in list.csv"},
		{"enrich: {join: {file: list.csv, on: A, key: k, columns: {B: v}}}", "it has no column k"},
		{"enrich: {join: {file: list.csv, on: A, match: near, columns: {B: v}}}", `match can't be "near"`},
		{"enrich: {join: {file: list.csv, on: A, match: cidr, columns: {B: v}}}", `line 2: "host" is neither an address nor a network`},
		{"enrich: {geo: x}", "3:14: unknown key geo"},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{SourcesName: head + tt.in + "\n", "a.ndjson": "{}\n", "list.csv": "name,v\nhost,1\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(dir, Options{Sources: []string{filepath.Join(dir, SourcesName)}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestRulesForSomeEventsOfAFile(t *testing.T) {
	sources := `sources:
  - files: ['w.ndjson']
    stream: FIREWALL
    when: {field: EventID, is: [3, '5156']}
    fields: {SrcIP: {first: [SourceIp, SourceAddress]}}
    time: a
  - files: ['w.ndjson']
    stream: AUTHENTICATION
    when:
      - {field: EventID, is: 4624}
      - {field: {lower: Channel}, is: security}
    fields: {SrcIP: IpAddress, User: Name}
    time: b
  - files: ['w.ndjson']
    fields: {User: Other}
  - files: ['w.ndjson']
    stream: NEVER
`
	set := withSources(t, sources, map[string]string{"w.ndjson": `{"EventID":3,"SourceIp":"192.0.2.1","IpAddress":"no","a":1700000001}
{"EventID":"5156","SourceAddress":"192.0.2.2","b":1700000009,"a":1700000002}
{"EventID":4624,"Channel":"Security","IpAddress":"192.0.2.3","Name":"ann","b":1700000003}
{"EventID":4624,"Channel":"System","IpAddress":"192.0.2.4","Other":"bob"}
{"EventID":5,"$Stream":"proxy","Other":"eve"}
`})
	for stream, want := range map[string][][]any{
		"FIREWALL":       {{"192.0.2.1", nil}, {"192.0.2.2", nil}},
		"AUTHENTICATION": {{"192.0.2.3", "ann"}},
		"W":              {{nil, "bob"}},
		"PROXY":          {{nil, "eve"}},
		"NEVER":          nil,
	} {
		if diff := cmp.Diff(want, columnsOf(t, set, stream, "$SrcIP", "$User")); diff != "" {
			t.Errorf("%s: %s", stream, diff)
		}
	}
	survey, err := set.Survey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := survey.Streams["FIREWALL"].Newest.Unix(); got != 1700000002 {
		t.Error(got)
	}
	if got := survey.Streams["AUTHENTICATION"].Newest.Unix(); got != 1700000003 {
		t.Error(got)
	}
	if len(survey.Unused) != 1 {
		t.Error("the rule behind one for all events is unused:", survey.Unused)
	}
}

func TestRuleForChoosesAsTheFieldsDo(t *testing.T) {
	set := withSources(t, "sources:\n  - {files: [a.ndjson], mapping: windows}\n", map[string]string{"a.ndjson": "{}"})
	f := set.files[0]
	for _, tt := range []struct{ channel, id, stream string }{
		{"Security", "4624", "AUTHENTICATION"}, {"security", "5156", "FIREWALL"}, {"Microsoft-Windows-Sysmon/Operational", "16", "SYSMON-CONFIG"}, {"System", "1", ""},
	} {
		r := &record{}
		r.add("Channel", rawValue{text: []byte(tt.channel)})
		r.add("EventID", rawValue{text: []byte(tt.id)})
		got := ""
		if chosen := f.ruleFor(r); chosen != nil {
			got = chosen.stream
		}
		if own, _ := f.rule.fields["$Stream"].eval(r).(string); got != tt.stream || own != got {
			t.Error(tt, got, own)
		}
	}
}

func TestRulesForOneFileMustAgree(t *testing.T) {
	dir := t.TempDir()
	sources := "sources:\n  - {files: ['a*'], when: {field: x, is: y}, tz: UTC}\n  - {files: ['*.ndjson'], tz: Asia/Kolkata}\n"
	for name, text := range map[string]string{SourcesName: sources, "a.ndjson": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(dir, Options{Sources: []string{filepath.Join(dir, SourcesName)}})
	if err == nil || !strings.Contains(err.Error(), "two zones, UTC and Asia/Kolkata") {
		t.Error(err)
	}
}
