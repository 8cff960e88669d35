package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/stores/tablefile"
)

// An Exported is a line of a vendor's export: of the export itself, of a task, or
// of an entry of the list of suspicious objects. What a line has not is empty.
type Exported struct {
	// Record is export, task or suspicious_object.
	Record string `json:"record"`
	// ID is the number of a task, Task that of the one that put an entry on the list.
	ID     string `json:"id,omitempty"`
	Task   string `json:"task,omitempty"`
	Action string `json:"action,omitempty"`
	Status string `json:"status,omitempty"`
	Type   string `json:"type,omitempty"`
	Target string `json:"target,omitempty"`
	// Created is when a task began, or the export was made; Changed when an entry
	// changed last, Expires when it goes, or never.
	Created     string `json:"created,omitempty"`
	Changed     string `json:"changed,omitempty"`
	Expires     string `json:"expires,omitempty"`
	Enforced    string `json:"enforced,omitempty"`
	Description string `json:"description,omitempty"`
}

var exportColumns = []string{"record", "id", "task", "action", "status", "type", "target", "created", "changed", "expires", "enforced", "description"}

func (e Exported) cells() []workbook.Value {
	return []workbook.Value{e.Record, e.ID, e.Task, e.Action, e.Status, e.Type, e.Target, e.Created, e.Changed, e.Expires, e.Enforced, e.Description}
}

// Export lists what a vendor did and holds, as its console would give it out: the
// moment, all tasks, oldest first, then the list as it stands. It moves no task on.
func (v *Vendor) Export() []Exported {
	v.mutex.Lock()
	tasks := slices.Clone(v.tasks.all)
	all := []Exported{{Record: "export", Created: v.now().UTC().Format(time.RFC3339)}}
	for _, t := range tasks {
		all = append(all, Exported{
			Record: "task", ID: t.number, Action: t.action, Status: v.taskV3(t).Status, Type: t.kind, Target: t.target,
			Created: stamp(t.created), Description: t.description,
		})
	}
	v.mutex.Unlock()
	for _, b := range v.State().SuspiciousObjects {
		all = append(all, Exported{
			Record: "suspicious_object", Task: b.Task, Type: b.Type, Target: b.Target.Target,
			Changed: b.Changed, Expires: b.Expires, Enforced: fmt.Sprint(b.Enforced),
		})
	}
	return all
}

// WriteExport writes what Export lists: as a list in JSON, as an object a line in
// NDJSON, or as CSV in which no cell is a formula.
func (v *Vendor) WriteExport(to io.Writer, form tablefile.Form) error {
	all := v.Export()
	switch form {
	case tablefile.JSON:
		encoder := json.NewEncoder(to)
		encoder.SetIndent("", " ")
		return encoder.Encode(all)
	case tablefile.NDJSON:
		encoder := json.NewEncoder(to)
		for _, e := range all {
			if err := encoder.Encode(e); err != nil {
				return err
			}
		}
		return nil
	case tablefile.CSV:
		w := tablefile.NewCSVWriter(to)
		if err := w.Header(exportColumns); err != nil {
			return err
		}
		for _, e := range all {
			if err := w.Row(e.cells()); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("write an export as %q: only json, ndjson and csv are written", form)
}
