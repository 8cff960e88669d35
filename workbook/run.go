package workbook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Step is a block that has been prepared. Run gets the rows of the block
// before and returns what the block did; an error ends the run.
type Step interface {
	Run(ctx context.Context, in Table, env *Env) (Output, error)
}

// An Env is what a block may see of the run that it is part of.
type Env struct {
	// Workbook is the name of the workbook that runs.
	Workbook string
	// Run is the number that the recorder gave the run.
	Run int64
	// Now is the rehearsal's clock.
	Now time.Time
	// Zone is the zone in which times without one are read and shown.
	Zone *time.Location
	// Block is the index of the block that runs, from 1.
	Block int
	// MaxRows is the most rows that a block may give.
	MaxRows int
	// Strict makes an error of what else is a warning.
	Strict bool
	// Earlier are signals that runs before this one raised, where it may read them.
	Earlier []Signal
	// Signals and Actions are those of the rehearsal so far: of this run, of those
	// whose blocks called it and of those that it called. Each says its run.
	Signals []Signal
	Actions []Action

	// Watch, where set, is told of each directive of a block before it runs; the
	// runner tells it of the block.
	Watch Watch

	// options are those of the run, nil where no workbook can be called.
	options *Options
	// streams are what the rows that come in were read from.
	streams []string
}

// A Watch is told of a step that is about to run on rows: a block's, or one of
// several in a block. Its error ends the run. It changes nothing of what it is
// given.
type Watch func(ctx context.Context, step any, in Table, env *Env) error

// Tell tells a Watch that is set.
func (w Watch) Tell(ctx context.Context, step any, in Table, env *Env) error {
	if w == nil {
		return nil
	}
	return w(ctx, step, in, env)
}

// An Output is what a block did.
type Output struct {
	Table   Table
	Signals []Signal
	// Actions have their Row; the runner numbers them.
	Actions  []Action
	Warnings []string
	// Stores are the changes to event stores, which last only where the run's
	// stores are kept.
	Stores []StoreChange
	// Called is the run of the workbook that the block called, nil for most. Its
	// signals and actions are not among those above.
	Called *CalledRun
}

// A BlockResult is a block that ran, with what it did.
type BlockResult struct {
	Block   Block
	RowsIn  int
	Output  Output
	Seconds float64
	// Failed is the error that ended the run at this block.
	Failed error
	// Skipped says that it was left out, and its rows are those that came in.
	Skipped bool
	// Guesses are what people thought would come of it.
	Guesses []Guess
}

// The states of a run that has ended.
const (
	Completed   = "completed"
	Broken      = "failed"
	Interrupted = "interrupted"
	// Refused is a plan that was not applied.
	Refused = "refused"
)

// A Result is a run that has ended.
type Result struct {
	Run    int64
	Status string
	Blocks []BlockResult
	// Signals and Actions are those of the run and of those that its blocks called;
	// these say their run. Totals count all of them.
	Signals  []Signal
	Actions  []Action
	Totals   Totals
	Warnings []string
	Head     Head
}

// Options are the circumstances of a run.
type Options struct {
	Info    Info
	MaxRows int
	Strict  bool
	// Earlier are signals of earlier runs, for blocks that read signals.
	Earlier []Signal
	// Recorder keeps the record; a run without one is refused.
	Recorder Recorder
	// Observe, where set, is told of each block as soon as it is recorded.
	Observe func(BlockResult)
	// Watch, where set, is told of each step before it runs, those of called
	// workbooks among them.
	Watch Watch
	// Before, where set, is asked before each block what is to become of it. Its
	// error ends the run.
	Before func(ctx context.Context, b Block, in Table, env *Env) (Stop, error)
}

// recordWithin bounds the time that writing one record may take once the run
// itself has been cancelled.
const recordWithin = 30 * time.Second

// Run runs the program's blocks in order. Each block is recorded before the
// next one starts, whatever becomes of ctx. The result is that of the blocks
// that ran, also where the error is not nil.
func (p *Program) Run(ctx context.Context, o Options) (Result, error) {
	env := &Env{Now: o.Info.Now, Zone: o.Info.Zone, MaxRows: o.MaxRows, Strict: o.Strict, Earlier: o.Earlier, Watch: o.Watch, options: &o}
	return p.run(ctx, o, env, Table{})
}

