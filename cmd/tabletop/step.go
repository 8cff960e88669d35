package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"tabletop/audit"
	"tabletop/blocks"
	"tabletop/workbook"
	"tabletop/workbook/scenario"
	"tabletop/workbook/source"
)

// A stepping is what the flags of run say of going step by step.
type stepping struct {
	on      bool
	script  string
	breaks  []string
	project bool
	as      string
	in      io.Reader
}

func (s *stepping) flags(f *pflag.FlagSet) {
	f.BoolVar(&s.on, "step", false, "stop before each block, guess, look, and run it; help lists the commands")
	f.StringVar(&s.script, "script", "", "take the commands of --step from this `file`, one a line")
	f.StringArrayVar(&s.breaks, "break", nil, "run on up to a block, or to where as many come in, as in 'rows > 100'; may be given again")
	f.BoolVar(&s.project, "project", false, "show steps large and without secrets, for a wall")
	f.StringVar(&s.as, "as", "", "who guesses, in --step (default the user; the class on a wall)")
}

// asked reports whether a run goes step by step.
func (s *stepping) asked() bool { return s.on || s.script != "" || len(s.breaks) > 0 || s.project }

// A walker leads people through a run, block by block.
type walker struct {
	c     *console
	lines commandSource
	who   string
	// wall says that what is shown is for everybody to see.
	wall bool
	// until is the block that is stopped before next; running says that only
	// breaks stop.
	until   int
	running bool
	// shown is the block whose head stands on the screen already.
	shown  int
	breaks []breakpoint
	blocks []workbook.Block
	// steps say what the blocks mean, parameters what may be set.
	program *workbook.Program
	bar     *bar
	run     int64
	// leaving is why the run is left, nil where it is left for good.
	leaving *leaving
	// since says why this run began, after another.
	since          []string
	guesses, right int
}

// A leaving is a run that is left for another.
type leaving struct {
	why   string
	until int
	// name and value are the parameter that is set, if one is.
	name, value string
}

// walk goes through a workbook step by step: in one run, or in several, since
// what is recorded can't be taken back.
func (r *rehearsal) walk(ctx context.Context, c *console, path string, then func(workbook.Result) error) error {
	if r.output != "text" {
		return nothingRan(fmt.Errorf("--step talks to people: leave out -o %s", r.output))
	}
	w, err := r.steps.walker(c, path)
	if err != nil {
		return err
	}
	r.walker = w
	var before map[string]string
	changed := false
	for {
		err := r.rehearse(ctx, c, path, func(_ *bench, _ *audit.Log, _ workbook.Info, result workbook.Result) error { return then(result) })
		var f failure
		switch {
		case changed && errors.As(err, &f) && f.code == exitNothingRan:
			c.problem(describe(err))
			w.say("that value can't be run with; the one before stays")
			r.set, changed = before, false
			continue
		case !errors.Is(err, workbook.ErrLeft):
			return err
		case w.leaving == nil:
			return nil
		}
		l := w.leaving
		w.begin(l)
		if changed = l.name != ""; changed {
			before, r.set = r.set, maps.Clone(r.set)
			if r.set == nil {
				r.set = map[string]string{}
			}
			r.set[l.name] = l.value
		}
	}
}

// walker reads what is asked for, and reports every mistake in it.
func (s *stepping) walker(c *console, path string) (*walker, error) {
	file, err := workbookFile(path)
	if err != nil {
		return nil, err
	}
	w := &walker{c: c, who: s.as, wall: s.project}
	switch {
	case w.who != "":
	case s.project:
		w.who = "the class"
	default:
		w.who, _ = whoami()
	}
	if s.project {
		w.c = c.projected()
	}
	book, _, err := workbook.ReadFile(file, blocks.Kinds(blocks.Options{}))
	if err == nil {
		w.blocks = book.Blocks
	}
	var problems source.Problems
	for _, text := range s.breaks {
		b, found := parseBreak(source.NewText("--break", text), w.blocks)
		w.breaks = append(w.breaks, b)
		problems = append(problems, found...)
	}
	w.running = len(w.breaks) > 0
	if s.script == "" {
		w.lines = &typed{c: c, in: s.in}
	} else {
		commands, found, err := readSteps(s.script, w.blocks)
		if err != nil {
			return nil, nothingRan(err)
		}
		problems = append(problems, found...)
		show := func(line string) { w.c.line(w.c.strong("> " + clean(w.hide(line)))) }
		w.lines = &scripted{show: show, commands: commands}
	}
	if problems.Err() != nil {
		return nil, failure{exitNothingRan, problems}
	}
	return w, nil
}

