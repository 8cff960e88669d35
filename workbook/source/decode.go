package source

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Decode fills the structure that into points to from a map, by the fields'
// yaml tags, and returns every mistake in it: unknown keys, keys twice, values
// of the wrong kind, and required keys that lack. Fields are of type Text,
// Node, string, int, float64, bool, a slice, map or pointer of those, or a
// structure. A tag `yaml:"name,required"` marks what must be there, a tag
// `enum:"a,b"` the values that a text may have.
func Decode(n Node, into any) Problems {
	d := decoder{}
	d.value(n, reflect.ValueOf(into).Elem(), "")
	return d.problems
}

type decoder struct{ problems Problems }

func (d *decoder) add(p Problem) { d.problems = append(d.problems, p) }

// A Field is a structure's field as it is written in a file.
type Field struct {
	Name     string
	Doc      string
	Required bool
	Enum     []string
	Type     reflect.Type
	index    int
}

// Fields lists the fields of a structure type that have a yaml tag, in their
// order. Their descriptions come from the tag `doc:"…"`.
func Fields(t reflect.Type) []Field {
	var fields []Field
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("yaml")
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		f := Field{Name: name, Doc: t.Field(i).Tag.Get("doc"), Required: rest == "required", Type: t.Field(i).Type, index: i}
		if enum := t.Field(i).Tag.Get("enum"); enum != "" {
			f.Enum = strings.Split(enum, ",")
		}
		fields = append(fields, f)
	}
	return fields
}

var (
	textType = reflect.TypeFor[Text]()
	nodeType = reflect.TypeFor[Node]()
)

func (d *decoder) value(n Node, v reflect.Value, what string) {
	switch v.Type() {
	case textType:
		if t, ok := d.text(n, what); ok {
			v.Set(reflect.ValueOf(t))
		}
		return
	case nodeType:
		v.Set(reflect.ValueOf(n))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, what)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), what)
	case reflect.Slice:
		d.slice(n, v, what)
	case reflect.Map:
		d.mapping(n, v, what)
	default:
		if t, ok := d.text(n, what); ok {
			d.scalar(n, t, v, what)
		}
	}
}

func (d *decoder) text(n Node, what string) (Text, bool) {
	t, ok := n.Text()
	if !ok {
		d.add(n.Problem(what+" must be a text", ""))
	}
	return t, ok
}

func (d *decoder) scalar(n Node, t Text, v reflect.Value, what string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(t.Value)
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(t.Value, 10, 64)
		if err != nil {
			d.add(n.Problem(fmt.Sprintf("%s must be a whole number, not %q", what, t.Value), ""))
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(t.Value, 64)
		if err != nil {
			d.add(n.Problem(fmt.Sprintf("%s must be a number, not %q", what, t.Value), ""))
		}
		v.SetFloat(f)
	case reflect.Bool:
		switch t.Value {
		case "true":
			v.SetBool(true)
		case "false":
			v.SetBool(false)
		default:
			d.add(n.Problem(fmt.Sprintf("%s must be true or false, not %q", what, t.Value), ""))
		}
	default:
		panic("source: a field of type " + v.Type().String())
	}
}

func (d *decoder) slice(n Node, v reflect.Value, what string) {
	if !n.IsList() {
		d.add(n.Problem(what+" must be a list", "write it as [a, b] or one item a line, each after '- '"))
		return
	}
	for _, item := range n.Items() {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(item, element, "an item of "+what)
		v.Set(reflect.Append(v, element))
	}
}

func (d *decoder) mapping(n Node, v reflect.Value, what string) {
	if !n.IsMap() {
		d.add(n.Problem(what+" must be a map", "write it as {key: value} or one key a line"))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, pair := range n.Pairs() {
		key := reflect.ValueOf(pair.Key.Value)
		if v.MapIndex(key).IsValid() {
			d.add(pair.Key.Problem(0, pair.Key.Value+" stands twice", "remove one of them"))
			continue
		}
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(pair.Value, element, pair.Key.Value)
		v.SetMapIndex(key, element)
	}
}

func (d *decoder) structure(n Node, v reflect.Value, what string) {
	if !n.IsMap() {
		if what == "" {
			what = "this"
		}
		d.add(n.Problem(what+" must be a map", "write it as {key: value} or one key a line"))
		return
	}
	fields := Fields(v.Type())
	names := make([]string, len(fields))
	byName := make(map[string]Field, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		byName[f.Name] = f
	}
	seen := map[string]bool{}
	for _, pair := range n.Pairs() {
		name := pair.Key.Value
		f, known := byName[name]
		switch {
		case !known:
			d.add(pair.Key.Problem(0, "unknown key "+name, DidYouMean(name, names)))
		case seen[name]:
			d.add(pair.Key.Problem(0, name+" stands twice", "remove one of them"))
		default:
			d.value(pair.Value, v.Field(f.index), name)
			d.enum(pair.Value, f)
		}
		seen[name] = true
	}
	for _, f := range fields {
		if f.Required && !seen[f.Name] {
			d.add(n.Problem(f.Name+" is missing", ""))
		}
	}
}

// enum reports a text that is not among those the field may hold.
func (d *decoder) enum(n Node, f Field) {
	t, ok := n.Text()
	if len(f.Enum) == 0 || !ok {
		return
	}
	for _, allowed := range f.Enum {
		if t.Value == allowed {
			return
		}
	}
	p := n.Problem(fmt.Sprintf("%s can't be %q", f.Name, t.Value), "one of: "+strings.Join(f.Enum, ", "))
	if p = p.InCase(t.Value, f.Enum); p.Edit != nil {
		p.Edit.Place = t.Place(0) // behind a quote
	}
	d.add(p)
}
