package guard

import (
	"fmt"
	"strings"
)

// The rules on files that the events at hand have seen.
const (
	RuleManyHosts    = "many_hosts"
	RuleSystemFolder = "system_folder"
)

// ManyHosts is the number of machines from which on a file counts as one that
// is part of how they work.
const ManyHosts = 5

// MaxPaths is the most paths of one file that a Sighting names.
const MaxPaths = 100

// Sightings are what events say of files.
type Sightings interface {
	// Seen tells where a file was seen, by its hash in lower-case hexadecimal;
	// the zero Sighting where it was not.
	Seen(hash string) Sighting
}

// A Sighting is where events saw one file.
type Sighting struct {
	// Hosts counts the different machines.
	Hosts int
	// Paths are different paths of the file, those in system folders first, at
	// most MaxPaths.
	Paths []string
}

// Seeing returns the guard with what the events at hand say of files. nil takes
// it away.
func (g *Guard) Seeing(s Sightings) *Guard {
	other := *g
	other.sightings = s
	return &other
}

// sightingFinding judges a hash by where the events saw its file.
func (g *Guard) sightingFinding(hash string) finding {
	if g.sightings == nil {
		return finding{}
	}
	seen := g.sightings.Seen(hash)
	rule, reasons := "", []string(nil)
	if seen.Hosts >= ManyHosts {
		rule = RuleManyHosts
		reasons = append(reasons, fmt.Sprintf("was seen on %d hosts in the events", seen.Hosts))
	}
	if paths := systemPaths(seen.Paths); len(paths) > 0 {
		if rule == "" {
			rule = RuleSystemFolder
		}
		reasons = append(reasons, "lies in a folder of the system there ("+listed3(paths)+")")
	}
	if rule == "" {
		return finding{}
	}
	return askFor(rule, hash+" "+strings.Join(reasons, ", and ")+": it may be a part of how the machines work")
}
