package events

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzTextEnd holds the check of a text against encoding/json.
func FuzzTextEnd(f *testing.F) {
	for _, seed := range []string{`abc`, `a\nb`, `\u00e9é`, "tab\tin", `\x`, `\u12g4`, `long enough to fill a word \" and more`, "\xff\xfe", `\`, `\u1`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		line := []byte(`"` + inner + `",`)
		end, plain := textEnd(line, 1)
		// What a decoder takes as the first value is what must have been found.
		var first json.RawMessage
		d := json.NewDecoder(strings.NewReader(`[` + string(line) + `0]`))
		_, _ = d.Token()
		err := d.Decode(&first)
		switch {
		case err != nil && end >= 0 && !json.Valid(line[:end+1]):
			t.Fatalf("%q: found %d, but %v", line, end, err)
		case err == nil && first[0] == '"' && end != len(first)-1:
			t.Fatalf("%q: found %d, want %d", line, end, len(first)-1)
		case plain && (end < 0 || string(line[1:end]) != jsonText(line[:end+1])):
			t.Fatalf("%q does not read as it stands", line)
		}
	})
}
