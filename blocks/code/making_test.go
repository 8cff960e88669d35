package code

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMakings(t *testing.T) {
	const chained = `
$Host = host($URL)   // as a browser reads it
where $Host != nil
rename $Host to $Name
$Domain = domain($Name) ?? (
  $Sender ?? $Domain)
$Other = $SrcIP
drop $SrcIP`
	tests := map[string]struct {
		text, column string
		made         []Making
		from         []string
		unknown      bool
	}{
		"one": {
			text: "$Domain = host($URL)\nwhere domain($URL) != nil", column: "$Domain",
			made: []Making{{"$Domain", "$Domain = host($URL)", 1, []string{"$URL"}}}, from: []string{"$URL"},
		},
		"untouched":   {text: "$Domain = host($URL)", column: "$SrcIP", from: []string{"$SrcIP"}},
		"of itself":   {text: "$Hash = find_sha1($Hash)", column: "$Hash", made: []Making{{"$Hash", "$Hash = find_sha1($Hash)", 1, []string{"$Hash"}}}, from: []string{"$Hash"}},
		"a constant":  {text: "$A = 'x'", column: "$A", made: []Making{{"$A", "$A = 'x'", 1, nil}}, from: []string{}},
		"without $":   {text: "$A = $B", column: "A", made: []Making{{"$A", "$A = $B", 1, []string{"$B"}}}, from: []string{"$B"}},
		"odd names":   {text: `col("$Count(1)") = col("a b") + 1`, column: "$Count(1)", made: []Making{{"$Count(1)", `col("$Count(1)") = col("a b") + 1`, 1, []string{"a b"}}}, from: []string{"a b"}},
		"twice":       {text: "$A = $B\n$A = $C", column: "$A", made: []Making{{"$A", "$A = $C", 2, []string{"$C"}}}, from: []string{"$C"}},
		"Python":      {text: "def transform(inward_array):\n    return inward_array", column: "$A", unknown: true},
		"no code":     {text: "$A == ", column: "$A", unknown: true},
		"renamed off": {text: "rename $A to $B", column: "$A", from: []string{"$A"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			made, from, ok := Makings(test.text, test.column)
			if ok == test.unknown {
				t.Fatalf("known is %v", ok)
			}
			if diff := cmp.Diff(test.made, made); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.from, from); diff != "" {
				t.Error(diff)
			}
		})
	}
	made, from, ok := Makings(chained, "$Domain")
	if !ok || len(made) != 3 || made[0].Line != 5 || made[1].Statement != "rename $Host to $Name" || made[2].Statement != "$Host = host($URL)" {
		t.Errorf("%v: %+v", ok, made)
	}
	if diff := cmp.Diff([]string{"$Sender", "$Domain", "$URL"}, from); diff != "" {
		t.Error(diff)
	}
}

// Whatever the text, going back ends, and no statement is made up.
func FuzzMakings(f *testing.F) {
	f.Add("$A = $B\nrename $A to $C", "$C")
	f.Add("def transform(x):\n  return x", "$C")
	f.Add("$A = f(", "$A")
	f.Fuzz(func(t *testing.T, text, column string) {
		made, from, ok := Makings(text, column)
		if !ok && (made != nil || from != nil) {
			t.Errorf("%v and %v of what is not known", made, from)
		}
		if ok && len(made) == 0 && (len(from) != 1 || from[0] != column) {
			t.Errorf("no statement, and from %v", from)
		}
	})
}
