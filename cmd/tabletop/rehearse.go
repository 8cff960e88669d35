package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"tabletop/blocks"
	"tabletop/blocks/query"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/guard/lookout"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/lint"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// An input is what the flags of a command say of the workbook and its events.
type input struct {
	events       string
	sources      string
	integrations string
	guard        string
	now          string
	zone         string
	year         int
	window       string
	set          map[string]string
	// bar shows how far the reading is; nil for none.
	bar *bar
	// untimed says that nothing asks for the times of events.
	untimed bool
	// planning says that a plan is made of what runs.
	planning bool
	// session are the event stores that blocks work on, nil without a run.
	session *stores.Session
	// storesFile is where event stores are read without a session.
	storesFile string
	// vendor answers in place of the standard simulator; nil for that.
	vendor http.RoundTripper
	// unmapped says that events are read without a sources file.
	unmapped bool
	// recorded is the run that is made again, nil for a workbook as it is now.
	recorded *recordedRun
}

// workbookFlags are those that choose what a workbook is prepared with.
func (in *input) workbookFlags(f *pflag.FlagSet) {
	f.StringVar(&in.integrations, "integrations", "", "webhook configurations (default integrations.yaml beside the workbook, or in the folder above)")
	f.StringVar(&in.guard, "guard", "", "own guard lists (default guard.yaml beside the workbook, or in the folder above)")
	f.StringToStringVar(&in.set, "set", nil, "value of a parameter, as NAME=VALUE; may be repeated")
}

// eventFlags are those that choose what is read.
func (in *input) eventFlags(f *pflag.FlagSet, window string) {
	f.StringVar(&in.events, "events", "", "file or folder of events (default events/ beside the workbook)")
	f.StringVar(&in.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or beside the workbook)")
	f.StringVar(&in.now, "now", "", "the clock, as 2026-01-31T12:00:00Z (default the newest event)")
	in.timeFlags(f)
	f.StringVar(&in.window, "window", window, "span that a query without a time reads, as 1d, or all")
}

// timeFlags say what times leave out.
func (in *input) timeFlags(f *pflag.FlagSet) {
	f.StringVar(&in.zone, "tz", "", "zone of times that name none, as Asia/Kolkata")
	f.IntVar(&in.year, "year", 0, "year of a file's first event where times name none, as syslog's (default by when the file was changed last)")
}

// location reads --tz; nil where it is not set.
func (in *input) location() (*time.Location, error) {
	if in.zone == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(in.zone)
	if err != nil {
		return nil, nothingRan(fmt.Errorf("--tz %s: no such time zone: write a name as in Europe/Berlin, or UTC", in.zone))
	}
	return zone, nil
}

// standard reads --window.
func (in *input) standard() (time.Duration, error) {
	if in.window == "all" {
		return 0, nil
	}
	d, err := events.ParseDuration(in.window)
	if err != nil {
		return 0, nothingRan(fmt.Errorf("--window: %w, or all", err))
	}
	return d, nil
}

// clock reads --now.
func (in *input) clock(zone *time.Location) (time.Time, error) {
	return flagTime("--now", in.now, zone)
}

// flagTime reads the time that a flag gives, which may be none. One that names no
// zone is in zone, where there is one.
func flagTime(flag, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, local, err := events.ParseTime(text, zone)
	if err != nil {
		return t, nothingRan(fmt.Errorf("%s %s: no time: write it as 2026-01-31T12:00:00Z", flag, text))
	}
	if local {
		return t, nothingRan(fmt.Errorf("%s %s names no zone: write Z at its end, or give --tz", flag, text))
	}
	return t, nil
}

// workbookFile finds the workbook's file: path itself, or workbook.yaml in it.
func workbookFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nothingRan(err)
	}
	if !info.IsDir() {
		return path, nil
	}
	file := filepath.Join(path, "workbook.yaml")
	if _, err := os.Stat(file); err != nil {
		return "", nothingRan(fmt.Errorf("no workbook.yaml in %s: name the workbook's file", path))
	}
	return file, nil
}

// beside finds a configuration file: the one named, else one of the standard
// name beside the workbook or in the folder above it; "" where there is none.
func beside(named, workbookPath, standard string) (string, error) {
	if named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", nothingRan(err)
		}
		return named, nil
	}
	folder := filepath.Dir(workbookPath)
	for _, dir := range []string{folder, filepath.Join(folder, "..")} {
		path := filepath.Join(dir, standard)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", nil
}

// documentBeside is the document of a configuration file: the one that a record
// keeps, or the file that beside finds, without its text yet; nil for none.
func (in *input) documentBeside(recorded func(*recordedRun) *workbook.Document, named, workbookPath, standard string) (*workbook.Document, error) {
	if in.recorded != nil {
		return recorded(in.recorded), nil
	}
	path, err := beside(named, workbookPath, standard)
	if path == "" {
		return nil, err
	}
	return &workbook.Document{Path: path}, err
}

