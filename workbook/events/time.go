package events

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/workbook"
)

// layouts are the ways in which a time of day with its zone is written.
var zoned = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999 -0700", time.RFC1123Z}

// zoneless are those without one: the third is DNIF's result grid, the last two
// are what syslog daemons write.
var zoneless = []string{
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2 Jan 2006, 3:04 PM", "2 Jan 2006, 3:04:05 PM", "2006-01-02T15:04", "2006-01-02 15:04",
	"Jan 2 2006 15:04:05", "2006 Jan 2 15:04:05",
}

// errNoTime is a value that is no time.
var errNoTime = errors.New("no time")

// ParseTime reads a time: a number since 1970 whose size tells seconds,
// milliseconds, microseconds and nanoseconds apart, RFC 3339, or DNIF's grid
// form 27 May 2021, 3:44 PM. A time that names no zone is read in zone; where
// that is nil, local comes back true and the time is to be taken as a reading
// of a clock. The error is not nil where v is no time.
func ParseTime(v workbook.Value, zone *time.Location) (t time.Time, local bool, err error) {
	switch n := workbook.Number(v).(type) {
	case int64:
		return epoch(n)
	case float64:
		return epochFraction(n)
	}
	text := strings.ToUpper(strings.TrimSpace(workbook.Text(v)))
	if len(text) < 8 || len(text) > 64 {
		return time.Time{}, false, errNoTime
	}
	for _, utc := range []string{" UTC", " GMT"} {
		if bare, ok := strings.CutSuffix(text, utc); ok {
			text = bare + "Z"
		}
	}
	for _, layout := range zoned {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), false, nil
		}
	}
	in := zone
	if in == nil {
		in = time.UTC
	}
	for _, layout := range zoneless {
		if t, err := time.ParseInLocation(layout, text, in); err == nil {
			return t.UTC(), zone == nil, nil
		}
	}
	return time.Time{}, false, errNoTime
}

// An epoch counts in the unit in which it lies between the years 1985 and 5138;
// what lies in none, such as 20260101, is no time.
const (
	leastEpoch = 500_000_000
	mostEpoch  = 100_000_000_000
)

func epoch(n int64) (time.Time, bool, error) {
	switch {
	case n >= leastEpoch && n < mostEpoch:
		return time.Unix(n, 0).UTC(), false, nil
	case n >= leastEpoch*1e3 && n < mostEpoch*1e3:
		return time.UnixMilli(n).UTC(), false, nil
	case n >= leastEpoch*1e6 && n < mostEpoch*1e6:
		return time.UnixMicro(n).UTC(), false, nil
	case n >= leastEpoch*1e9:
		return time.Unix(0, n).UTC(), false, nil
	}
	return time.Time{}, false, errNoTime
}

func epochFraction(f float64) (time.Time, bool, error) {
	if f >= mostEpoch && f < math.MaxInt64/2 {
		return epoch(int64(f))
	}
	if f < leastEpoch || f >= mostEpoch {
		return time.Time{}, false, errNoTime
	}
	seconds, fraction := math.Modf(f)
	return time.Unix(int64(seconds), int64(math.Round(fraction*1e6))*1000).UTC(), false, nil
}

// A ZoneError is a time without a zone that nothing beside it places.
type ZoneError struct {
	Position workbook.Position
	Value    string
}

func (e *ZoneError) Error() string {
	return fmt.Sprintf("%s:%d: the time %q names no zone: name it with --tz (as in --tz Asia/Kolkata), or as tz in %s", e.Position.File, e.Position.Line, e.Value, SourcesName)
}

// timeColumns are what an event's time is taken from, in this order; minute
// helps to place a time without a zone.
var timeColumns = []string{"$CNAMTime", "$SystemTstamp", "$Xminute"}

// A timer finds the time of events of one file.
type timer struct {
	file   *file
	picker *picker
	zone   *time.Location
	// raw are the fields behind timeColumns that a log of the file's format may
	// write the time in.
	raw []string
	// collect, where set, is given the times that name no year instead of their
	// being placed in one.
	collect func(offset int64, c calendar)
}

// newTimer reads times without a zone in tz, else in the zone of the source.
func newTimer(f *file, tz *time.Location) *timer {
	t := &timer{file: f, zone: tz, raw: f.rawTimes}
	var fields map[string]expression
	if f.rule != nil {
		fields = f.rule.fields
		if tz == nil {
			t.zone = f.rule.zone
		}
	}
	t.picker = newPicker(slices.Concat(timeColumns, t.raw), fields)
	return t
}

