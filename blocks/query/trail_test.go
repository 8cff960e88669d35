package query

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// TestTrailsAgreeWithTheQuery holds what a trail says of a value against the rows
// that the query gives and against events that are tested one by one.
func TestTrailsAgreeWithTheQuery(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		type event struct {
			a, b, c, stream string
			age             int
		}
		values := rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"})
		list := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) event {
			return event{values.Draw(rt, "a"), values.Draw(rt, "b"), rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "c"), rapid.SampledFrom([]string{"S", "T"}).Draw(rt, "stream"), rapid.IntRange(0, 3).Draw(rt, "age")}
		}), 1, 8).Draw(rt, "events")
		var text strings.Builder
		for _, e := range list {
			line, _ := json.Marshal(map[string]any{"$Stream": e.stream, "$A": e.a, "$B": e.b, "$C": e.c, "$CNAMTime": now.Add(-time.Duration(e.age) * time.Hour).UnixMilli()})
			text.Write(append(line, '\n'))
		}
		n++
		path := filepath.Join(dir, fmt.Sprintf("E%d.ndjson", n))
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			rt.Fatal(err)
		}
		defer os.Remove(path)
		set, err := events.Open(path, events.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		grouped := rapid.Bool().Draw(rt, "grouped")
		query := "SELECT $A, $B FROM S WHERE $C='x' AND $Duration=2h"
		having := 0
		if grouped {
			query = "SELECT $A, COUNT(*) FROM S WHERE $C='x' AND $Duration=2h GROUP BY $A"
			if having = rapid.IntRange(0, 2).Draw(rt, "having"); having > 0 {
				query += fmt.Sprintf(" HAVING COUNT(*)>%d", having)
			}
		}
		limit := rapid.IntRange(0, 2).Draw(rt, "limit")
		if limit > 0 {
			query += fmt.Sprintf(" LIMIT %d", limit)
		}
		s, problems := Parse(source.NewText("query", query), workbook.NewPreparation(nil))
		if problems.Err() != nil {
			rt.Fatal(problems)
		}
		value := values.Draw(rt, "value")
		o := Options{Events: set}
		env := &workbook.Env{Now: now, Zone: time.UTC, MaxRows: 100}
		trail, err := s.trail(t.Context(), o, env, Sought{Value: value}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		result, _, err := s.Run(t.Context(), o, Clock{Now: now, Zone: time.UTC}, 100, nil)
		if err != nil {
			rt.Fatal(err)
		}
		var read, inside, passed int64
		for _, e := range list {
			if e.stream != "S" || e.a != value && e.b != value {
				continue
			}
			read++
			if e.age < 2 {
				inside++
				if e.c == "x" {
					passed++
				}
			}
		}
		var rows []int
		for i, row := range result.Table.Rows {
			if slices.ContainsFunc(row.Values, (Sought{Value: value}).In) {
				rows = append(rows, i+1)
			}
		}
		want := Came
		switch {
		case read == 0:
			want = NotRead
		case inside == 0:
			want = OutsideTime
		case passed == 0:
			want = ByCondition
		case len(rows) > 0:
		case len(trail.Rows) > 0:
			want = NotSelected
		case trail.Lost == ByHaving && having > 0, trail.Lost == ByLimit && limit > 0:
			want = trail.Lost
		}
		if trail.Lost != want || trail.Lost == Came && !slices.Equal(trail.Rows, rows) {
			rt.Fatalf("%s\n%s%s of %s, not %s; rows %v, not %v", query, text.String(), trail.Lost, value, want, trail.Rows, rows)
		}
		if src := trail.Sources[0]; src.Holds != read || src.Inside != inside {
			rt.Fatalf("%d and %d events, not %d and %d", src.Holds, src.Inside, read, inside)
		}
		if trail.Lost == ByLimit && (len(trail.Places) == 0 || trail.Places[0] <= limit) {
			rt.Fatalf("places %v behind LIMIT %d", trail.Places, limit)
		}
	})
}
