package exportfile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tabletop/audit/reconcile"
)

// A VendorExport is what a vendor's export says.
type VendorExport struct {
	Records []reconcile.Record
	// Listed says that the file holds the list of what is blocked, and not tasks
	// alone.
	Listed bool
	// Cut says that the last page names a next one, which the file lacks.
	Cut bool
	// Other counts tasks that block nothing and take no block back, by their action.
	Other map[string]int
}

// The fields by which a record is known, by their plain names: those of Trend
// Micro's API v3.0 and v2.0, of the simulator's export, and of consoles' CSV.
var (
	idFields      = []string{"id", "taskid", "actionid"}
	targetFields  = []string{"value", "targetvalue", "target", "object", "objectvalue", "indicator"}
	typeFields    = []string{"type", "valuetype", "objecttype", "targettype"}
	actionFields  = []string{"action", "taskaction"}
	statusFields  = []string{"status", "taskstatus"}
	createdFields = []string{"createddatetime", "createdtime", "created", "createdat"}
	changedFields = []string{"lastmodifieddatetime", "lastmodified", "lastupdated", "changed", "modified"}
	expiryFields  = []string{"expireddatetime", "expires", "expiration", "expirationdate"}
	listFields    = slices.Concat(changedFields, expiryFields, []string{"scanaction", "inexceptionlist", "enforced", "risklevel"})
)

// knownFields names what a record of a vendor's export is known by, for people.
const knownFields = "known are type and value (tasks of Trend Micro's v3.0), valueType and targetValue or actionId (v2.0), and ip, url, domain, fileSha1, fileSha256 or senderMailAddress (its list)"

// Vendor reads a vendor's export; zone is that of times which name none, nil where
// nobody says. The error is source.Problems with every mistake, up to twenty.
func Vendor(path string, text []byte, zone *time.Location) (VendorExport, error) {
	f := read(path, text)
	v := VendorExport{Listed: f.parts["suspiciousobjects"], Cut: f.cut, Other: map[string]int{}}
	for _, o := range f.objects {
		b := vendorRecord{file: f, object: o, zone: zone}
		switch kind := plain(o.get("record")); {
		case kind == "export":
			v.Listed = true
			continue
		case !b.read():
			continue
		case b.other != "":
			v.Other[b.other]++
			continue
		}
		v.Records = append(v.Records, b.record)
		v.Listed = v.Listed || b.record.Kind == reconcile.Entry
	}
	return v, f.err()
}

// A vendorRecord is an object on its way to a record.
type vendorRecord struct {
	file   *file
	object object
	zone   *time.Location
	record reconcile.Record
	// other is the action of a task that is about no block.
	other string
}

// read fills in the record; false where the object has mistakes.
func (b *vendorRecord) read() bool {
	o := b.object
	b.record.Place = b.file.where(o)
	b.record.Kind = kindOf(o)
	b.record.Task = o.get(append([]string{"task"}, idFields...)...)
	if b.record.Kind == reconcile.Task {
		b.action()
		if b.other != "" {
			return true
		}
		b.state()
	}
	b.effect()
	return b.aim() && b.times()
}

// kindOf tells tasks from entries of a list: a task has a state or a number of its
// own, an entry may name the task that put it there.
func kindOf(o object) reconcile.RecordKind {
	switch plain(o.get("record")) {
	case "task":
		return reconcile.Task
	case "suspiciousobject":
		return reconcile.Entry
	}
	if o.get(statusFields...) != "" || !o.has(listFields...) && o.get(slices.Concat(idFields, createdFields)...) != "" {
		return reconcile.Task
	}
	return reconcile.Entry
}

// mostNames is how many names of fields a mistake lists.
const mostNames = 12

// aim reads the target. A task of v2.0 names none: its number has to do.
func (b *vendorRecord) aim() bool {
	kind, text, problem := targetOf(b.object)
	switch {
	case problem != "":
		b.file.wrong(b.object, problem, "known types: "+strings.Join(typeWords(), ", "))
		return false
	case text == "" && (b.record.Kind != reconcile.Task || b.record.Task == ""):
		names := make([]string, 0, len(b.object.fields))
		for name := range b.object.fields {
			names = append(names, fmt.Sprintf("%.40s", name))
		}
		slices.Sort(names)
		has := strings.Join(names[:min(len(names), mostNames)], ", ")
		if len(names) > mostNames {
			has += ", …"
		}
		b.file.wrong(b.object, "it names no target; its fields are "+has, knownFields)
		return false
	}
	b.record.Target = reconcile.Target{Type: kind, Text: text}
	return true
}

// effect reads why an entry of the list stops nothing.
func (b *vendorRecord) effect() {
	o := b.object
	if b.record.Kind != reconcile.Entry {
		return
	}
	switch {
	case strings.EqualFold(o.get("inexceptionlist"), "true"):
		b.record.Idle = "it is on the Exception List"
	case strings.EqualFold(o.get("scanaction"), "log") || strings.EqualFold(o.get("action"), "log"):
		b.record.Idle = "it is only logged"
	case strings.EqualFold(o.get("enforced"), "false"):
		b.record.Idle = "it is not enforced"
	}
}
