package lint

import (
	"fmt"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/findings"
)

// configurations are how many DNIF's tiers allow.
var configurations = []int{5, 10, 25}

const day = 24 * time.Hour

// volume holds the requests that a scheduled workbook may make in a day, and the
// configurations that it calls, against DNIF's tiers. Queries without a limit are
// not judged: only the events tell their rows.
func (l *linter) volume() {
	var called []string
	seen := map[string]bool{}
	runs, every := l.runsADay()
	most, total := int64(-1), int64(0)
	for _, d := range l.deeds {
		if d.Fresh {
			most = -1
		}
		if d.Limit != nil && (most < 0 || d.Limit.Rows < most) {
			most = d.Limit.Rows
		}
		if d.Trigger == nil {
			continue
		}
		if name := d.Trigger.Configuration; !seen[name] {
			seen[name], called = true, append(called, name)
			if len(called) == configurations[0]+1 {
				l.warn(d, d.Spot, findings.Configurations,
					fmt.Sprintf("%s is configuration %d, and DNIF's smallest tier allows %d", name, len(called), configurations[0]),
					fmt.Sprintf("the tiers allow %d, %d and %d: know yours", configurations[0], configurations[1], configurations[2]))
			}
		}
		if most < 0 || runs == 0 {
			continue
		}
		before := total
		total += min(most, 1<<40/max(runs, 1)) * runs
		if least := int64(workbook.Tiers[0]); before <= least && total > least {
			l.warn(d, d.Spot, findings.RequestsADay,
				fmt.Sprintf("up to %s requests a day, %s rows %s: %s", grouped(total), grouped(most), every, over(total)),
				"lower the limit, read a longer duration, or group by what is acted upon")
		}
	}
}

// over words which tiers a number of requests is too much for.
func over(requests int64) string {
	passed := 0
	for passed < len(workbook.Tiers) && requests > int64(workbook.Tiers[passed]) {
		passed++
	}
	if passed == len(workbook.Tiers) {
		return "DNIF's largest tier allows " + grouped(int64(workbook.Tiers[passed-1]))
	}
	return "DNIF's tier below allows " + grouped(int64(workbook.Tiers[passed-1]))
}

// runsADay is how often the workbook's schedule runs it, and that in words; 0
// where it has none.
func (l *linter) runsADay() (runs int64, every string) {
	s := l.Workbook.Schedule
	if s.Off() {
		return 0, ""
	}
	if !s.Streamed {
		at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday
		times, _ := s.Times([]time.Time{at.Add(time.Minute), at.Add(day)}, 0, int(day/time.Minute))
		return int64(len(times)), fmt.Sprintf("in each of %d runs", len(times))
	}
	var longest time.Duration
	for _, d := range l.deeds {
		for _, w := range d.Windows {
			longest = max(longest, w.Span)
		}
	}
	cadence := workbook.Cadence(longest)
	if cadence == time.Minute {
		return int64(day / cadence), "every minute"
	}
	return int64(day / cadence), fmt.Sprintf("every %d minutes", cadence/time.Minute)
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
