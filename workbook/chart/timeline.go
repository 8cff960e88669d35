package chart

import (
	"fmt"
	"slices"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// mostTimes is the most places of a timeline; more times than that share places.
const mostTimes = 24

// steps are the spans that a place of a timeline may stand for.
var steps = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
}

// timeline lays out the places of a timeline, in the order of time, and returns
// what finds the place of a value; false for what is no time. Where there are
// more times than places, each place is a span, and spans without rows are there
// too: a pause is something to see.
func (f *filling) timeline(primary int) func(workbook.Value) (int, bool) {
	times := f.times(primary)
	if len(times) == 0 {
		return func(workbook.Value) (int, bool) { return 0, false }
	}
	step := time.Duration(0)
	if first, last := times[0], times[len(times)-1]; len(times) > mostTimes {
		step = stepOver(first, last)
		times = nil
		for t := first.Truncate(step); !t.After(last); t = t.Add(step) {
			times = append(times, t)
		}
		f.chart.note("each place stands for %s, from the time below it on", span(step))
	}
	f.chart.note("times are in UTC")
	layout := layoutOf(times)
	for _, t := range times {
		f.labelled(t.Format(time.RFC3339Nano), t.Format(layout))
	}
	return func(v workbook.Value) (int, bool) {
		t, ok := moment(v)
		if !ok {
			return 0, false
		}
		if step > 0 {
			t = t.Truncate(step)
		}
		i, known := f.at[t.Format(time.RFC3339Nano)]
		return i, known
	}
}

// times are those of a column, in their order and each once.
func (f *filling) times(column int) []time.Time {
	var times []time.Time
	for _, row := range f.table.Rows {
		if t, ok := moment(row.Values[column]); ok {
			times = append(times, t)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// timed has categories that are times written as such.
func (f *filling) timed(column int) {
	if times := f.times(column); len(times) > 0 {
		f.layout = layoutOf(times)
		f.chart.note("times are in UTC")
	}
}

// stepOver is the least span of which mostTimes or fewer reach over all times.
func stepOver(first, last time.Time) time.Duration {
	step := steps[0]
	for i := 1; places(first, last, step) > mostTimes; i++ {
		if i < len(steps) {
			step = steps[i]
		} else {
			step *= 2
		}
	}
	return step
}

func places(first, last time.Time, step time.Duration) int64 {
	return int64(last.Truncate(step).Sub(first.Truncate(step))/step) + 1
}

// moment reads a time; one that names no zone is taken to be in UTC.
func moment(v workbook.Value) (time.Time, bool) {
	if v == nil {
		return time.Time{}, false
	}
	t, _, err := events.ParseTime(v, time.UTC)
	// A span of more than three hundred years is no time.Duration.
	return t.UTC(), err == nil && t.Year() > 1900 && t.Year() < 2150
}

// layoutOf is the shortest way to write times that tells them apart.
func layoutOf(times []time.Time) string {
	days, seconds := true, false
	for _, t := range times {
		days = days && t.Equal(t.Truncate(24*time.Hour))
		seconds = seconds || t.Second() != 0 || t.Nanosecond() != 0
	}
	switch {
	case days:
		return "2006-01-02"
	case seconds:
		return "2006-01-02 15:04:05"
	}
	return "2006-01-02 15:04"
}

func span(d time.Duration) string {
	units := []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}
	for _, u := range units {
		if d%u.of == 0 {
			return counted(int(d/u.of), u.name, u.name+"s")
		}
	}
	return fmt.Sprint(d)
}
