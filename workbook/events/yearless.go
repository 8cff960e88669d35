package events

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// RFC 3164 writes the time as Mar 27 13:06:56, with no year and no zone. The year
// is found for the file as a whole: within it, a time that falls back by more than
// half a year begins a new one, and the newest time is the latest that does not lie
// after the file was changed last. A year that somebody names is that of the
// file's first time.

// A calendar is when a clock without a year was read.
type calendar struct {
	month time.Month
	day   int
	// clock is the time since midnight.
	clock time.Duration
}

// parseYearless reads a time without a year; false for any other text.
func parseYearless(text string) (c calendar, ok bool) {
	if len(text) < len("Jan 2 15:04:05") || len(text) > 64 || text[3] != ' ' {
		return c, false
	}
	if end, dated := timestampEnd([]byte(text)); end != len(text) || dated {
		return c, false
	}
	// 2000 is a leap year, so that February has all its days.
	t, err := time.Parse("2006 Jan 2 15:04:05", "2000 "+text)
	if err != nil {
		return c, false
	}
	midnight := time.Date(2000, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return calendar{t.Month(), t.Day(), t.Sub(midnight)}, true
}

// in places the reading in a year of a zone; false where the year has no such day.
func (c calendar) in(year int, zone *time.Location) (time.Time, bool) {
	if c.leapDay() && !isLeap(year) {
		return time.Time{}, false
	}
	hour, rest := int(c.clock/time.Hour), c.clock%time.Hour
	return time.Date(year, c.month, c.day, hour, 0, 0, 0, zone).Add(rest).UTC(), true
}

func (c calendar) leapDay() bool { return c.month == time.February && c.day == 29 }

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// days counts months as 31 days each: enough to tell how far apart two dates are.
func (c calendar) days() int { return int(c.month)*31 + c.day }

func (c calendar) compare(o calendar) int {
	return cmp.Or(cmp.Compare(c.days(), o.days()), cmp.Compare(c.clock, o.clock))
}

const (
	// fallsBack is by how much a time must fall back to begin a year: lines that
	// come late do so by minutes, a new year by eleven months.
	fallsBack = 6 * 31
	// leapsAhead is by how much one leaps ahead that was written late in the last
	// days of the year before.
	leapsAhead = 11 * 31
	// maxYearChanges bounds what is kept of a file.
	maxYearChanges = 10_000
)

// A yearTable tells the year of the times of one file.
type yearTable struct {
	mu sync.Mutex
	// named is the year that the user gives, 0 for none.
	named int
	// found says that the file was gone through.
	found   bool
	failed  error
	changes []yearChange
	// count is how many times without a year the file holds.
	count int64
}

// A yearChange is where in a file a year begins. Until base is known the years
// count from 0.
type yearChange struct {
	offset int64
	year   int
}

// Yearless tells of a file whose times name no year.
type Yearless struct {
	File string `json:"file"`
	// First and Last are the years in which they were read, Named says that the
	// user named the first.
	First int  `json:"first"`
	Last  int  `json:"last"`
	Named bool `json:"named"`
}

// String tells where the year comes from.
func (y Yearless) String() string {
	years := fmt.Sprint(y.First)
	if y.Last != y.First {
		years = fmt.Sprintf("%d to %d", y.First, y.Last)
	}
	if y.Named {
		return y.File + ": times without a year, read in " + years
	}
	return y.File + ": times without a year, read in " + years + " by when the file was changed last; --year, or year in " + SourcesName + ", names that of the first"
}

// yearless tells in which years the file's times were read; false where they name
// theirs, or nobody asked.
func (f *file) yearless() (Yearless, bool) {
	t := &f.years
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.found || len(t.changes) == 0 {
		return Yearless{}, false
	}
	y := Yearless{File: f.name, First: t.changes[0].year, Last: t.changes[0].year, Named: t.named > 0}
	for _, c := range t.changes {
		y.First, y.Last = min(y.First, c.year), max(y.Last, c.year)
	}
	return y, true
}

// yearAt is the year of the time that stands at offset.
func (f *file) yearAt(offset int64) (int, error) {
	t := &f.years
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.found {
		t.found, t.failed = true, f.findYears(context.Background())
	}
	if t.failed != nil {
		return 0, t.failed
	}
	i, exact := slices.BinarySearchFunc(t.changes, offset, func(c yearChange, at int64) int { return cmp.Compare(c.offset, at) })
	if !exact {
		i--
	}
	if i < 0 {
		return 0, errNoTime
	}
	return t.changes[i].year, nil
}

// sampledTimes is how many events are looked at to tell whether times lack years.
const sampledTimes = 50

// settleYears goes through a file whose first times name no year, so that a later
// reading need not stop for it. ctx ends it.
func (f *file) settleYears(ctx context.Context) error {
	if f.format != "syslog" && f.rule == nil && f.format != "cef" && f.format != "leef" {
		return nil
	}
	t := &f.years
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.found || f.untimed {
		return nil
	}
	lacking := false
	if err := f.eachYearless(ctx, sampledTimes, func(int64, calendar) { lacking = true }); err != nil || !lacking {
		return err
	}
	t.found, t.failed = true, f.findYears(ctx)
	return t.failed
}

// eachYearless goes through the first events of a file, through all where most is
// 0, and gives those times that name no year.
func (f *file) eachYearless(ctx context.Context, most int, visit func(offset int64, c calendar)) error {
	in, err := f.open()
	if err != nil {
		return err
	}
	defer in.close()
	timer := newTimer(f, nil)
	timer.collect = visit
	var r record
	for n := 0; most == 0 || n < most; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := in.next(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.problem == "" {
			_, _ = timer.of(&r) // the visitor has what was asked for
		}
	}
	return nil
}

// findYears fills the table. The caller holds its lock.
func (f *file) findYears(ctx context.Context) error {
	t := &f.years
	t.changes, t.count = nil, 0
	year, newestYear := 0, 0
	var last, newest calendar
	leaps := map[int]bool{}
	err := f.eachYearless(ctx, 0, func(offset int64, c calendar) {
		switch by := c.days() - last.days(); {
		case t.count == 0:
		case by < -fallsBack:
			year++
		case by > leapsAhead:
			year--
		}
		if n := len(t.changes); n == 0 || t.changes[n-1].year != year && n < maxYearChanges && offset > t.changes[n-1].offset {
			t.changes = append(t.changes, yearChange{offset, year})
		}
		if t.count == 0 || year > newestYear || year == newestYear && c.compare(newest) > 0 {
			newest, newestYear = c, year
		}
		if c.leapDay() && len(leaps) < maxYearChanges {
			leaps[year] = true
		}
		t.count++
		last = c
	})
	if err != nil || len(t.changes) == 0 {
		return err
	}
	base := t.named
	if base == 0 {
		changed, err := f.changed()
		if err != nil {
			return err
		}
		base = latestYear(changed, newest, newestYear, leaps)
	}
	for i := range t.changes {
		t.changes[i].year += base
	}
	return nil
}

// latestYear is the latest year of a file's first time that lets the newest, which
// lies some years on, stand not after the moment at which the file was changed. A
// day's grace is for clocks that differ and zones. Where the file has a 29 February
// the year is one that has it too.
func latestYear(changed time.Time, newest calendar, yearsOn int, leaps map[int]bool) int {
	limit := changed.Add(24 * time.Hour)
	base := limit.Year() - yearsOn
	if at, ok := newest.in(base+yearsOn, time.UTC); ok && at.After(limit) {
		base--
	}
	const leapCycle = 8 // 1896 and 1904 are the furthest apart
	for back := range leapCycle {
		fits := true
		for year := range leaps {
			fits = fits && isLeap(base-back+year)
		}
		if fits {
			return base - back
		}
	}
	return base
}

// changed is when the file was written last, but not after now.
func (f *file) changed() (time.Time, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return time.Time{}, err
	}
	at := info.ModTime()
	if f.member != "" {
		a, err := openArchive(f.path, f.size)
		if err != nil {
			return time.Time{}, err
		}
		defer a.close()
		for _, m := range a.members {
			if m.name == f.member && m.file.Modified.Year() > 1980 {
				at = m.file.Modified
			}
		}
	}
	if !f.wall.IsZero() && at.After(f.wall) {
		at = f.wall
	}
	return at.UTC(), nil
}

