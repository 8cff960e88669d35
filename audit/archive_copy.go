package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
	"tabletop/workbook/databasefile"
)

// writeArchive makes the archive: the entries up to the cut with their bodies
// and texts, and an entry that closes it.
func (m *mover) writeArchive(ctx context.Context) (err error) {
	making := partial(m.order.To)
	if err := databasefile.Create(making); err != nil {
		return fmt.Errorf("make the archive: %w", err)
	}
	defer func() {
		if err != nil {
			for _, name := range []string{making, making + "-wal", making + "-shm"} {
				_ = os.Remove(name)
			}
		}
	}()
	if m.done.Closed, err = m.fillArchive(ctx, making); err != nil {
		return fmt.Errorf("write the archive %s: %w", m.order.To, err)
	}
	if err := checkArchive(ctx, making, m.cut); err != nil {
		return err
	}
	if err := m.copyHeads(); err != nil {
		return err
	}
	if err := putInPlace(making, m.order.To); err != nil {
		return fmt.Errorf("put the archive in its place: %w", err)
	}
	return syncFolder(filepath.Dir(m.order.To))
}

// putInPlace gives a file its name. A link is not made where there is something by
// now; where there are no links, nothing was there a moment ago.
func putInPlace(making, name string) error {
	if err := os.Link(making, name); err == nil {
		return os.Remove(making)
	} else if errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Rename(making, name)
}

// fillArchive writes the database of the archive and returns its head.
func (m *mover) fillArchive(ctx context.Context, path string) (head workbook.Head, err error) {
	db, err := connect(ctx, path, writing, defaultWait)
	if err != nil {
		return head, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db, path); err != nil {
		return head, err
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return head, err
	}
	defer tx.Rollback()
	into := &inserter{ctx, tx, &statements{}, map[string]*sqlx.Stmt{}}
	triggers := []string{"entries_insert", "bodies_insert"} // since the first entry may be a link
	err = liftTriggers(ctx, tx, triggers, func() error { return m.copyEntries(ctx, into) })
	if err != nil {
		return head, err
	}
	stones, err := m.copyTexts(ctx, tx)
	if err != nil {
		return head, err
	}
	a, err := newAppender(ctx, tx, &statements{}, m.time)
	if err != nil {
		return head, err
	}
	said := closeBody{
		Next:   text(filepath.Base(m.log.path)),
		Reason: text(m.order.Reason), User: text(m.order.User), Host: text(m.order.Host), tombstone: stones,
	}
	if err := errors.Join(a.add(entry{Kind: kindClose}, nil, said), a.finish()); err != nil {
		return head, err
	}
	if err := tx.Commit(); err != nil {
		return head, err
	}
	head = workbook.Head{File: filepath.ToSlash(m.order.To), Sequence: a.seq, Hash: a.head.String()}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return head, err
}

// copyEntries copies the entries and their bodies.
func (m *mover) copyEntries(ctx context.Context, into *inserter) error {
	rows, err := m.tx.QueryxContext(ctx, `SELECT e.*, b.salt, b.subject, b.body FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.seq <= ? ORDER BY e.seq`, m.cut.through)
	if err != nil {
		return err
	}
	defer rows.Close()
	var waiting batch
	for rows.Next() {
		var row struct {
			entry
			Salt    []byte  `db:"salt"`
			Subject *string `db:"subject"`
			Body    string  `db:"body"`
		}
		if err := rows.StructScan(&row); err != nil {
			return err
		}
		if row.Salt == nil { // an empty one was scanned
			row.Salt = []byte{}
		}
		m.done.Entries++
		waiting.entries = append(waiting.entries, row.entry)
		waiting.bodies = append(waiting.bodies, body{row.Seq, row.Salt, row.Subject, row.Body})
		if len(waiting.entries) == chunk {
			if err := into.insert(waiting); err != nil {
				return err
			}
			waiting = batch{}
		}
	}
	return errors.Join(rows.Err(), into.insert(waiting))
}

// copyTexts copies the kept texts that the moved entries refer to, and says of
// which entries and texts the archive must vouch that they are gone: what tells
// so may stand behind the cut.
func (m *mover) copyTexts(ctx context.Context, to *sqlx.Tx) (tombstone, error) {
	var said tombstone
	known, err := readTombstones(ctx, m.tx)
	if err != nil {
		return said, err
	}
	for _, r := range known.gone {
		if r[0] <= m.cut.through {
			said.Entries = append(said.Entries, [2]int64{r[0], min(r[1], m.cut.through)})
		}
	}
	if m.cut.first.Kind == kindLink {
		said.Link = linkHash(&m.cut.first)
	}
	var referring []string
	if err := m.tx.SelectContext(ctx, &referring, "SELECT DISTINCT contents FROM entries WHERE seq <= ? AND contents <> ''", m.cut.through); err != nil {
		return said, err
	}
	seen := map[string]bool{}
	for digest := range strings.FieldsSeq(strings.Join(referring, " ")) {
		if seen[digest] {
			continue
		}
		seen[digest] = true
		var kept []byte
		switch err := m.tx.GetContext(ctx, &kept, "SELECT text FROM contents WHERE digest = ?", digest); {
		case missing(err) && known.texts[digest] > 0:
			said.Texts = append(said.Texts, digest)
			continue
		case err != nil:
			return said, fmt.Errorf("read the text %s: %w", digest, err)
		}
		if kept == nil {
			kept = []byte{}
		}
		if _, err := to.ExecContext(ctx, "INSERT INTO contents (digest, text) VALUES (?, ?)", digest, kept); err != nil {
			return said, fmt.Errorf("copy the text %s: %w", digest, err)
		}
	}
	return said, nil
}

// checkArchive verifies what was written before anything is taken away.
func checkArchive(ctx context.Context, path string, at cut) error {
	r, err := OpenReader(ctx, path)
	if err != nil {
		return err
	}
	defer r.Close()
	report, err := r.VerifyWith(ctx, VerifyOptions{Expect: []KnownHead{{Sequence: at.through, Hash: at.hash}}})
	if err == nil && !report.Whole() {
		err = fmt.Errorf("the archive that was written does not hold, and so nothing is moved: entry %d: %s", report.First(), report.Breaks[0].What)
	}
	return err
}

// copyHeads gives the archive the heads that are known of its entries, and its
// own.
func (m *mover) copyHeads() error {
	var all strings.Builder
	heads, err := ReadHeads(HeadFile(m.log.path))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, h := range heads.Known {
		if h.Sequence <= m.cut.through {
			all.WriteString(h.line("copied"))
		}
	}
	all.WriteString(KnownHead{Sequence: m.done.Closed.Sequence, Hash: m.done.Closed.Hash, Time: m.log.now()}.line("archive"))
	return addHead(HeadFile(m.order.To), all.String())
}

// syncFolder makes a new name in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	// Some systems can't, and need not.
	_ = folder.Sync()
	return folder.Close()
}