// A bench is everything that a workbook is prepared with.
type bench struct {
	file         string
	set          *events.Set
	standard     time.Duration
	zone         *time.Location
	options      blocks.Options
	program      *workbook.Program
	warnings     source.Problems
	integrations *workbook.Document
	guard        *workbook.Document
}

// prepare reads and checks a workbook with all that stands beside it. Every
// mistake found is in the error, a source.Problems. With withEvents the events
// are opened too.
func (in *input) prepare(ctx context.Context, path string, withEvents bool) (*bench, error) {
	b := &bench{}
	var err error
	if b.file, err = in.bookFile(path); err != nil {
		return nil, err
	}
	if b.zone, err = in.location(); err != nil {
		return nil, err
	}
	if in.window != "" {
		if b.standard, err = in.standard(); err != nil {
			return nil, err
		}
	}
	problems, err := in.configure(b)
	if err != nil {
		return nil, err
	}
	if !withEvents {
		// Whether events are there does not matter yet, but what is written of
		// them must be right.
		if b.set, err = in.open(b.file, b.zone); err != nil {
			b.set = nil
			collect(&problems, err)
		}
	} else {
		b.set, err = in.open(b.file, b.zone)
		if err != nil && !collect(&problems, err) {
			problems = append(problems, source.Problem{Place: source.Place{File: "events"}, Message: describe(err)})
		}
	}
	b.options.Stores = in.session
	b.options.Query = query.Options{Events: b.set, Standard: b.standard, Stores: in.session}
	w, written, err := in.readBook(b.file, blocks.Kinds(b.options))
	if err != nil && !collect(&problems, err) {
		return nil, nothingRan(err)
	}
	problems = append(problems, written...)
	if err == nil {
		var found source.Problems
		b.program, found = workbook.Look(w, in.set)
		problems = append(problems, found...)
	}
	if problems.Err() != nil {
		return b, failure{exitNothingRan, problems.Sorted()}
	}
	b.tellLeftOut()
	if b.set != nil {
		unfound, err := b.set.Unfound(ctx)
		if err != nil {
			return nil, err
		}
		problems = append(problems, unfound...)
	}
	b.warnings = problems
	return b, nil
}

// tellLeftOut has the queries whose rows chance chooses for a trigger tell what
// they leave out.
func (b *bench) tellLeftOut() {
	steps := b.program.Steps()
	for _, index := range lint.ChosenByChance(b.program.Workbook, b.program) {
		if s, ok := steps[index-1].(interface{ TellLeftOut() }); ok {
			s.TellLeftOut()
		}
	}
}

// collect takes the problems out of an error; false for any other error.
func collect(into *source.Problems, err error) bool {
	var problems source.Problems
	if !errors.As(err, &problems) {
		return false
	}
	*into = append(*into, problems...)
	return true
}

// configure reads the integrations and the guard's own lists.
func (in *input) configure(b *bench) (source.Problems, error) {
	var problems source.Problems
	found, err := in.documentBeside((*recordedRun).integrationsText, in.integrations, b.file, "integrations.yaml")
	if err != nil {
		return nil, err
	}
	b.options.Trigger.IntegrationsPath = filepath.Join(filepath.Dir(b.file), "integrations.yaml")
	if found != nil {
		b.options.Trigger.IntegrationsPath = found.Path
		loaded, err := in.loadIntegrations(*found)
		if err != nil && !collect(&problems, err) {
			return nil, nothingRan(err)
		}
		if b.options.Trigger.Broken = err != nil; err == nil {
			document := loaded.Document()
			b.options.Trigger.Integrations, b.integrations = loaded, &document
		}
	}
	if found, err = in.documentBeside((*recordedRun).guardText, in.guard, b.file, "guard.yaml"); err != nil {
		return nil, err
	}
	b.options.Trigger.Guard = trigger.NewGuard()
	if found != nil {
		guard, err := in.loadGuard(*found)
		if err != nil && !collect(&problems, err) {
			return nil, nothingRan(err)
		}
		if err == nil {
			document := guard.Document()
			b.options.Trigger.Guard, b.guard = guard, &document
		}
	}
	b.options.Trigger.Vendor = simulator.New()
	if in.vendor != nil {
		b.options.Trigger.Vendor = in.vendor
	}
	b.options.Trigger.Planning = in.planning
	b.options.Trigger.Look = func(ctx context.Context, hashes []string) (guard.Sightings, error) {
		return lookout.Look(ctx, b.set, hashes)
	}
	return problems, nil
}

// open opens the events beside the workbook, or those that --events names.
func (in *input) open(file string, zone *time.Location) (*events.Set, error) {
	folder := filepath.Dir(file)
	path := in.events
	if path == "" {
		path = filepath.Join(folder, "events")
	}
	set, err := in.openAt(path, folder, zone)
	if errors.Is(err, fs.ErrNotExist) && in.events == "" {
		return nil, fmt.Errorf("%s does not exist; put the events there, or name them with --events", path)
	}
	return set, err
}

