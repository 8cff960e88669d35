package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tabletop/workbook/source"
)

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		text string
		// want lists the faults of the first six requests.
		want string
	}{
		{"3:reset-after", "| | reset-after | | |"},
		{"status=503", "status=503 | status=503 | status=503 | status=503 | status=503 | status=503"},
		{"1-2:429, 4-:truncate", "429 | 429 | | truncate | truncate | truncate"},
		{"every=2:non-json", "| non-json | | non-json | | non-json"},
		{"2 : 429-retry-after=2\n2:reset-after", "| 429-retry-after=2 | | | |"},
		{"*:latency=200ms,2:reset-before,*:latency=9s", "latency=200ms | latency=200ms, reset-before | latency=200ms | latency=200ms | latency=200ms | latency=200ms"},
		{"2:status=500,2:latency=1s", "| status=500, latency=1s | | | |"},
	} {
		s := faulty(t, c.text)
		var got []string
		for n := 1; n <= 6; n++ {
			got = append(got, s.At(n).Name)
		}
		if text := strings.Join(strings.Fields(strings.Join(got, " | ")), " "); text != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, text, c.want)
		}
	}
	f := faulty(t, "2:status=500,2:latency=1s").At(2)
	if f.latency != time.Second || f.status != 500 || f.kind != faultStatus {
		t.Errorf("%+v", f)
	}
}

func TestMistakesInSchedules(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "no fault is named",
		" , ":                        "no fault is named",
		"3:reset-aftr":               `--fault:1:3: unknown fault "reset-aftr": did you mean reset-after? (known: status, taken-status, 429`,
		"3:nothing-like-it-at-all":   "(known: status",
		"1:429, x:429":               `--fault:1:8: "x" says not which requests`,
		"0:429":                      `"0" says not which requests`,
		"-1:429":                     `"" says not which requests`,
		"+1:429":                     `"+1" says not which requests`,
		"4-2:429":                    "ends before it begins",
		"every=0:429":                `"0" says not which requests`,
		"99999999999:429":            "says not which requests",
		"1:status":                   "--fault:1:3: status lacks its value: write status=NNN",
		"1:status=99":                `status: "99" is no status`,
		"1:status=abc":               `"abc" is no status`,
		"1:reset-after=3":            "reset-after takes no value",
		"1:429-retry-after=-1":       "is no number of seconds",
		"*:latency=2":                `"2" is no time`,
		"*:latency=2h":               "up to 1h",
		"*:latency=-2s":              "is no time",
		"slow-loris=x":               `slow-loris: "x" is no time`,
		"every=3":                    "unknown fault",
		strings.Repeat("x", 70_000):  "longer than",
		strings.Repeat("429,", 1001): "more than 1000 faults",
	} {
		_, problems := ParseSchedule(source.NewText("--fault", text))
		if len(problems) == 0 || !strings.Contains(problems.Error(), want) {
			t.Errorf("%.40q: got %.300v, want %s", text, problems, want)
		}
	}
	// All mistakes of all texts come at once.
	_, problems := ParseSchedule(source.NewText("--fault", "a:429,b:429"), source.NewText("--fault", "1:c"))
	if len(problems) != 3 {
		t.Errorf("%d mistakes: %v", len(problems), problems)
	}
}

// FuzzSchedule: what is read has a name, and reading the name again gives the
// same fault.
func FuzzSchedule(f *testing.F) {
	for _, r := range faultRules() {
		f.Add("3:" + r.Form)
	}
	f.Add("1-4:429-retry-after=2, every=5:status=503\n*:latency=200ms")
	f.Fuzz(func(t *testing.T, text string) {
		s, problems := ParseSchedule(source.NewText("--fault", text))
		if len(problems) > 0 {
			return
		}
		for n := 1; n < 8; n++ {
			fault := s.At(n)
			if fault == (Fault{}) {
				continue
			}
			again, problems := ParseSchedule(source.NewText("--fault", fault.Name))
			if len(problems) > 0 || fmt.Sprint(again.At(n)) != fmt.Sprint(fault) {
				t.Fatalf("request %d of %q meets %+v; its name gives %+v %v", n, text, fault, again.At(n), problems)
			}
		}
	})
}
