package stores

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// TestModes holds the modes to what DNIF publishes of _store.
func TestModes(t *testing.T) {
	later := tableOf([]string{"count_unique", "$SrcIP"}, []workbook.Value{int64(11), "192.0.2.1"}, []workbook.Value{int64(40), "192.0.2.4"})
	address := []string{"$SrcIP", "$AddrScheme", "$DevSrcIP"}
	tests := map[string]struct {
		before workbook.Table
		mode   Mode
		key    string
		rows   workbook.Table
		want   workbook.Table
		change Change
	}{
		"replace": {
			counts, StackReplace, "", later, later,
			Change{Mode: StackReplace, Before: 3, After: 2, Added: 2, Removed: 3},
		},
		"replace by nothing": {
			counts, StackReplace, "", tableOf([]string{"a"}), tableOf([]string{"a"}),
			Change{Mode: StackReplace, Before: 3, Removed: 3, ColumnsAdded: []string{"a"}, ColumnsRemoved: []string{"$SrcIP", "count_unique"}},
		},
		"append": {
			counts, StackAppend, "", later,
			tableOf(counts.Columns, counts.Rows[0].Values, counts.Rows[1].Values, counts.Rows[2].Values, []workbook.Value{"192.0.2.1", int64(11)}, []workbook.Value{"192.0.2.4", int64(40)}),
			Change{Mode: StackAppend, Before: 3, After: 5, Added: 2},
		},
		"append a new column": {
			tableOf([]string{"a", "b"}, []workbook.Value{"1", "2"}), StackAppend, "", tableOf([]string{"c", "b"}, []workbook.Value{"4", "3"}),
			tableOf([]string{"a", "b", "c"}, []workbook.Value{"1", "2", nil}, []workbook.Value{nil, "3", "4"}),
			Change{Mode: StackAppend, Before: 1, After: 2, Added: 1, ColumnsAdded: []string{"c"}},
		},
		"replace keys": {
			counts, KeyReplace, "$SrcIP", later,
			tableOf(counts.Columns, []workbook.Value{"192.0.2.1", int64(11)}, counts.Rows[1].Values, counts.Rows[2].Values, []workbook.Value{"192.0.2.4", int64(40)}),
			Change{Mode: KeyReplace, Key: "$SrcIP", Before: 3, After: 4, Added: 1, Replaced: 1},
		},
		"the key without its $": {
			counts, KeyReplace, "SrcIP", tableOf(counts.Columns), counts,
			Change{Mode: KeyReplace, Key: "$SrcIP", Before: 3, After: 3},
		},
		"the values of a key are replaced together": {
			tableOf(address, []workbook.Value{"192.0.2.126", "STATIC", "192.0.2.153"}, []workbook.Value{"192.0.2.9", nil, "192.0.2.154"}),
			KeyReplace, "$SrcIP", tableOf(address[:2], []workbook.Value{"192.0.2.126", "DYNAMIC"}),
			tableOf(address, []workbook.Value{"192.0.2.126", "DYNAMIC", nil}, []workbook.Value{"192.0.2.9", nil, "192.0.2.154"}),
			Change{Mode: KeyReplace, Key: "$SrcIP", Before: 2, After: 2, Replaced: 1},
		},
		"a column that lost its last value goes": {
			tableOf(address, []workbook.Value{"192.0.2.126", "STATIC", "192.0.2.153"}, []workbook.Value{"192.0.2.9", "STATIC", nil}),
			KeyReplace, "$SrcIP", tableOf(address[:2], []workbook.Value{"192.0.2.126", "DYNAMIC"}),
			tableOf(address[:2], []workbook.Value{"192.0.2.126", "DYNAMIC"}, []workbook.Value{"192.0.2.9", "STATIC"}),
			Change{Mode: KeyReplace, Key: "$SrcIP", Before: 2, After: 2, Replaced: 1, ColumnsRemoved: []string{"$DevSrcIP"}},
		},
		"a column that had no value stays": {
			tableOf(address, []workbook.Value{"192.0.2.126", "STATIC", nil}),
			KeyReplace, "$SrcIP", tableOf(address[:2], []workbook.Value{"192.0.2.126", "DYNAMIC"}),
			tableOf(address, []workbook.Value{"192.0.2.126", "DYNAMIC", nil}),
			Change{Mode: KeyReplace, Key: "$SrcIP", Before: 1, After: 1, Replaced: 1},
		},
		"only the first of the rows with a key is replaced": {
			tableOf([]string{"k", "v"}, []workbook.Value{"a", "1"}, []workbook.Value{"b", "2"}, []workbook.Value{"a", "3"}),
			KeyReplace, "k", tableOf([]string{"k", "v"}, []workbook.Value{"a", "9"}),
			tableOf([]string{"k", "v"}, []workbook.Value{"a", "9"}, []workbook.Value{"b", "2"}, []workbook.Value{"a", "3"}),
			Change{Mode: KeyReplace, Key: "k", Before: 3, After: 3, Replaced: 1},
		},
		"of several that come in the last one stays": {
			tableOf([]string{"k", "v"}, []workbook.Value{"a", "1"}),
			KeyReplace, "k", tableOf([]string{"k", "v"}, []workbook.Value{"a", "2"}, []workbook.Value{"b", "3"}, []workbook.Value{"a", "4"}, []workbook.Value{"b", "5"}),
			tableOf([]string{"k", "v"}, []workbook.Value{"a", "4"}, []workbook.Value{"b", "5"}),
			Change{Mode: KeyReplace, Key: "k", Before: 1, After: 2, Added: 1, Replaced: 1, Repeated: 2},
		},
		"a row without a key is added": {
			tableOf([]string{"k", "v"}, []workbook.Value{nil, "1"}),
			KeyReplace, "k", tableOf([]string{"k", "v"}, []workbook.Value{nil, "2"}, []workbook.Value{"", "3"}, []workbook.Value{nil, "4"}),
			tableOf([]string{"k", "v"}, []workbook.Value{nil, "1"}, []workbook.Value{nil, "2"}, []workbook.Value{"", "3"}, []workbook.Value{nil, "4"}),
			Change{Mode: KeyReplace, Key: "k", Before: 1, After: 4, Added: 3, Unkeyed: 2},
		},
		"keys compare as texts": {
			tableOf([]string{"$DstPort", "v"}, []workbook.Value{int64(80), "1"}, []workbook.Value{"0443", "2"}),
			KeyReplace, "$DstPort", tableOf([]string{"$DstPort", "v"}, []workbook.Value{"80", "3"}, []workbook.Value{int64(443), "4"}),
			tableOf([]string{"$DstPort", "v"}, []workbook.Value{"80", "3"}, []workbook.Value{"0443", "2"}, []workbook.Value{int64(443), "4"}),
			Change{Mode: KeyReplace, Key: "$DstPort", Before: 2, After: 3, Added: 1, Replaced: 1},
		},
		"a store without the key's column": {
			tableOf([]string{"v"}, []workbook.Value{"1"}),
			KeyReplace, "k", tableOf([]string{"k"}, []workbook.Value{"a"}),
			tableOf([]string{"v", "k"}, []workbook.Value{"1", nil}, []workbook.Value{nil, "a"}),
			Change{Mode: KeyReplace, Key: "k", Before: 1, After: 2, Added: 1, ColumnsAdded: []string{"k"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			keep(t, s, "one", StackReplace, "", test.before)
			test.change.Store = "one"
			x := begin(t, s)
			got := write(t, x, "ONE", test.mode, test.key, test.rows)
			if diff := cmp.Diff(test.change, got); diff != "" {
				t.Error(diff)
			}
			holds(t, x, "one", test.want)
			holds(t, s, "one", test.before)
			if diff := cmp.Diff([]Change{test.change}, x.Changes()); diff != "" {
				t.Error(diff)
			}
			if err := x.Commit(context.Background()); err != nil {
				t.Fatal(err)
			}
			holds(t, s, "one", test.want)
		})
	}
}

// A model is a store as one would write it down: rows as maps of what is not
// null, without any cleverness.
type model struct {
	columns []string
	rows    []map[string]workbook.Value
}

func (m *model) table() workbook.Table {
	t := workbook.Table{Columns: m.columns}
	for _, row := range m.rows {
		values := make([]workbook.Value, len(m.columns))
		for i, name := range m.columns {
			values[i] = row[name]
		}
		t.Rows = append(t.Rows, workbook.Row{Values: values})
	}
	return t
}

func (m *model) write(mode Mode, key string, t workbook.Table) {
	if mode == StackReplace {
		m.columns, m.rows = nil, nil
	}
	for _, name := range t.Columns {
		if !slices.Contains(m.columns, name) {
			m.columns = append(m.columns, name)
		}
	}
	lost := map[string]bool{}
	for _, row := range t.Rows {
		next := map[string]workbook.Value{}
		for i, name := range t.Columns {
			if row.Values[i] != nil {
				next[name] = row.Values[i]
			}
		}
		at := -1
		if mode == KeyReplace && next[key] != nil {
			at = slices.IndexFunc(m.rows, func(have map[string]workbook.Value) bool {
				return have[key] != nil && workbook.Text(have[key]) == workbook.Text(next[key])
			})
		}
		if at < 0 {
			m.rows = append(m.rows, next)
			continue
		}
		for name := range m.rows[at] {
			lost[name] = true
		}
		m.rows[at] = next
	}
	m.columns = slices.DeleteFunc(m.columns, func(name string) bool {
		if !lost[name] || slices.Contains(t.Columns, name) {
			return false
		}
		return !slices.ContainsFunc(m.rows, func(row map[string]workbook.Value) bool { return row[name] != nil })
	})
}

var strangeNames = []string{"$SrcIP", "srcip", "$Count(1)", "'; DROP TABLE stores; --", "a\"b", "nul\x00", "\xff\xfe", "ñ", `\`, "[", "\u202e", "\ufffd"}

func drawValue(rt *rapid.T) workbook.Value {
	switch rapid.IntRange(0, 5).Draw(rt, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Int64().Draw(rt, "whole")
	case 2:
		return rapid.Float64().Draw(rt, "real")
	case 3:
		return rapid.SampledFrom([]string{"a", "b", "c", "007", "1e5"}).Draw(rt, "key")
	case 4:
		return rapid.SampledFrom(strangeNames).Draw(rt, "strange")
	}
	return string(rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(rt, "bytes"))
}

func drawTable(rt *rapid.T) workbook.Table {
	t := workbook.Table{Columns: rapid.SliceOfNDistinct(rapid.SampledFrom(strangeNames), 1, 5, rapid.ID).Draw(rt, "columns")}
	for range rapid.IntRange(0, 6).Draw(rt, "rows") {
		values := make([]workbook.Value, len(t.Columns))
		for i := range values {
			values[i] = drawValue(rt)
		}
		t.Rows = append(t.Rows, workbook.Row{Values: values})
	}
	return t
}

// TestWritesAgreeWithAModel does what runs do, at random: several writes a
// session, some kept and some not, and compares each store with a model.
func TestWritesAgreeWithAModel(t *testing.T) {
	folder := t.TempDir()
	files := 0
	rapid.Check(t, func(rt *rapid.T) {
		files++
		s, err := Open(filepath.Join(folder, fmt.Sprintf("%d.db", files)))
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		kept := map[string]*model{}
		for range rapid.IntRange(1, 4).Draw(rt, "sessions") {
			x, err := s.Begin(context.Background())
			if err != nil {
				rt.Fatal(err)
			}
			seen := map[string]*model{}
			for name, m := range kept {
				seen[name] = &model{slices.Clone(m.columns), slices.Clone(m.rows)}
			}
			for range rapid.IntRange(0, 4).Draw(rt, "writes") {
				writeBoth(rt, x, seen)
			}
			if rapid.Bool().Draw(rt, "commit") {
				if err := x.Commit(context.Background()); err != nil {
					rt.Fatal(err)
				}
				kept = seen
			} else if err := x.Discard(); err != nil {
				rt.Fatal(err)
			}
			compare(rt, s, kept)
		}
	})
}

func writeBoth(rt *rapid.T, x *Session, seen map[string]*model) {
	name := rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "store")
	mode := Mode(rapid.SampledFrom(Modes()).Draw(rt, "mode"))
	rows := drawTable(rt)
	key := ""
	if mode == KeyReplace {
		key = rapid.SampledFrom(rows.Columns).Draw(rt, "key")
	}
	m := seen[name]
	if m == nil {
		m = &model{}
		seen[name] = m
	}
	before := int64(len(m.rows))
	change, err := x.Write(context.Background(), name, mode, key, rows, 1, noon)
	if err != nil {
		rt.Fatal(err)
	}
	m.write(mode, key, rows)
	after := int64(len(m.rows))
	if change.Before != before || change.After != after || after != before+change.Added-change.Removed {
		rt.Fatalf("%+v, and the model went from %d to %d", change, before, after)
	}
	if written := int64(len(rows.Rows)); written != change.Added+change.Replaced+change.Repeated {
		rt.Fatalf("%+v for %d rows", change, written)
	}
	if rapid.Bool().Draw(rt, "look") {
		compare(rt, x, seen)
	}
}

// compare holds every store to its model, with values told apart by kind. NaN
// is like itself.
func compare(rt *rapid.T, from reader, want map[string]*model) {
	for name, m := range want {
		got, err := from.Rows(context.Background(), name, 0)
		if err != nil {
			rt.Fatal(err)
		}
		wanted := m.table()
		if fmt.Sprintf("%q", wanted.Columns) != fmt.Sprintf("%q", got.Columns) {
			rt.Fatalf("columns of %s: %q, want %q", name, got.Columns, wanted.Columns)
		}
		if a, b := fmt.Sprintf("%#v", valuesOf(wanted)), fmt.Sprintf("%#v", valuesOf(got)); a != b {
			rt.Fatalf("rows of %s: %s\nwant %s", name, b, a)
		}
		few, err := from.Rows(context.Background(), name, 2)
		if err != nil || len(few.Rows) != min(2, len(m.rows)) {
			rt.Fatal(few, err)
		}
	}
}
