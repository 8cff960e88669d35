package events

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever stands in a log, its times are found or are none, the same twice, and no
// event is lost over them.
func FuzzYears(f *testing.F) {
	f.Add("Dec 31 23:59:59 h a[1]: m\nJan  1 00:00:00 h a[1]: m\n", int16(2019))
	f.Add("Feb 29 12:00:00 h a[1]: m\nFeb 30 12:00:00 h a[1]: m\n<1>Jan 2 2020 00:00:00 h a: m", int16(0))
	f.Add("Mar 27 13:06:56", int16(-1))
	folder := f.TempDir()
	changed := time.Date(2019, 6, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string, year int16) {
		if c, ok := parseYearless(text); ok {
			if at, ok := c.in(2000, time.UTC); !ok || at.Year() != 2000 {
				t.Fatalf("%q is %v", text, at)
			}
		}
		path := filepath.Join(folder, "a.log")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, changed, changed); err != nil {
			t.Fatal(err)
		}
		var newest [2]time.Time
		for i := range newest {
			set, err := Open(path, Options{Zone: time.UTC, Year: max(int(year), 0)})
			if err != nil {
				return // it begins as a zip does
			}
			set.files[0].format = "syslog"
			survey, err := set.Survey(t.Context())
			if err != nil {
				return
			}
			newest[i], _ = survey.Newest(nil)
			if events := eventsOf(t, openSyslog, text); !strings.HasPrefix(text, string(bom)) && survey.Files[0].Events+survey.Undecodable != int64(len(events)) {
				t.Fatalf("%d events and %d broken ones of %d", survey.Files[0].Events, survey.Undecodable, len(events))
			}
			if y, ok := set.files[0].yearless(); ok && year <= 0 && y.Last > 2019 {
				t.Fatalf("read in %v, past the file's last change", y)
			}
		}
		if !newest[0].Equal(newest[1]) {
			t.Fatal(newest)
		}
	})
}

// However fields are delimited and quoted, what is split and joined again is the
// same, and a set dialect counts no line twice.
func FuzzDialect(f *testing.F) {
	f.Add("a,b\n'1','2'\n", byte(','), byte('\''))
	f.Add("a|b\n1|2\n", byte('|'), byte(0))
	f.Add("a\tb\n\"x\n", byte('\t'), byte('"'))
	f.Fuzz(func(t *testing.T, text string, comma, quote byte) {
		d := new(file).dialectOf([]byte(text))
		if !strings.ContainsRune(delimiters, rune(d.comma)) || d.quote != '"' && d.quote != '\'' {
			t.Fatal(d)
		}
		if comma == quote || comma < ' ' && comma != '\t' || comma > '~' || quote != 0 && (quote <= ' ' || quote > '~') {
			return
		}
		c := csvReader{dialect: dialect{comma, quote}, record: []byte(strings.NewReplacer("\n", "", "\r", "").Replace(text))}
		if quote == 0 {
			if open, problem := c.split(); open || problem != "" || join(c.fields, comma) != string(c.record) {
				t.Fatalf("%q is split into %q: %s", c.record, c.fields, problem)
			}
			return
		}
		q := string(rune(quote))
		var written []string
		fields := strings.Split(text, "\n")
		for _, field := range fields {
			written = append(written, q+strings.ReplaceAll(field, q, q+q)+q)
		}
		c.record = []byte(strings.Join(written, string(rune(comma))))
		if open, problem := c.split(); open || problem != "" || join(c.fields, '\n') != text {
			t.Fatalf("%q is split into %q: %s", c.record, c.fields, problem)
		}
	})
}

func join(fields [][]byte, by byte) string {
	var texts []string
	for _, field := range fields {
		texts = append(texts, string(field))
	}
	return strings.Join(texts, string(rune(by)))
}
