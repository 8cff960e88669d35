package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/migrations"
	"tabletop/workbook"
	"tabletop/workbook/databasefile"
)

// A Reader reads an audit and can't change it. It sees what others append
// while it is open. Its methods may be called from several goroutines.
type Reader struct {
	path string
	// how is the way in which the file could be opened.
	how access
	db  *sqlx.DB
}

// OpenReader opens the audit at path for reading. A file that lacks is an
// fs.ErrNotExist, one that is no audit ErrNotAudit, one of a newer program
// ErrNewer.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	r := &Reader{path: path}
	if err := r.open(ctx); err != nil {
		return nil, explain(path, "read", defaultWait, err)
	}
	return r, nil
}

func (r *Reader) open(ctx context.Context) error {
	if err := regular(r.path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; a run makes it, or name another file with --audit", err)
		}
		return err
	}
	if err := inspect(ctx, r.path); err != nil {
		return err
	}
	err := r.start(ctx, reading)
	if databasefile.Unwritable(err) && databasefile.EmptyLog(r.path) {
		// Reading along with a writer needs a file of locks beside the database.
		// Where none can be made there is no writer either.
		err = r.start(ctx, frozen)
	}
	return err
}

func (r *Reader) start(ctx context.Context, how access) error {
	db, err := connect(ctx, r.path, how, defaultWait)
	if err != nil {
		return err
	}
	if err := current(ctx, db, r.path); err != nil {
		return errors.Join(err, db.Close())
	}
	r.db, r.how = db, how
	return nil
}

// current returns an error where the schema is not that of this program.
func current(ctx context.Context, db *sqlx.DB, path string) error {
	version, err := schemaVersion(ctx, db, path)
	if err != nil {
		return err
	}
	all, err := migrations.All()
	switch {
	case err != nil:
		return err
	case version == 0:
		return fmt.Errorf("%s is empty, so it is %w; a run makes one", path, ErrNotAudit)
	case version < len(all):
		return fmt.Errorf("%s has schema %d, and this program reads %d; any run with this file brings it up to date", path, version, len(all))
	}
	return nil
}

// Close closes the file.
func (r *Reader) Close() error { return explain(r.path, "close", defaultWait, r.db.Close()) }

// RunningOrDied is the status of a run whose end is not recorded.
const RunningOrDied = "running or died"

// Purged is the status of a run that has ended, and whose end was purged, and
// the name of a workbook that was.
const Purged = "purged"

// A Summary is a run in short.
type Summary struct {
	Run int64
	// Ended is zero for a run that has no end.
	Started, Ended time.Time
	Workbook       string
	Mode           string
	// Plan is the SHA-256 of the plan that the run applies, Endpoint where it
	// sends instead of the real host, as FROM=TO.
	Plan, Endpoint string
	// Caller is the block that called the run's workbook, nil for none.
	Caller *workbook.Caller
	// Status is one of workbook's, or RunningOrDied.
	Status string
	User   string
	Host   string
	Reason string
	Ticket string
	// Blocks, Signals and Actions count what was recorded. Totals are zero for
	// a run that has no end, else by what is known of its actions now.
	Blocks, Signals, Actions int
	Totals                   workbook.Totals
}

// Runs lists the newest runs, newest first: at most limit of them, or all where
// limit is 0.
func (r *Reader) Runs(ctx context.Context, limit int) ([]Summary, error) {
	if limit <= 0 {
		limit = -1
	}
	var rows []struct {
		Run     int64   `db:"run"`
		Time    string  `db:"time"`
		Body    string  `db:"body"`
		EndSeq  *int64  `db:"end_seq"`
		EndTime *string `db:"end_time"`
		End     *string `db:"end_body"`
		Blocks  int     `db:"blocks"`
		Signals int     `db:"signals"`
		Actions int     `db:"actions"`
	}
	err := r.db.SelectContext(ctx, &rows, `
		SELECT e.run, e.time, b.body, x.seq AS end_seq, x.time AS end_time, xb.body AS end_body,
			(SELECT count(*) FROM entries k WHERE k.run = e.run AND k.kind = 'block') AS blocks,
			(SELECT count(DISTINCT s.number) FROM entries s WHERE s.run = e.run AND s.kind = 'signal') AS signals,
			(SELECT count(*) FROM entries a WHERE a.run = e.run AND a.kind IN ('action', 'intent')) AS actions
		FROM entries e
		JOIN bodies b ON b.seq = e.seq
		LEFT JOIN entries x ON x.run = e.run AND x.kind = 'end'
		LEFT JOIN bodies xb ON xb.seq = x.seq
		WHERE e.kind = 'run'
		ORDER BY e.run DESC LIMIT ?`, limit)
	if err != nil {
		return nil, explain(r.path, "list the runs in", defaultWait, err)
	}
	summaries := make([]Summary, len(rows))
	for i, row := range rows {
		var run Run
		if err := run.begin(row.Time, row.Body); err != nil {
			return nil, r.broken(row.Run, err)
		}
		if wasRemoved(row.Body) {
			run.Workbook.Name = Purged
		}
		if row.End != nil && row.EndTime != nil && row.EndSeq != nil {
			if err := run.end(*row.EndTime, *row.End); err != nil {
				return nil, r.broken(row.Run, err)
			}
			if wasRemoved(*row.End) {
				run.Status = Purged
			}
			if sends(run.Mode) {
				if err := r.settledLater(ctx, row.Run, *row.EndSeq, run.Totals); err != nil {
					return nil, explain(r.path, "list the runs in", defaultWait, err)
				}
			}
		}
		summaries[i] = Summary{
			Run: row.Run, Started: run.Started, Ended: run.Ended, Workbook: run.Workbook.Name, Mode: run.Mode, Status: run.Status, Plan: run.Plan, Endpoint: run.Endpoint, Caller: run.Caller,
			User: run.User, Host: run.Host, Reason: run.Reason, Ticket: run.Ticket,
			Blocks: row.Blocks, Signals: row.Signals, Actions: row.Actions, Totals: run.Totals,
		}
	}
	return summaries, nil
}

// broken is the error for a record that does not read as this program writes.
func (r *Reader) broken(run int64, err error) error {
	return fmt.Errorf("read run %d in %s: %w; run tabletop verify", run, r.path, err)
}

func decodeBody(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("decode a body: %w", err)
	}
	return nil
}
