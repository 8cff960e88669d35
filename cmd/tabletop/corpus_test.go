package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
)

// corpus is the folder of real events, outside of the project.
func corpus(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("TABLETOP_CORPUS")
	if root == "" {
		t.Log("TABLETOP_CORPUS names no folder of real events")
		return ""
	}
	return filepath.Join(root, filepath.FromSlash(name))
}

// rehearse runs a workbook of testdata/corpus over a file and returns what it
// printed as JSON.
func rehearse(t *testing.T, book, events string, args ...string) runObject {
	t.Helper()
	args = append([]string{
		"run", filepath.Join("testdata", "corpus", book), "--events", events, "--integrations", filepath.Join("..", "..", "examples", "integrations.yaml"),
		"--audit", filepath.Join(t.TempDir(), "audit.db"), "--keep-rows", "100000", "-o", "json",
	}, args...)
	code, out, remarks := tabletop(t, args...)
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, remarks)
	}
	var o runObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestCorpusRemoteDesktop(t *testing.T) {
	events := corpus(t, "zeek/rdp-ctu13.json.gz")
	if events == "" {
		return
	}
	all := rehearse(t, "rdp/all.yaml", events)
	var got [][]any
	for _, row := range all.Blocks[0].Rows {
		got = append(got, []any{row[0], int(row[1].(float64))})
	}
	want := [][]any{{"178.77.71.27", 2016}, {"109.74.55.27", 71}, {"208.86.166.68", 70}, {"64.31.13.148", 70}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	published := rehearse(t, "rdp", events)
	var targets []string
	for _, a := range published.Actions {
		targets = append(targets, a.Target+" "+string(a.Verdict))
	}
	// LIMIT 2 keeps the first two by their first event, and neither of the two
	// that knocked most.
	if diff := cmp.Diff([]string{"208.86.166.68 would_send", "64.31.13.148 would_send"}, targets); diff != "" {
		t.Error(diff)
	}
	if published.Blocks[0].Evidence[0].Events != 70 || published.Blocks[0].Evidence[0].First[0].Line != 1 {
		t.Error(published.Blocks[0].Evidence)
	}

	zeek := rehearse(t, "rdp/all.yaml", corpus(t, "zeek/rdp.log.gz"))
	if first := zeek.Blocks[0].Rows[0]; first[0] != "10.164.94.120" || first[1] != 4116.0 {
		t.Error(first)
	}
	none := rehearse(t, "rdp", corpus(t, "zeek/conn.log.gz"))
	if len(none.Blocks[0].Rows) != 0 || len(none.Actions) != 0 || none.Status != workbook.Completed {
		t.Error(none)
	}
}

// zeekRows reads a Zeek log in the plainest way: fields by name, a line an
// event.
func zeekRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	var rows []map[string]string
	lines := bufio.NewScanner(plain)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		parts := strings.Split(lines.Text(), "\t")
		if parts[0] == "#fields" {
			fields = parts[1:]
		}
		if strings.HasPrefix(parts[0], "#") {
			continue
		}
		row := map[string]string{}
		for i, name := range fields {
			row[name] = parts[i]
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCorpusDomains(t *testing.T) {
	events := corpus(t, "zeek/http.log.gz")
	if events == "" {
		return
	}
	got := rehearse(t, "domain", events)
	rows := zeekRows(t, events)
	newest := 0.0
	for _, row := range rows {
		ts, err := strconv.ParseFloat(row["ts"], 64)
		if err != nil {
			t.Fatal(err)
		}
		newest = max(newest, ts)
	}
	groups, named, hosts := map[string]bool{}, 0, map[string]bool{}
	for _, row := range rows {
		ts, _ := strconv.ParseFloat(row["ts"], 64)
		if ts <= newest-24*60*60 || row["host"] == "-" || row["uri"] == "-" {
			continue
		}
		key := row["id.orig_h"] + " " + row["host"] + row["uri"]
		if groups[key] {
			continue
		}
		groups[key] = true
		if _, ok := indicator.Domain(row["host"]); ok {
			named++
			hosts[strings.TrimSuffix(strings.ToLower(row["host"]), ".")] = true
		}
	}
	if len(groups) < 100 || got.Blocks[0].RowsOut != len(groups) || got.Blocks[1].RowsOut != named {
		t.Errorf("%d and %d rows, want %d and %d", got.Blocks[0].RowsOut, got.Blocks[1].RowsOut, len(groups), named)
	}
	if dnif := got.Totals["dnif_would_send"]; dnif != named {
		t.Errorf("DNIF would send %d, want %d", dnif, named)
	}
	different := map[string]bool{}
	for _, a := range got.Actions {
		different[a.Canonical] = true
		if a.Verdict == workbook.Invalid {
			t.Errorf("%s is invalid: %s", a.Target, a.Reason)
		}
	}
	if len(different) != len(hosts) {
		t.Errorf("%d different targets, want %d", len(different), len(hosts))
	}
}

func TestCorpusURLLists(t *testing.T) {
	events := corpus(t, "urls")
	if events == "" {
		return
	}
	got := rehearse(t, "domain", events)
	lines := map[string]bool{}
	for _, name := range []string{"unit42-captcha-phishing.txt", "unit42-scam-urls.txt"} {
		text, err := os.ReadFile(filepath.Join(events, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				lines[line] = true
			}
		}
	}
	if got.Blocks[0].RowsOut != len(lines) {
		t.Errorf("%d rows, want %d", got.Blocks[0].RowsOut, len(lines))
	}
	t.Logf("of %d URLs %d have a domain; %v", len(lines), got.Blocks[1].RowsOut, got.Totals)
	if got.Blocks[1].RowsOut < len(lines)*99/100 {
		t.Errorf("only %d of %d URLs have a domain", got.Blocks[1].RowsOut, len(lines))
	}
}

func TestCorpusHashes(t *testing.T) {
	events := corpus(t, "zeek/apt29-day1-combined.log")
	if events == "" {
		return
	}
	got := rehearse(t, "hash", events)
	different := map[string]bool{}
	for _, a := range got.Actions {
		different[a.Target] = true
	}
	if got.Blocks[1].RowsOut != 447 || len(different) != 22 || got.Totals["dnif_would_send"] != 447 {
		t.Errorf("%d rows, %d hashes, %v", got.Blocks[1].RowsOut, len(different), got.Totals)
	}
	if sent := got.Totals["would_send"] + got.Totals["refused_protected"]; got.Totals["deduplicated"]+sent != 447 {
		t.Error(got.Totals)
	}
}
