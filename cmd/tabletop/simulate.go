package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook/source"
	"tabletop/workbook/stores/tablefile"
)

// A simulation is the command simulate with its flags.
type simulation struct {
	listen   string
	log      string
	faults   []string
	except   []string
	rate     int
	capacity int
	taskTime time.Duration
	export   string
	force    bool
}

func simulateCommand(c *console) *cobra.Command {
	s := &simulation{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play the vendor on a port of this machine",
		Long: `simulate answers on a port of this machine as the vendors do: Trend Micro's
response API v2.0 and v3.0 with a list of suspicious objects, exceptions, tasks
and limits, and webhooks of Slack, Teams, Jira and others. What is sent here
blocks nothing anywhere. It ends with Ctrl-C.

The first line on the standard output is the address. Each request is a line on
the standard error: its number, method, path and target, the status of the
answer, the fault it met, and what was done. State is shown as JSON at
/_simulator/requests and /_simulator/list. Any token is taken, none is kept.
--export writes its tasks and its list to a file at the end, as a vendor's
console gives them out: tabletop reconcile reads it.

Faults try what a sender does when a vendor misbehaves. --fault takes rules
WHICH:FAULT, set apart by commas. WHICH is the number of a request, a span (1-4,
5-), every=N, or * for all. A single request asks for a fault by the header
` + simulator.FaultHeader + `. FAULT is one of

` + faultList(),
		Example: `  tabletop simulate
  tabletop simulate --listen 127.0.0.1:8080 --log requests.ndjson
  tabletop simulate --fault 3:reset-after --fault '*:latency=200ms'
  tabletop simulate --fault '1-4:429-retry-after=2,every=5:status=503'
  tabletop simulate --rate 60 --capacity 100 --except 203.0.113.7
  tabletop simulate --listen 127.0.0.1:8080 --export vendor.csv
  curl -s http://127.0.0.1:8080/_simulator/list`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), c) },
	}
	f := cmd.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "`address` on this machine; port 0 takes a free one")
	f.StringVar(&s.log, "log", "", "`file` that gets each request as a line of JSON, on the disk before the answer; lines are added to it")
	f.StringArrayVar(&s.faults, "fault", nil, "`rules` for faults, as 3:reset-after; may be given again")
	f.StringArrayVar(&s.except, "except", nil, "`target` on Trend Micro's Exception List: blocking it is accepted and not enforced; may be given again")
	f.IntVar(&s.rate, "rate", 0, "`requests` that Trend Micro's API takes in 60 seconds; 0 is any number")
	f.IntVar(&s.capacity, "capacity", simulator.MaxEntries, "`entries` of a type that the list holds; past it the one closest to its expiry goes, else the oldest")
	f.DurationVar(&s.taskTime, "task-time", 0, "`time` that a task takes, as 2s; 0 moves it on each time it is asked for")
	f.StringVar(&s.export, "export", "", "`file` that gets the tasks and the list at the end: .csv, .json or .ndjson")
	f.BoolVar(&s.force, "force", false, "write over the file of --export")
	f.Lookup("task-time").DefValue = ""
	return cmd
}

// faultList lists the faults for the help.
func faultList() string {
	var b strings.Builder
	for _, f := range simulator.Faults() {
		fmt.Fprintf(&b, "  %-20s%s%s\n", f.Form, gap, f.Meaning)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *simulation) run(ctx context.Context, c *console) (err error) {
	o, err := s.options(c)
	if err != nil {
		return err
	}
	form, err := s.exportForm()
	if err != nil {
		return err
	}
	if s.log != "" {
		file, opened := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if opened != nil {
			return nothingRan(fmt.Errorf("open the log of requests: %w", opened))
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		o.Log = file
	}
	server, err := simulator.Listen(ctx, s.listen, o)
	if err != nil {
		return nothingRan(err)
	}
	c.line(server.URL())
	if err := c.flush(); err != nil {
		return fmt.Errorf("write the address: %w", err)
	}
	c.remark("playing the vendor at %s; Ctrl-C ends it", server.URL())
	err = server.Serve(ctx)
	if s.export != "" {
		err = errors.Join(err, replaceWith(s.export, s.force, func(file *os.File) error { return o.Vendor.WriteExport(file, form) }))
	}
	if err != nil {
		return err
	}
	t := server.Totals()
	c.remark("%d requests, %d taken, %d with a fault", t.Requests, t.Taken, t.Faults)
	return nil
}

// exportForm is the form of the export by the end of its name, and refuses a file
// that can't be written before anybody counts on it.
func (s *simulation) exportForm() (tablefile.Form, error) {
	if s.export == "" {
		return "", nil
	}
	form := tablefile.FormOf(s.export)
	if form == "" || form == tablefile.XLSX {
		return "", nothingRan(fmt.Errorf("--export %s: end its name in .csv, .json or .ndjson", s.export))
	}
	return form, mayReplace(s.export, s.force)
}

// options reads the flags, and reports every mistake in the faults.
func (s *simulation) options(c *console) (simulator.Options, error) {
	switch {
	case s.rate < 0:
		return simulator.Options{}, nothingRan(fmt.Errorf("--rate %d: write 0 or more", s.rate))
	case s.capacity < 1 || s.capacity > simulator.MaxEntries:
		return simulator.Options{}, nothingRan(fmt.Errorf("--capacity %d: write 1 to %d", s.capacity, simulator.MaxEntries))
	case s.taskTime < 0 || s.taskTime > time.Hour:
		return simulator.Options{}, nothingRan(fmt.Errorf("--task-time %s: write a time as 2s, up to 1h", s.taskTime))
	}
	var texts []source.Text
	for _, written := range s.faults {
		texts = append(texts, source.NewText("--fault", written))
	}
	schedule, problems := simulator.ParseSchedule(texts...)
	if len(problems) > 0 {
		return simulator.Options{}, failure{exitNothingRan, problems}
	}
	vendor := simulator.New()
	vendor.Clock, vendor.PerMinute, vendor.Capacity, vendor.TaskTime = time.Now, s.rate, s.capacity, s.taskTime
	if err := vendor.Except(s.except...); err != nil {
		return simulator.Options{}, nothingRan(fmt.Errorf("--except: %w", err))
	}
	return simulator.Options{Vendor: vendor, Schedule: schedule, Report: c.arrival}, nil
}

// arrival tells of one request.
func (c *console) arrival(a simulator.Arrival) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s", a.Sequence, a.Method, shortened(a.Path))
	if len(a.Targets) > 0 {
		fmt.Fprintf(&b, " %s %s", a.Targets[0].Type, shortened(a.Targets[0].Target))
	}
	if more := len(a.Targets) - 1; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	if a.Status == 0 {
		b.WriteString(": no answer")
	} else {
		b.WriteString(": " + strconv.Itoa(a.Status))
	}
	if a.Fault != "" {
		fmt.Fprintf(&b, " (fault: %s)", a.Fault)
	}
	if a.Note != "" {
		b.WriteString(", " + a.Note)
	}
	c.remark("%s", clean(b.String()))
}

// maxShown is how much of a path or a target is told of a request, in bytes.
const maxShown = 200

// shortened cuts what a stranger made long; the log has it whole.
func shortened(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
