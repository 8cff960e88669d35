package events

import (
	"path/filepath"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
	"tabletop/workbook/source"
)

// enrichNode is what enrich of a source may hold: columns that DNIF computes
// when it receives events.
type enrichNode struct {
	Types []source.Text `yaml:"types" doc:"columns of addresses, as SrcIP: $SrcType becomes PUBLIC or PRIVATE"`
	Join  source.Node   `yaml:"join" doc:"a list whose columns are added to the events, or several"`
	MMDB  source.Node   `yaml:"mmdb" doc:"a database of addresses whose fields are added to the events, or several"`
}

// joinNode adds the columns of a CSV file or an event store to the events.
type joinNode struct {
	File    source.Text            `yaml:"file" doc:"a CSV file with a header, in the folder of sources.yaml or below"`
	Store   source.Text            `yaml:"store" doc:"an event store, in place of a file"`
	On      source.Text            `yaml:"on,required" doc:"the event's column that is looked up"`
	Key     source.Text            `yaml:"key" doc:"the list's column that it is looked up in (default its first)"`
	Match   source.Text            `yaml:"match" doc:"how they fit" enum:"exact,cidr,suffix"`
	Columns map[string]source.Text `yaml:"columns,required" doc:"new column: column of the list"`
}

// enrich adds the computed columns to the rule's fields. A later one may look
// at an earlier one.
func (r *rule) enrich(n source.Node, lists *listCache) source.Problems {
	if !n.Exists() {
		return nil
	}
	var e enrichNode
	problems := source.Decode(n, &e)
	for _, name := range e.Types {
		bare, isAddress := strings.CutSuffix(columnName(name.Value), "IP")
		if !isAddress {
			problems = append(problems, name.Problem(0, "types takes columns of addresses, whose names end in IP", "as in types: [SrcIP, DstIP]"))
			continue
		}
		r.fields[bare+"Type"] = &addressType{r.column(name.Value)}
	}
	for _, d := range oneOrSeveral(e.MMDB) {
		problems = append(problems, r.mmdb(d, lists)...)
	}
	for _, j := range oneOrSeveral(e.Join) {
		problems = append(problems, r.join(j, lists)...)
	}
	return problems
}

// oneOrSeveral are the items of a list, or what stands in place of one.
func oneOrSeveral(n source.Node) []source.Node {
	switch {
	case !n.Exists():
		return nil
	case n.IsList():
		return n.Items()
	}
	return []source.Node{n}
}

// join adds the columns of one list.
func (r *rule) join(n source.Node, lists *listCache) source.Problems {
	var j joinNode
	if problems := source.Decode(n, &j); len(problems) > 0 {
		return problems
	}
	if j.File.Set() == j.Store.Set() {
		return source.Problems{n.Problem("join takes a file or a store", "as in {file: hosts.csv, on: $DstIP, columns: {$Owner: owner}}")}
	}
	from, load := j.File, lists.load
	if j.Store.Set() {
		from, load = j.Store, lists.loadStore
	}
	l, err := load(from.Value, j.Key.Value, j.Match.Value)
	if err != nil {
		return source.Problems{from.Problem(0, "can't join "+from.Value+": "+err.Error(), "")}
	}
	r.sides = append(r.sides, l.side)
	on := r.column(j.On.Value)
	var problems source.Problems
	for name, column := range j.Columns {
		i := slices.Index(l.header, column.Value)
		if i < 0 {
			problems = append(problems, column.Problem(0, "no column "+column.Value+" in "+from.Value, source.DidYouMean(column.Value, l.header)))
			continue
		}
		r.fields[columnName(name)] = &lookup{on, l, i}
	}
	return problems
}

// joined reports whether a file is a list of one of the rules.
func joined(rules []*rule, file string) bool {
	full, err := filepath.Abs(file)
	return err == nil && slices.ContainsFunc(rules, func(r *rule) bool {
		return slices.ContainsFunc(r.sides, func(s *sideFile) bool { return s.full == full })
	})
}

// column is the expression of a column as a query finds it: what the rule says,
// else the event's own key.
func (r *rule) column(name string) expression {
	own := ownKey(columnName(name))
	if e := r.field(strings.ToLower(columnName(name))); e != nil {
		return first{e, own}
	}
	return own
}

// ownKey is the key of an event that fits a column best.
type ownKey string

func (k ownKey) eval(r *record) workbook.Value {
	best, at := noMatch, -1
	for i, key := range r.keys {
		if m := match(string(k), key); m != noMatch && m >= best {
			best, at = m, i
		}
	}
	if at < 0 {
		return nil
	}
	return r.values[at].value()
}

func (k ownKey) reads() []string { return []string{string(k)} }

// addressType tells public addresses from those that belong to no one on the
// Internet: private networks, loopback and link-local.
type addressType struct{ of expression }

func (a *addressType) eval(r *record) workbook.Value {
	v := a.of.eval(r)
	if v == nil {
		return nil
	}
	address, ok := indicator.Address(workbook.Text(v))
	switch {
	case !ok:
		return nil
	case address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast():
		return "PRIVATE"
	}
	return "PUBLIC"
}

func (a *addressType) reads() []string { return a.of.reads() }

// lookup is a column of the list's row that fits a value.
type lookup struct {
	on     expression
	list   *lookupList
	column int
}

func (l *lookup) eval(r *record) workbook.Value {
	v := l.on.eval(r)
	if v == nil {
		return nil
	}
	row, ok := l.list.find(workbook.Text(v))
	if !ok || row[l.column] == "" {
		return nil
	}
	return row[l.column]
}

func (l *lookup) reads() []string { return l.on.reads() }

var (
	_ expression = ownKey("")
	_ expression = (*addressType)(nil)
	_ expression = (*lookup)(nil)
)
