package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"
)

// ErrPurged is an entry whose body was removed: what it said is gone, and only
// its digest is left.
var ErrPurged = errors.New("what it said was removed from the audit")

// A foundEntry is an entry with what it says, nil where that was removed.
type foundEntry struct {
	entry
	Subject *string `db:"subject"`
	Body    *string `db:"body"`
}

// find reads the entries that a condition on e and b lets in.
func find(ctx context.Context, tx *sqlx.Tx, condition string, values ...any) ([]foundEntry, error) {
	var entries []foundEntry
	err := tx.SelectContext(ctx, &entries, "SELECT e.*, b.subject, b.body FROM entries e LEFT JOIN bodies b ON b.seq = e.seq WHERE "+condition, values...)
	return entries, err
}

// decode reads what an entry says.
func (e foundEntry) decode(into any) error {
	if e.Body == nil {
		return fmt.Errorf("entry #%d: %w", e.Seq, ErrPurged)
	}
	if err := decodeBody(*e.Body, into); err != nil {
		return fmt.Errorf("entry #%d: %w", e.Seq, err)
	}
	return nil
}

func number(n int) string { return strconv.Itoa(n) }
