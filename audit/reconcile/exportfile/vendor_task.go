package exportfile

import (
	"fmt"
	"strings"
	"time"

	"tabletop/audit/reconcile"
	"tabletop/workbook/events"
)

// blocking are the plain words for actions that block, and those that take a block
// back: false and true. A task that names no action is one of v2.0, whose tasks
// don't; it counts as a block.
var blocking = map[string]bool{
	"block": false, "addtoblocklist": false, "isolate": false, "isolateendpoint": false, "isolateformultiple": false,
	"restoreblock": true, "unblock": true, "removefromblocklist": true, "restoreisolate": true, "restoreendpoint": true, "restoreisolateformultiple": true,
}

func (b *vendorRecord) action() {
	word := b.object.get(actionFields...)
	if word == "" {
		return
	}
	undoes, known := blocking[plain(word)]
	if !known {
		b.other = fmt.Sprintf("%.60s", word)
		return
	}
	b.record.Undoes = undoes
}

// states are the vendor's words for how a task ended, v2.0's and v3.0's; any other
// is of one that goes on.
var states = map[string]reconcile.State{
	"success": reconcile.Done, "succeeded": reconcile.Done, "successful": reconcile.Done, "finished": reconcile.Done, "completed": reconcile.Done,
	"failed": reconcile.Failed, "unsuccessful": reconcile.Failed, "timeout": reconcile.Failed, "skipped": reconcile.Failed,
	"rejected": reconcile.Failed, "canceled": reconcile.Failed, "cancelled": reconcile.Failed,
}

func (b *vendorRecord) state() {
	word := b.object.get(statusFields...)
	b.record.State, b.record.Status = states[plain(word)], word
	if reason := b.object.get("error"); reason != "" && reason != "{}" {
		b.record.Status = strings.TrimPrefix(fmt.Sprintf("%s: %.200s", word, reason), ": ")
	}
}

// times reads when the task was made or the entry changed, and when it ends.
func (b *vendorRecord) times() bool {
	names := createdFields
	if b.record.Kind == reconcile.Entry {
		names = append(append([]string{}, changedFields...), createdFields...)
	}
	var ok bool
	if b.record.Time, ok = b.file.time(b.object, names, b.zone); !ok {
		return false
	}
	if b.record.Kind != reconcile.Entry || endless(b.object.get(expiryFields...)) {
		return true
	}
	b.record.Expires, ok = b.file.time(b.object, expiryFields, b.zone)
	return ok
}

// endless finds what stands for an entry that never expires.
func endless(expiry string) bool {
	return expiry == "" || strings.HasPrefix(strings.ToLower(expiry), "never")
}

// time reads the first of some fields that holds one, zero where none does; false
// where it can't be read.
func (f *file) time(o object, names []string, zone *time.Location) (time.Time, bool) {
	text := o.get(names...)
	if text == "" {
		return time.Time{}, true
	}
	t, local, err := events.ParseTime(text, zone)
	switch {
	case err != nil:
		f.wrong(o, fmt.Sprintf("%.60q is no time", text), "write one as 2026-01-31T12:00:00Z, or in seconds or milliseconds since 1970")
		return time.Time{}, false
	case local:
		f.wrong(o, fmt.Sprintf("the time %.60q names no zone", text), "name it with --tz, as in --tz Asia/Kolkata")
		return time.Time{}, false
	}
	return t, true
}
