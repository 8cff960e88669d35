package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// A Change is who takes something away from an audit, and why.
type Change struct {
	Reason, User, Host string
}

// leftForDead is the time after which a run that has no end, and to which
// nothing was added, counts as ended: its program died.
const leftForDead = 24 * time.Hour

// A runSpan is where a run stands in the chain.
type runSpan struct {
	Run   int64  `db:"run"`
	First int64  `db:"first"`
	Last  int64  `db:"last"`
	Time  string `db:"time"`
	Ended bool   `db:"ended"`
	// Open says that the run may go on: it has no end and is young, or it is not
	// known of some of its actions whether they were sent.
	Open bool `db:"-"`
}

// unsettledRuns asks for the runs with actions of which it is not known whether
// they were sent. Of purged ones nothing more will be known.
const unsettledRuns = `
	SELECT DISTINCT e.run FROM entries e JOIN bodies b ON b.seq = e.seq
	WHERE e.kind = 'intent' AND substr(b.body, 1, 10) <> '{"purged":' AND coalesce((
		SELECT CASE WHEN substr(ob.body, 1, 10) = '{"purged":' THEN 'purged' ELSE json_extract(ob.body, '$.verdict') END
		FROM entries o JOIN bodies ob ON ob.seq = o.seq
		WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block
		ORDER BY o.seq DESC LIMIT 1), 'unknown') = 'unknown'`

// runSpans lists the runs of an audit in the order of their numbers.
func runSpans(ctx context.Context, tx *sqlx.Tx, now time.Time) ([]runSpan, error) {
	var spans []runSpan
	err := tx.SelectContext(ctx, &spans, `SELECT run, min(seq) AS first, max(seq) AS last, max(time) AS time, max(kind = 'end') AS ended
		FROM entries WHERE run > 0 GROUP BY run ORDER BY run`)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	var unsettled []int64
	if err := tx.SelectContext(ctx, &unsettled, unsettledRuns); err != nil {
		return nil, fmt.Errorf("look for what is not settled: %w", err)
	}
	open := map[int64]bool{}
	for _, run := range unsettled {
		open[run] = true
	}
	dead := stamp(now.Add(-leftForDead))
	for i := range spans {
		s := &spans[i]
		s.Open = open[s.Run] || !s.Ended && s.Time >= dead
	}
	return spans, nil
}

// liftTriggers does something that triggers forbid, and puts them back as
// they were. All of it is part of one transaction.
func liftTriggers(ctx context.Context, tx *sqlx.Tx, names []string, do func() error) error {
	again := make([]string, 0, len(names))
	for _, name := range names {
		var text string
		if err := tx.GetContext(ctx, &text, "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?", name); err != nil {
			return fmt.Errorf("read the trigger %s: %w; run tabletop verify", name, err)
		}
		again = append(again, text)
		if _, err := tx.ExecContext(ctx, "DROP TRIGGER "+name); err != nil {
			return fmt.Errorf("lift the trigger %s: %w", name, err)
		}
	}
	if err := do(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, strings.Join(again, ";\n")); err != nil {
		return fmt.Errorf("put the triggers back: %w", err)
	}
	return nil
}

// ranges puts sequences, which come in order, together into ranges.
type ranges [][2]int64

func (r *ranges) add(seq int64) {
	if n := len(*r); n > 0 && (*r)[n-1][1] >= seq-1 {
		(*r)[n-1][1] = seq
		return
	}
	*r = append(*r, [2]int64{seq, seq})
}

// count is how many sequences are in the ranges.
func (r ranges) count() (n int64) {
	for _, each := range r {
		n += each[1] - each[0] + 1
	}
	return n
}

// has reports whether a sequence is in the ranges.
func (r ranges) has(seq int64) bool {
	t := tombstones{gone: r}
	return t.covers(seq)
}
