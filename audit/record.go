package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
)

// An openRun is a run that has begun here and not ended.
type openRun struct {
	lineage lineage
	signals []workbook.Signal
	actions int
	sending *sending
	// calledSignals and calledActions count those of the runs that its blocks called.
	calledSignals, calledActions int
	// caller is the block that called the run's workbook, nil for none; root is
	// the run that began it all. ended says that the run has ended, and waits for
	// the runs above it: they may yet ask for its rows.
	caller *workbook.Caller
	root   int64
	ended  bool
}

// Begin records that a run starts and returns its number. The texts of its
// workbook, integrations and guard are kept once for all runs.
//
// A run of mode apply names its plan, which must be recorded, else it is
// refused with ErrNoPlan; and no run of that mode may have begun with it, of
// this process or another, else it is refused with an AppliedError. The check
// and the record are one.
func (l *Log) Begin(ctx context.Context, info workbook.Info) (int64, error) {
	var run int64
	_, err := l.write(ctx, "record the start of a run in", func(a *appender) error {
		if err := a.tx.GetContext(ctx, &run, "SELECT "+lastRun+" + 1"); err != nil {
			return fmt.Errorf("number the run: %w", err)
		}
		if err := a.notClosed(); err != nil {
			return err
		}
		if info.Mode == workbook.ModeApply {
			if err := a.notApplied(info.Plan); err != nil {
				return err
			}
		}
		said, kept := newRun(info)
		var digests []string
		for _, content := range kept {
			digest := digestOf(content)
			if slices.Contains(digests, digest) {
				continue
			}
			digests = append(digests, digest)
			if err := a.keepContent(digest, content); err != nil {
				return err
			}
		}
		var plan *string
		if info.Plan != "" {
			stored := encodeText(info.Plan)
			plan = &stored
		}
		return a.add(entry{Run: run, Kind: kindRun, Contents: strings.Join(digests, " ")}, plan, said)
	})
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	open := &openRun{sending: &sending{mode: info.Mode, actions: map[int]*handled{}}, caller: info.Caller, root: run}
	if info.Caller != nil && l.runs[info.Caller.Run] != nil {
		open.root = l.runs[info.Caller.Run].root
	}
	l.runs[run] = open
	return run, nil
}

// digestOf is the name under which a text is kept.
func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// newRun is the body of a run, and the texts that it refers to.
func newRun(info workbook.Info) (runBody, [][]byte) {
	var kept [][]byte
	said := runBody{
		Mode: text(info.Mode), Now: instant{info.Now}, NowSource: text(info.NowSource),
		Parameters: info.Parameters, User: text(info.User), Host: text(info.Host),
		Reason: text(info.Reason), Ticket: text(info.Ticket),
		Version: text(info.Version), Program: text(info.Program), Warnings: texts(info.Warnings),
		Files: make([]fileBody, len(info.Files)),
		Plan:  text(info.Plan), Endpoint: text(info.Endpoint), Events: text(info.Events),
		Terms: newTerms(info.Terms),
	}
	// A run without a workbook still says what it is.
	said.Workbook = workbookBody{Name: text(info.Name), Tags: []text{}}
	if info.Zone != nil {
		said.Zone = text(info.Zone.String())
	}
	if w := info.Workbook; w != nil {
		kept = append(kept, w.Text)
		said.Workbook = workbookBody{
			Name: text(w.Name), Path: text(w.Path), Folder: text(w.Folder), Stage: text(w.Stage),
			Tags: texts(w.Tags), Digest: digestOf(w.Text),
		}
	}
	document := func(d *workbook.Document) *documentBody {
		if d == nil {
			return nil
		}
		kept = append(kept, d.Text)
		return &documentBody{Path: text(d.Path), Digest: digestOf(d.Text)}
	}
	said.Integrations, said.Guard = document(info.Integrations), document(info.Guard)
	for i := range info.Called {
		said.Called = append(said.Called, *document(&info.Called[i]))
	}
	said.Caller = info.Caller
	for i, f := range info.Files {
		said.Files[i] = fileBody{Path: text(f.Path), Kind: text(f.Kind), Bytes: f.Bytes, Root: text(f.Root), Events: f.Events, Undecodable: f.Undecodable}
	}
	return said, kept
}

