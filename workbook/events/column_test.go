package events

import (
	"slices"
	"testing"

	"tabletop/workbook/source"
)

// TestMappedColumnsAreListed holds the list against what mappings make.
func TestMappedColumnsAreListed(t *testing.T) {
	var listed []string
	for _, c := range Columns() {
		if slices.Contains(listed, c.Name) || c.Doc == "" {
			t.Errorf("%s stands twice, or without words", c.Name)
		}
		listed = append(listed, c.Name)
	}
	made := 0
	for _, name := range MappingNames() {
		text, _ := Mapping(name)
		node, err := source.Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range keysBelow(node, "fields") {
			made++
			if !slices.Contains(listed, "$"+column) {
				t.Errorf("%s makes $%s, which is not listed", name, column)
			}
		}
	}
	if made < 100 {
		t.Errorf("the mappings make %d columns", made)
	}
}

// keysBelow lists the keys of every map that stands under a key.
func keysBelow(node source.Node, under string) []string {
	var out []string
	for _, item := range node.Items() {
		out = append(out, keysBelow(item, under)...)
	}
	for _, pair := range node.Pairs() {
		if pair.Key.Value == under {
			for _, inner := range pair.Value.Pairs() {
				out = append(out, inner.Key.Value)
			}
			continue
		}
		out = append(out, keysBelow(pair.Value, under)...)
	}
	return out
}
