package stores

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A Session is the stores as one run sees them: the file as it stood when the
// session began, and on it what the run itself wrote, which nobody else sees
// and which is lost unless it is committed. Its methods may be called from
// several goroutines.
type Session struct {
	stores *Stores

	mu sync.Mutex
	// at is nil until the first question, of a session that begins later.
	at *snapshot
	// drafts are the stores that were written, by their folded names.
	drafts  map[string]*draft
	changes []Change
	ended   bool
}

// List describes all stores, by name.
func (x *Session) List(ctx context.Context) ([]Info, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.list(ctx)
}

func (x *Session) list(ctx context.Context) ([]Info, error) {
	if x.ended {
		return nil, fmt.Errorf("list the stores of %s: %w", x.stores.path, ErrEnded)
	}
	if err := x.begin(ctx); err != nil {
		return nil, err
	}
	found, err := x.at.list(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]Info{}
	for _, r := range found {
		byName[r.Folded] = r.info()
	}
	for folded, d := range x.drafts {
		byName[folded] = d.info()
	}
	names := make([]string, 0, len(byName))
	for folded := range byName {
		names = append(names, folded)
	}
	slices.Sort(names)
	infos := make([]Info, len(names))
	for i, folded := range names {
		infos[i] = byName[folded]
	}
	return infos, nil
}

// Info describes one store; see Stores.Info.
func (x *Session) Info(ctx context.Context, name string) (Info, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	d, err := x.draft(ctx, name)
	if err != nil {
		return Info{}, err
	}
	return d.info(), nil
}

// Rows reads a store; see Stores.Rows.
func (x *Session) Rows(ctx context.Context, name string, limit int) (workbook.Table, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	d, err := x.draft(ctx, name)
	if err != nil {
		return workbook.Table{}, err
	}
	most := int64(limit)
	if limit <= 0 {
		most = MaxRows
	}
	if d, err = d.loaded(ctx, x.at, most); err != nil {
		return workbook.Table{}, err
	}
	return d.table(most), nil
}

// begin opens the file where that was left for later.
func (x *Session) begin(ctx context.Context) error {
	if x.at != nil {
		return nil
	}
	at, err := x.stores.snapshot(ctx)
	x.at = at
	return err
}

// draft finds a store: the one that was written, else the one in the file.
func (x *Session) draft(ctx context.Context, name string) (*draft, error) {
	folded, err := fold(name)
	if err != nil {
		return nil, err
	}
	if x.ended {
		return nil, fmt.Errorf("read the store %s: %w", name, ErrEnded)
	}
	if d := x.drafts[folded]; d != nil {
		return d, nil
	}
	if err := x.begin(ctx); err != nil {
		return nil, err
	}
	r, err := x.at.find(ctx, folded)
	if err != nil {
		return nil, err
	}
	if r != nil {
		return draftOf(r), nil
	}
	infos, err := x.list(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, info := range infos {
		names = append(names, info.Name)
	}
	return nil, &NotFoundError{Name: name, Nearest: source.Nearest(name, names)}
}

// Write writes rows to a store, which it makes where there is none. Only the
// session sees it. key is the column that KeyReplace goes by, with or without
// its $, and empty in the other modes. run is the run that writes, 0 for none;
// now the time of writing. An error leaves the store as it was.
//
// KeyReplace takes the rows in their order. Each takes the place of the first
// row with its key, as a whole: what it has no column for is gone. So of
// several rows with one key in the store only the first is replaced, and of
// several that come in the last one stays. A row whose key is null is added.
// Keys are compared as texts. A column that has lost its last value this way
// goes.
//
// A truth value, which a workbook.Value never is, is kept as the text true or
// false.
func (x *Session) Write(ctx context.Context, name string, mode Mode, key string, rows workbook.Table, run int64, now time.Time) (Change, error) {
	fail := func(err error) (Change, error) { return Change{}, fmt.Errorf("write to the store %s: %w", name, err) }
	if _, err := fold(name); err != nil {
		return Change{}, err
	}
	in, err := newBatch(mode, key, rows)
	if err != nil {
		return fail(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	before, err := x.draft(ctx, name)
	var none *NotFoundError
	if errors.As(err, &none) {
		before, err = &draft{name: name}, nil
	}
	if err != nil {
		return fail(err)
	}
	after, change, err := before.write(ctx, x.at, in)
	if err != nil {
		return fail(err)
	}
	if err := after.bounded(); err != nil {
		return fail(err)
	}
	after.run, after.updated = run, now.UTC()
	folded, _ := fold(name)
	x.drafts[folded] = after
	x.changes = append(x.changes, change)
	return change, nil
}

// Changes lists what the session's writes changed, in their order.
func (x *Session) Changes() []Change {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.changes)
}

// Discard drops what was written and ends the session. It does nothing to one
// that has ended.
func (x *Session) Discard() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.end()
}

func (x *Session) end() error {
	if x.ended {
		return nil
	}
	x.ended = true
	x.drafts = nil
	x.stores.forget(x)
	if x.at == nil {
		return nil
	}
	return explain(x.stores.path, "close", x.at.close())
}

// written lists the drafts by name.
func (x *Session) written() []*draft {
	list := make([]*draft, 0, len(x.drafts))
	for _, d := range x.drafts {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *draft) int { return cmp.Compare(a.name, b.name) })
	return list
}
