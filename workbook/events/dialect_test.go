package events

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func TestDialects(t *testing.T) {
	for _, tt := range []struct{ name, says, text, reason string }{
		{"commas", "", "a,b\n\"1,\"\"x\",2\n", "commas"},
		{"semicolons with commas inside", "", "a;b, c and d, e\n\"1,\"\"x\";2\n", "semicolons"},
		{"the steadiest", "", "a b, with, commas;c\n1;2\n3;4\n", "semicolons"},
		{"tabs", "", "a\tb\n\"1,\"\"x\"\t2\n", "tabs"},
		{"bars", "", "a|b\n\"1,\"\"x\"|2\n", "bars"},
		{"single quotes", "", "'a','b'\n'1,\"x','2'\n", "commas quoted with '"},
		{"set", "{delimiter: '#', quote: \"'\"}", "a#b\n'1,\"x'#2\n", "# quoted with '"},
		{"no quotes", "{delimiter: tab, quote: none}", "a\tb\n1,\"x\t2\n", "tabs, without quotes"},
		{"several lines", "{quote: \"'\"}", "a,b\n'1,\n\"x''','2'\n", "commas quoted with '"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			says := ""
			if tt.says != "" {
				says = ", csv: " + tt.says
			}
			set := withSources(t, "sources: [{files: ['a.csv'], stream: T"+says+"}]", map[string]string{"a.csv": tt.text})
			found, err := set.Inspect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if reason := found.Files[0].Reason; !strings.HasSuffix(reason, "its delimiters: "+tt.reason) {
				t.Error(reason)
			}
			if tt.name == "the steadiest" {
				return
			}
			column := strings.TrimSuffix(strings.Split(tt.text, "\n")[0], "\r")
			_, second, _ := strings.Cut(column, "b")
			want := [][]any{{`1,"x`, "2"}}
			if tt.name == "several lines" {
				want = [][]any{{"1,\n\"x'", "2"}}
			}
			got := columnsOf(t, set, "T", "a", "b"+strings.Trim(second, "'"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for says, want := range map[string]string{
		"{delimiter: long}":              `"long" is no single character`,
		"{delimiter: '#', quote: '#'}":   "quote and delimiter are the same",
		"{delimiter: ',', quotes: none}": "quotes",
		"{delimiter: ''}":                `"" is no single character`,
	} {
		_, err := Open(t.TempDir(), Options{Sources: []string{sourcesOf(t, "sources: [{files: ['*'], csv: "+says+"}]") + "/" + SourcesName}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// Every format is told with the reason, whatever it is packed in, and can be set.
func TestFormatsAreToldWithAReason(t *testing.T) {
	line := func(text string) string { return strings.Repeat(text+"\n", 3) }
	for name, tt := range map[string]struct{ format, reason, text string }{
		"ndjson":           {"ndjson", "lines are JSON objects", line(`{"a":1}`)},
		"json array":       {"json", "begins with [", "[\n  {\n    \"a\": 1\n  }\n]\n"},
		"search api":       {"dnif", "an object that holds fields_list or result", `{"fields_list":["a"],"result":[{"a":1}]}`},
		"csv":              {"csv", "lines have as many delimiters as the first; its delimiters: commas", line("a,b")},
		"tsv":              {"csv", "lines have as many delimiters as the first; its delimiters: tabs", line("a\tb")},
		"zeek":             {"zeek", "begins with #separator or #fields", "#separator \\x09\n#fields\tts\tuid\n1767323045.0\tC1\n"},
		"zeek json":        {"ndjson", "lines are JSON objects", line(`{"_path":"conn","ts":1767323045.0,"id.orig_h":"192.0.2.1"}`)},
		"suricata":         {"ndjson", "lines are JSON objects", line(`{"timestamp":"2026-01-02T03:04:05.000000+0000","event_type":"alert"}`)},
		"cef":              {"cef", "most lines hold CEF:", line("CEF:0|v|p|1|1|n|5|src=192.0.2.1")},
		"cef over syslog":  {"cef", "most lines hold CEF:", line("Jan  2 03:04:05 host CEF:0|v|p|1|1|n|5|src=192.0.2.1")},
		"leef":             {"leef", "most lines hold LEEF:", line("LEEF:1.0|v|p|1|1|src=192.0.2.1")},
		"syslog 3164":      {"syslog", "most lines begin as syslog's, with a time and a host", line("<34>Jan  2 03:04:05 host su[1]: hello")},
		"syslog 5424":      {"syslog", "most lines begin as syslog's, with a time and a host", line("<34>1 2026-01-02T03:04:05Z host su 1 - - hello")},
		"key value":        {"keyvalue", "most lines are key=value pairs", line("src=192.0.2.1 dst=192.0.2.2 action=block")},
		"one value a line": {"lines", "nothing else fits", line("evil.example")},
		"mail":             {"mail", "begins with headers of mail", "From: a@example.com\nTo: b@example.com\nSubject: s\n\nhello\n"},
		"mbox":             {"mbox", "begins with a line From", "From a@example.com Fri Jan  2 03:04:05 2026\nFrom: a@example.com\nSubject: s\n\nhello\n"},
	} {
		for packing, pack := range packings(t) {
			set := withSources(t, "sources: []", map[string]string{"events.x" + packing: pack(tt.text)})
			found, err := set.Inspect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f := found.Files[0]
			if f.Format != tt.format || f.Reason != tt.reason || f.Events == 0 || f.Problem != "" {
				t.Errorf("%s%s: %s (%s), %d events %s", name, packing, f.Format, f.Reason, f.Events, f.Problem)
			}
		}
		set := withSources(t, "sources: [{files: ['*'], format: "+tt.format+"}]", map[string]string{"events.x": tt.text})
		found, err := set.Inspect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f := found.Files[0]; f.Format != tt.format || !strings.HasPrefix(f.Reason, "set in sources.yaml") || f.Events == 0 {
			t.Errorf("%s set: %s (%s), %d events", name, f.Format, f.Reason, f.Events)
		}
	}
}

// packings are the ways in which a file may be stored, by the ending of its name.
func packings(t *testing.T) map[string]func(text string) string {
	t.Helper()
	through := func(open func(w io.Writer) io.WriteCloser) func(string) string {
		return func(text string) string {
			var packed bytes.Buffer
			w := open(&packed)
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			return packed.String()
		}
	}
	return map[string]func(string) string{
		"":    func(text string) string { return text },
		".gz": through(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		".zst": through(func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}),
		".zip": func(text string) string {
			var packed bytes.Buffer
			z := zip.NewWriter(&packed)
			w, err := z.Create("logs/events.x")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			return packed.String()
		},
	}
}
