package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A streaming is the command stream with its flags.
type streaming struct {
	rehearsal
	schedule    string
	from, until string
	maxRuns     int
}

func streamCommand(c *console) *cobra.Command {
	s := &streaming{}
	cmd := &cobra.Command{
		Use:   "stream PATH",
		Short: "Play a workbook over its events as DNIF's schedule would",
		Long: `stream runs a workbook as often as DNIF would over the time that the events
span, with the clock of each run in its place: by the workbook's schedule, or
the one that --schedule names. A streamed workbook runs behind every minute in
which events came, or, where its query looks back for more than half an hour,
three times in that span; windows overlap, and the same row comes again.

Each run is recorded. Nothing is sent: what DNIF would send, and send again, is
told at the end. Later runs read the signals of earlier ones.`,
		Example: `  tabletop stream examples/suspicious-remote-desktop --schedule streamed
  tabletop stream examples/suspicious-remote-desktop \
      --schedule '0 * * * *' --from 2026-01-30T00:00:00Z
  tabletop stream examples/suspicious-remote-desktop --schedule streamed -o json`,
		Args: exactly(1, "one workbook: a file, or a folder that holds workbook.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	s.workbookFlags(f)
	s.eventFlags(f, "5m")
	_ = f.MarkHidden("now") // each run has a clock of its own
	f.StringVar(&s.schedule, "schedule", "", "streamed, or the five fields of cron in UTC, instead of the workbook's own")
	f.StringVar(&s.from, "from", "", "leave out the events before this time, as 2026-01-31T00:00:00Z")
	f.StringVar(&s.until, "until", "", "leave out the events behind this time")
	f.IntVar(&s.maxRuns, "max-runs", workbook.Tiers[len(workbook.Tiers)-1], "the most runs")
	s.recordingFlags(f, "the runs are made", "text or json")
	return cmd
}

func (s *streaming) run(ctx context.Context, c *console, path string) error {
	if err := s.bounds(); err != nil {
		return err
	}
	kept, err := s.openStores(ctx)
	if err != nil {
		return err
	}
	defer kept.Close()
	ready, err := s.ready(ctx, c, path)
	if err != nil {
		return err
	}
	defer s.bar.hide()
	played, err := s.plan(ctx, ready)
	if err != nil {
		return err
	}
	log, err := s.log(ctx)
	if err != nil {
		return err
	}
	s.bar.hide()
	failed := s.play(ctx, ready, log, played)
	if closing := log.Close(); failed == nil {
		failed = closing
	}
	if s.output == "json" {
		c.json(played.object())
		return failed
	}
	c.played(played)
	return failed
}

// bounds checks the numbers among the flags.
func (s *streaming) bounds() error {
	switch err := s.rehearsal.bounds("text", "json"); {
	case err != nil:
		return err
	case s.maxRuns < 1:
		return nothingRan(fmt.Errorf("--max-runs must be at least 1"))
	case s.now != "":
		return nothingRan(errors.New("--now is for one run; name the events to play with --from and --until"))
	}
	return nil
}

// plan finds out when the workbook would run.
func (s *streaming) plan(ctx context.Context, y *readied) (*playing, error) {
	schedule, err := s.scheduled(y)
	if err != nil {
		return nil, err
	}
	streams := y.program.Streams()
	minutes, err := y.set.Arrivals(ctx, realStreams(streams))
	if err != nil {
		return nil, nothingRan(err)
	}
	if minutes, err = s.between(minutes, y.zone); err != nil {
		return nil, err
	}
	if len(minutes) == 0 {
		return nil, nothingRan(fmt.Errorf("no event of %s has a time to play, between --from and --until", strings.Join(streams, ", ")))
	}
	p := &playing{workbook: y.program.Workbook.Name, schedule: schedule, warnings: y.warnings}
	p.duration = s.looksBack(y, minutes[len(minutes)-1])
	var all bool
	if p.times, all = schedule.Times(minutes, p.duration, s.maxRuns); !all {
		p.warnings = append(p.warnings, fmt.Sprintf("only the first %d runs are played: raise --max-runs, or play less with --from and --until", s.maxRuns))
	}
	if len(p.times) == 0 {
		return nil, nothingRan(fmt.Errorf("the schedule, %s, has no time between the first event and the last", schedule))
	}
	return p, nil
}

// scheduled is the schedule that is played.
func (s *streaming) scheduled(y *readied) (workbook.Schedule, error) {
	schedule := y.program.Workbook.Schedule
	var problems source.Problems
	switch s.schedule {
	case "":
	case "streamed":
		schedule = workbook.Schedule{Streamed: true}
	default:
		schedule, problems = workbook.CronSchedule(source.NewText("--schedule", s.schedule), source.Text{})
	}
	switch {
	case problems.Err() != nil:
		return schedule, failure{exitNothingRan, problems}
	case schedule.Off():
		return schedule, nothingRan(fmt.Errorf("the workbook has no schedule: name one with --schedule streamed, or --schedule '*/15 * * * *'"))
	}
	return schedule, nil
}

// between takes the minutes that --from and --until let in.
func (s *streaming) between(minutes []time.Time, zone *time.Location) ([]time.Time, error) {
	var out []time.Time
	from, err := flagTime("--from", s.from, zone)
	if err != nil {
		return nil, err
	}
	until, err := flagTime("--until", s.until, zone)
	if err != nil {
		return nil, err
	}
	for _, m := range minutes {
		if m.After(from) && (until.IsZero() || m.Add(-time.Minute).Before(until)) {
			out = append(out, m)
		}
	}
	return out, nil
}

// looksBackFor is a step that can tell the span that it reads.
type looksBackFor interface {
	LooksBack(now time.Time, zone *time.Location) (time.Duration, bool)
}

// looksBack is the span that the workbook's first query reads: DNIF takes the
// cadence of a streamed workbook from it.
func (s *streaming) looksBack(y *readied, now time.Time) time.Duration {
	for _, step := range y.program.Steps() {
		if q, ok := step.(looksBackFor); ok {
			d, _ := q.LooksBack(now, y.zoneOr(time.UTC))
			return d
		}
	}
	return 0
}

// aheadRuns is for how many runs the events are read in one pass.
const aheadRuns = 16

// play makes the runs. The first that fails ends them.
func (s *streaming) play(ctx context.Context, y *readied, log *audit.Log, p *playing) error {
	for i, now := range p.times {
		if i%aheadRuns == 0 {
			if err := s.readAhead(ctx, y, p.times[i:min(len(p.times), i+aheadRuns)]); err != nil {
				return err
			}
		}
		info, err := y.info(ctx, &s.rehearsal, now, "the schedule, "+p.schedule.String())
		if err != nil {
			return err
		}
		if info.Mode = workbook.ModeStream; len(p.runs) > 0 {
			info.Terms.SignalsFrom = p.runs[0].Run
		}
		result, err := y.program.Run(ctx, workbook.Options{Info: info, MaxRows: s.maxRows, Strict: s.strict, Recorder: log, Earlier: p.signals})
		if result.Run > 0 {
			p.take(now, result)
		}
		if err != nil {
			return fmt.Errorf("at %s: %w", now.Format(time.RFC3339), err)
		}
	}
	return nil
}

// readAhead makes the groups of several runs in one pass over the events.
func (s *streaming) readAhead(ctx context.Context, y *readied, times []time.Time) error {
	var queries []events.Query
	for _, now := range times {
		for _, step := range y.program.Steps() {
			if asks, ok := step.(asksAhead); ok {
				if q, ok := asks.Ahead(now, y.zoneOr(time.UTC)); ok {
					queries = append(queries, q)
				}
			}
		}
	}
	return y.set.MakeAhead(ctx, queries)
}
