package layout

import (
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// An order says in which order the keys of a map stand, and how what is behind
// them is laid out.
type order struct {
	// keys come first, in this order; others keep theirs behind.
	keys []string
	// last are keys that come behind all others.
	last []string
	// inside is the order of the map, or of the maps of the list, behind a key.
	inside func(key string) order
	// text says that what stands behind a key is the text of a block.
	text func(key string) bool
}

// rootOrder is that of a workbook's own keys, as its schema has them.
func (w *writer) rootOrder() order {
	return order{keys: fieldNames(workbook.FileType()), inside: func(key string) order {
		if key == "blocks" {
			return w.blockOrder()
		}
		return order{}
	}}
}

// textual kinds hold the text of a query, of code or for a reader; a trigger's or
// a call's is a name.
var textual = []string{"sql", "dql", "code", "text"}

// blockOrder is that of a block: its id, its kind, what belongs to that, its note.
func (w *writer) blockOrder() order {
	o := order{keys: []string{"id"}, last: []string{"note"}, text: func(key string) bool { return slices.Contains(textual, key) }}
	for _, k := range w.kinds {
		o.keys = append(o.keys, k.Name)
	}
	for _, k := range w.kinds {
		if k.Beside != nil {
			o.keys = append(o.keys, fieldNames(reflect.TypeOf(k.Beside))...)
		}
	}
	o.inside = func(key string) order {
		i := slices.IndexFunc(w.kinds, func(k workbook.Kind) bool { return k.Name == key })
		if i < 0 || w.kinds[i].Config == nil || reflect.TypeOf(w.kinds[i].Config).Kind() != reflect.Struct {
			return order{}
		}
		return order{keys: fieldNames(reflect.TypeOf(w.kinds[i].Config))}
	}
	return o
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for _, f := range source.Fields(t) {
		names = append(names, f.Name)
	}
	return names
}

// sorted puts entries into an order.
func (w *writer) sorted(list []entry, o order) []entry {
	if !w.ordered {
		return list
	}
	rank := func(key *yaml.Node) int {
		if i := slices.Index(o.keys, key.Value); i >= 0 {
			return i
		}
		if i := slices.Index(o.last, key.Value); i >= 0 {
			return len(o.keys) + 1 + i
		}
		return len(o.keys)
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b entry) int { return rank(a.key) - rank(b.key) })
}

func (o order) of(key string) order {
	if o.inside == nil {
		return order{}
	}
	return o.inside(key)
}
