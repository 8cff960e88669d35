package lookout

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/indicator"
)

// Files are the sightings of files in one set of events. They are not changed
// after Look made them.
type Files struct{ seen map[string]guard.Sighting }

var _ guard.Sightings = (*Files)(nil)

// Seen tells where the events saw a file.
func (f *Files) Seen(hash string) guard.Sighting { return f.seen[hash] }

// maxLooked bounds the different places (hash, machine, path) of the files that
// are looked for.
const maxLooked = events.MaxGroups

// Look reads all events of a set once and tells of each hash on how many
// machines and under which paths they saw its file. Hashes are those that
// guard.Hashes gives; without any, or where no column of the events holds hashes, nothing is
// read but for the survey. In the events a hash stands bare, in lower or upper
// case, or behind its name as in SHA1=…,MD5=….
func Look(ctx context.Context, set *events.Set, hashes []string) (*Files, error) {
	f := &Files{seen: map[string]guard.Sighting{}}
	if len(hashes) == 0 {
		return f, nil
	}
	survey, err := set.Survey(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for files in the events: %w", err)
	}
	columns := fileColumnsOf(survey)
	if columns.hashes == 0 {
		return f, nil
	}
	wanted := map[string]bool{}
	for _, hash := range hashes {
		wanted[hash] = true
	}
	result, err := set.Query(ctx, columns.query(wanted), nil)
	if err != nil {
		return nil, fmt.Errorf("look for files in the events: %w", err)
	}
	places := map[string]*places{}
	for _, row := range result.Table.Rows {
		columns.take(row.Values, wanted, places)
	}
	for hash, p := range places {
		f.seen[hash] = p.sighting()
	}
	return f, nil
}

// fileColumns are the columns that tell of files: first those that may hold
// hashes, then paths, then names of machines, then the two ends of a
// connection, each kind in the order of preference.
type fileColumns struct {
	names                  []string
	hashes, paths, systems int
}

// Names of columns as plainName writes them.
var (
	// What was created or loaded stands before the process that did it.
	pathNames   = []string{"file", "imageloaded", "targetfilename", "filepath", "path", "fullpath", "filename", "image", "process", "processpath", "processexecutable"}
	systemNames = []string{"system", "hostname", "host", "computer", "computername", "winlogcomputername", "devicename", "agentname", "agenthostname"}
	endNames    = []string{"dstip", "srcip"}
	hashNames   = []string{"sha1", "sha256", "md5", "hash"}
	// A hash of something else than a file, or of a part of it.
	noHashNames = []string{"imphash", "hashtype", "hashalgorithm", "suspecthash", "shash", "parent", "command", "ja3", "cert"}
)

// fileColumnsOf finds the columns in what the events have.
func fileColumnsOf(survey *events.Survey) fileColumns {
	byName := columnsOf(survey)
	var hashes []string
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		in := func(part string) bool { return strings.Contains(name, part) }
		if slices.ContainsFunc(hashNames, in) && !slices.ContainsFunc(noHashNames, in) {
			hashes = append(hashes, byName[name]...)
		}
	}
	pick := func(names []string) (out []string) {
		for _, name := range names {
			out = append(out, byName[name]...)
		}
		return out
	}
	c := fileColumns{hashes: len(hashes)}
	paths, systems := pick(pathNames), pick(systemNames)
	c.paths, c.systems = len(paths), len(systems)
	c.names = slices.Concat(hashes, paths, systems, pick(endNames))
	return c
}

// query asks for the different values of the columns in events that may hold a
// wanted hash: as a whole cell, or in a cell that holds more.
func (c fileColumns) query(wanted map[string]bool) events.Query {
	texts := map[string]bool{}
	for hash := range wanted {
		texts[hash], texts[strings.ToUpper(hash)] = true, true
	}
	var where events.Or
	grouping := &events.Grouping{}
	var results []string
	for i := range c.names {
		if i < c.hashes {
			where = append(where, events.OneOf{Column: i, Texts: texts}, events.Matches{Column: i, Pattern: "%=%"}, events.Matches{Column: i, Pattern: "%:%"})
		}
		grouping.By = append(grouping.By, i)
		results = append(results, fmt.Sprintf("g%d", i))
	}
	return events.Query{
		Scans:   []events.Scan{{Every: true, Columns: c.names, Where: where, Grouping: grouping}},
		SQL:     "SELECT " + strings.Join(results, ", ") + " FROM t0",
		Columns: c.names,
		MaxRows: maxLooked,
	}
}

// places are the machines and paths of one file.
type places struct {
	systems map[string]bool
	ends    map[string]bool
	paths   map[string]bool
}

// take notes one row of the query's answer.
func (c fileColumns) take(values []workbook.Value, wanted map[string]bool, of map[string]*places) {
	texts := make([]string, len(values))
	for i, v := range values {
		if v != nil {
			texts[i] = fmt.Sprint(v)
		}
	}
	path := firstOf(texts[c.hashes : c.hashes+c.paths])
	systems := texts[c.hashes+c.paths : c.hashes+c.paths+c.systems]
	system := strings.ToLower(firstOf(systems))
	end := innerEnd(texts[c.hashes+c.paths+c.systems:])
	for _, cell := range texts[:c.hashes] {
		for _, hash := range guard.Hashes(cell) {
			if !wanted[hash] {
				continue
			}
			p := of[hash]
			if p == nil {
				p = &places{map[string]bool{}, map[string]bool{}, map[string]bool{}}
				of[hash] = p
			}
			note(p.systems, system)
			note(p.ends, end)
			note(p.paths, path)
		}
	}
}

func note(set map[string]bool, text string) {
	if text != "" {
		set[text] = true
	}
}

// firstOf is the first text that says something.
func firstOf(texts []string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" && t != "-" {
			return t
		}
	}
	return ""
}

// innerEnd is the end of a connection that is the machine which had the file:
// the private one, else the first.
func innerEnd(texts []string) string {
	first := netip.Addr{}
	for _, t := range texts {
		a, ok := indicator.Address(t)
		switch {
		case !ok:
		case a.IsPrivate():
			return a.String()
		case !first.IsValid():
			first = a
		}
	}
	if !first.IsValid() {
		return ""
	}
	return first.String()
}

// sighting sums up. What a sensor on the network saw names itself as the system
// of every event, so the larger number counts.
func (p *places) sighting() guard.Sighting {
	s := guard.Sighting{Hosts: max(len(p.systems), len(p.ends))}
	for path := range p.paths {
		s.Paths = append(s.Paths, path)
	}
	slices.SortFunc(s.Paths, func(a, b string) int {
		if inA, inB := guard.InSystemFolder(a), guard.InSystemFolder(b); inA != inB {
			if inA {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	s.Paths = s.Paths[:min(len(s.Paths), guard.MaxPaths)]
	return s
}
