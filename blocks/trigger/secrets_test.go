package trigger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecretNames(t *testing.T) {
	for name, want := range map[string][]string{
		"trend-v2|Trend Micro XDR: Block IP": {"token"},
		"slack|Slack: Tell the channel":      {"slack"},
		"generic|Firewall: Block IP":         {"firewall"},
	} {
		file, configuration, _ := strings.Cut(name, "|")
		if diff := cmp.Diff(want, ready(t, file, configuration).SecretNames()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	n := entry(t, "undo: {url: 'https://h.example/[undo]'}", "validate: {url: 'https://h.example/', headers: {A: '[check]'}}",
		"task: {id: body.id, url: 'https://h.example/[task]/[follow]', state: body.state, done: [x]}", "ask: {url: 'https://h.example/[ask]', taken: body.x}")
	if diff := cmp.Diff([]string{"ask", "check", "follow", "key", "undo"}, n.SecretNames()); diff != "" {
		t.Error(diff)
	}
}

func TestSecrets(t *testing.T) {
	folder := t.TempDir()
	write := func(name, value string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(value), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(folder, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("good", "file-secret\n", 0o600)
	write("dos", "file-secret\r\n", 0o400)
	write("two", "file-secret\n\n", 0o600)
	write("open", "file-secret", 0o640)
	write("short", "abc\n", 0o600)
	write("long", strings.Repeat("x", maxSecret+1), 0o600)
	write("binary", "file-secret\xff", 0o600)
	environment := map[string]string{"TABLETOP_SECRET_KEY": "the-default", "OWN": "the-own-one", "EMPTY": "", "LINES": "two lines\nof it"}
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	for written, want := range map[string]string{
		"":                    "the-default",
		"key: {env: OWN}":     "the-own-one",
		"key: {env: LINES}":   "two lines\nof it",
		"key: {env: EMPTY}":   "error: has 0 bytes in the environment variable EMPTY",
		"key: {env: MISSING}": "error: the secret [key] of A is not set: put it into the environment variable MISSING",
		"key: {file: good}":   "file-secret",
		"key: {file: dos}":    "file-secret",
		"key: {file: two}":    "file-secret\n",
		"key: {file: open}":   "error: mode 0640, so that others may read it: chmod 600",
		"key: {file: short}":  "error: has 3 bytes",
		"key: {file: long}":   "error: has over 65536 bytes",
		"key: {file: binary}": "error: not UTF-8",
		"key: {file: none}":   "error: no such file",
		"key: {file: .}":      "error: is no regular file",
		"key: {file: '" + filepath.Join(folder, "good") + "'}": "file-secret",
	} {
		text := "integrations:\n  - name: A\n    url: https://h.example/\n    target: none\n    headers: {A: '[key]'}\n    secrets: {" + written + "}\n"
		path := filepath.Join(folder, "integrations.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := loaded.Find("A")
		value, err := n.Secret("key", lookup)
		if message, fails := strings.CutPrefix(want, "error: "); fails {
			if err == nil || !strings.Contains(err.Error(), message) || strings.Contains(err.Error(), "file-secret") {
				t.Errorf("%s: %v, want %s", written, err, message)
			}
			if _, err := n.Secrets(lookup); err == nil {
				t.Errorf("%s: all secrets were read", written)
			}
			continue
		}
		all, bothErr := n.Secrets(lookup)
		if err != nil || value != want || bothErr != nil || all["key"] != want {
			t.Errorf("%s: got %q, %v, %v", written, value, err, all)
		}
	}
}

// TestSecretsStayInTheirPlace fills hostile secrets in: they are encoded as
// values are, or refused.
func TestSecretsStayInTheirPlace(t *testing.T) {
	n := entry(t, "url: 'https://h.example/[key]?k=[key]'", `payload: '{"k": "[key]"}'`)
	value := func(string) (string, error) { return `a/../"b&c`, nil }
	c, err := n.SendCall(map[string]string{"$B": "u"}, value)
	if err != nil || c.URL != "https://h.example/a%2F..%2F%22b&c?k=a%2F..%2F%22b%26c" || c.Body != `{"k": "a/../\"b&c"}` {
		t.Error(c, err)
	}
	if _, err := n.SendCall(map[string]string{"$B": "u"}, func(string) (string, error) { return "secret\r\nX: y", nil }); err == nil || strings.Contains(err.Error(), "X: y") {
		t.Error(err)
	}
}