// run runs the program on rows, and leaves in env what the rehearsal has done by
// then.
func (p *Program) run(ctx context.Context, o Options, env *Env, in Table) (Result, error) {
	if o.Recorder == nil {
		return Result{}, errors.New("run without a recorder: no audit, no action")
	}
	kept := context.WithoutCancel(ctx)
	run, err := o.Recorder.Begin(kept, o.Info)
	if err != nil {
		return Result{}, fmt.Errorf("record the start of the run: %w", err)
	}
	result := Result{Run: run, Status: Completed, Warnings: o.Info.Warnings}
	env.Workbook, env.Run = p.Workbook.Name, run
	signals, actions := len(env.Signals), len(env.Actions)
	failed := p.blocks(ctx, o, &result, env, in)
	result.Signals, result.Actions = ownSignals(env.Signals[signals:], run), ownActions(env.Actions[actions:], run)
	result.Totals = Count(result.Actions)
	if failed != nil {
		result.Status = Broken
		if ctx.Err() != nil || errors.Is(failed, ErrLeft) {
			result.Status = Interrupted
		}
	}
	ending, cancel := context.WithTimeout(kept, recordWithin)
	defer cancel()
	if result.Head, err = o.Recorder.End(ending, result); err != nil {
		return result, errors.Join(failed, fmt.Errorf("record the end of the run: %w", err))
	}
	return result, failed
}

// blocks runs and records the blocks until one fails. The first one gets the rows
// in table.
func (p *Program) blocks(ctx context.Context, o Options, result *Result, env *Env, table Table) error {
	for i, b := range p.Workbook.Blocks {
		env.Block = b.Index
		if reads, ok := p.steps[i].(streamReader); ok {
			env.streams = reads.Streams()
		}
		stop, err := o.stop(ctx, b, table, env)
		if err != nil {
			result.Warnings = append(result.Warnings, err.Error())
			return err
		}
		done := skipped(b, table, stop.By)
		if !stop.Skip {
			done = p.block(ctx, i, table, strings.Join(env.streams, ","), env)
		}
		done.settle(stop.Guesses)
		result.Blocks = append(result.Blocks, done)
		result.Warnings = append(result.Warnings, done.Output.Warnings...)
		recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
		err = o.Recorder.Block(recording, result.Run, done)
		cancel()
		if err != nil {
			return fmt.Errorf("record block %d: %w", b.Index, err)
		}
		if o.Observe != nil {
			o.Observe(done)
		}
		if done.Failed != nil {
			return fmt.Errorf("block %d (%s): %w", b.Index, b.Kind.Name, done.Failed)
		}
		table = done.Output.Table
	}
	return nil
}

// block runs one block and takes its signals and actions into the run. stream
// is what the rows that come in were read from.
func (p *Program) block(ctx context.Context, i int, in Table, stream string, env *Env) BlockResult {
	done := BlockResult{Block: p.Workbook.Blocks[i], RowsIn: len(in.Rows)}
	if done.Failed = ctx.Err(); done.Failed != nil {
		return done
	}
	if done.Failed = env.Watch.Tell(ctx, p.steps[i], in, env); done.Failed != nil {
		return done
	}
	start := time.Now()
	done.Output, done.Failed = p.steps[i].Run(ctx, in, env)
	done.Seconds = time.Since(start).Seconds()
	out := &done.Output
	if done.Failed == nil && len(out.Table.Rows) > env.MaxRows {
		done.Failed = TooManyRows(env.MaxRows)
		out.Table.Rows = nil
	}
	for j := range out.Actions {
		a := &out.Actions[j]
		a.Number, a.Block = len(env.Actions)+j+1, env.Block
		if n := a.SameAs; n > 0 && n <= len(env.Actions) && env.Actions[n-1].Run != env.Run {
			a.SameRun = env.Actions[n-1].Run
		}
	}
	for j := range out.Signals {
		out.Signals[j].SourceStream = stream
	}
	var silenced []string
	out.Signals, silenced = p.Workbook.suppress(out.Signals)
	out.Warnings = append(out.Warnings, silenced...)
	env.take(*out)
	return done
}

// TooManyRows is the error of a block that gives more rows than a run holds: so
// many at most.
type TooManyRows int

func (most TooManyRows) Error() string {
	rows := "rows"
	if most == 1 {
		rows = "row"
	}
	return fmt.Sprintf("more than %d %s: narrow the query with WHERE or LIMIT, or raise --max-rows", int(most), rows)
}
