package plan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

var errNotRegular = errors.New("is no regular file")

// A planFile is one of the files that a plan rests on, with its key in the plan
// and what it is called in a sentence.
type planFile struct {
	key, called string
	file        *File
}

func (p *Plan) files() []planFile {
	files := []planFile{{"workbook", "the workbook", p.Workbook}}
	for i := range p.Called {
		files = append(files, planFile{"called[" + strconv.Itoa(i) + "]", "the called workbook", &p.Called[i]})
	}
	return append(files, []planFile{
		{"integrations", "the integrations", p.Integrations},
		{"guard", "the guard", p.Guard},
		{"approvers", "the approvers", p.Approvers},
	}...)
}

// called names the files that events are read with and that the guard includes.
var called = map[string]string{
	"":                   "the events",
	workbook.KindSources: "the sources",
	workbook.KindList:    "the list",
	workbook.KindMMDB:    "the database of addresses",
	workbook.KindStore:   "the event store",
	workbook.KindGuard:   "the guard's list",
}

// Path is where a file that the plan names lies now.
func (p *Plan) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.Folder, name)
}

// Expired tells in a sentence that a plan can't be applied any more at a time;
// "" where it can.
func (p *Plan) Expired(now time.Time) string {
	switch {
	case now.After(p.Expires):
		return fmt.Sprintf("the plan expired at %s: plan again", p.Expires.UTC().Format(time.RFC3339))
	case now.Add(maxSkew).Before(p.Created):
		return fmt.Sprintf("the plan was made at %s, which is yet to come: set the clock right, or plan again", p.Created.UTC().Format(time.RFC3339))
	}
	return ""
}

// maxSkew is how far the clocks of two machines may be apart.
const maxSkew = 5 * time.Minute

// Hashes give the roots of files as they are now: RFC 6962 trees over chunks of
// 1 MiB, in hexadecimal, as workbook/events makes them.
type Hashes struct {
	// File hashes the first bytes of the file at path and tells the size that it
	// has. A shorter file is hashed whole.
	File func(ctx context.Context, path string, bytes int64) (root string, size int64, err error)
	// Store hashes what an event store holds, by the name in the plan.
	Store func(ctx context.Context, name string) (root string, err error)
}

// Changed says in a sentence each what changed since the plan was made, of all
// that it rests on. A file of events that only grew is unchanged: what the plan
// was made of is still there. Its error is that of ctx, or of a file that is
// there but can't be read.
func Changed(ctx context.Context, p *Plan, now Hashes) ([]string, error) {
	var changes []string
	for _, f := range p.files() {
		if f.file == nil {
			continue
		}
		change, err := p.changedFile(f)
		if err != nil {
			return nil, err
		}
		if change != "" {
			changes = append(changes, change)
		}
	}
	for _, f := range p.Events {
		change, err := p.changedEvents(ctx, f, now)
		if err != nil {
			return nil, err
		}
		if change != "" {
			changes = append(changes, change)
		}
	}
	return changes, nil
}

func (p *Plan) changedFile(f planFile) (string, error) {
	text, err := readBounded(p.Path(f.file.Path), source.MaxBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("%s, %s, is gone", f.called, f.file.Path), nil
	case err != nil:
		return "", fmt.Errorf("check %s: %w", f.called, err)
	case SHA256(text) != f.file.SHA256:
		return fmt.Sprintf("%s, %s, changed", f.called, f.file.Path), nil
	}
	return "", nil
}

func (p *Plan) changedEvents(ctx context.Context, f workbook.EventFile, now Hashes) (string, error) {
	what := fmt.Sprintf("%s, %s, ", called[f.Kind], f.Path)
	var root string
	var err error
	size := f.Bytes
	if f.Kind == workbook.KindStore {
		root, err = now.Store(ctx, f.Path)
	} else {
		root, size, err = now.File(ctx, p.Path(f.Path), f.Bytes)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return what + "is gone", nil
	case err != nil:
		return "", fmt.Errorf("check %s%w", what, err)
	case size < f.Bytes:
		return fmt.Sprintf("%sshrank from %d to %d bytes", what, f.Bytes, size), nil
	case root != f.Root && f.Kind == "":
		return fmt.Sprintf("%schanged in its first %d bytes, those that the plan was made of", what, f.Bytes), nil
	case root != f.Root || size != f.Bytes && f.Kind != "":
		return what + "changed", nil
	}
	return "", nil
}
