package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// windowNames are the pseudo-columns that set a query's time.
var windowNames = []string{"$Duration", "$StartTime", "$EndTime"}

func windowName(e Expr) string {
	c, ok := e.(*Column)
	if !ok || c.Qualifier != "" {
		return ""
	}
	i := slices.IndexFunc(windowNames, func(n string) bool { return strings.EqualFold(n, c.Name) })
	if i < 0 {
		return ""
	}
	return windowNames[i]
}

// takeWindow takes the pseudo-conditions out of the conditions that AND joins
// at the top of WHERE, and returns what is left.
func (w *Window) take(text source.Text, e Expr) Expr {
	b, ok := e.(*Binary)
	if !ok {
		return e
	}
	if b.Op == "AND" {
		x, y := w.take(text, b.X), w.take(text, b.Y)
		switch {
		case x == nil:
			return y
		case y == nil:
			return x
		}
		return &Binary{b.At, "AND", x, y}
	}
	name := windowName(b.X)
	if name == "" {
		return e
	}
	if b.Op != "=" {
		panic(mistake{text.Problem(b.At, name+" is set with =, not compared", "write "+name+"="+example(name))})
	}
	w.set1(text, name, b.Y)
	return nil
}

func example(name string) string {
	if name == "$Duration" {
		return "7d"
	}
	return "'2026-01-31T12:00:00Z'"
}

// set1 takes one of the three values.
func (w *Window) set1(text source.Text, name string, value Expr) {
	var written string
	switch v := value.(type) {
	case *Span:
		written = v.Text
	case *Literal:
		written = strings.Trim(renderLiteral(v.Value), "'")
	default:
		panic(mistake{text.Problem(value.place(), name+" takes a fixed value", "write "+name+"="+example(name))})
	}
	var into *string
	switch name {
	case "$Duration":
		into, w.DurationAt = &w.Duration, value.place()
		if _, err := events.ParseDuration(written); err != nil {
			panic(mistake{text.Problem(value.place(), err.Error(), "")})
		}
	case "$StartTime":
		into, w.StartAt = &w.Start, value.place()
	default:
		into, w.EndAt = &w.End, value.place()
	}
	if *into != "" {
		panic(mistake{text.Problem(value.place(), name+" is set twice", "remove one of them")})
	}
	*into = written
	if name != "$Duration" {
		checkMoment(text, value.place(), written)
	}
	if w.Duration != "" && w.Start != "" {
		panic(mistake{text.Problem(value.place(), "$Duration and $StartTime both say where to begin", "keep one of them")})
	}
}

// checkMoment tells what is no time. Zones are known only when the query runs.
func checkMoment(text source.Text, at int, written string) {
	if _, err := (&Window{}).moment(written, time.Unix(0, 0), time.UTC); err != nil {
		panic(mistake{text.Problem(at, err.Error(), "write "+example("")+" or @now-3h")})
	}
}

// moment reads a time of a query.
func (w *Window) moment(written string, now time.Time, zone *time.Location) (time.Time, error) {
	if strings.HasPrefix(strings.ToLower(written), "@now") {
		rest := written[len("@now"):]
		if rest == "" {
			return now, nil
		}
		d, err := events.ParseDuration(rest[1:])
		if rest[0] == '-' {
			d = -d
		}
		return now.Add(d), err
	}
	t, local, err := events.ParseTime(written, zone)
	switch {
	case err != nil:
		return t, fmt.Errorf("%s is no time", strconv.Quote(written))
	case local:
		return t, fmt.Errorf("the time %s names no zone: write it with Z at its end, or give --tz", strconv.Quote(written))
	}
	return t, nil
}

// resolve gives the window its times. A query that names none takes standard,
// zero meaning all.
func (w *Window) resolve(now time.Time, zone *time.Location, standard time.Duration) (events.Window, error) {
	out := events.Window{}
	duration := standard
	switch {
	case w.Duration != "":
		d, err := events.ParseDuration(w.Duration)
		if err != nil {
			return out, err
		}
		duration = d
	case w.set():
		duration = 0
	}
	if w.set() || duration > 0 {
		out.To = now
	}
	var err error
	if w.End != "" {
		if out.To, err = w.moment(w.End, now, zone); err != nil {
			return out, err
		}
	}
	if duration > 0 {
		out.From = out.To.Add(-duration)
	}
	if w.Start != "" {
		start, err := w.moment(w.Start, now, zone)
		if err != nil {
			return out, err
		}
		// A window begins behind its From; a start that is written counts.
		out.From = start.Add(-time.Nanosecond)
	}
	return out, nil
}
