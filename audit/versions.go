package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A TextKind is a kind of text that runs use and the audit keeps.
type TextKind string

// The kinds of text.
const (
	WorkbookText     TextKind = "workbook"
	IntegrationsText TextKind = "integrations"
	GuardText        TextKind = "guard"
)

// A Version is one content of a workbook, of integrations or of a guard.
type Version struct {
	// Digest is the SHA-256 of the text, in hexadecimal.
	Digest string
	// Paths are the files that held it, and Bytes its size.
	Paths []string
	Bytes int64
	// First and Last are when the first and the last run with it began.
	First, Last time.Time
	// Runs are the numbers of its runs, in order.
	Runs []int64
}

// History is every version of a workbook that runs used, with those of what
// they used beside it; each oldest first.
type History struct {
	Workbook string
	// Workbooks may hold none but that of a run without one.
	Workbooks, Integrations, Guards []Version
}

// Workbooks lists the names of the workbooks of all runs, the one that was run
// last at the end.
func (r *Reader) Workbooks(ctx context.Context) ([]string, error) {
	histories, err := r.histories(ctx)
	names := make([]string, len(histories))
	for i, h := range histories {
		names[i] = h.Workbook
	}
	return names, err
}

// Versions tells the history of the workbooks of a name, or of the file at a
// path as it was recorded. One that no run is of is ErrNoWorkbook.
func (r *Reader) Versions(ctx context.Context, workbook string) ([]History, error) {
	histories, err := r.histories(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	found := slices.DeleteFunc(slices.Clone(histories), func(h History) bool {
		names = append(names, h.Workbook)
		held := slices.ContainsFunc(h.Workbooks, func(v Version) bool {
			names = append(names, v.Paths...)
			return slices.Contains(v.Paths, workbook)
		})
		return h.Workbook != workbook && !held
	})
	if len(found) == 0 {
		return nil, knownWorkbook(workbook, names)
	}
	return found, nil
}

// histories tells of every workbook, in the order of their last runs.
func (r *Reader) histories(ctx context.Context) ([]History, error) {
	rows, err := r.db.QueryxContext(ctx, `
		SELECT e.run, e.time, b.body FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.kind = 'run' ORDER BY e.run`)
	if err != nil {
		return nil, explain(r.path, "read", defaultWait, err)
	}
	defer rows.Close()
	known := map[string]*History{}
	last := map[string]int64{}
	for rows.Next() {
		var found struct {
			Run  int64
			Time string
			Body string
		}
		if err := rows.StructScan(&found); err != nil {
			return nil, explain(r.path, "read", defaultWait, err)
		}
		if held(&found.Body) == nil {
			continue // what it ran is gone
		}
		var run Run
		if err := run.begin(found.Time, found.Body); err != nil {
			return nil, r.broken(found.Run, err)
		}
		run.Number = found.Run
		name := run.Workbook.Name
		if known[name] == nil {
			known[name] = &History{Workbook: name}
		}
		known[name].add(run)
		last[name] = found.Run
	}
	if err := rows.Err(); err != nil {
		return nil, explain(r.path, "read", defaultWait, err)
	}
	var list []History
	for _, h := range known {
		list = append(list, *h)
	}
	slices.SortFunc(list, func(a, b History) int { return cmp.Compare(last[a.Workbook], last[b.Workbook]) })
	return list, r.sizes(ctx, list)
}

// add takes a run in.
func (h *History) add(run Run) {
	for _, kind := range []TextKind{WorkbookText, IntegrationsText, GuardText} {
		if d := run.document(kind); d != nil {
			versions := h.versions(kind)
			*versions = withRun(*versions, *d, run)
		}
	}
}

func (h *History) versions(kind TextKind) *[]Version {
	switch kind {
	case IntegrationsText:
		return &h.Integrations
	case GuardText:
		return &h.Guards
	}
	return &h.Workbooks
}

// withRun are versions with one more run of the one that a document holds.
func withRun(versions []Version, d Document, run Run) []Version {
	i := slices.IndexFunc(versions, func(v Version) bool { return v.Digest == d.Digest })
	if i < 0 {
		i = len(versions)
		versions = append(versions, Version{Digest: d.Digest, First: run.Started})
	}
	v := &versions[i]
	v.Last, v.Runs = run.Started, append(v.Runs, run.Number)
	if d.Path != "" && !slices.Contains(v.Paths, d.Path) {
		v.Paths = append(v.Paths, d.Path)
	}
	return versions
}

// document is the text of a kind that a run used, nil where it used none.
func (r *Run) document(kind TextKind) *Document {
	switch kind {
	case IntegrationsText:
		return r.Integrations
	case GuardText:
		return r.Guard
	}
	if r.Workbook.Digest == "" {
		return nil
	}
	return &Document{Path: r.Workbook.Path, Text: r.Workbook.Text, Digest: r.Workbook.Digest}
}

// sizes fills in how many bytes each version has; 0 for one that is gone.
func (r *Reader) sizes(ctx context.Context, histories []History) error {
	var kept []struct {
		Digest string
		Bytes  int64
	}
	if err := r.db.SelectContext(ctx, &kept, "SELECT digest, length(CAST(text AS BLOB)) AS bytes FROM contents"); err != nil {
		return explain(r.path, "read", defaultWait, err)
	}
	bytes := make(map[string]int64, len(kept))
	for _, k := range kept {
		bytes[k.Digest] = k.Bytes
	}
	for i := range histories {
		for _, kind := range []TextKind{WorkbookText, IntegrationsText, GuardText} {
			versions := *histories[i].versions(kind)
			for j := range versions {
				versions[j].Bytes = bytes[versions[j].Digest]
			}
		}
	}
	return nil
}

// Errors of Text that a caller may decide on.
var (
	// ErrNoText is a text that a run did not use.
	ErrNoText = errors.New("no such text")
	// ErrTextGone is a text that a run used and the audit holds no more, or not
	// as it was.
	ErrTextGone = errors.New("the text is gone, or not what was recorded")
)

// Text gives back a text that a run used, byte for byte, as its digest proves.
// A run that the audit does not hold is ErrNoRun, a text that the run did not
// use ErrNoText, one that is gone or changed ErrTextGone.
func (r *Reader) Text(ctx context.Context, number int64, kind TextKind) (Document, error) {
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		return Document{}, explain(r.path, "read", defaultWait, err)
	}
	defer tx.Rollback()
	var found struct{ Time, Body string }
	err = tx.GetContext(ctx, &found, "SELECT e.time, b.body FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.kind = 'run' AND e.run = ?", number)
	if missing(err) {
		return Document{}, r.missing(ctx, tx, number)
	}
	if err != nil {
		return Document{}, explain(r.path, "read", defaultWait, err)
	}
	if held(&found.Body) == nil {
		return Document{}, fmt.Errorf("the %s of run %d: %w: what the run used was purged", kind, number, ErrNoText)
	}
	var run Run
	if err := run.begin(found.Time, found.Body); err != nil {
		return Document{}, r.broken(number, err)
	}
	d := run.document(kind)
	if d == nil {
		return Document{}, fmt.Errorf("the %s of run %d: %w: it used none", kind, number, ErrNoText)
	}
	err = tx.GetContext(ctx, &d.Text, "SELECT text FROM contents WHERE digest = ?", d.Digest)
	if err != nil && !missing(err) {
		return Document{}, explain(r.path, "read", defaultWait, err)
	}
	if sum := sha256.Sum256(d.Text); err != nil || hex.EncodeToString(sum[:]) != d.Digest {
		return Document{}, fmt.Errorf("the %s of run %d: %w, sha256 %s; tabletop verify tells whether it was purged", kind, number, ErrTextGone, d.Digest)
	}
	return *d, nil
}