// openAt opens events with the sources file that --sources names, else the one
// in their folder, else the one in folder.
func (in *input) openAt(path, folder string, zone *time.Location) (*events.Set, error) {
	sources := []string{filepath.Join(path, events.SourcesName), filepath.Join(folder, events.SourcesName)}
	if in.sources != "" {
		if _, err := os.Stat(in.sources); err != nil {
			return nil, err
		}
		sources = []string{in.sources}
	}
	if in.unmapped {
		sources = nil
	}
	if in.year != 0 && (in.year < events.LeastYear || in.year > events.MostYear) {
		return nil, fmt.Errorf("--year %d: write a year from %d to %d", in.year, events.LeastYear, events.MostYear)
	}
	o := events.Options{Zone: zone, Year: in.year, Untimed: in.untimed, Progress: in.bar.counter(), Wall: time.Now(), Sources: sources, Store: in.storeRows}
	if in.recorded != nil {
		o.Wall, o.Recorded = in.recorded.run.Started, in.recorded.run.Files
	}
	return events.Open(path, o)
}

// storeRows reads an event store that sources join: as the session sees it, or
// as it lies in the file that --stores names.
func (in *input) storeRows(name string) (workbook.Table, error) {
	if in.session != nil {
		return in.session.Rows(context.Background(), name, 0)
	}
	path := in.storesFile
	if path == "" {
		path = standardStores
	}
	file, err := stores.Open(path)
	if err != nil {
		return workbook.Table{}, err
	}
	defer file.Close()
	return file.Rows(context.Background(), name, 0)
}

// standardStores is the file of event stores beside the standard audit.
const standardStores = "audit.stores.db"

// clockOf takes the clock of a rehearsal from --now, or from the newest event of
// the streams that the workbook reads.
func (in *input) clockOf(b *bench, survey *events.Survey, streams []string) (now time.Time, from string, err error) {
	now, err = in.clock(b.zone)
	if err != nil {
		return now, "", err
	}
	if !now.IsZero() {
		return now, "--now", nil
	}
	if slices.Contains(streams, query.EveryStream) {
		streams = nil
	}
	switch now, stream, other := survey.Clock(streams); {
	case now.IsZero():
	case other:
		return now, "the newest event, of " + stream + ": the streams that are read have none with a time", nil
	default:
		return now, "the newest event of " + stream, nil
	}
	return now, "", nothingRan(fmt.Errorf("no event of %s has a time: set the clock with --now 2026-01-31T12:00:00Z", strings.Join(streams, ", ")))
}

// asksAhead is a step that can tell before a run what it will ask.
type asksAhead interface {
	Ahead(now time.Time, zone *time.Location) (events.Query, bool)
}

// ahead lists what the workbook will ask at the clock that a survey gives.
func (in *input) ahead(b *bench, survey *events.Survey) []events.Query {
	now, _, err := in.clockOf(b, survey, b.program.Streams())
	if err != nil {
		return nil
	}
	var out []events.Query
	for _, s := range b.program.Steps() {
		if step, ok := s.(asksAhead); ok {
			if q, ok := step.Ahead(now, b.zoneOr(time.UTC)); ok {
				out = append(out, q)
			}
		}
	}
	return out
}

// zoneOr is the zone that the user named, or another.
func (b *bench) zoneOr(other *time.Location) *time.Location {
	if b.zone == nil {
		return other
	}
	return b.zone
}

// surveyed reads the events once, for the clock, the record and what the
// workbook will ask.
func (in *input) surveyed(ctx context.Context, b *bench, strict bool) (*events.Survey, []string, error) {
	survey, err := b.set.Read(ctx, func(s *events.Survey) []events.Query { return in.ahead(b, s) })
	if err != nil {
		return nil, nil, nothingRan(err)
	}
	var warnings []string
	for _, p := range survey.Unused {
		warnings = append(warnings, p.File+": "+p.Message)
	}
	for _, name := range survey.Plain {
		warnings = append(warnings, name+": no known format, so each line was read as one value, in the column $line")
	}
	for _, y := range survey.Yearless {
		if !y.Named {
			warnings = append(warnings, y.String())
		}
	}
	if text := undecodable(survey.Undecodable, survey.Bad); text != "" {
		if strict {
			return nil, nil, nothingRan(errors.New(text))
		}
		warnings = append(warnings, text)
	}
	return survey, warnings, nil
}

// undecodable tells of lines that are no events; "" where there are none.
func undecodable(count int64, first []events.BadLine) string {
	if count == 0 {
		return ""
	}
	text := fmt.Sprintf("%s could not be decoded:", plural(count, "line", "lines"))
	for _, bad := range first {
		text += fmt.Sprintf("\n  %s:%d: %s", bad.Position.File, bad.Position.Line, bad.Problem)
	}
	if more := count - int64(len(first)); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}

// whoami names the operating system's user and the host.
func whoami() (name, host string) {
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ = os.Hostname()
	return name, host
}

// programDigest is the SHA-256 of the program's own file, or "" where it can't
// be read.
func programDigest() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