// of returns the time of an event, zero where it has none.
func (t *timer) of(r *record) (time.Time, error) {
	t.picker.find(r)
	at := place{r.offset, r.line}
	minute := func() workbook.Value { return t.picker.value(r, 2) }
	if when, err := t.read(t.picker.value(r, 0), minute, at); !errors.Is(err, errNoTime) {
		return when, err
	}
	if t.file.rule != nil && t.file.rule.time != nil {
		if when, err := t.read(t.file.rule.time.eval(r), minute, at); !errors.Is(err, errNoTime) {
			return when, err
		}
	}
	if when, err := t.read(t.picker.value(r, 1), minute, at); !errors.Is(err, errNoTime) {
		return when, err
	}
	return t.rawTime(func(i int) workbook.Value { return t.picker.value(r, len(timeColumns)+i) }, minute, at)
}

// rawTime takes the time from the first field of raw that tells it; zero where
// none does. One that needs a zone only counts where no other is there.
func (t *timer) rawTime(value func(i int) workbook.Value, minute func() workbook.Value, at place) (time.Time, error) {
	var unplaced error
	for i, name := range t.raw {
		v := value(i)
		if text, ok := v.(string); ok && name == utcTime {
			v = strings.TrimSuffix(text, "Z") + "Z"
		}
		when, err := t.read(v, minute, at)
		var zone *ZoneError
		switch {
		case err == nil:
			return when, nil
		case errors.As(err, &zone):
			if unplaced == nil {
				unplaced = err
			}
		case !errors.Is(err, errNoTime):
			return when, err
		}
	}
	return time.Time{}, unplaced
}

// read parses a time; one without a zone is placed by the event's $Xminute,
// which is UTC. The error is errNoTime where v is none.
func (t *timer) read(v workbook.Value, minute func() workbook.Value, at place) (time.Time, error) {
	if v == nil {
		return time.Time{}, errNoTime
	}
	when, local, err := t.parse(v, at)
	if err != nil || !local {
		return when, err
	}
	when, err = placeLocal(when, minute())
	switch {
	case err == nil:
		return when, nil
	case t.file.untimed:
		return time.Time{}, nil
	}
	return time.Time{}, &ZoneError{workbook.Position{File: t.file.name, Offset: at.offset, Line: at.line}, workbook.Text(v)}
}

// parse is ParseTime, which also takes times without a year.
func (t *timer) parse(v workbook.Value, at place) (when time.Time, local bool, err error) {
	text, ok := v.(string)
	if !ok || !monthFirst(text) {
		return ParseTime(v, t.zone)
	}
	c, ok := parseYearless(text)
	switch {
	case !ok:
		return ParseTime(v, t.zone)
	case t.collect != nil:
		t.collect(at.offset, c)
		return time.Time{}, false, nil
	case t.file.untimed && t.zone == nil:
		return time.Time{}, false, nil
	}
	year, err := t.file.yearAt(at.offset)
	if err != nil {
		return time.Time{}, false, err
	}
	zone := t.zone
	if zone == nil {
		zone = time.UTC
	}
	when, ok = c.in(year, zone)
	if !ok {
		return time.Time{}, false, errNoTime
	}
	return when, t.zone == nil, nil
}

// placeLocal takes the zone of a clock's reading from $Xminute beside it, which
// is UTC. Zones lie at multiples of a quarter of an hour, and $Xminute is cut to
// its minute or to the batch it came in: what is nearest is the zone.
func placeLocal(at time.Time, minute workbook.Value) (time.Time, error) {
	utc, err := time.Parse("200601021504", workbook.Text(minute))
	if err != nil {
		return at, errNoTime
	}
	offset := at.Sub(utc).Round(15 * time.Minute)
	if offset < -12*time.Hour || offset > 14*time.Hour {
		return at, errNoTime
	}
	return at.Add(-offset), nil
}

// ParseDuration reads DNIF's spans: digits and one of s, m, h, d, w, M, where M
// is thirty days.
func ParseDuration(text string) (time.Duration, error) {
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'M': 30 * 24 * time.Hour}
	if len(text) < 2 {
		return 0, fmt.Errorf("%q is no duration: write a number and s, m, h, d, w or M, as in 7d", text)
	}
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 31)
	size, known := unit[text[len(text)-1]]
	if err != nil || !known {
		return 0, fmt.Errorf("%q is no duration: write a number and s, m, h, d, w or M, as in 7d", text)
	}
	if n == 0 || n > uint64(100*365*24*time.Hour/size) {
		return 0, fmt.Errorf("the duration %q must be more than nothing and at most a hundred years", text)
	}
	return time.Duration(n) * size, nil
}
