package blocks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tabletop/blocks"
	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// An attempt is an event of the tests below.
type attempt struct {
	Stream string `json:"$Stream"`
	Time   int64  `json:"$CNAMTime"`
	Source string `json:"$SrcIP,omitempty"`
	Target string `json:"$DstIP"`
	Length int64  `json:"$TXLen"`
}

var attemptsClock = time.UnixMilli(1768046400000)

// ran runs the first block of a workbook over attempts.
func ran(t rapid.TB, dir, block string, list []attempt) workbook.Output {
	var lines strings.Builder
	for _, a := range list {
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	path, book := filepath.Join(dir, "events.ndjson"), filepath.Join(dir, "workbook.yaml")
	for file, text := range map[string]string{path: lines.String(), book: "workbook: W\nblocks:\n  - " + block + "\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := events.Open(path, events.Options{Wall: attemptsClock})
	if err != nil {
		t.Fatal(err)
	}
	w, problems, err := workbook.ReadFile(book, blocks.Kinds(blocks.Options{Query: query.Options{Events: set, Standard: 5 * time.Minute}}))
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems)
	}
	program, problems := workbook.Prepare(w, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	out, err := program.Steps()[0].Run(context.Background(), workbook.Table{}, &workbook.Env{Now: attemptsClock, Zone: time.UTC, Block: 1, MaxRows: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// scoresOf computes M of the numbers of attempts by source, as the books write it.
func scoresOf(counts map[string]float64) map[string]float64 {
	middle := func(list []float64) float64 {
		slices.Sort(list)
		return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
	}
	var values, apart []float64
	for _, n := range counts {
		values = append(values, n)
	}
	center, sum := middle(values), 0.0
	for _, v := range values {
		apart = append(apart, math.Abs(v-center))
		sum += math.Abs(v - center)
	}
	mad := middle(apart)
	out := map[string]float64{}
	for source, n := range counts {
		switch {
		case mad > 0:
			out[source] = 0.6745 * (n - center) / mad
		case sum > 0:
			out[source] = (n - center) / (math.Sqrt(math.Pi/2) * sum / float64(len(values)))
		}
	}
	return out
}

// TestOutliersAgreeWithCounting counts attempts by hand, window, stream and
// missing source minded, and compares the block's rows, scores and evidence.
func TestOutliersAgreeWithCounting(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var list []attempt
		for i := range rapid.IntRange(5, 12).Draw(t, "sources") {
			for range rapid.IntRange(1, 15).Draw(t, "attempts") {
				list = append(list, attempt{
					"FIREWALL", attemptsClock.UnixMilli() - rapid.Int64Range(0, 9*24*3600*1000).Draw(t, "before"),
					rapid.SampledFrom([]string{fmt.Sprintf("192.0.2.%d", i), fmt.Sprintf("192.0.2.%d", i), ""}).Draw(t, "source"), "10.0.0.1", 1,
				})
			}
		}
		list = append(list, attempt{"PROXY", attemptsClock.UnixMilli(), "192.0.2.0", "10.0.0.1", 1})
		counts := map[string]float64{}
		for _, a := range list {
			if a.Stream == "FIREWALL" && a.Source != "" && a.Time > attemptsClock.UnixMilli()-7*24*3600*1000 {
				counts[a.Source]++
			}
		}
		out := ran(t, dir, "outlier: {duration: 7d}", list)
		if len(counts) < 5 {
			if len(out.Table.Rows) != 0 {
				t.Fatalf("%d sources gave %d outliers", len(counts), len(out.Table.Rows))
			}
			return
		}
		want := scoresOf(counts)
		out = ran(t, dir, "outlier: {duration: 7d, all: true}", list)
		if len(out.Table.Rows) != len(counts) {
			t.Fatalf("%d rows of %d sources", len(out.Table.Rows), len(counts))
		}
		beyond := 0
		for _, row := range out.Table.Rows {
			source := row.Values[0].(string)
			score := row.Values[out.Table.Index("$Score")].(float64)
			if math.Abs(score-want[source]) > 0.00051 || float64(row.Values[1].(int64)) != counts[source] {
				t.Fatalf("%s: %v, want a score of %v over %v", source, row.Values, want[source], counts)
			}
			if float64(row.Evidence.Events) != counts[source] {
				t.Fatalf("%s: evidence of %d events, not %v", source, row.Evidence.Events, counts[source])
			}
			for _, p := range row.Evidence.First {
				if list[p.Line-1].Source != source {
					t.Fatalf("%s: the evidence leads to an event of %s", source, list[p.Line-1].Source)
				}
			}
			if math.Abs(want[source]) > 3.5 {
				beyond++
			}
		}
		if got := len(ran(t, dir, "outlier: {duration: 7d}", list).Table.Rows); got != beyond {
			t.Fatalf("%d outliers, not %d", got, beyond)
		}
	})
}

// TestOutlierFeatures has one source that is ordinary in number and out in what it
// reaches.
func TestOutlierFeatures(t *testing.T) {
	var list []attempt
	for i := range 9 {
		for n := range 10 + i {
			a := attempt{"PROXY", attemptsClock.UnixMilli() - int64(n), fmt.Sprintf("192.0.2.%d", i), "10.0.0.1", int64(100 + i)}
			if i == 4 {
				a.Target = fmt.Sprintf("10.0.0.%d", n)
			}
			list = append(list, a)
		}
	}
	out := ran(t, t.TempDir(), "outlier: {stream: proxy, duration: 1d, features: [count, count_unique $DstIP, max $TXLen], where: ['$DstIP = 10.*']}", list)
	want := []workbook.Value{"192.0.2.4", int64(14), int64(14), int64(104), 7.181, "$Unique(DstIP)", int64(1)}
	if len(out.Table.Rows) != 1 || !slices.Equal(out.Table.Rows[0].Values, want) {
		t.Errorf("found %v, want %v", out.Table.Rows, want)
	}
	if !strings.Contains(strings.Join(out.Warnings, "\n"), "DNIF's own model is not published") {
		t.Errorf("the block does not say whose model it is: %q", out.Warnings)
	}
}
