package events

import (
	"context"
	"slices"
	"strings"
)

// An Enrichment is a column that DNIF adds to events when it receives them, which
// raw logs lack, and what in sources.yaml would add it here.
type Enrichment struct {
	Column string `json:"column"`
	// From is the column of addresses that it is found by.
	From string `json:"from"`
	// Write is what the source then says.
	Write string `json:"write"`
}

// String tells the enrichment as the end of a sentence.
func (e Enrichment) String() string {
	return "enrich: " + e.Write + " in " + SourcesName + " would give it from " + e.From
}

// EnrichmentFor tells what would give the events of a stream a column, of whose
// columns it is none; false where nothing would.
func EnrichmentFor(column string, columns []string) (Enrichment, bool) {
	has := func(name string) int {
		return slices.IndexFunc(columns, func(c string) bool { return match(name, c) != noMatch })
	}
	name := columnName(column)
	for _, a := range addresses {
		prefix := strings.TrimSuffix(a, "IP")
		ending, ok := cutFold(name, prefix)
		at := has(a)
		if !ok || at < 0 {
			continue
		}
		from := columnName(columns[at])
		if strings.EqualFold(ending, "Type") {
			return Enrichment{name, from, "{types: [" + strings.TrimPrefix(a, "$") + "]}"}, true
		}
		for _, c := range geoColumns {
			if strings.EqualFold(ending, c.ending) {
				return Enrichment{name, from, "{mmdb: {file: " + c.example + "}}"}, true
			}
		}
	}
	return Enrichment{}, false
}

func cutFold(text, prefix string) (rest string, ok bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

// enrichable lists the columns that a stream lacks and that enriching would add.
func (s *InspectedStream) enrichable() []Enrichment {
	filled := s.Filled()
	var list []Enrichment
	for _, a := range addresses {
		prefix := strings.TrimSuffix(a, "IP")
		endings := []string{"Type"}
		for _, c := range geoColumns {
			endings = append(endings, c.ending)
		}
		for _, ending := range endings {
			lacks := !slices.ContainsFunc(s.Columns, func(c InspectedColumn) bool { return match(prefix+ending, c.Name) != noMatch })
			if e, ok := EnrichmentFor(prefix+ending, filled); ok && lacks {
				list = append(list, e)
			}
		}
	}
	return list
}

// Filled lists the columns of which an event has a value.
func (s *InspectedStream) Filled() []string {
	var names []string
	for _, c := range s.Columns {
		if c.Filled > 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

// Has reports whether an event has a value of the column, letter case and $ aside.
func (s *InspectedStream) Has(column string) bool {
	return slices.ContainsFunc(s.Filled(), func(name string) bool { return match(column, name) != noMatch })
}

// InspectFirst is Inspect for the first events of each file. Sampled says that
// there were more.
func (s *Set) InspectFirst(ctx context.Context, most int) (*Inspection, error) {
	return s.inspect(ctx, most)
}
