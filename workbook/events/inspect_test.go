package events

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

func inspect(t *testing.T, set *Set) *Inspection {
	t.Helper()
	i, err := set.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestInspect(t *testing.T) {
	set := withSources(t, "sources:\n  - {files: [fw.ndjson], stream: firewall, fields: {SrcIP: src}, time: ts, enrich: {types: [SrcIP]}}\n", map[string]string{
		"fw.ndjson": `{"src":"10.0.0.1","ts":1700000000,"n":1,"n":2,"x":null}
broken
{"src":"10.0.0.2","ts":"2023-11-14T22:13:30Z","n":"","x":"` + strings.Repeat("é", 100) + `"}
{"ts":"2023-11-14 22:13:30","N":7}
{}
`,
		"FIREWALL.csv": "SrcIP,port\n10.0.0.3,22\n10.0.0.1,\n1,2,3\n",
		"bin":          "\x00\x01",
		"b.log":        zeekLog("dns", "ts\tquery", "1700000000\tx"),
	})
	got := inspect(t, set)
	wantFiles := []InspectedFile{
		{Name: "events/FIREWALL.csv", Format: "csv", Reason: "named .csv; its delimiters: commas", Bytes: 39, Events: 2, Undecodable: 1, Streams: []string{"FIREWALL"}},
		{Name: "events/b.log", Format: "zeek", Reason: "begins with #separator or #fields", Bytes: 92, Events: 1, Streams: []string{"DNS"}},
		{Name: "events/fw.ndjson", Format: "ndjson", Reason: "named .ndjson", Bytes: 362, Events: 4, Undecodable: 1, Streams: []string{"FIREWALL"}},
	}
	if diff := cmp.Diff(wantFiles, got.Files); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]LeftOut{{"events/bin", "no text: its beginning holds NUL bytes"}}, got.LeftOut); diff != "" {
		t.Error(diff)
	}
	if got.Undecodable != 2 || len(got.Bad) != 2 || got.Bad[1].Position != (workbook.Position{File: "events/fw.ndjson", Offset: 56, Line: 2}) {
		t.Error(got.Undecodable, got.Bad)
	}
	if len(got.Streams) != 2 || got.Streams[0].Name != "DNS" || got.Streams[0].Events != 1 {
		t.Fatal(got.Streams)
	}
	fw := got.Streams[1]
	if fw.Events != 6 || fw.NoTime != 3 || fw.NoZone != 1 || fw.Oldest.Unix() != 1700000000 || fw.Newest.Unix() != 1700000010 {
		t.Error(fw)
	}
	wantColumns := []InspectedColumn{
		{Name: "$SrcIP", Filled: 4, Samples: []string{"10.0.0.3", "10.0.0.1", "10.0.0.2"}, Mapped: true},
		{Name: "$port", Filled: 1, Samples: []string{"22"}},
		{Name: "$SrcType", Filled: 2, Samples: []string{"PRIVATE"}, Mapped: true},
		{Name: "$src", Filled: 2, Samples: []string{"10.0.0.1", "10.0.0.2"}},
		{Name: "$ts", Filled: 3, Samples: []string{"1700000000", "2023-11-14T22:13:30Z", "2023-11-14 22:13:30"}},
		{Name: "$n", Filled: 2, Samples: []string{"1", "2", "7"}},
		{Name: "$x", Filled: 1, Samples: []string{strings.Repeat("é", 80) + "…"}},
	}
	if diff := cmp.Diff(wantColumns, fw.Columns); diff != "" {
		t.Error(diff)
	}
}

func TestInspectIsBounded(t *testing.T) {
	var b strings.Builder
	for n := range inspectedStreams + 10 {
		fmt.Fprintf(&b, `{"$Stream":"s%d"`, n)
		for k := range 30 {
			fmt.Fprintf(&b, `,"k%d":%d`, n*30+k, k)
		}
		b.WriteString("}\n")
	}
	got := inspect(t, withSources(t, "sources: []\n", map[string]string{"a.ndjson": b.String()}))
	columns := 0
	for _, s := range got.Streams {
		columns += len(s.Columns)
	}
	if len(got.Streams) != inspectedStreams || columns != inspectedColumns || !got.Cut {
		t.Error(len(got.Streams), columns, got.Cut)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := folder(t, map[string]string{"a.ndjson": "{}"}, Options{}).Inspect(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What an inspection counts is what a query counts.
func TestInspectRealFiles(t *testing.T) {
	corpus := os.Getenv("TABLETOP_CORPUS")
	if corpus == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return
	}
	set, err := Open(filepath.Join(corpus, "zeek"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"zeek/apt29-day1-combined.log": 2140, "zeek/conn.log.gz": 8462, "zeek/dns-large.log.gz": 53615, "zeek/dns.log.gz": 5124,
		"zeek/http.log.gz": 4896, "zeek/rdp-ctu13.json.gz": 2227, "zeek/rdp.log.gz": 4122, "zeek/smtp.log.gz": 1188,
	}
	got := map[string]int64{}
	for _, f := range inspect(t, set).Files {
		got[f.Name] = f.Events
		if f.Undecodable > 0 || f.Problem != "" {
			t.Error(f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
