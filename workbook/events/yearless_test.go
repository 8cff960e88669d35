package events

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// syslogFile writes a log that was changed last at some time, and opens it.
func syslogFile(t *testing.T, text string, changed time.Time, o Options) *Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func timesOf(t *testing.T, set *Set) []string {
	t.Helper()
	result := query(t, set, Query{Scans: []Scan{{Stream: "AUTH", Columns: []string{"at"}}}, SQL: `SELECT "at" FROM t0 ORDER BY rowid`, Columns: make([]string, 1)})
	var got []string
	for _, row := range values(result.Table) {
		at, ok := row[0].(int64)
		if !ok {
			got = append(got, "none")
			continue
		}
		got = append(got, time.UnixMilli(at).UTC().Format("2006-01-02 15:04"))
	}
	return got
}

func TestYearsOfSyslog(t *testing.T) {
	const berlin = "Europe/Berlin"
	zone, err := time.LoadLocation(berlin)
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tt := range []struct {
		name, times string
		changed     time.Time
		options     Options
		want        string
	}{
		{"the year of the change", "Mar 27 13:06, Apr 1 00:00", day("2019-04-01"), Options{Zone: time.UTC}, "2019-03-27 13:06, 2019-04-01 00:00"},
		{"the year before it", "Mar 27 13:06, Apr 9 00:00", day("2019-04-01"), Options{Zone: time.UTC}, "2018-03-27 13:06, 2018-04-09 00:00"},
		{"a day's grace", "Apr 1 20:00", day("2019-04-01"), Options{Zone: time.UTC}, "2019-04-01 20:00"},
		{"over New Year", "Dec 31 23:59, Jan 1 00:01, Dec 31 23:58, Jan 2 00:00", day("2019-01-03"), Options{Zone: time.UTC}, "2018-12-31 23:59, 2019-01-01 00:01, 2018-12-31 23:58, 2019-01-02 00:00"},
		{"over two New Years", "Nov 1 00:00, Feb 1 00:00, Sep 1 00:00, Jan 5 00:00", day("2019-02-01"), Options{Zone: time.UTC}, "2017-11-01 00:00, 2018-02-01 00:00, 2018-09-01 00:00, 2019-01-05 00:00"},
		{"late lines begin no year", "Mar 2 00:00, Feb 27 00:00, Mar 3 00:00", day("2019-04-01"), Options{Zone: time.UTC}, "2019-03-02 00:00, 2019-02-27 00:00, 2019-03-03 00:00"},
		{"a leap day", "Feb 29 12:00, Mar 1 00:00", day("2019-04-01"), Options{Zone: time.UTC}, "2016-02-29 12:00, 2016-03-01 00:00"},
		{"a zone", "Mar 27 13:06", day("2019-04-01"), Options{Zone: zone}, "2019-03-27 12:06"},
		{"a year that is named", "Dec 31 23:59, Jan 1 00:01", day("2019-01-03"), Options{Zone: time.UTC, Year: 2011}, "2011-12-31 23:59, 2012-01-01 00:01"},
		{"a named year without the day", "Feb 29 12:00, Mar 1 00:00", day("2019-01-03"), Options{Zone: time.UTC, Year: 2011}, "none, 2011-03-01 00:00"},
		{"changed in the future", "Mar 27 13:06", day("2039-01-01"), Options{Zone: time.UTC, Wall: day("2019-03-01")}, "2018-03-27 13:06"},
		{"with a year", "Mar 27 2001 13:06, 2002 Mar 28 13:06", day("2019-04-01"), Options{Zone: time.UTC}, "2001-03-27 13:06, 2002-03-28 13:06"},
		{"nobody asks", "Mar 27 13:06", day("2019-04-01"), Options{Untimed: true}, "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log strings.Builder
			for _, at := range strings.Split(tt.times, ", ") {
				fmt.Fprintf(&log, "%s:00 host sshd[1]: hello\n", at)
			}
			if diff := cmp.Diff(strings.Split(tt.want, ", "), timesOf(t, syslogFile(t, log.String(), tt.changed, tt.options))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A source may name year and zone, for whatever field holds the time.
func TestYearInSources(t *testing.T) {
	set := withSources(t, `sources:
  - files: ['*.csv']
    stream: AUTH
    time: when
    tz: UTC
    year: 2013
`, map[string]string{"a.csv": "when,who\nDec 30 10:00:00,ann\nJan  2 10:00:00,bob\n"})
	if diff := cmp.Diff([]string{"2013-12-30 10:00", "2014-01-02 10:00"}, timesOf(t, set)); diff != "" {
		t.Error(diff)
	}
	survey, err := set.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(survey.Yearless) != 1 || survey.Yearless[0].First != 2013 || survey.Yearless[0].Last != 2014 || !survey.Yearless[0].Named {
		t.Error(survey.Yearless)
	}
	_, err = Open(syslogFile(t, "x", time.Time{}, Options{}).Path, Options{Sources: []string{filepath.Join(sourcesOf(t, "sources: [{files: ['*'], year: twelve}]"), SourcesName)}})
	if err == nil || !strings.Contains(err.Error(), "no year: twelve") {
		t.Error(err)
	}
}

func sourcesOf(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, SourcesName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Without a zone the run stops and asks.
func TestYearlessTimesNeedAZone(t *testing.T) {
	_, err := syslogFile(t, "Mar 27 13:06:00 host sshd[1]: hello\n", time.Now(), Options{}).Survey(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--tz") {
		t.Error(err)
	}
}

// Whatever a log spans, its times come back as they were, from one worker or
// many, as long as no gap is longer than half a year.
func TestYearsComeBack(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(rapid.IntRange(1975, 2020).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
		random := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))
		var want []string
		var log strings.Builder
		log.WriteString("when,line\n")
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			at = at.Add(time.Duration(random.Int64N(int64(170 * 24 * time.Hour)))).Truncate(time.Minute)
			want = append(want, at.Format("2006-01-02 15:04"))
			fmt.Fprintf(&log, "%s,x\n", at.Format("Jan _2 15:04:05"))
		}
		path := filepath.Join(folder, "AUTH.csv")
		if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		sources := filepath.Join(folder, SourcesName)
		if err := os.WriteFile(sources, []byte("sources: [{files: ['*.csv'], time: when, tz: UTC}]"), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := Open(path, Options{Sources: []string{sources}})
		if err != nil {
			t.Fatal(err)
		}
		result, err := set.Query(t.Context(), Query{Scans: []Scan{{Stream: "AUTH", Columns: []string{"at"}}}, SQL: `SELECT "at" FROM t0 ORDER BY rowid`, Columns: make([]string, 1), MaxRows: 100}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range values(result.Table) {
			got = append(got, time.UnixMilli(row[0].(int64)).UTC().Format("2006-01-02 15:04"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The times of logs count without a source that names them.
func TestTimesOfLogsCount(t *testing.T) {
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, text := range map[string]string{
		"a.ndjson":    `{"@timestamp":"2026-01-02T03:04:05Z","EventTime":"2026-01-02 04:04:05"}`,
		"b.ndjson":    `{"timestamp":"2026-01-02T04:04:05.000000+0100","event_type":"alert"}`,
		"c.ndjson":    `{"ts":1767323045.0}`,
		"d.ndjson":    `{"EventTime":"2026-01-02 04:04:05","UtcTime":"2026-01-02 03:04:05.000"}`,
		"e.json":      `[{"TimeCreated":"2026-01-02T03:04:05Z"}]`,
		"f.csv":       "Timestamp,x\n2026-01-02T03:04:05Z,1\n",
		"g.log":       "#fields\tts\tuid\n1767323045.000000\tC1\n",
		"h.cef":       "CEF:0|v|p|1|1|n|5|rt=1767323045000 src=192.0.2.1\n",
		"i.log":       "<34>1 2026-01-02T03:04:05Z host app 1 - - hello\n",
		"j.eml":       "From: a@example.com\nDate: Fri, 02 Jan 2026 03:04:05 +0000\nSubject: s\n\nhello\n",
		"k.log":       "time=2026-01-02T03:04:05Z level=info a=b\ntime=2026-01-02T03:04:05Z level=info a=c\n",
		"l.ndjson":    `{"$CNAMTime":1767323045000,"ts":1}`,
		"m.leef":      "LEEF:1.0|v|p|1|1|devTime=2026-01-02T03:04:05Z\tsrc=192.0.2.1\n",
		"n/windows.x": `{"winlog":{"channel":"Security"},"@timestamp":"2026-01-02T03:04:05.000Z"}`,
	} {
		path := filepath.Join(t.TempDir(), filepath.Base(name))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		survey, err := set.Survey(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if newest, _ := survey.Newest(nil); !newest.Equal(want) {
			t.Errorf("%s (%v): %v", name, survey.Formats, newest)
		}
	}
}
