package audit

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// A tombstone is what an entry of kind purge, archive or close vouches for.
type tombstone struct {
	// Entries are ranges of entries whose bodies are gone, first to last.
	Entries [][2]int64 `json:"entries,omitempty"`
	// Texts are the digests of kept texts that are gone.
	Texts []string `json:"texts,omitempty"`
	// Link is the hash of the link entry that takes the place of those that are
	// gone: entryHash behind a hash of zeros, in hexadecimal.
	Link string `json:"link,omitempty"`
}

// purgeBody says what a purge removed. It never says which value.
type purgeBody struct {
	What   text  `json:"what"`
	Count  int64 `json:"count"`
	Reason text  `json:"reason"`
	User   text  `json:"user"`
	Host   text  `json:"host"`
	tombstone
}

// archiveBody says what an archive took, in the audit that goes on.
type archiveBody struct {
	Through int64  `json:"through"`
	Head    string `json:"head"`
	Runs    int64  `json:"runs"`
	// File is the name of the archive, ArchiveHead the hash of its last entry.
	File        text   `json:"file"`
	ArchiveHead string `json:"archive_head"`
	Reason      text   `json:"reason"`
	User        text   `json:"user"`
	Host        text   `json:"host"`
	tombstone
}

// closeBody ends an archive: Next is the name of the audit that goes on.
type closeBody struct {
	Next   text `json:"next"`
	Reason text `json:"reason"`
	User   text `json:"user"`
	Host   text `json:"host"`
	tombstone
}

// linkBody begins what is left: File is the name of the archive that holds the
// entries up to this one, LastRun the last run in it.
type linkBody struct {
	File    text  `json:"file"`
	LastRun int64 `json:"last_run"`
}

// lastRun is an expression for the number of the last run, here or in an
// archive; 0 where there was none.
const lastRun = `max((SELECT coalesce(max(run), 0) FROM entries), coalesce((SELECT json_extract(lb.body, '$.last_run')
	FROM entries le JOIN bodies lb ON lb.seq = le.seq WHERE le.run = 0 AND le.kind = 'link'), 0))`

// removed is what stands where a body was that the entry by removed.
func removed(by int64) string { return fmt.Sprintf(`{"purged":%d}`, by) }

// wasRemoved reports whether a body is what removed writes.
func wasRemoved(body string) bool {
	const begin, end = `{"purged":`, `}`
	if !strings.HasPrefix(body, begin) || !strings.HasSuffix(body, end) {
		return false
	}
	by, err := strconv.ParseInt(body[len(begin):len(body)-len(end)], 10, 64)
	return err == nil && body == removed(by)
}

// Tombstones are all of an audit, put together.
type tombstones struct {
	// gone are ranges of entries without bodies, sorted, apart from each other.
	gone [][2]int64
	// texts are the digests of texts that are gone, with the last entry that
	// says so.
	texts map[string]int64
	links map[string]bool
}

// tombstoneQuery reads those that can be read; verify tells of the others.
const tombstoneQuery = `SELECT e.seq, b.body FROM entries e JOIN bodies b ON b.seq = e.seq
	WHERE e.run = 0 AND e.kind IN ('purge', 'archive', 'close') ORDER BY e.seq`

// readTombstones reads what the entries of an audit vouch for.
func readTombstones(ctx context.Context, db sqlx.QueryerContext) (tombstones, error) {
	t := tombstones{texts: map[string]int64{}, links: map[string]bool{}}
	rows, err := db.QueryxContext(ctx, tombstoneQuery)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var body exactText
		var said tombstone
		if rows.Scan(&seq, &body) == nil && decodeBody(string(body), &said) == nil {
			t.add(seq, said)
		}
	}
	t.merge()
	return t, rows.Err()
}

// add takes in what the entry seq says; it vouches for none but those before.
func (t *tombstones) add(seq int64, said tombstone) {
	for _, r := range said.Entries {
		if last := min(r[1], seq-1); r[0] <= last {
			t.gone = append(t.gone, [2]int64{r[0], last})
		}
	}
	for _, digest := range said.Texts {
		t.texts[digest] = max(t.texts[digest], seq)
	}
	if said.Link != "" {
		t.links[said.Link] = true
	}
}

func (t *tombstones) merge() {
	slices.SortFunc(t.gone, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	merged := t.gone[:0]
	for _, r := range t.gone {
		if n := len(merged); n > 0 && r[0] <= merged[n-1][1]+1 {
			merged[n-1][1] = max(merged[n-1][1], r[1])
			continue
		}
		merged = append(merged, r)
	}
	t.gone = merged
}

// covers reports whether the body of an entry may be gone.
func (t *tombstones) covers(seq int64) bool {
	i := sort.Search(len(t.gone), func(i int) bool { return t.gone[i][1] >= seq })
	return i < len(t.gone) && t.gone[i][0] <= seq
}

// linkHash is the hash by which an entry of kind archive names a link entry. It
// leaves out the link's own hash, which is that of the last entry moved.
func linkHash(link *entry) string {
	_, sum := entryHash(nil, hash{}, link)
	return hex.EncodeToString(sum[:])
}

// notClosed returns an error where the audit is an archive.
func (a *appender) notClosed() error {
	var next string
	err := a.tx.GetContext(a.ctx, &next, `SELECT json_extract(b.body, '$.next') FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = 0 AND e.kind = 'close' LIMIT 1`)
	switch {
	case missing(err):
		return nil
	case err != nil:
		return fmt.Errorf("look whether the audit is an archive: %w", err)
	}
	return fmt.Errorf("this audit is %w: what goes on stands in %s", ErrClosed, next)
}

// purgedText reports whether an entry tells that a kept text was purged.
func purgedText(ctx context.Context, tx *sqlx.Tx, digest string) bool {
	t, err := readTombstones(ctx, tx)
	return err == nil && t.texts[digest] > 0
}

// movedTo names the archive that a run was moved to, where one was.
func movedTo(ctx context.Context, tx *sqlx.Tx, run int64) (file string, ok bool) {
	var link struct{ Seq, LastRun int64 }
	err := tx.GetContext(ctx, &link, `SELECT e.seq, json_extract(b.body, '$.last_run') AS lastrun FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = 0 AND e.kind = 'link'`)
	if err != nil || run > link.LastRun || run < 1 {
		return "", false
	}
	err = tx.GetContext(ctx, &file, "SELECT json_extract(body, '$.file') FROM bodies WHERE seq = ?", link.Seq)
	return file, err == nil
}
