package audit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// Verify checks the whole record, against the heads beside it; see VerifyWith.
func (r *Reader) Verify(ctx context.Context) (Report, error) {
	return r.VerifyWith(ctx, VerifyOptions{})
}

// VerifyWith checks the whole record: that the schema is the one of this
// program, that the file is sound, and of every entry that it follows the one
// before, that neither it nor its body has been edited, and that the texts it
// refers to are there as they were; then that the heads that were kept outside
// are those of the chain. What it finds wrong stands in the report; an error
// means that it could not check, for a reason other than damage, and the report
// is empty then.
//
// What the file alone can't show is entries cut off its end and a chain that
// was written anew from some entry on. Heads show both.
func (r *Reader) VerifyWith(ctx context.Context, o VerifyOptions) (Report, error) {
	// Before the chain is looked at, since others may write: a head is kept once
	// its entry is durable.
	heads := r.gatherHeads(o)
	var schema, sound, chain checked
	var wait sync.WaitGroup
	wait.Go(func() { schema = r.checkSchema(ctx) })
	wait.Go(func() { sound = r.checkFile(ctx) })
	chain = r.checkRecord(ctx, heads)
	wait.Wait()
	report := Report{
		Entries: chain.entries, Runs: chain.runs, Purged: chain.purged, PurgedTexts: chain.purgedTexts, Moved: chain.moved,
		Head: workbook.Head{File: filepath.ToSlash(r.path), Sequence: chain.last, Hash: chain.head.String()},
	}
	outside := heads.compare(&chain, o)
	report.Signed, report.Notes, report.Unchecked = heads.signed, heads.notes, heads.unchecked
	var failed error
	for _, c := range []checked{schema, sound, chain, outside} {
		report.Breaks = append(report.Breaks, c.breaks...)
		report.More += c.more
		switch {
		case c.failed == nil:
		case damaged(c.failed):
			// What kept the check from going on is what it looks for.
			report.Breaks = append(report.Breaks, Break{Kind: Damaged, What: "the file is damaged: " + c.failed.Error()})
		default:
			failed = errors.Join(failed, explain(r.path, "verify", defaultWait, c.failed))
		}
	}
	if failed != nil {
		// What was found until then may come from the failure.
		return Report{}, failed
	}
	return report, nil
}

// checked is what a check found, and what it counted.
type checked struct {
	breaks []Break
	more   int
	// failed is what kept the check from going on.
	failed error

	entries, runs, last int64
	purged, purgedTexts int64
	moved               *Moved
	head                hash
	// sends says that there are intents or outcomes.
	sends bool
}

func (c *checked) add(kind Kind, entry int64, format string, args ...any) {
	if len(c.breaks) == MaxBreaks {
		c.more++
		return
	}
	c.breaks = append(c.breaks, Break{kind, entry, fmt.Sprintf(format, args...)})
}

// checkFile asks SQLite whether the file is sound: its pages and its indexes.
func (r *Reader) checkFile(ctx context.Context) (c checked) {
	var found []string
	c.failed = r.db.SelectContext(ctx, &found, "PRAGMA integrity_check")
	if slices.Equal(found, []string{"ok"}) {
		return c
	}
	for _, what := range found {
		c.add(Damaged, 0, "the file is not sound: %s", strings.TrimSpace(what))
	}
	return c
}

// checkRecord checks the chain with its bodies, and the kept texts, as they are
// at one moment.
func (r *Reader) checkRecord(ctx context.Context, heads *outsideHeads) (c checked) {
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		c.failed = err
		return c
	}
	defer tx.Rollback()
	w := walker{checked: &c, heads: heads, referred: map[string]reference{}}
	if w.tombstones, c.failed = readTombstones(ctx, tx); c.failed == nil {
		c.failed = w.checkChain(ctx, r.db, tx)
	}
	if c.failed == nil {
		c.failed = w.checkContents(ctx, tx)
	}
	if c.failed == nil && c.moved != nil {
		c.failed = tx.GetContext(ctx, &c.moved.File, "SELECT coalesce(json_extract(body, '$.file'), '') FROM bodies WHERE seq = ?", c.moved.Through)
	}
	if c.failed == nil && c.sends {
		c.failed = c.checkSending(ctx, tx)
	}
	return c
}

// A reference is the first entry that refers to a kept text, and the last.
type reference struct{ first, last int64 }

// checkContents compares the kept texts with their digests and with the entries
// that refer to them.
func (w *walker) checkContents(ctx context.Context, tx *sqlx.Tx) error {
	rows, err := tx.QueryxContext(ctx, "SELECT digest, text FROM contents ORDER BY digest")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var digest exactText
		var text exactBytes
		edited := rows.Scan(&digest, &text) != nil || digestOf(text) != string(digest)
		by, known := w.referred[string(digest)]
		delete(w.referred, string(digest))
		if !known {
			w.add(Cut, 0, "the kept text %.16s… belongs to no entry: one that referred to it is gone, or it was put in", digest)
		}
		if edited {
			w.add(Edited, by.first, "the kept text %.16s… was edited", digest)
		}
	}
	for digest, by := range w.referred {
		if w.tombstones.texts[digest] > by.last {
			w.purgedTexts++
			continue
		}
		w.add(Deleted, by.first, "the kept text %.16s… is missing", digest)
	}
	return rows.Err()
}
