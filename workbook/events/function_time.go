package events

import (
	"database/sql/driver"
	"math"
	"strings"
	"time"

	"tabletop/workbook"
)

// Times are texts, yyyy-MM-dd HH:mm:ss in the zone of the rehearsal; what is
// read as one may also be a number since 1970 or RFC 3339.
const timestampForm, dateForm = "2006-01-02 15:04:05.999999", "2006-01-02"

// zones keeps the zones of a connection; each function gets the zone's name as
// its last argument.
type zones map[string]*time.Location

func (z zones) of(v driver.Value) *time.Location {
	name := workbook.Text(plain(v))
	if zone, ok := z[name]; ok {
		return zone
	}
	zone, err := time.LoadLocation(strings.Clone(name))
	if err != nil {
		zone = time.UTC
	}
	z[strings.Clone(name)] = zone
	return zone
}

// timeFunctions are those of times, with Spark's meaning:
//
//	timeslice(ms, span)                       the beginning of the slice, in ms
//	to_timestamp(x, zone), to_date(x, zone)   NULL where x is no time
//	to_seconds(x, zone)                       seconds since 1970
//	parsed_time(text, pattern, zone)          seconds since 1970
//	from_seconds(n, pattern, zone)
//	written_time(x, pattern, zone)            date_format
//	truncated_time(x, unit, zone)
//	days_later(x, n, zone), days_between(x, y, zone)
//	time_field(x, name, zone)                 year, month, day, hour, …
func timeFunctions() []scalar {
	z := zones{}
	// onTime calls f with the time that the first argument holds.
	onTime := func(f func(t time.Time, a []driver.Value) driver.Value) func([]driver.Value) (driver.Value, error) {
		return func(a []driver.Value) (driver.Value, error) {
			t, ok := z.time(a[0], a[len(a)-1])
			if !ok {
				return nil, nil
			}
			return f(t, a), nil
		}
	}
	return []scalar{
		{"timeslice", 2, timeslice},
		{"to_timestamp", 2, onTime(func(t time.Time, _ []driver.Value) driver.Value { return t.Format(timestampForm) })},
		{"to_date", 2, onTime(func(t time.Time, _ []driver.Value) driver.Value { return t.Format(dateForm) })},
		{"to_seconds", 2, onTime(func(t time.Time, _ []driver.Value) driver.Value { return t.Unix() })},
		{"parsed_time", 3, z.parsed},
		{"from_seconds", 3, z.fromSeconds},
		{"written_time", 3, onTime(func(t time.Time, a []driver.Value) driver.Value {
			pattern := plain(a[1])
			if pattern == nil {
				return nil
			}
			return writeTime(t, workbook.Text(pattern))
		})},
		{"truncated_time", 3, onTime(func(t time.Time, a []driver.Value) driver.Value { return truncateTime(t, workbook.Text(plain(a[1]))) })},
		{"days_later", 3, onTime(func(t time.Time, a []driver.Value) driver.Value {
			n, ok := toInt(a[1]).(int64)
			if !ok || n > 1e6 || n < -1e6 {
				return nil
			}
			return t.AddDate(0, 0, int(n)).Format(dateForm)
		})},
		{"days_between", 3, onTime(func(t time.Time, a []driver.Value) driver.Value {
			u, ok := z.time(a[1], a[2])
			if !ok {
				return nil
			}
			return int64(math.Round(midnight(t).Sub(midnight(u)).Hours() / 24))
		})},
		{"time_field", 3, onTime(func(t time.Time, a []driver.Value) driver.Value { return timeField(t, workbook.Text(plain(a[1]))) })},
	}
}

// time reads a value as a time in a zone.
func (z zones) time(v, zone driver.Value) (time.Time, bool) {
	in := z.of(zone)
	value := plain(v)
	if value == nil {
		return time.Time{}, false
	}
	if text, ok := value.(string); ok && len(text) == len(dateForm) {
		if t, err := time.ParseInLocation(dateForm, text, in); err == nil {
			return t, true
		}
	}
	t, _, err := ParseTime(value, in)
	return t.In(in), err == nil
}

// midnight is the day of t, counted without regard to summer time.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// timeslice cuts milliseconds to slices that begin at whole multiples of the
// span since 1970, in UTC.
func timeslice(a []driver.Value) (driver.Value, error) {
	ms, ok := toInt(a[0]).(int64)
	if !ok {
		return nil, nil
	}
	span, err := ParseDuration(workbook.Text(plain(a[1])))
	if err != nil {
		return nil, err
	}
	size := max(span.Milliseconds(), 1)
	return ms - (ms%size+size)%size, nil
}

func (z zones) parsed(a []driver.Value) (driver.Value, error) {
	text, pattern := plain(a[0]), plain(a[1])
	if text == nil || pattern == nil {
		return nil, nil
	}
	t, ok := readTime(workbook.Text(text), workbook.Text(pattern), z.of(a[2]))
	if !ok {
		return nil, nil
	}
	return t.Unix(), nil
}

func (z zones) fromSeconds(a []driver.Value) (driver.Value, error) {
	n := workbook.Number(plain(a[0]))
	pattern := plain(a[1])
	if n == nil || pattern == nil || math.Abs(asFloat(n)) > 1e11 {
		return nil, nil
	}
	return writeTime(time.Unix(int64(math.Floor(asFloat(n))), 0).In(z.of(a[2])), workbook.Text(pattern)), nil
}

func truncateTime(t time.Time, unit string) driver.Value {
	y, m, d := t.Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, t.Location()) }
	switch strings.ToUpper(unit) {
	case "YEAR", "YYYY", "YY":
		t = day(y, 1, 1)
	case "QUARTER":
		t = day(y, m-(m-1)%3, 1)
	case "MONTH", "MM", "MON":
		t = day(y, m, 1)
	case "WEEK":
		t = day(y, m, d-(int(t.Weekday())+6)%7)
	case "DAY", "DD":
		t = day(y, m, d)
	case "HOUR":
		t = time.Date(y, m, d, t.Hour(), 0, 0, 0, t.Location())
	case "MINUTE":
		t = t.Truncate(time.Minute)
	case "SECOND":
		t = t.Truncate(time.Second)
	default:
		return nil
	}
	return t.Format(timestampForm)
}

func timeField(t time.Time, name string) driver.Value {
	switch name {
	case "year":
		return int64(t.Year())
	case "quarter":
		return int64(t.Month()-1)/3 + 1
	case "month":
		return int64(t.Month())
	case "day":
		return int64(t.Day())
	case "hour":
		return int64(t.Hour())
	case "minute":
		return int64(t.Minute())
	case "second":
		return int64(t.Second())
	case "dayofweek": // Sunday is 1
		return int64(t.Weekday()) + 1
	case "weekday": // Monday is 0
		return (int64(t.Weekday()) + 6) % 7
	case "dayofyear":
		return int64(t.YearDay())
	}
	return nil
}
