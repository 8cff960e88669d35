package query

import (
	"fmt"

	"tabletop/workbook/events"
)

const (
	timestampPattern = "yyyy-MM-dd HH:mm:ss"
	timestampLayout  = "2006-01-02 15:04:05"
)

// zone writes the name of the zone in which times are read and shown.
func (w *writer) zone() string {
	name := "UTC"
	if w.clock != nil && w.clock.Zone != nil {
		name = w.clock.Zone.String()
	}
	return w.parameter(0, name)
}

// now writes the rehearsal's clock.
func (w *writer) now(layout string) operand {
	text := ""
	if w.clock != nil {
		now := w.clock.Now.UTC()
		if w.clock.Zone != nil {
			now = now.In(w.clock.Zone)
		}
		text = now.Format(layout)
	}
	return operand{w.parameter(0, text), isText}
}

// onTime makes a function of a time, what else it takes, and the zone.
func onTime(least int, kind operandKind, sql string, rest func(w *writer, a []operand) string) function {
	return function{least: least, most: least, write: func(w *writer, _ bool, a []operand) operand {
		more := ""
		if rest != nil {
			more = ", " + rest(w, a)
		}
		return operand{fmt.Sprintf("%s(%s%s, %s)", sql, a[0].sql, more, w.zone()), kind}
	}}
}

// timePart gives a part of a time as a number.
func timePart(name string) function {
	return onTime(1, isNumber, "time_field", func(*writer, []operand) string { return "'" + name + "'" })
}

func timeFunctions() map[string]function {
	secondText := func(w *writer, a []operand) string { return w.textOf(a[1]) }
	secondNumber := func(w *writer, a []operand) string { return w.numberOf(a[1]) }
	now := function{write: func(w *writer, _ bool, _ []operand) operand { return w.now(timestampLayout) }}
	all := map[string]function{
		"event_time": function{write: func(w *writer, _ bool, _ []operand) operand { return w.eventTime() }}.
			as("the time of the event, in milliseconds since 1970", "max(event_time())", "1768046400000"),
		"timeslice": function{least: 2, most: 2, write: writeTimeslice}.
			as("the beginning of the slice in which a number of milliseconds lies", "timeslice(1768046399999, '1h')", "1768042800000"),
		"current_timestamp": now.as("the rehearsal's clock", "current_timestamp()", "2026-01-10 12:00:00"),
		"now":               now.as("current_timestamp by another name", "now()", "2026-01-10 12:00:00"),
		"current_date": function{write: func(w *writer, _ bool, _ []operand) operand { return w.now("2006-01-02") }}.
			as("the day of the rehearsal's clock", "current_date()", "2026-01-10"),
		"unix_timestamp": function{most: 2, write: writeUnixTimestamp}.
			as("seconds since 1970: of the clock, of a time, or of a text in a pattern", "unix_timestamp('10/01/2026', 'dd/MM/yyyy')", "1768003200"),
		"from_unixtime": function{least: 1, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			pattern := "'" + timestampPattern + "'"
			if len(a) == 2 {
				pattern = w.textOf(a[1])
			}
			return textual("from_seconds(%s, %s, %s)", w.numberOf(a[0]), pattern, w.zone())
		}}.as("a time of seconds since 1970, in a pattern where one is given", "from_unixtime($CNAMTime / 1000, 'yyyy-MM-dd HH:mm')", "2026-01-10 12:00"),
		"to_timestamp": parsedTime("to_timestamp", timestampPattern).
			as("a time out of a number, a text, or a text in a pattern; NULL where it is none", "to_timestamp('27 May 2021, 3:44 PM')", "2021-05-27 15:44:00"),
		"to_date": parsedTime("to_date", "yyyy-MM-dd").
			as("the day of a time; NULL where it is none", "to_date('2026-01-10T23:59:59Z')", "2026-01-10"),
		"date_format": onTime(2, isText, "written_time", secondText).as("a time in a pattern", "date_format('2026-01-10 09:05:00', 'EEE d MMM yyyy, h:mm a')", "Sat 10 Jan 2026, 9:05 AM"),
		"date_trunc": function{least: 2, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			return textual("truncated_time(%s, %s, %s)", a[1].sql, w.textOf(a[0]), w.zone())
		}}.as("a time cut to a year, quarter, month, week, day, hour, minute or second", "date_trunc('hour', '2026-01-10 09:55:10')", "2026-01-10 09:00:00"),
		"date_add": onTime(2, isText, "days_later", secondNumber).as("the day so many days later", "date_add('2026-01-31', 1)", "2026-02-01"),
		"date_sub": onTime(2, isText, "days_later", func(w *writer, a []operand) string { return "- (" + w.numberOf(a[1]) + ")" }).
			as("the day so many days before", "date_sub('2026-03-01', 1)", "2026-02-28"),
		"datediff": onTime(2, isNumber, "days_between", func(w *writer, a []operand) string { return a[1].sql }).
			as("the days from the second time to the first", "datediff('2026-01-10', '2025-12-31')", "10"),
	}
	for name, result := range map[string]string{"year": "2026", "quarter": "1", "month": "1", "day": "10", "hour": "9", "minute": "5", "second": "7", "dayofweek": "7", "weekday": "5", "dayofyear": "10"} {
		doc := "the " + name + " of a time"
		switch name {
		case "dayofweek":
			doc = "the day of the week of a time: Sunday is 1"
		case "weekday":
			doc = "the day of the week of a time: Monday is 0"
		case "dayofyear":
			doc = "the day of the year of a time, from 1"
		}
		all[name] = timePart(name).as(doc, name+"('2026-01-10 09:05:07')", result)
	}
	return all
}

