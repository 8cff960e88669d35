package stores

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tabletop/workbook"
)

// TestCellsAreJSON: what is stored reads back, and is JSON for those who read
// the file with other programs.
func TestCellsAreJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var values []workbook.Value
		for range rapid.IntRange(0, 5).Draw(rt, "cells") {
			values = append(values, drawValue(rt))
		}
		stored := appendCells(nil, values)
		var list []any
		if err := json.Unmarshal(stored, &list); err != nil || len(list) != len(values) {
			rt.Fatalf("%s: %v", stored, err)
		}
		for i, v := range values {
			if text, ok := v.(string); ok && utf8.ValidString(text) && list[i] != text {
				rt.Fatalf("%s reads as %q, want %q", stored, list[i], text)
			}
		}
		got, err := readCells(stored, len(values))
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", append([]workbook.Value{}, values...)) {
			rt.Fatalf("%s: %#v %v", stored, got, err)
		}
	})
}

// FuzzReadCells reads what may stand in a damaged file.
func FuzzReadCells(f *testing.F) {
	for _, seed := range []string{"[]", `["a",1,1.5,null]`, `[{"bytes":"/w=="},{"float":"NaN"}]`, `["\u0000\""]`, "[", `["`, `["\`, "[{", "[,]", "[1,]", "[1]]", "", `[""x]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		values, err := readCells(stored, 8)
		if err != nil {
			return
		}
		again, err := readCells(appendCells(nil, values), 8)
		if err != nil || fmt.Sprintf("%#v", again) != fmt.Sprintf("%#v", values) {
			t.Errorf("%q reads as %#v, and written anew as %#v, %v", stored, values, again, err)
		}
		if bytes.ContainsRune(appendCells(nil, values), 0) {
			t.Error("a NUL byte is stored")
		}
	})
}
