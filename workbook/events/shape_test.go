package events

import (
	"strings"
	"testing"
)

// TestShapeRefusesWhatJSONRefuses nests as deep as encoding/json takes on its
// own, which is one too deep inside an event.
func TestShapeRefusesWhatJSONRefuses(t *testing.T) {
	deep := `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}\n"
	_, first := scanned(t, "E.ndjson", deep, []string{"a"}, chunkSize)
	_, second := scanned(t, "E.ndjson", `{"a":1}`+"\n"+deep, []string{"a"}, chunkSize)
	if first.Undecodable != 1 || second.Undecodable != 1 {
		t.Errorf("%d undecodable as the first line, %d as the second", first.Undecodable, second.Undecodable)
	}
}

// TestBlankLinesAreBlankInAllWays has lines of blanks beyond ASCII.
func TestBlankLinesAreBlankInAllWays(t *testing.T) {
	rows, survey := scanned(t, "E.ndjson", "{\"a\":1}\n\u00a0\n\u2003\t\n{\"a\":2}\n", []string{"a"}, 8)
	if len(rows.Rows) != 2 || survey.Undecodable != 0 {
		t.Errorf("%d rows, %d undecodable", len(rows.Rows), survey.Undecodable)
	}
}
