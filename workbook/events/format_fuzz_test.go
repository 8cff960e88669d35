package events

import (
	"bufio"
	"strings"
	"testing"
)

// Zeek's logs and plain lines give an event for each line that is one, whatever
// their directives say.
func FuzzZeekAndLines(f *testing.F) {
	f.Add("#separator \\x09\n#unset_field\t-\n#path\trdp\n#fields\tts\tuid\n1767323045.0\tC1\n")
	f.Add("#separator ,\n#fields,a,a\n1,2\n#fields\n3")
	f.Add("evil.example\r\n\n x \n")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.TrimPrefix(text, string(bom))
		rows, filled := 0, 0
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimSuffix(line, "\r")
			if line != "" && line[0] != '#' {
				rows++
			}
			if strings.TrimSpace(line) != "" {
				filled++
			}
		}
		if got := eventsOf(t, openZeek, text); len(got) != rows {
			t.Errorf("%d events of Zeek in %d lines", len(got), rows)
		}
		if got := eventsOf(t, openLines, text); len(got) > filled {
			t.Errorf("%d values in %d lines", len(got), filled)
		}
	})
}

// Whatever a file holds, one format is chosen, with a reason.
func FuzzDetect(f *testing.F) {
	for _, seed := range []string{"{\"a\":1}", "[1", "#fields\ta", "a,b\n1,2", "<1>x", "CEF:0|", "From a 1\nFrom: b\nTo: c\n", "a=b c=d", ""} {
		f.Add(seed, "a.csv.gz")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		form, reason, err := detect(bufio.NewReaderSize(strings.NewReader(text), headBytes), "", name)
		if err != nil {
			if !strings.Contains(text, "\x00") {
				t.Fatal(err)
			}
			return
		}
		if reason == "" || form.open == nil {
			t.Fatalf("%q for no reason", form.name)
		}
		again, set, err := detect(bufio.NewReaderSize(strings.NewReader(text), headBytes), form.name, name)
		if err != nil || again.name != form.name || !strings.HasPrefix(set, "set in") {
			t.Fatal(again.name, set, err)
		}
	})
}