// begin starts the next run after one that was left.
func (w *walker) begin(l *leaving) {
	w.since = []string{fmt.Sprintf("step by step, after run %d was left: %s", w.run, l.why)}
	w.until, w.running, w.leaving, w.shown = l.until, false, nil, 0
}

// attach has a run stop before its blocks.
func (w *walker) attach(program *workbook.Program, bar *bar, o *workbook.Options) {
	w.program, w.bar = program, bar
	o.Before = w.before
	o.Observe = w.after
}

// opening tells what is about to run; on a wall no more than its name.
func (r *rehearsal) opening(c *console, b *bench, info workbook.Info) {
	switch w := r.walker; {
	case w == nil || !w.wall && w.since == nil:
		c.opening(b, info)
	case w.wall:
		w.c.line(w.c.strong(w.title(clean(info.Workbook.Name))))
	default:
		c.line()
		c.warnings(w.since)
	}
}

// closing ends what is shown of a run; of one that is left for another it says
// no more than that.
func (r *rehearsal) closing(c *console, result workbook.Result, held writings, said []string) {
	w := r.walker
	switch {
	case w == nil:
		c.unusual(said)
		c.closing(result, held)
		return
	case w.leaving != nil:
		return
	}
	w.ending(result)
	if !w.wall {
		c.unusual(said)
		c.closing(result, held)
	}
}

// before is asked before each block.
func (w *walker) before(ctx context.Context, b workbook.Block, in workbook.Table, env *workbook.Env) (workbook.Stop, error) {
	w.run = env.Run
	w.bar.hide()
	defer w.bar.show()
	if b.Index < w.until || !w.stops(b, in, env) {
		return workbook.Stop{}, nil
	}
	w.until, w.running = 0, false
	w.show(b, in)
	return w.talk(ctx, b, in)
}

// stops reports whether a run is stopped before a block.
func (w *walker) stops(b workbook.Block, in workbook.Table, env *workbook.Env) bool {
	if !w.running {
		return true
	}
	for _, at := range w.breaks {
		if at.met(b, in, env) {
			return true
		}
	}
	return false
}

// after shows what came of a block.
func (w *walker) after(done workbook.BlockResult) {
	w.bar.hide()
	defer w.bar.show()
	for _, g := range done.Guesses {
		w.guesses++
		if g.Right {
			w.right++
		}
	}
	w.outcome(done)
	_ = w.c.flush()
}

// say tells something beside what is shown.
func (w *walker) say(format string, a ...any) {
	_ = w.c.flush()
	w.c.remark("%s", clean(fmt.Sprintf(format, a...)))
}

// readSteps reads a script of commands.
func readSteps(path string, list []workbook.Block) ([]stepCommand, source.Problems, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, source.MaxBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(text) > source.MaxBytes {
		return nil, nil, fmt.Errorf("%s is larger than %d bytes", path, source.MaxBytes)
	}
	whole := source.NewText(path, string(text))
	var commands []stepCommand
	var problems source.Problems
	at := 0
	for _, line := range strings.SplitAfter(string(text), "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			command, err := parseStep(trimmed, list)
			if err != nil {
				problems = append(problems, whole.Problem(at+strings.Index(line, trimmed), err.Error(), ""))
			}
			commands = append(commands, command)
		}
		at += len(line)
	}
	return commands, problems, nil
}

// parseBreak reads where a run is to stop.
func parseBreak(t source.Text, list []workbook.Block) (breakpoint, source.Problems) {
	b, err := breakAt(t.Value, list)
	if err != nil {
		return b, source.Problems{t.Problem(0, err.Error(), "")}
	}
	return b, nil
}

// blockNamed finds a block by its index or id.
func blockNamed(name string, list []workbook.Block) (int, bool) {
	i, ok := scenario.Find(list, name)
	return i + 1, ok
}
