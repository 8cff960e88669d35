package events

import (
	"embed"
	"strings"

	"tabletop/workbook/source"
)

// The built-in mappings are sources files, each with one or several sources
// whose files are only examples.
//
//go:embed mappings/*.yaml
var mappingFiles embed.FS

// MappingNames lists the built-in mappings in the order of their names.
func MappingNames() []string {
	entries, err := mappingFiles.ReadDir("mappings")
	if err != nil {
		panic("events: no mappings are built in")
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Mapping returns a built-in mapping as the text of a sources.yaml; false where
// there is none of that name.
func Mapping(name string) (text string, ok bool) {
	if strings.ContainsAny(name, `/\`) {
		return "", false
	}
	b, err := mappingFiles.ReadFile("mappings/" + name + ".yaml")
	return string(b), err == nil
}

// maxMappings bounds how far one built-in mapping names another.
const maxMappings = 4

// builtIn returns the sources of the mapping that s names, each with what s
// says itself: its files and conditions, and its stream, fields and time in
// place of the mapping's.
func (s sourceNode) builtIn(depth int) ([]sourceNode, source.Problems) {
	text, ok := Mapping(s.Mapping.Value)
	if !ok {
		return nil, source.Problems{s.Mapping.Problem(0, "unknown mapping "+s.Mapping.Value, source.DidYouMean(s.Mapping.Value, MappingNames()))}
	}
	if depth == maxMappings {
		return nil, source.Problems{s.Mapping.Problem(0, "mappings name one another", "")}
	}
	node, err := source.Parse("mapping "+s.Mapping.Value, []byte(text))
	if err != nil {
		return nil, source.Problems{s.Mapping.Problem(0, err.Error(), "")}
	}
	var m mappings
	if problems := source.Decode(node, &m); len(problems) > 0 {
		return nil, problems
	}
	for i, part := range m.Sources {
		m.Sources[i] = s.over(part)
	}
	return m.Sources, nil
}

// over puts what s says on top of a source of its mapping.
func (s sourceNode) over(part sourceNode) sourceNode {
	part.Files, part.Enrich = s.Files, s.Enrich
	part.before = append(append([]source.Node{}, s.before...), part.before...)
	if s.When.Exists() {
		part.before = append(part.before, s.When)
	}
	if s.Stream.Set() {
		part.Stream = s.Stream
	}
	if s.Format.Set() {
		part.Format = s.Format
	}
	if s.Zone.Set() {
		part.Zone = s.Zone
	}
	if s.CSV.Exists() {
		part.CSV = s.CSV
	}
	if s.Year.Set() {
		part.Year = s.Year
	}
	if s.Time.Exists() {
		part.Time = s.Time
	}
	fields := map[string]source.Node{}
	for name, n := range part.Fields {
		fields[columnName(name)] = n
	}
	for name, n := range s.Fields {
		fields[columnName(name)] = n
	}
	part.Fields = fields
	return part
}

// columnName is a column with its leading $.
func columnName(name string) string { return "$" + strings.TrimPrefix(name, "$") }
