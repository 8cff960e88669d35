package main

import (
	"context"
	"fmt"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/stores"
)

// storesPath is the file of event stores: the one named, else the one beside
// the audit.
func storesPath(named, audit string) string {
	if named != "" {
		return named
	}
	return strings.TrimSuffix(audit, ".db") + ".stores.db"
}

// openStores begins the session that a run works on.
func (r *rehearsal) openStores(ctx context.Context) (*stores.Stores, error) {
	file, err := stores.Open(storesPath(r.stores, r.audit))
	if err != nil {
		return nil, nothingRan(err)
	}
	if r.session, err = file.Begin(ctx); err != nil {
		return nil, nothingRan(err)
	}
	return file, nil
}

// A writings is what a run wrote to event stores, and whether it lasts.
type writings struct {
	changes []workbook.StoreChange
	kept    bool
}

// writings tells what a run wrote to event stores.
func (c *console) writings(w writings, completed bool) {
	if len(w.changes) == 0 {
		return
	}
	switch {
	case w.kept:
		c.line("event stores that changed:")
	case completed:
		c.line("event stores that would change, with --keep-stores:")
	default:
		c.line("event stores are as they were; the run would have changed:")
	}
	for _, change := range w.changes {
		c.wrapped(changed(change))
	}
}

// changed words a change to an event store.
func changed(c workbook.StoreChange) string {
	text := fmt.Sprintf("store %s: %s", c.Store, c.Mode)
	if c.Key != "" {
		text += " " + c.Key
	}
	text += fmt.Sprintf(", %s before, %d after: %s", plural(c.Before, "row", "rows"), c.After, strings.Join(counted(c), ", "))
	if len(c.ColumnsAdded) > 0 && (c.Before > 0 || c.Added == 0) {
		text += "; new columns " + strings.Join(c.ColumnsAdded, ", ")
	}
	if len(c.ColumnsRemoved) > 0 {
		text += "; columns gone " + strings.Join(c.ColumnsRemoved, ", ")
	}
	return text
}

// counted words what became of rows.
func counted(c workbook.StoreChange) []string {
	var parts []string
	say := func(n int64, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	say(c.Added, "added")
	say(c.Replaced, "replaced")
	say(c.Removed, "removed")
	say(c.Unkeyed, "of those added without a key")
	say(c.Repeated, "passed over for a later one with the same key")
	switch {
	case len(parts) > 0:
	case len(c.ColumnsAdded)+len(c.ColumnsRemoved) > 0:
		return []string{"no rows"}
	default:
		return []string{"nothing changed"}
	}
	return parts
}
