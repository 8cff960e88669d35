package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The largest approval that is written is read when it is named, as it is when it
// lies beside the plan.
func TestTheLargestApprovalIsLoaded(t *testing.T) {
	var targets []Target
	for len(targets) < 5050 {
		targets = append(targets, Target{len(targets) + 1, "url", fmt.Sprintf("http://files.example/%06d/%s", len(targets), strings.Repeat("a", 160))})
	}
	text, err := sign(t, strings.Repeat("a", 64), targets, "ed25519").Write()
	if err != nil || len(text) <= MaxStatementBytes {
		t.Fatal(len(text), err)
	}
	path := filepath.Join(t.TempDir(), "plan.json.anna.approval")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadApproval(path); err != nil {
		t.Errorf("%.200s", err)
	}
}
