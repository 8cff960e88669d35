package workbook

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"tabletop/workbook/source"
)

// A Schedule is when DNIF runs a workbook by itself: never, while events come, or
// by the clock.
type Schedule struct {
	// Streamed workbooks run while events come.
	Streamed bool
	// Cron has the five fields of cron, "" for a workbook that has none.
	Cron string
	// Zone is that of the five fields.
	Zone  *time.Location
	times cron.Schedule
}

// cronNode is a schedule by the clock, as written.
type cronNode struct {
	Cron     source.Text `yaml:"cron,required" doc:"minute, hour, day of the month, month and day of the week, as cron takes them"`
	Timezone source.Text `yaml:"timezone" doc:"the zone of these, as Asia/Kolkata; UTC where none is named"`
}

// Off reports whether the workbook runs only when somebody runs it.
func (s Schedule) Off() bool { return !s.Streamed && s.times == nil }

func (s Schedule) String() string {
	switch {
	case s.Streamed:
		return "streamed"
	case s.times != nil:
		return fmt.Sprintf("cron '%s' in %s", s.Cron, s.Zone)
	}
	return "off"
}

// readSchedule reads what stands behind the key schedule.
func readSchedule(n source.Node) (Schedule, source.Problems) {
	if n.IsMap() {
		var c cronNode
		if problems := source.Decode(n, &c); len(problems) > 0 {
			return Schedule{}, problems
		}
		return CronSchedule(c.Cron, c.Timezone)
	}
	text, ok := n.Text()
	switch {
	case !n.Exists() || ok && (text.Value == "off" || text.Value == "false"): // YAML 1.1 reads off as false
		return Schedule{}, nil
	case ok && text.Value == "streamed":
		return Schedule{Streamed: true}, nil
	}
	return Schedule{}, source.Problems{n.Problem("schedule must be off, streamed, or a map with cron", "as in schedule: {cron: '*/15 * * * *', timezone: Asia/Kolkata}")}
}

// CronSchedule reads the five fields of cron and a zone, which may be missing.
func CronSchedule(fields, zone source.Text) (Schedule, source.Problems) {
	s := Schedule{Cron: fields.Value, Zone: time.UTC}
	if zone.Set() && zone.Value != "" {
		var err error
		if s.Zone, err = time.LoadLocation(zone.Value); err != nil {
			return s, source.Problems{zone.Problem(0, "no such time zone", "write a name as in Asia/Kolkata")}
		}
	}
	const fix = "write minute, hour, day of the month, month and day of the week, as in '*/15 * * * *'"
	// The library takes more than DNIF does, such as @daily and TZ=.
	if len(strings.Fields(fields.Value)) != 5 || strings.ContainsAny(fields.Value, "@=") {
		return s, source.Problems{fields.Problem(0, "a schedule has five fields", fix)}
	}
	times, err := cron.ParseStandard(fields.Value)
	if err != nil {
		return s, source.Problems{fields.Problem(0, "no schedule: "+err.Error(), fix)}
	}
	s.times = times
	return s, nil
}

// Streams run as DNIF runs them: every minute, or, where the workbook looks back
// for longer than half an hour, three times in that span.
const (
	streamedEvery  = time.Minute
	streamedWithin = 30 * time.Minute
)

// Cadence is how far apart a streamed workbook runs whose query looks back over a
// duration.
func Cadence(duration time.Duration) time.Duration {
	if duration <= streamedWithin {
		return streamedEvery
	}
	return (duration / 3).Truncate(time.Minute)
}

// Times lists when the workbook runs for events that came in minutes, each given
// by its end and in order, where its query looks back over a duration. A streamed
// workbook runs behind each span of its cadence in which events came, one by the
// clock from the first of them to the last, whatever came. No more than most are
// given, and whether that were all.
func (s Schedule) Times(minutes []time.Time, duration time.Duration, most int) (times []time.Time, all bool) {
	if len(minutes) == 0 {
		return nil, true
	}
	if !s.Streamed {
		return s.byTheClock(minutes[0].Add(-time.Minute), minutes[len(minutes)-1], most)
	}
	every := Cadence(duration)
	for _, m := range minutes {
		at := m.Truncate(every)
		if at.Before(m) {
			at = at.Add(every)
		}
		if n := len(times); n > 0 && times[n-1].Equal(at) {
			continue
		}
		if len(times) == most {
			return times, false
		}
		times = append(times, at)
	}
	return times, true
}

// byTheClock lists the times of cron behind from, up to the first that is not
// before to: that one sees the last events.
func (s Schedule) byTheClock(from, to time.Time, most int) (times []time.Time, all bool) {
	if s.times == nil {
		return nil, true
	}
	for at := s.times.Next(from.In(s.Zone)); !at.IsZero(); at = s.times.Next(at) {
		if len(times) == most {
			return times, false
		}
		times = append(times, at.UTC())
		if !at.Before(to) {
			break
		}
	}
	return times, true
}
