package events

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchEvents is how many events the benchmarks read.
const benchEvents = 200_000

// manyEvents writes a file of firewall and proxy events, of the project's own
// making, and returns it opened.
func manyEvents(b *testing.B, format string) (*Set, int64) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "events."+format)
	var out strings.Builder
	header := "$CNAMTime,$Stream,$SrcIP,$SrcPort,$DstIP,$DstPort,$Proto,$Action,$TXLen,$RXLen,$URL,$User,$EventName\n"
	if format == "csv" {
		out.WriteString(header)
	}
	names := strings.Split(strings.TrimSpace(header), ",")
	ports := []string{"22", "80", "443", "443", "3389", "53", "8080"}
	for i := range benchEvents {
		stream, action := "FIREWALL", "PACKET_ALLOWED"
		if i%5 == 2 {
			stream = "PROXY"
		}
		if i%3 == 1 {
			action = "PACKET_BLOCKED"
		}
		values := []string{
			fmt.Sprint(1767225600000 + int64(i)*97), stream, fmt.Sprintf("10.%d.%d.%d", i%7, i%251, i%13), fmt.Sprint(1024 + i%60000),
			fmt.Sprintf("198.51.100.%d", i%200), ports[i%len(ports)], "TCP", action, fmt.Sprint(i % 99991), fmt.Sprint(i % 7919),
			fmt.Sprintf("http://host%d.example.com/p/%x?q=%d", i%1000, i*7919, i), fmt.Sprintf("user%d", i*31%2000), "connection closed",
		}
		if format == "csv" {
			out.WriteString(strings.Join(values, ",") + "\n")
			continue
		}
		for k, v := range values {
			lead := ","
			if k == 0 {
				lead = "{"
			}
			quote := `"`
			if k == 0 || k == 8 || k == 9 {
				quote = ""
			}
			out.WriteString(lead + `"` + names[k] + `":` + quote + v + quote)
		}
		out.WriteString("}\n")
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	return set, int64(out.Len())
}

// The questions of the benchmarks, as the query language writes them.
func benchQueries() map[string]Query {
	columns := []string{"$SrcIP", "$DstIP", "$DstPort", "$Action", "$URL", "$User", "$TXLen"}
	scan := func(where Filter, g *Grouping) []Scan {
		return []Scan{{Stream: "FIREWALL", Columns: columns, Where: where, Grouping: g}}
	}
	blocked := And{Compare{2, "=", int64(3389)}, Compare{3, "=", "PACKET_BLOCKED"}}
	return map[string]Query{
		"selective-grouped": {Scans: scan(blocked, &Grouping{By: []int{0, 1}, Aggregates: []Aggregate{{Kind: "count", Column: -1}}}), SQL: `SELECT g0, g1, a0, "group" FROM t0 WHERE a0 > 2`, Columns: make([]string, 3), Evidence: GroupEvidence},
		"pattern-rows":      {Scans: scan(Matches{4, "%host77.example%"}, nil), SQL: `SELECT c4, c5, rowid, "line" FROM t0`, Columns: make([]string, 2), Evidence: RowEvidence},
		"all-grouped":       {Scans: scan(nil, &Grouping{By: []int{5}, Aggregates: []Aggregate{{Kind: "count", Column: -1}, {Kind: "sum", Column: 6}}}), SQL: `SELECT g0, a0, a1, "group" FROM t0 ORDER BY a0 DESC LIMIT 10`, Columns: make([]string, 3), Evidence: GroupEvidence},
		"count":             {Scans: scan(nil, &Grouping{Aggregates: []Aggregate{{Kind: "count", Column: -1}}}), SQL: `SELECT a0, "group" FROM t0`, Columns: make([]string, 1), Evidence: GroupEvidence},
		"through-sqlite":    {Scans: scan(nil, nil), SQL: `SELECT count(*) FILTER (WHERE c3 = 'PACKET_BLOCKED') FROM t0`, Columns: make([]string, 1)},
	}
}

func BenchmarkQuery(b *testing.B) {
	for _, format := range []string{"ndjson", "csv"} {
		set, size := manyEvents(b, format)
		for name, q := range benchQueries() {
			q.MaxRows = 1_000_000
			b.Run(format+"/"+name, func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					if _, err := set.Query(context.Background(), q, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSurvey(b *testing.B) {
	set, size := manyEvents(b, "ndjson")
	b.SetBytes(size)
	for b.Loop() {
		set.survey = nil
		if _, err := set.Survey(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
