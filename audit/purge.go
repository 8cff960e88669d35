package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tabletop/workbook"
)

// A PurgeOrder says what to purge: all runs that were over before a time, or
// whatever holds a value.
type PurgeOrder struct {
	Before time.Time
	Value  string
	// Try says to count what would go, and to change nothing.
	Try bool
	Change
}

// A Purge is what was purged.
type Purge struct {
	// Entries counts the bodies that are gone, Texts the kept texts.
	Entries int64
	Texts   int
	// Runs are those that an entry of was purged, Open those that were left
	// since they may go on.
	Runs, Open []int64
	Head       workbook.Head
	// Lingers says that another process, or want of space, kept the file from
	// being written anew: what is gone may still be found in its bytes.
	Lingers bool
}

// tombstoneRanges bounds the ranges that one entry names.
const tombstoneRanges = 2000

// errTried ends a transaction that was to change nothing.
var errTried = errors.New("tried")

// Purge removes what entries say: salt, subject and body, and the texts that no
// other entry refers to or that hold the value. Their digests stay, and so the
// chain holds; an entry tells what was removed, by whom and why. The events
// themselves, event stores, reports, exports and copies of the audit are not
// touched. Where nothing fits it returns ErrNoneFits.
func (l *Log) Purge(ctx context.Context, order PurgeOrder) (Purge, error) {
	var done Purge
	const doing = "purge"
	if err := order.check(); err != nil {
		return done, err
	}
	// What is removed is overwritten in the file, too.
	if _, err := l.db.ExecContext(ctx, "PRAGMA secure_delete = 1"); err != nil {
		return done, explain(l.path, doing, l.wait, err)
	}
	head, err := l.write(ctx, doing, func(a *appender) error {
		found, err := l.purgeable(a, order, &done)
		if err != nil {
			return err
		}
		if order.Try {
			return errTried
		}
		return a.purge(order, found)
	})
	if errors.Is(err, errTried) {
		return done, nil
	}
	if err != nil {
		return Purge{}, err
	}
	done.Head = head
	done.Lingers = !l.rewrite(ctx)
	return done, l.keepHead(head, "purge")
}

