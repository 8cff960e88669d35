package layout

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"tabletop/workbook/source"
)

// differs says what of a file was lost or changed when it was laid out; empty for
// nothing.
func (w *writer) differs(before *yaml.Node, laid string) string {
	if _, err := source.Parse(w.name, []byte(laid)); err != nil {
		return "laid out it would be broken"
	}
	var after yaml.Node
	if err := yaml.Unmarshal([]byte(laid), &after); err != nil {
		return "laid out it would be broken"
	}
	if !same(before, &after) {
		return "laid out it would mean something else"
	}
	count := map[string]int{}
	for _, line := range strings.Split(laid, "\n") {
		count[strings.TrimSpace(line)]++
	}
	for i, line := range w.lines {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") && !w.anew[i] {
			if count[line]--; count[line] < 0 {
				return "a comment would be lost: " + line
			}
		}
	}
	return ""
}

// same compares what two files mean: maps whatever the order of their keys, texts
// but for the newlines at their ends, which those under | have.
func same(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) || a.Tag != b.Tag {
		return false
	}
	switch a.Kind {
	case yaml.AliasNode:
		return a.Value == b.Value
	case yaml.ScalarNode:
		return a.Value == b.Value || a.Tag == "!!str" && a.Style != b.Style && strings.TrimRight(a.Value, "\n") == strings.TrimRight(b.Value, "\n")
	case yaml.MappingNode:
		return sameMaps(a, b)
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// sameMaps pairs the keys of two maps; a key that stands twice in turn.
func sameMaps(a, b *yaml.Node) bool {
	at := map[string][]int{}
	for i := 0; i+1 < len(b.Content); i += 2 {
		at[b.Content[i].Value] = append(at[b.Content[i].Value], i)
	}
	for i := 0; i+1 < len(a.Content); i += 2 {
		key := a.Content[i].Value
		if len(at[key]) == 0 {
			return false
		}
		j := at[key][0]
		at[key] = at[key][1:]
		if !same(a.Content[i], b.Content[j]) || !same(a.Content[i+1], b.Content[j+1]) {
			return false
		}
	}
	return true
}
