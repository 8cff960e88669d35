package events

import (
	"strings"

	"tabletop/workbook"
)

// asRecorded keeps of files those that a record names, each up to the size that
// it has there: what was written since, to them or beside them, is not read. A
// file that is shorter now is read whole; its root tells that it is another.
// Names are compared without the folder of events, which may have been moved.
func asRecorded(files []*file, recorded []workbook.EventFile) []*file {
	bytes := map[string]int64{}
	for _, r := range recorded {
		if r.Kind == "" {
			bytes[NameInside(r.Path)] = r.Bytes
		}
	}
	var kept []*file
	for _, f := range files {
		size, ok := bytes[NameInside(f.name)]
		if !ok {
			continue
		}
		if now, err := sizeOf(f.path); err == nil && now >= size {
			f.size, f.sized = size, true
		}
		kept = append(kept, f)
	}
	return kept
}

// NameInside is the name of a file of events below the folder that it was read
// from; that of a file that was read by itself is its own.
func NameInside(name string) string {
	if _, below, ok := strings.Cut(name, "/"); ok {
		return below
	}
	return name
}