// rewrite writes the file anew and empties the write-ahead log, and reports
// whether both were done: another process that reads keeps them from it. What
// was removed stands within pages until then, since SQLite moves rows about.
func (l *Log) rewrite(ctx context.Context) bool {
	if _, err := l.db.ExecContext(ctx, "VACUUM"); err != nil {
		return false
	}
	var state struct{ Busy, Log, Checkpointed int }
	err := l.db.GetContext(ctx, &state, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err == nil && state.Busy == 0
}

func (o PurgeOrder) check() error {
	switch {
	case o.Before.IsZero() == (o.Value == ""):
		return errors.New("a purge is of what was before a time, or of a value: name one of them")
	case o.Reason == "":
		return errors.New("a purge needs a reason, which stays in the audit")
	case o.Value != "" && len(strings.TrimSpace(o.Value)) < 3:
		return errors.New("a value that is purged has three characters or more")
	case o.Value != "" && (newNeedle(o.Value).in(o.Reason) || newNeedle(o.Value).in(o.User) || newNeedle(o.Value).in(o.Host)):
		return errors.New("the record of the purge would hold the value: word its reason without it, or purge as another user or on another host")
	}
	return nil
}

// A purgeable is what a purge takes away.
type purgeable struct {
	entries ranges
	texts   []string
}

// purgeable finds what the order means.
func (l *Log) purgeable(a *appender, order PurgeOrder, done *Purge) (found purgeable, err error) {
	if order.Value != "" {
		found, err = a.holding(order.Value, done)
	} else {
		found, err = a.before(order.Before, l.now(), done)
	}
	if err != nil {
		return found, err
	}
	done.Entries, done.Texts = found.entries.count(), len(found.texts)
	if done.Entries == 0 && done.Texts == 0 {
		return found, fmt.Errorf("purge %s: %w: no entry fits", l.path, ErrNoneFits)
	}
	return found, nil
}

// before finds the entries of runs that were over before a time.
func (a *appender) before(before, now time.Time, done *Purge) (found purgeable, err error) {
	spans, err := runSpans(a.ctx, a.tx, now)
	if err != nil {
		return found, err
	}
	over := map[int64]bool{}
	for _, s := range spans {
		switch {
		case s.Time >= stamp(before):
		case s.Open:
			done.Open = append(done.Open, s.Run)
		default:
			over[s.Run] = true
		}
	}
	rows, err := a.tx.QueryxContext(a.ctx, `SELECT e.seq, e.run FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run > 0 AND substr(b.body, 1, 10) <> '{"purged":' ORDER BY e.seq`)
	if err != nil {
		return found, err
	}
	defer rows.Close()
	purged := map[int64]bool{}
	for rows.Next() {
		var seq, run int64
		if err := rows.Scan(&seq, &run); err != nil {
			return found, err
		}
		if over[run] {
			found.entries.add(seq)
			purged[run] = true
		}
	}
	if err := rows.Err(); err != nil {
		return found, err
	}
	for _, s := range spans {
		if purged[s.Run] {
			done.Runs = append(done.Runs, s.Run)
		}
	}
	found.texts, err = a.textsOf(found.entries)
	return found, err
}

// textsOf finds the kept texts to which no entry refers but those that are
// purged now or were before.
func (a *appender) textsOf(going ranges) ([]string, error) {
	rows, err := a.tx.QueryxContext(a.ctx, `SELECT e.seq, e.contents, substr(b.body, 1, 10) = '{"purged":' FROM entries e
		JOIN bodies b ON b.seq = e.seq WHERE e.contents <> '' ORDER BY e.seq`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stays := map[string]bool{}
	for rows.Next() {
		var seq int64
		var contents string
		var gone bool
		if err := rows.Scan(&seq, &contents, &gone); err != nil {
			return nil, err
		}
		if !gone && !going.has(seq) {
			for digest := range strings.FieldsSeq(contents) {
				stays[digest] = true
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var all, texts []string
	if err := a.tx.SelectContext(a.ctx, &all, "SELECT digest FROM contents ORDER BY digest"); err != nil {
		return nil, err
	}
	for _, digest := range all {
		if !stays[digest] {
			texts = append(texts, digest)
		}
	}
	return texts, nil
}

// purge removes what was found and appends the entries that tell so.
func (a *appender) purge(order PurgeOrder, found purgeable) error {
	what := "value"
	if order.Value == "" {
		what = "before " + stamp(order.Before)
	}
	return liftTriggers(a.ctx, a.tx, []string{"bodies_update", "contents_delete"}, func() error {
		texts := found.texts
		for rest := found.entries; len(rest) > 0 || len(texts) > 0; texts = nil {
			n := min(len(rest), tombstoneRanges)
			said := purgeBody{
				What: text(what), Count: rest[:n].count(), Reason: text(order.Reason), User: text(order.User), Host: text(order.Host),
				tombstone: tombstone{Entries: rest[:n], Texts: texts},
			}
			if err := a.add(entry{Kind: kindPurge}, nil, said); err != nil {
				return err
			}
			if err := a.remove(a.seq, rest[:n], texts); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
}

// remove removes bodies and texts in the name of the entry by.
func (a *appender) remove(by int64, bodies ranges, texts []string) error {
	for _, r := range bodies {
		_, err := a.tx.ExecContext(a.ctx, `UPDATE bodies SET salt = x'', subject = NULL, body = ?
			WHERE seq BETWEEN ? AND ? AND substr(body, 1, 10) <> '{"purged":'`, removed(by), r[0], r[1])
		if err != nil {
			return fmt.Errorf("remove the bodies of entries %d to %d: %w", r[0], r[1], err)
		}
	}
	for _, digest := range texts {
		if _, err := a.tx.ExecContext(a.ctx, "DELETE FROM contents WHERE digest = ?", digest); err != nil {
			return fmt.Errorf("remove the text %s: %w", digest, err)
		}
	}
	return nil
}