// Block records a block with its rows, signals and actions, all or nothing.
// The tables that it is given must not change until the run has ended.
func (l *Log) Block(ctx context.Context, run int64, done workbook.BlockResult) error {
	before, err := l.find(run)
	if err != nil {
		return err
	}
	after := *before
	after.lineage = before.lineage.with(done)
	after.signals = workbook.Coalesce(before.signals, done.Output.Signals)
	after.actions += len(done.Output.Actions)
	if called := done.Output.Called; called != nil {
		after.calledSignals += len(called.Signals)
		after.calledActions += len(called.Actions)
	}
	kin := l.kin(run, &after)
	doing := fmt.Sprintf("record block %d of run %d in", done.Block.Index, run)
	_, err = l.write(ctx, doing, func(a *appender) error {
		if err := a.addBlock(run, done, after.lineage); err != nil {
			return err
		}
		if err := a.addAllRows(kin, kin.wanted(run, done, l.keepRows)); err != nil {
			return err
		}
		if err := a.addSignals(run, done.Block.Index, before.signals, after.signals); err != nil {
			return err
		}
		return a.addActions(run, done.Output.Actions)
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for run, open := range kin {
		l.runs[run] = open
	}
	return nil
}

func (l *Log) find(run int64) (*openRun, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	open, ok := l.runs[run]
	if !ok || open.ended {
		return nil, fmt.Errorf("record run %d: it is not open here: %w", run, ErrNoRun)
	}
	return open, nil
}

func (a *appender) addBlock(run int64, done workbook.BlockResult, l lineage) error {
	b := done.Block
	said := blockBody{
		ID: text(b.ID), Kind: text(b.Kind.Name), Note: text(b.Note),
		RowsIn: done.RowsIn, RowsOut: len(done.Output.Table.Rows), RowsOf: l[l.holder(len(l)-1)].index,
		Seconds: done.Seconds, Columns: texts(done.Output.Table.Columns), Warnings: texts(done.Output.Warnings),
		Stores: newStores(done.Output.Stores), Skipped: done.Skipped, Guesses: newGuesses(done.Guesses),
	}
	if c := done.Output.Called; c != nil {
		said.Called = c.Run
	}
	if b.Body.Exists() {
		said.Text = text(b.Text())
	}
	if done.Failed != nil {
		said.Failed = text(done.Failed.Error())
	}
	return a.add(entry{Run: run, Block: b.Index, Number: b.Index, Kind: kindBlock}, nil, said)
}

// addRows appends rows, those of earlier blocks first, and notes how each was
// kept.
func (a *appender) addRows(run int64, l lineage, places []place) error {
	for _, at := range places {
		said, how := l.row(at)
		if err := a.add(entry{Run: run, Block: l[at.block].index, Number: at.row, Kind: kindRow}, nil, said); err != nil {
			return err
		}
		l[at.block].kept[at.row-1] = how
	}
	return nil
}

// addSignals appends the run's signals that are new or were raised again.
func (a *appender) addSignals(run int64, block int, before, after []workbook.Signal) error {
	for i, s := range after {
		if i < len(before) {
			old := before[i]
			if old.Occurrences == s.Occurrences && old.LastSeen.Equal(s.LastSeen) && len(old.Rows) == len(s.Rows) {
				continue
			}
		}
		name := encodeText(s.Name)
		if err := a.add(entry{Run: run, Block: block, Number: i + 1, Kind: kindSignal}, &name, newSignal(s)); err != nil {
			return err
		}
	}
	return nil
}

func (a *appender) addActions(run int64, actions []workbook.Action) error {
	for _, action := range actions {
		if err := a.add(entry{Run: run, Block: action.Block, Number: action.Number, Kind: kindAction}, subject(action), newAction(action)); err != nil {
			return err
		}
	}
	return nil
}

// End records how a run ended and returns the head of the chain, which covers
// all that was recorded until then, by this run and by others.
func (l *Log) End(ctx context.Context, result workbook.Result) (workbook.Head, error) {
	open, err := l.find(result.Run)
	if err != nil {
		return workbook.Head{}, err
	}
	said := endBody{
		Status: text(result.Status), Blocks: len(open.lineage), Signals: len(open.signals) + open.calledSignals, Actions: open.actions + open.calledActions + open.sending.count(),
		DNIFSends: result.Totals.DNIFWouldSend, Protected: result.Totals.Protected,
		ByVerdict: make(map[string]int, len(result.Totals.ByVerdict)), Warnings: texts(result.Warnings),
	}
	for verdict, n := range result.Totals.ByVerdict {
		said.ByVerdict[encodeText(string(verdict))] = n
	}
	doing := fmt.Sprintf("record the end of run %d in", result.Run)
	head, err := l.write(ctx, doing, func(a *appender) error {
		return a.add(entry{Run: result.Run, Kind: kindEnd}, nil, said)
	})
	if err != nil {
		return head, err
	}
	l.close(result.Run, open)
	return head, l.keepHead(head, fmt.Sprintf("run %d", result.Run))
}
