// Package attack knows the tactics, techniques and sub-techniques of MITRE
// ATT&CK for Enterprise by their identifiers and names. In goes what somebody
// wrote of one; out comes what it is, or the nearest that there is.
//
// The table holds identifiers, names and which tactics a technique serves, and
// nothing of their descriptions. ATT&CK is a trademark of The MITRE Corporation,
// which publishes it at attack.mitre.org.
package attack

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"tabletop/workbook/source"
)

// Version is that of ATT&CK for Enterprise that the table holds.
const Version = "17.1"

//go:embed enterprise.tsv
var enterprise string

// A Tactic is why an adversary acts, as TA0008 Lateral Movement.
type Tactic struct{ ID, Name string }

// A Technique is how it does, as T1021 Remote Services; the identifier of a
// sub-technique has a dot, as T1021.001.
type Technique struct {
	ID, Name string
	// Tactics are the identifiers of those that it serves.
	Tactics []string
}

// Parent is the identifier of a sub-technique's technique, empty for a technique.
func (t Technique) Parent() string {
	parent, _, sub := strings.Cut(t.ID, ".")
	if !sub {
		return ""
	}
	return parent
}

// A table is the matrix, in the order of the identifiers.
type table struct {
	tactics    []Tactic
	techniques []Technique
}

// matrix reads the embedded table when it is first asked for.
var matrix = sync.OnceValue(func() table {
	var t table
	of := map[string][]string{}
	for line := range strings.Lines(enterprise) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "TA"):
			t.tactics = append(t.tactics, Tactic{fields[0], fields[1]})
		default:
			technique := Technique{ID: fields[0], Name: fields[1]}
			if len(fields) > 2 {
				technique.Tactics = strings.Fields(fields[2])
			} else {
				technique.Tactics = of[technique.Parent()]
			}
			of[technique.ID] = technique.Tactics
			t.techniques = append(t.techniques, technique)
		}
	}
	return t
})

// Tactics lists all tactics.
func Tactics() []Tactic { return slices.Clone(matrix().tactics) }

// Techniques lists all techniques and sub-techniques.
func Techniques() []Technique { return slices.Clone(matrix().techniques) }

// folded is a name without what people write differently: case, blanks, dashes.
func folded(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name))
}

// A Match is what was found for a text. Written is what ATT&CK writes in its
// place: the text itself where it is right to the letter.
type Match[T any] struct {
	Found   T
	Written string
}

// FindTactic finds a tactic by its identifier or name. Where case, blanks or
// dashes differ it is found all the same.
func FindTactic(text string) (Match[Tactic], bool) {
	for _, t := range matrix().tactics {
		if written, ok := fits(text, t.ID, t.Name); ok {
			return Match[Tactic]{t, written}, true
		}
	}
	return Match[Tactic]{}, false
}

// FindTechniques finds techniques by identifier or name, as FindTactic does: of
// sub-techniques several may share a name. subs asks for sub-techniques; their
// names may stand behind that of their technique, as in Phishing: Spearphishing
// Link.
func FindTechniques(text string, subs bool) []Match[Technique] {
	var out []Match[Technique]
	for _, t := range matrix().techniques {
		if (t.Parent() != "") != subs {
			continue
		}
		if written, ok := fits(text, t.ID, t.Name); ok {
			out = append(out, Match[Technique]{t, written})
			continue
		}
		if before, name, two := strings.Cut(text, ":"); two && subs {
			parent, _ := ByID(t.Parent())
			if _, ok := fits(strings.TrimSpace(before), parent.ID, parent.Name); ok {
				if _, ok := fits(strings.TrimSpace(name), t.ID, t.Name); ok {
					out = append(out, Match[Technique]{t, text})
				}
			}
		}
	}
	return out
}

// fits says whether a text means what has this identifier and name.
func fits(text, id, name string) (written string, ok bool) {
	switch {
	case strings.EqualFold(text, id):
		return id, true
	case folded(text) == folded(name):
		return name, true
	}
	return "", false
}

// ByID finds a technique or sub-technique by its exact identifier.
func ByID(id string) (Technique, bool) {
	list := matrix().techniques
	i, ok := slices.BinarySearchFunc(list, id, func(t Technique, id string) int { return strings.Compare(t.ID, id) })
	if !ok {
		return Technique{}, false
	}
	return list[i], true
}

// TacticName is the name of a tactic's identifier.
func TacticName(id string) string {
	for _, t := range matrix().tactics {
		if t.ID == id {
			return t.Name
		}
	}
	return id
}

// Suggest words what may have been meant by a text that means nothing, among
// tactics, techniques or, of one technique, sub-techniques.
func Suggest(text string, kind Kind, of string) string {
	var names []string
	for _, t := range matrix().techniques {
		if kind == SubtechniqueKind && t.Parent() != "" && (of == "" || t.Parent() == of) || kind == TechniqueKind && t.Parent() == "" {
			names = append(names, t.Name)
		}
	}
	if kind == TacticKind {
		for _, t := range matrix().tactics {
			names = append(names, t.Name)
		}
	}
	if fix := source.DidYouMean(text, names); fix != "" {
		return fix
	}
	return "write a name or an identifier of ATT&CK " + Version + ", as in " + kind.example()
}

// A Kind is a column of ATT&CK's matrix.
type Kind int

// The kinds of entry.
const (
	TacticKind Kind = iota
	TechniqueKind
	SubtechniqueKind
)

func (k Kind) example() string {
	return []string{"Lateral Movement or TA0008", "Remote Services or T1021", "Remote Desktop Protocol or T1021.001"}[k]
}

func (k Kind) String() string { return []string{"tactic", "technique", "sub-technique"}[k] }
