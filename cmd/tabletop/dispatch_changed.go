package main

import (
	"path/filepath"
	"slices"

	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// appeared says in a sentence each which file a plan of the workbook would rest
// on now, since it stands nearer than what the plan rests on, or where there was
// none: nobody escapes an approvers.yaml by having planned before it came.
func (d *dispatch) appeared() []string {
	if d.plan.Workbook == nil {
		return nil
	}
	path := d.plan.Path(d.plan.Workbook.Path)
	var changes []string
	for _, standard := range []struct {
		name, called string
		file         *plan.File
	}{
		{"integrations.yaml", "integrations", d.plan.Integrations},
		{"guard.yaml", "a guard", d.plan.Guard},
		{"approvers.yaml", "approvers", d.plan.Approvers},
	} {
		now, err := beside("", path, standard.name)
		if err != nil || now == "" {
			continue
		}
		above := filepath.Join(filepath.Dir(path), "..", standard.name)
		switch {
		case standard.file == nil:
			changes = append(changes, now+" is there now, and the plan was made without "+standard.called)
		case filepath.Clean(d.plan.Path(standard.file.Path)) == above && now != above:
			changes = append(changes, now+" is there now, nearer to the workbook than the file that the plan was made with")
		}
	}
	return changes
}

// asPlanned says in a sentence each what is not as it was when its hash was
// checked: a file can be replaced before it is read again.
func (d *dispatch) asPlanned() []string {
	var changes []string
	if plan.SHA256(d.integrations.Document().Text) != d.plan.Integrations.SHA256 {
		changes = append(changes, "the integrations changed while they were checked")
	}
	if d.plan.Guard != nil && plan.SHA256(d.guard.Document().Text) != d.plan.Guard.SHA256 {
		changes = append(changes, "the guard changed while it was checked")
	}
	if d.plan.Guard != nil {
		for _, list := range d.guard.Files() {
			known := slices.ContainsFunc(d.plan.Events, func(f workbook.EventFile) bool {
				return f.Kind == workbook.KindGuard && f.Root == list.Root
			})
			if !known {
				changes = append(changes, "the guard's list "+list.Path+" changed while it was checked")
			}
		}
	}
	// A configuration depends on files that it names too.
	for _, c := range d.plan.Caps {
		if n, _ := d.integrations.Find(c.Integration); n == nil || n.Digest() != c.Digest {
			changes = append(changes, "the configuration "+guard.Quote(c.Integration)+" or a file that it names changed")
		}
	}
	return changes
}
