package events

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpusFile opens one real file through a mapping; nil where no corpus is set.
func corpusFile(t *testing.T, mapping, file string) *Set {
	t.Helper()
	corpus := os.Getenv("TABLETOP_CORPUS")
	if corpus == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return nil
	}
	sources := filepath.Join(t.TempDir(), SourcesName)
	text := "sources:\n  - {files: ['" + filepath.Base(file) + "'], mapping: " + mapping + ", enrich: {types: [SrcIP, DstIP]}}\n"
	if err := os.WriteFile(sources, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(filepath.Join(corpus, file), Options{Sources: []string{sources}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// The numbers are those of the files' own fields, counted without this package.
func TestBuiltInMappingsOnRealFiles(t *testing.T) {
	for _, tt := range []struct {
		mapping, file, stream string
		columns               []string
		sql                   string
		want                  [][]any
	}{
		{
			"zeek-rdp", "zeek/rdp.log.gz", "FIREWALL",
			[]string{"$SrcIP", "$DstPort"},
			"SELECT c0, count(*) FROM t0 WHERE c1='3389' GROUP BY c0 ORDER BY 2 DESC LIMIT 1",
			[][]any{{"10.164.94.120", int64(4116)}},
		},
		{
			"zeek-rdp", "zeek/rdp.log.gz", "FIREWALL",
			[]string{"$DstIP", "$SrcType", "at"},
			"SELECT count(*), count(DISTINCT c0), sum(c1='PRIVATE'), count(\"at\") FROM t0",
			[][]any{{int64(4122), int64(21), int64(4122), int64(4122)}},
		},
		{
			"zeek-rdp", "zeek/rdp-ctu13.json.gz", "FIREWALL",
			[]string{"$SrcIP", "$SrcType"},
			"SELECT c0, c1, count(*) FROM t0 WHERE c0 IS NOT NULL GROUP BY c0, c1 ORDER BY 3 DESC, c0 LIMIT 4",
			[][]any{{"178.77.71.27", "PUBLIC", int64(2016)}, {"109.74.55.27", "PUBLIC", int64(71)}, {"208.86.166.68", "PUBLIC", int64(70)}, {"64.31.13.148", "PUBLIC", int64(70)}},
		},
		{
			"zeek-http", "zeek/http.log.gz", "PROXY",
			[]string{"$URL", "$Domain", "host"},
			"SELECT count(*), count(c0), count(DISTINCT c2), sum(c1 IS NULL) FROM t0",
			[][]any{{int64(4896), int64(4894), int64(388), int64(296)}},
		},
		{"zeek-dns", "zeek/dns.log.gz", "DNS", []string{"$Domain", "$SrcIP"}, "SELECT count(*), count(c1) FROM t0", [][]any{{int64(5124), int64(5124)}}},
		{"zeek-conn", "zeek/conn.log.gz", "FIREWALL", []string{"$DstPort"}, "SELECT count(*), coalesce(sum(c0='3389'), 0) FROM t0", [][]any{{int64(8462), int64(0)}}},
		{"zeek-smtp", "zeek/smtp.log.gz", "EMAIL", []string{"mailfrom", "$Sender"}, "SELECT count(*), count(c0), sum(c0 = c1) FROM t0", [][]any{{int64(1188), int64(12), int64(12)}}},
		{
			"zeek", "zeek/apt29-day1-combined.log", "FILE",
			[]string{"$Hash", "sha1"},
			"SELECT count(*), count(c1), count(DISTINCT c1), sum(c0 = c1) FROM t0",
			[][]any{{int64(448), int64(447), int64(22), int64(447)}},
		},
		{"zeek", "zeek/apt29-day1-combined.log", "FIREWALL", []string{"$SrcIP"}, "SELECT count(*), count(c0) FROM t0", [][]any{{int64(613), int64(613)}}},
		{"suricata", "network/suricata-eve.json.gz", "THREAT", []string{"$SrcIP", "$Threat"}, "SELECT count(*), count(c0), count(c1) FROM t0", [][]any{{int64(1162), int64(1162), int64(1162)}}},
		{"suricata", "network/suricata-eve.json.gz", "FIREWALL", []string{"$TXLen"}, "SELECT count(*), count(c0) FROM t0", [][]any{{int64(21), int64(21)}}},
		{
			"azure-nsg", "network/az_net_flows.csv", "FIREWALL",
			[]string{"$SrcIP", "$DstIP", "$DstPort", "$Direction", "$SrcType"},
			"SELECT c0, c1, c4, count(*) FROM t0 WHERE c2='3389' AND c3='INBOUND' GROUP BY c0, c1, c4",
			[][]any{{"131.107.147.209", "10.0.3.5", "PUBLIC", int64(4)}},
		},
		{"azure-nsg", "network/az_net_flows.csv", "FIREWALL", []string{"$SrcIP", "$DstIP"}, "SELECT count(*), count(c0), count(c1), count(\"at\") FROM t0", [][]any{{int64(460), int64(460), int64(460), int64(460)}}},
	} {
		set := corpusFile(t, tt.mapping, tt.file)
		if set == nil {
			return
		}
		result := query(t, set, Query{Scans: []Scan{{Stream: tt.stream, Columns: tt.columns}}, SQL: tt.sql, Columns: make([]string, len(tt.want[0]))})
		if diff := cmp.Diff(tt.want, values(result.Table)); diff != "" {
			t.Errorf("%s through %s: %s", tt.file, tt.mapping, diff)
		}
	}
}
