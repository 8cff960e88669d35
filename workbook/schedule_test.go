package workbook

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func scheduled(t *testing.T, text string) Schedule {
	t.Helper()
	w, problems := readWorkbook(t, "workbook: W\nschedule: "+text+"\nblocks:\n  - one: x\n", kind("one", rows(1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return w.Schedule
}

func minutesOf(t *testing.T, texts ...string) []time.Time {
	t.Helper()
	var out []time.Time
	for _, text := range texts {
		at, err := time.Parse(time.RFC3339, "2026-01-31T"+text+":00Z")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, at)
	}
	return out
}

func TestScheduleTimes(t *testing.T) {
	tests := []struct {
		name, schedule string
		duration       time.Duration
		minutes, want  string
	}{
		{"off", "off", 0, "10:00 10:01", ""},
		{"every minute in which events came", "streamed", 0, "10:00 10:01 10:05 11:30", "10:00 10:01 10:05 11:30"},
		{"half an hour is every minute", "streamed", 30 * time.Minute, "10:00 10:01", "10:00 10:01"},
		{"three times in 90 minutes", "streamed", 90 * time.Minute, "10:00 10:01 10:29 10:30 10:31 12:10", "10:00 10:30 11:00 12:30"},
		{"by the clock, whatever came", "{cron: '*/20 * * * *'}", 0, "10:00 10:41", "10:00 10:20 10:40 11:00"},
		{"in its zone", "{cron: '0 16 * * *', timezone: Asia/Kolkata}", 0, "10:00 11:00", "10:30 34:30"},
		{"nothing came", "streamed", 0, "", ""},
	}
	for _, test := range tests {
		got, all := scheduled(t, test.schedule).Times(minutesOf(t, strings.Fields(test.minutes)...), test.duration, 100)
		var texts []string
		for _, at := range got {
			past := at.Sub(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC))
			texts = append(texts, time.Time{}.Add(past%(24*time.Hour)).Format("15:04"))
			if past >= 24*time.Hour {
				texts[len(texts)-1] = "34:30"
			}
		}
		if strings.Join(texts, " ") != test.want || !all {
			t.Errorf("%s: %v", test.name, texts)
		}
	}
	got, all := scheduled(t, "streamed").Times(minutesOf(t, "10:00", "10:01", "10:02"), 0, 2)
	if len(got) != 2 || all {
		t.Errorf("%v, %t", got, all)
	}
}

// TestCadence has the ends of DNIF's two cases.
func TestCadence(t *testing.T) {
	for duration, want := range map[time.Duration]time.Duration{
		0: time.Minute, 30 * time.Minute: time.Minute, 31 * time.Minute: 10 * time.Minute,
		45 * time.Minute: 15 * time.Minute, time.Hour: 20 * time.Minute, 24 * time.Hour: 8 * time.Hour,
	} {
		if got := Cadence(duration); got != want {
			t.Errorf("%v back, every %v, not every %v", duration, got, want)
		}
	}
}

// TestScheduleWindowsMeet plays a streamed workbook over random minutes: every
// minute lies within the window of a run, so that no event is passed over.
func TestScheduleWindowsMeet(t *testing.T) {
	begin := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, duration := range []time.Duration{5 * time.Minute, 31 * time.Minute, 90 * time.Minute, 7 * time.Hour, 24 * time.Hour} {
		var minutes []time.Time
		for i := range 2000 {
			if i*i%7 == 1 || i%311 == 0 {
				minutes = append(minutes, begin.Add(time.Duration(i)*time.Minute))
			}
		}
		times, _ := Schedule{Streamed: true}.Times(minutes, duration, 10_000)
		for _, m := range minutes {
			if !slices.ContainsFunc(times, func(at time.Time) bool { return !at.Before(m) && at.Add(-duration).Before(m) }) {
				t.Fatalf("with %s no run sees the minute to %s", duration, m)
			}
		}
	}
}

func TestScheduleMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"hourly":                         "schedule must be off, streamed, or a map with cron",
		"[a]":                            "schedule must be off, streamed, or a map with cron",
		"{cron: '* * * *'}":              "w.yaml:2:19: a schedule has five fields",
		"{cron: '@every 1s'}":            "a schedule has five fields",
		"{cron: 'TZ=UTC 1 2 3 4'}":       "a schedule has five fields",
		"{cron: '61 * * * *'}":           "no schedule",
		"{timezone: UTC}":                "cron is missing",
		"{cron: '* * * * *', zone: UTC}": "zone",
		"{cron: '* * * * *', timezone: Nowhere/Else}": "no such time zone",
	} {
		_, problems := readWorkbook(t, "workbook: W\nschedule: "+text+"\nblocks:\n  - one: x\n", kind("one", rows(1)))
		if said := problems.Error(); !strings.Contains(said, want) {
			t.Errorf("%s: %s", text, said)
		}
	}
}