// rawTimes are the fields in which logs of a format write the time of an event,
// looked at where nothing else tells it. Where every event of a large file would be
// searched for them, only those count that its beginning names.
func rawTimes(format string, head []byte) []string {
	switch format {
	case "syslog":
		return []string{"timestamp"}
	case "zeek":
		return []string{"ts"}
	case "cef":
		return []string{"rt", "end", "start", "syslog_timestamp"}
	case "leef":
		return []string{"devTime", "syslog_timestamp"}
	case "mail", "mbox":
		return []string{"time", "received_time"}
	case "json", "keyvalue":
		return logTimes
	case "ndjson", "csv":
		if format == "csv" {
			head, _, _ = bytes.Cut(head, []byte("\n"))
		}
		present := make([]bool, len(logTimes))
		for word := range bytes.FieldsFuncSeq(head, betweenWords) {
			for i, name := range logTimes {
				present[i] = present[i] || len(word) == len(name) && bytes.EqualFold(word, []byte(name))
			}
		}
		var named []string
		for i, name := range logTimes {
			if present[i] {
				named = append(named, name)
			}
		}
		return named
	}
	return nil
}

// betweenWords is what stands around the names of fields.
func betweenWords(r rune) bool { return strings.ContainsRune("\",;\t|' \r\n:{}$", r) }

// logTimes are those of Elastic's beats, Suricata, Zeek, Windows (Sysmon's UtcTime is
// UTC by its name) and NXLog.
var logTimes = []string{"@timestamp", "timestamp", "ts", "TimeCreated", utcTime, "time", "EventTime"}

// utcTime needs no zone.
const utcTime = "UtcTime"

// monthFirst reports whether a text can be a time without a year.
func monthFirst(text string) bool {
	return len(text) > 3 && text[3] == ' ' && bytes.IndexByte([]byte("JFMASOND"), text[0]) >= 0
}
