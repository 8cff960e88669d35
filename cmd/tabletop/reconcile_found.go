package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/audit/reconcile"
	"tabletop/audit/reconcile/exportfile"
	"tabletop/workbook/source"
)

// An exported is what the files say, before it is held against anything.
type exported struct {
	judge   *judge
	records []reconcile.Record
	listed  bool
	signals exportfile.SignalExport
	notes   []string
}

// readFiles reads all files; the error has the mistakes in all of them.
func (r *reconciliation) readFiles(j *judge) (exported, error) {
	f := exported{judge: j}
	var problems source.Problems
	mistakes := func(err error) error {
		var found source.Problems
		if errors.As(err, &found) {
			problems = append(problems, found...)
			return nil
		}
		return err
	}
	for _, path := range r.vendor {
		text, err := exportfile.Open(path)
		if err != nil {
			return f, err
		}
		export, err := exportfile.Vendor(path, text, r.location)
		if err := mistakes(err); err != nil {
			return f, err
		}
		f.vendor(path, export)
	}
	var exports []exportfile.SignalExport
	for _, path := range r.signals {
		text, err := exportfile.Open(path)
		if err != nil {
			return f, err
		}
		export, err := exportfile.Signals(path, text, r.location)
		if err := mistakes(err); err != nil {
			return f, err
		}
		exports = append(exports, export)
	}
	f.signals = exportfile.Merge(exports)
	if n := f.signals.Repeated; n > 0 {
		f.notes = append(f.notes, plural(n, "record has the $Uuid of another", "records have the $Uuid of another")+": they count once")
	}
	return f, problems.Err()
}

// vendor takes what one file says, with its targets judged.
func (f *exported) vendor(path string, export exportfile.VendorExport) {
	for _, record := range export.Records {
		if record.Target.Text != "" {
			record.Target, record.Protected = f.judge.of(record.Target.Type, record.Target.Text)
		}
		f.records = append(f.records, record)
	}
	f.listed = f.listed || export.Listed
	if export.Cut {
		f.notes = append(f.notes, path+" ends with a page that names a next one (nextLink): what is missing may stand there")
	}
	for _, action := range slices.Sorted(maps.Keys(export.Other)) {
		f.notes = append(f.notes, fmt.Sprintf("%s of %s in %s left out: they block nothing", plural(export.Other[action], "task", "tasks"), action, path))
	}
}

// raised are the signals of workbooks that were read; DNIF's stream has those of
// all.
func (f exported) raised(workbooks map[string]bool, notes *[]string) []reconcile.Signal {
	var all []reconcile.Signal
	others := map[string]int{}
	for _, s := range f.signals.Signals {
		if s.Workbook != "" && !workbooks[s.Workbook] {
			others[s.Workbook]++
			continue
		}
		all = append(all, reconcile.Signal{ID: s.Place, Key: f.signals.Key(s.Name, s.Fields), Name: s.Name, First: s.First})
	}
	if len(others) > 0 {
		left := 0
		for _, n := range others {
			left += n
		}
		names := slices.Sorted(maps.Keys(others))
		*notes = append(*notes, fmt.Sprintf("%s of workbooks of which no run was read left out: %s", plural(left, "signal", "signals"), strings.Join(names[:min(len(names), 3)], ", ")))
	}
	return all
}
