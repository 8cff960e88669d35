package exportfile

import (
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// A Signal is one of DNIF's stream SIGNALS.
type Signal struct {
	// Place is where it stands, for people.
	Place    string
	Name     string
	Workbook string
	// Fields are its target and suspect: by host, user and so on behind target or
	// suspect, in small letters, as targethost.
	Fields map[string]string
	// First is when it was first seen, zero where the file does not tell.
	First time.Time
}

// A SignalExport is what an export of signals says.
type SignalExport struct {
	Signals []Signal
	// Has are the fields of Fields that the file has at all: an export may leave
	// columns out.
	Has map[string]bool
	// Repeated counts records whose $Uuid another one has: they are the same signal.
	Repeated int
}

// SignalFields are the plain names of the columns that tell what a signal is about.
var SignalFields = []string{
	"suspecthost", "suspectuser", "suspectobject", "suspectprocess", "suspecthash", "suspecturl", "suspectaction",
	"targethost", "targetuser", "targetresource", "targetport",
}

// Parties are a signal's target and suspect under the names of SignalFields.
func Parties(s workbook.Signal) map[string]string {
	fields := map[string]string{}
	for role, of := range map[string]map[string]string{"target": s.Target, "suspect": s.Suspect} {
		for name, value := range of {
			if value = strings.TrimSpace(value); !nothing(value) {
				fields[role+plain(name)] = value
			}
		}
	}
	return fields
}

// Signals reads an export of the stream SIGNALS: a search's answer, a list of
// objects, an object a line, or the grid's CSV. zone is that of times which name
// none, nil where nobody says; a time in UTC beside it, $CNAMTime in milliseconds,
// needs none. The error is source.Problems with every mistake, up to twenty.
func Signals(path string, text []byte, zone *time.Location) (SignalExport, error) {
	f := read(path, text)
	e := SignalExport{Has: map[string]bool{}}
	seen := map[string]bool{}
	for _, o := range f.objects {
		if id := o.get("uuid"); id != "" {
			if seen[id] {
				e.Repeated++
				continue
			}
			seen[id] = true
		}
		name := o.get("detectionname", "name")
		if name == "" {
			f.wrong(o, "it names no signal", "the column $DetectionName does; export the stream SIGNALS with it")
			continue
		}
		s := Signal{Place: f.where(o), Name: strings.TrimSpace(name), Workbook: o.get("workbook"), Fields: map[string]string{}}
		for _, field := range SignalFields {
			if o.has(field) {
				e.Has[field] = true
			}
			if v := strings.TrimSpace(o.get(field)); v != "" {
				s.Fields[field] = v
			}
		}
		var known bool
		if s.First, known = f.seen(o, zone); known {
			e.Signals = append(e.Signals, s)
		}
	}
	return e, f.err()
}

// seen is when a signal was first seen: $FirstSeen, or where that names no zone and
// nobody does, $CNAMTime, which counts from 1970.
func (f *file) seen(o object, zone *time.Location) (time.Time, bool) {
	if _, local, err := events.ParseTime(o.get("firstseen"), zone); err == nil && local {
		if t, local, err := events.ParseTime(o.get("cnamtime"), zone); err == nil && !local {
			return t, true
		}
	}
	return f.time(o, []string{"firstseen", "cnamtime"}, zone)
}

// Key is equal for signals that are the same, as far as the fields of an export
// tell.
func (e SignalExport) Key(name string, fields map[string]string) string {
	var b strings.Builder
	b.WriteString(name)
	for _, field := range SignalFields {
		if e.Has[field] {
			b.WriteString("\x00" + field + "\x00" + fields[field])
		}
	}
	return b.String()
}

// Merge is what several exports say together: of the fields those that all of them
// have.
func Merge(exports []SignalExport) SignalExport {
	all := SignalExport{Has: map[string]bool{}}
	for _, field := range SignalFields {
		all.Has[field] = !slices.ContainsFunc(exports, func(e SignalExport) bool { return !e.Has[field] && len(e.Signals) > 0 })
	}
	for _, e := range exports {
		all.Signals = append(all.Signals, e.Signals...)
		all.Repeated += e.Repeated
	}
	return all
}
