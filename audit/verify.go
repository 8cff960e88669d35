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

// A Report is what Verify found.
type Report struct {
	// Entries and Runs count what was checked.
	Entries, Runs int64
	// Head is the last entry. Whoever rewrites the whole chain changes it, and
	// whoever cuts entries off its end makes it an earlier one, so compare it
	// with a head that was kept elsewhere.
	Head workbook.Head
	// Breaks are what does not hold: those of the file as a whole, then those
	// of entries in their order. At most MaxBreaks are listed of each kind of
	// check; More counts those beyond.
	Breaks []Break
	More   int
}

// MaxBreaks bounds the breaks that one kind of check lists.
const MaxBreaks = 100

// A Break is something that does not hold.
type Break struct {
	// Entry is the entry concerned; 0 where it is the file as a whole.
	Entry int64
	// What says in a sentence what is wrong.
	What string
}

// Whole reports whether the record is whole.
func (r Report) Whole() bool { return len(r.Breaks) == 0 }

// First is the first bad entry, 0 where none is known.
func (r Report) First() int64 {
	first := int64(0)
	for _, b := range r.Breaks {
		if b.Entry != 0 && (first == 0 || b.Entry < first) {
			first = b.Entry
		}
	}
	return first
}

// Verify checks the whole record: that the schema is the one of this program,
// that the file is sound, and of every entry that it follows the one before,
// that neither it nor its body has been edited, and that the texts it refers to
// are there as they were. What it finds wrong stands in the report; an error
// means that it could not check, for a reason other than damage, and the report
// is empty then.
//
// What the file alone can't show is entries cut off its end and a chain that
// was written anew from some entry on: for those, compare the head.
func (r *Reader) Verify(ctx context.Context) (Report, error) {
	var schema, sound, chain checked
	var wait sync.WaitGroup
	wait.Go(func() { schema = r.checkSchema(ctx) })
	wait.Go(func() { sound = r.checkFile(ctx) })
	chain = r.checkRecord(ctx)
	wait.Wait()
	report := Report{
		Entries: chain.entries, Runs: chain.runs,
		Head: workbook.Head{File: filepath.ToSlash(r.path), Sequence: chain.last, Hash: chain.head.String()},
	}
	var failed error
	for _, c := range []checked{schema, sound, chain} {
		report.Breaks = append(report.Breaks, c.breaks...)
		report.More += c.more
		switch {
		case c.failed == nil:
		case damaged(c.failed):
			// What kept the check from going on is what it looks for.
			report.Breaks = append(report.Breaks, Break{What: "the file is damaged: " + c.failed.Error()})
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
	head                hash
	// sends says that there are intents or outcomes.
	sends bool
}

func (c *checked) add(entry int64, format string, args ...any) {
	if len(c.breaks) == MaxBreaks {
		c.more++
		return
	}
	c.breaks = append(c.breaks, Break{entry, fmt.Sprintf(format, args...)})
}

// checkFile asks SQLite whether the file is sound: its pages and its indexes.
func (r *Reader) checkFile(ctx context.Context) (c checked) {
	var found []string
	c.failed = r.db.SelectContext(ctx, &found, "PRAGMA integrity_check")
	if slices.Equal(found, []string{"ok"}) {
		return c
	}
	for _, what := range found {
		c.add(0, "the file is not sound: %s", strings.TrimSpace(what))
	}
	return c
}

// checkRecord checks the chain with its bodies, and the kept texts, as they are
// at one moment.
func (r *Reader) checkRecord(ctx context.Context) (c checked) {
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		c.failed = err
		return c
	}
	defer tx.Rollback()
	referred := map[string]int64{}
	if c.failed = c.checkChain(ctx, r.db, tx, referred); c.failed == nil {
		c.failed = c.checkContents(ctx, tx, referred)
	}
	if c.failed == nil && c.sends {
		c.failed = c.checkSending(ctx, tx)
	}
	return c
}

// checkContents compares the kept texts with their digests and with the entries
// that refer to them.
func (c *checked) checkContents(ctx context.Context, tx *sqlx.Tx, referred map[string]int64) error {
	rows, err := tx.QueryxContext(ctx, "SELECT digest, text FROM contents ORDER BY digest")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var digest exactText
		var text exactBytes
		edited := rows.Scan(&digest, &text) != nil || digestOf(text) != string(digest)
		entry, known := referred[string(digest)]
		delete(referred, string(digest))
		if !known {
			c.add(0, "the kept text %.16s… belongs to no entry", digest)
		}
		if edited {
			c.add(entry, "the kept text %.16s… was edited", digest)
		}
	}
	for digest, entry := range referred {
		c.add(entry, "the kept text %.16s… is missing", digest)
	}
	return rows.Err()
}
