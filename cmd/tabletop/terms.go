package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/stores"
)

// terms are what the record of the run needs so that it can be made again.
func (r *rehearsal) terms(ctx context.Context, b *bench) (*workbook.Terms, error) {
	t := &workbook.Terms{
		Window: r.window, Zone: r.zone, Year: r.year, MaxRows: r.maxRows, Strict: r.strict,
		Sources: r.sources, Stores: storesPath(r.stores, r.audit), SignalsOf: r.signals,
	}
	// A folder that is gone has no name, and relative paths then lead nowhere.
	t.Folder, _ = os.Getwd()
	if absolute, err := filepath.Abs(t.Stores); err == nil {
		t.Stores = absolute
	}
	var err error
	t.StoreStates, err = storeStates(ctx, b, r.session)
	return t, err
}

// storeStates are the event stores that blocks name, as a session sees them.
func storeStates(ctx context.Context, b *bench, session *stores.Session) ([]workbook.StoreState, error) {
	named := map[string]bool{}
	for _, step := range b.program.Steps() {
		if names, ok := step.(interface{ StoreUses() []query.StoreUse }); ok {
			for _, use := range names.StoreUses() {
				named[strings.ToLower(use.Store)] = true
			}
		}
	}
	if len(named) == 0 {
		return nil, nil
	}
	infos, err := session.List(ctx)
	var states []workbook.StoreState
	for _, info := range infos {
		if named[strings.ToLower(info.Name)] {
			states = append(states, workbook.StoreState{Name: info.Name, Rows: info.Rows, Updated: info.Updated, Run: info.Run})
		}
	}
	return states, err
}
