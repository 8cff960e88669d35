package events

import (
	"errors"
	"hash/maphash"
	"strings"
	"testing"
)

// Few groups of long texts are bounded as well as many of short ones.
func TestGroupsAreBoundedInBytes(t *testing.T) {
	grouping := &Grouping{By: []int{0}, Aggregates: []Aggregate{{Kind: "max", Column: 1}, {Kind: "count_distinct", Column: 1}}}
	long, short := strings.Repeat("a", 1000), "b"
	hitOf := func(key, value string) hit {
		return hit{cells: []cell{{raw: []byte(`"` + key + `"`), form: jsonForm}, {raw: []byte(value), form: plainForm}}}
	}
	g := &grouper{grouping: grouping, table: groupTable{seed: maphash.MakeSeed()}}
	for _, h := range []hit{hitOf(long, long), hitOf(long, long), hitOf(short, short), hitOf(long, short)} {
		if err := g.hit(h); err != nil {
			t.Fatal(err)
		}
	}
	// The keys with their lengths, the greatest of each group, the different ones.
	want := int64(len(long)+2+len(short)+1) + int64(len(short)+len(short)) + int64(len(long)+len(short)+len(short))
	if g.held.bytes != want || g.held.distinct != 3 {
		t.Errorf("holds %d bytes, %d different values, want %d and 3", g.held.bytes, g.held.distinct, want)
	}
	if got := g.table.list[0].by[0]; string(got.raw) != long || got.form != textForm {
		t.Errorf("the key's value is kept a second time: %q as form %d", got.raw, got.form)
	}
	g.held.bytes = maxHeld
	if err := g.hit(hitOf("another", short)); !errors.Is(err, errTooMuchText) {
		t.Errorf("past the bound: %v", err)
	}
}
