package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// The states of a file of events, beside what the run recorded of it.
const (
	fileUnchanged = "unchanged"
	fileGrown     = "grown"
	fileChanged   = "changed"
	fileGone      = "gone"
	fileUnknown   = "unknown"
)

// A witness is an event behind a row, read from its file as it is now.
type witness struct {
	workbook.Position
	State string `json:"state"`
	// Raw is the event as it stands in the file; Cut says that it goes on.
	Raw string `json:"raw"`
	Cut bool   `json:"raw_cut,omitempty"`
	// Problem says why it could not be read or compared.
	Problem string `json:"problem,omitempty"`
}

// witnesses are the events behind a chain.
type witnesses struct {
	evidence workbook.Evidence
	// where is the folder or file of the events, read says whether they were
	// looked for.
	where string
	read  bool
	list  []witness
}

// maxWitness is the most bytes of an event that are shown.
const maxWitness = 64 << 10

// witnesses reads the first events behind the last row of a chain that is kept:
// each row has the events of the one that it was made from.
func (q *inquiry) witnesses(ctx context.Context, chain *audit.Chain) witnesses {
	var w witnesses
	for _, s := range chain.Steps {
		if s.Entry > 0 && s.Values != nil {
			w.evidence = s.Evidence
		}
	}
	if q.noEvents || len(w.evidence.First) == 0 || q.limit == 0 {
		return w
	}
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	run := chain.Run
	if chain.Source != nil {
		run = *chain.Source
	}
	if chain.Outermost != nil {
		run = *chain.Outermost
	}
	w.where, w.read = eventsOf(q.events, run, run.Workbook.Path), true
	l := lineup{ctx: ctx, run: run, states: map[string]fileState{}}
	l.open(w.where)
	for _, at := range w.evidence.First[:min(len(w.evidence.First), q.limit)] {
		w.list = append(w.list, l.witness(at))
	}
	return w
}

// eventsOf is where the events of a run are looked for: where the user says,
// where the run read them, else beside its workbook.
func eventsOf(named string, run audit.Run, workbookPath string) string {
	if named != "" {
		return named
	}
	beside := filepath.Join(filepath.Dir(workbookPath), "events")
	if run.Events == "" {
		return beside
	}
	if _, err := os.Stat(run.Events); err != nil {
		if _, err := os.Stat(beside); err == nil {
			return beside
		}
	}
	return run.Events
}

// A lineup looks events up in files that may have changed.
type lineup struct {
	ctx    context.Context
	run    audit.Run
	set    *events.Set
	failed error
	paths  map[string]string
	states map[string]fileState
}

type fileState struct{ state, problem string }

func (l *lineup) open(where string) {
	sources := []string{filepath.Join(where, events.SourcesName), filepath.Join(filepath.Dir(l.run.Workbook.Path), events.SourcesName)}
	l.set, l.failed = events.Open(where, events.Options{Untimed: true, Sources: sources})
	if l.failed != nil && !errors.Is(l.failed, fs.ErrNotExist) {
		// What the sources say matters to columns, hardly ever to where an event
		// begins.
		if set, err := events.Open(where, events.Options{Untimed: true}); err == nil {
			l.set, l.failed = set, nil
		}
	}
	if l.failed != nil {
		return
	}
	l.paths = map[string]string{}
	for _, content := range l.set.Contents() {
		l.paths[content.Name] = content.Path
	}
}

// witness reads the event at a place.
func (l *lineup) witness(at workbook.Position) witness {
	w := witness{Position: at, State: fileGone}
	if l.failed != nil {
		w.Problem = describe(l.failed)
		return w
	}
	name := l.named(at.File)
	if name == "" {
		w.Problem = "no such file in " + l.set.Path
		return w
	}
	state := l.state(at.File, name)
	w.State, w.Problem = state.state, state.problem
	raw, cut, err := l.set.RawAt(l.ctx, workbook.Position{File: name, Offset: at.Offset}, maxWitness)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		w.Problem = "not read within " + readWithin.String()
	case err != nil && w.Problem == "":
		w.Problem = describe(err)
	}
	w.Raw, w.Cut = string(raw), cut
	return w
}

// named is the name that a file has in the set, whose folder may be called
// otherwise by now; empty where it is not there.
func (l *lineup) named(file string) string {
	_, inner, _ := strings.Cut(file, "/")
	for _, name := range []string{file, path.Join(filepath.Base(l.set.Path), inner), path.Base(file)} {
		if l.paths[name] != "" {
			return name
		}
	}
	return ""
}

// state compares a file with what the run recorded of it.
func (l *lineup) state(file, name string) fileState {
	if known, ok := l.states[file]; ok {
		return known
	}
	s := l.compare(file, name)
	l.states[file] = s
	return s
}

func (l *lineup) compare(file, name string) fileState {
	for _, f := range l.run.Files {
		if f.Path != file || f.Kind != "" {
			continue
		}
		root, size, err := events.HashFirst(l.ctx, l.paths[name], f.Bytes)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return fileState{fileUnknown, "not hashed within " + readWithin.String()}
		case err != nil:
			return fileState{fileUnknown, describe(err)}
		case size < f.Bytes || root != f.Root:
			return fileState{state: fileChanged}
		case size > f.Bytes:
			return fileState{state: fileGrown}
		}
		return fileState{state: fileUnchanged}
	}
	return fileState{fileUnknown, "the run recorded no hash of it"}
}
