// Package audit is the record of what was blocked, or would have been, and why:
// one append-only SQLite file of chained entries. In go runs, as the runner
// tells of them block by block; out come runs as they were recorded, and the
// answer to whether the record is whole.
//
// A Log writes and a Reader reads. Each hash in the chain covers the entry
// before it, so that whoever edits the record must rewrite all that follows,
// and is caught by a head kept elsewhere: the record is tamper-evident, not
// tamper-proof. People read the file with the sqlite3 shell, through the views
// runs, block_runs, rows, evidence, signals, actions, requests, plans, approvals
// and validations.
//
// A run that sends has each action twice: an intent that is durable before the
// request leaves, and an outcome once it is known. An intent without one is
// unknown, and settled by a later run.
//
// Each run's head is also written to a file beside the database, for verify to
// compare.
//
// Two things take away: Purge removes what entries say, and leaves the chain and
// an entry that tells so; Archive moves whole runs to a chained file of their
// own. The schema's triggers refuse everything else.
package audit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// Options are the circumstances of a log. The zero value of each field but Now
// stands for a default.
type Options struct {
	// Now is the wall clock, by which entries are dated.
	Now func() time.Time
	// KeepRows is how many rows of each block are kept whatever becomes of
	// them, 1000 by default; negative for none. A row behind a signal or an
	// action is always kept.
	KeepRows int
	// Wait is how long to wait for other processes that write, 10 s by default.
	Wait time.Duration
}

const (
	defaultKeepRows = 1000
	defaultWait     = 10 * time.Second
)

// A Log appends runs to an audit. Its methods may be called from several
// goroutines, and several processes may write to one file.
type Log struct {
	path     string
	now      func() time.Time
	keepRows int
	wait     time.Duration
	db       *sqlx.DB

	group group
	kept  statements

	mu   sync.Mutex
	runs map[int64]*openRun
}

var _ workbook.Recorder = (*Log)(nil)

// Open opens the audit at path for writing, and makes it where there is none,
// readable by its owner only. It brings an older schema up to date. A file that
// is no audit is ErrNotAudit, one of a newer program ErrNewer, one that another
// process keeps locked ErrLocked; none of them is changed.
func Open(ctx context.Context, path string, o Options) (*Log, error) {
	if o.Now == nil {
		return nil, errors.New("open an audit without a clock")
	}
	l := &Log{path: path, now: o.Now, keepRows: o.KeepRows, wait: o.Wait, runs: map[int64]*openRun{}}
	if l.keepRows == 0 {
		l.keepRows = defaultKeepRows
	}
	if l.wait == 0 {
		l.wait = defaultWait
	}
	if err := l.open(ctx); err != nil {
		return nil, explain(path, "open", l.wait, err)
	}
	return l, nil
}

func (l *Log) open(ctx context.Context) error {
	if err := createFile(l.path); err != nil {
		return err
	}
	if err := inspect(ctx, l.path); err != nil {
		return err
	}
	if err := checkHeadFile(l.path); err != nil {
		return err
	}
	deadline := time.Now().Add(l.wait)
	for {
		err := l.start(ctx)
		// Two that switch a new file to write-ahead logging at once get this
		// without having waited.
		if !busy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (l *Log) start(ctx context.Context) error {
	db, err := connect(ctx, l.path, writing, l.wait)
	if err != nil {
		return err
	}
	// One connection: SQLite has one writer, and this is it.
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, l.path); err != nil {
		return errors.Join(err, db.Close())
	}
	l.db = db
	return nil
}

// Close empties the write-ahead log into the file, so that it can be copied,
// and closes it. Where another process still reads or writes, the last one to
// close empties it.
func (l *Log) Close() error {
	_, err := l.db.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	if busy(err) {
		err = nil
	}
	return explain(l.path, "close", l.wait, errors.Join(err, l.db.Close()))
}

// write appends entries in one transaction: all of them, or none.
func (l *Log) write(ctx context.Context, doing string, entries func(*appender) error) (workbook.Head, error) {
	fail := func(err error) (workbook.Head, error) {
		return workbook.Head{}, explain(l.path, doing, l.wait, err)
	}
	tx, err := l.db.BeginTxx(ctx, nil)
	if err != nil {
		return fail(err)
	}
	defer tx.Rollback()
	a, err := newAppender(ctx, tx, &l.kept, stamp(l.now()))
	if err != nil {
		return fail(err)
	}
	if err := errors.Join(entries(a), a.finish()); err != nil {
		return fail(err)
	}
	if err := tx.Commit(); err != nil {
		return fail(err)
	}
	return workbook.Head{File: filepath.ToSlash(l.path), Sequence: a.seq, Hash: a.head.String()}, nil
}

// stamp writes the time of an entry, always at the same width, so that times
// sort as text.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// String writes the hash in hexadecimal.
func (h hash) String() string { return fmt.Sprintf("%x", h[:]) }
