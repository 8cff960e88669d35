package trigger

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func loadReady(t testing.TB, name string) *Integrations {
	t.Helper()
	text, ok := ReadyText(name)
	if !ok {
		t.Fatal("no ready-made", name)
	}
	n, err := loadText(t, text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func TestReadyMadeConfigurationsLoad(t *testing.T) {
	if diff := cmp.Diff([]string{"generic", "jira", "mail", "slack", "teams", "trend-v2", "trend-v3"}, Ready()); diff != "" {
		t.Error(diff)
	}
	for _, name := range Ready() {
		for _, i := range loadReady(t, name).list {
			if len(i.Effect()) == 0 && i.plugin == (pluginName{}) || len(i.Digest()) != 64 || i.Undo() != (i.CannotUndo() == "") {
				t.Errorf("%s: %s: effect %q, digest %q, undo %t %q", name, i.Name, i.Effect(), i.Digest(), i.Undo(), i.CannotUndo())
			}
		}
	}
	if _, ok := ReadyText("../ready"); ok {
		t.Error("a text by no name")
	}
}

func TestTrendV2IsWhatDNIFPublishes(t *testing.T) {
	published, err := os.ReadFile(filepath.Join("..", "..", "examples", "integrations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := ReadyText("trend-v2")
	if diff := cmp.Diff(string(published), text); diff != "" {
		t.Error(diff)
	}
}
