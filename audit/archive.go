package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tabletop/workbook"
)

// An ArchiveOrder says what to move, and where to.
type ArchiveOrder struct {
	// Before is the time before which runs were over that are moved.
	Before time.Time
	// To is the file to make; nothing may be there.
	To string
	Change
}

// An Archive is what was moved.
type Archive struct {
	// Entries, up to the entry Through, and the Runs in them stand in File now.
	Entries, Through, Runs int64
	File                   string
	// Closed is the head of the archive, Head that of the audit that goes on.
	Closed, Head workbook.Head
}

// Archive moves the runs that were over before a time to a chained file of
// their own: the entries up to the last one behind which no run stands that
// begins before it. In the place of the last one moved stands a link with its
// hash, so that both files verify. Validations and enablings that count stay,
// as entries of their own. Moving is one transaction: another process sees all
// entries or those that are left, and what writes waits.
//
// The archive is whole and verified before anything is taken away. It is closed:
// no run is recorded in it. Where nothing can be moved it returns ErrNoneFits.
func (l *Log) Archive(ctx context.Context, order ArchiveOrder) (Archive, error) {
	const doing = "archive from"
	if order.Before.IsZero() || order.To == "" || order.Reason == "" {
		return Archive{}, errors.New("an archive needs a time, a file and a reason")
	}
	if err := absent(order.To); err != nil {
		return Archive{}, err
	}
	if err := l.mustBeWhole(ctx); err != nil {
		return Archive{}, err
	}
	m := &mover{log: l, order: order, done: Archive{File: order.To}}
	head, err := l.write(ctx, doing, func(a *appender) error {
		m.appender = a
		return m.move(ctx)
	})
	if err != nil {
		return Archive{}, err
	}
	m.done.Head = head
	err = l.keepHead(head, "archive")
	// What is free now is given back where nobody else reads; the next archive
	// does it else.
	l.rewrite(ctx)
	return m.done, err
}

// absent returns an error where something lies at a path, or beside it where the
// archive is made or its heads are kept.
func absent(path string) error {
	for _, each := range []string{path, partial(path), HeadFile(path)} {
		if _, err := os.Lstat(each); err == nil {
			return fmt.Errorf("%s is there already: an archive is a new file; name another, or move it away", each)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for %s: %w", each, err)
		}
	}
	return nil
}

// partial is where an archive is made before it is whole.
func partial(path string) string { return path + ".partial" }

// mustBeWhole refuses to move what does not hold: it would be told of no more.
func (l *Log) mustBeWhole(ctx context.Context) error {
	r, err := OpenReader(ctx, l.path)
	if err != nil {
		return err
	}
	defer r.Close()
	report, err := r.Verify(ctx)
	if err == nil && !report.Whole() {
		err = fmt.Errorf("%s does not hold, and so nothing is moved: run tabletop verify", l.path)
	}
	return err
}

// A mover moves entries within one transaction on the audit that goes on.
type mover struct {
	*appender
	log   *Log
	order ArchiveOrder
	done  Archive

	cut cut
}

func (m *mover) move(ctx context.Context) error {
	var err error
	if m.cut, err = m.findCut(m.order.Before, m.log.now()); err != nil {
		return err
	}
	m.done.Through, m.done.Runs = m.cut.through, m.cut.runs
	if err := m.writeArchive(ctx); err != nil {
		return err
	}
	still, err := m.stillCounting(ctx)
	if err != nil {
		return err
	}
	link, body, err := m.newLink()
	if err != nil {
		return err
	}
	if err := m.take(ctx, link, body); err != nil {
		return err
	}
	err = m.add(entry{Kind: kindArchive}, nil, archiveBody{
		Through: m.cut.through, Head: m.cut.hash, Runs: m.cut.runs, File: text(filepath.Base(m.order.To)), ArchiveHead: m.done.Closed.Hash,
		Reason: text(m.order.Reason), User: text(m.order.User), Host: text(m.order.Host), tombstone: tombstone{Link: linkHash(&link)},
	})
	if err != nil {
		return err
	}
	for _, s := range still {
		m.time = s.Time
		m.append(entry{Kind: s.Kind}, s.Subject, s.Body)
	}
	return nil
}

// newLink makes the entry that stands for those that were moved.
func (m *mover) newLink() (entry, body, error) {
	said, err := encodeJSON(linkBody{File: text(filepath.Base(m.order.To)), LastRun: max(m.cut.lastRun, m.cut.linkedRun)})
	if err != nil {
		return entry{}, body{}, err
	}
	b := body{Seq: m.cut.through, Salt: m.salt(), Text: string(said)}
	_, digest := bodyDigest(nil, b.Salt, nil, b.Text)
	e := entry{Seq: m.cut.through, Kind: kindLink, Time: m.time, Digest: digest[:]}
	e.Hash, err = hex.DecodeString(m.cut.hash)
	return e, b, err
}

// take takes the moved entries away, and puts the link in their place.
func (m *mover) take(ctx context.Context, e entry, b body) error {
	triggers := []string{"entries_delete", "bodies_delete", "contents_delete", "entries_insert", "bodies_insert"}
	return liftTriggers(ctx, m.tx, triggers, func() error {
		for _, statement := range []string{"DELETE FROM bodies WHERE seq <= ?", "DELETE FROM entries WHERE seq <= ?"} {
			if _, err := m.tx.ExecContext(ctx, statement, e.Seq); err != nil {
				return fmt.Errorf("take the moved entries away: %w", err)
			}
		}
		if err := m.inserter.insert(batch{entries: []entry{e}, bodies: []body{b}}); err != nil {
			return err
		}
		return m.dropTexts(ctx)
	})
}

// dropTexts takes the kept texts away to which no entry refers that is left.
func (m *mover) dropTexts(ctx context.Context) error {
	var all, referring []string
	if err := m.tx.SelectContext(ctx, &referring, "SELECT DISTINCT contents FROM entries WHERE contents <> ''"); err != nil {
		return err
	}
	stays := map[string]bool{}
	for _, each := range referring {
		for digest := range strings.FieldsSeq(each) {
			stays[digest] = true
		}
	}
	if err := m.tx.SelectContext(ctx, &all, "SELECT digest FROM contents"); err != nil {
		return err
	}
	for _, digest := range all {
		if stays[digest] {
			continue
		}
		if _, err := m.tx.ExecContext(ctx, "DELETE FROM contents WHERE digest = ?", digest); err != nil {
			return err
		}
	}
	return nil
}
