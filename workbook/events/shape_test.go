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