// parsedTime reads a time, in a pattern where one is given.
func parsedTime(sql, written string) function {
	return function{least: 1, most: 2, write: func(w *writer, _ bool, a []operand) operand {
		if len(a) == 1 {
			return textual("%s(%s, %s)", sql, a[0].sql, w.zone())
		}
		return textual("from_seconds(parsed_time(%s, %s, %s), '%s', %s)", w.textOf(a[0]), w.textOf(a[1]), w.zone(), written, w.zone())
	}}
}

func writeUnixTimestamp(w *writer, _ bool, a []operand) operand {
	switch len(a) {
	case 0:
		var now int64
		if w.clock != nil {
			now = w.clock.Now.Unix()
		}
		return operand{w.parameter(0, now), isNumber}
	case 1:
		return numeric("to_seconds(%s, %s)", a[0].sql, w.zone())
	}
	return numeric("parsed_time(%s, %s, %s)", w.textOf(a[0]), w.textOf(a[1]), w.zone())
}

func writeTimeslice(w *writer, _ bool, a []operand) operand {
	c := w.calling[len(w.calling)-1]
	span, ok := c.Args[1].(*Literal)
	text, isText := "", false
	if ok {
		text, isText = span.Value.(string)
	}
	if _, err := events.ParseDuration(text); !isText || err != nil {
		w.fail(c.Args[1].place(), "timeslice takes a span in quotes", "as in timeslice(event_time(), '15m')")
	}
	return numeric("timeslice(%s, %s)", w.numberOf(a[0]), a[1].sql)
}

// sliceMillis is the length of a slice, 0 where the text is no span.
func sliceMillis(span string) int64 {
	d, err := events.ParseDuration(span)
	if err != nil {
		return 0
	}
	return d.Milliseconds()
}

// eventTime writes the time of the event of the innermost SELECT.
func (w *writer) eventTime() operand {
	c := w.calling[len(w.calling)-1]
	sc := w.scopes[len(w.scopes)-1]
	if len(sc.sources) != 1 || sc.sources[0].scan < 0 {
		w.fail(c.At, "event_time() needs one stream in FROM", "")
	}
	if w.grouped && !w.inside {
		w.fail(c.At, "event_time() is neither grouped nor aggregated", "write min(event_time()) or max(event_time())")
	}
	return numeric(`%s."at"`, sc.sources[0].table)
}
