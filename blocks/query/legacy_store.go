package query

import (
	"context"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/stores"
)

// storing is _store: it writes the rows to an event store and passes them on.
type storing struct {
	sameColumns
	options Options
	store   string
	mode    stores.Mode
	key     string
	uses    []StoreUse
}

func (l *legacy) storing(o Options) part {
	if !l.accept("in_disk") {
		l.unexpected(l.peek(), "in_disk", "in_disk")
	}
	s := storing{options: o}
	s.store = l.storeName(&s.uses)
	s.uses[0].Writes = true
	w := l.next()
	mode := strings.ToLower(w.Text)
	if w.Quoted || !slices.Contains(stores.Modes(), mode) {
		l.unexpected(w, "one of "+strings.Join(stores.Modes(), ", "), stores.Modes()...)
	}
	s.mode = stores.Mode(mode)
	if s.mode == stores.KeyReplace {
		key := l.field("the field whose values are the keys, as in key_replace $SrcIP")
		l.known(key)
		s.key = key.Text
	}
	l.end()
	return s
}

// storeName is what a store may be called.
var storeName = compiled(`^[A-Za-z0-9_-]{1,64}$`)

// storeName takes the name of an event store, and keeps that it stands there.
func (l *legacy) storeName(uses *[]StoreUse) string {
	w := l.next()
	if w.Text == "" {
		l.unexpected(w, "the name of an event store")
	}
	name := l.expand(w.Text)
	if !storeName().MatchString(name) {
		l.fail(w.At, "no name of an event store: "+name, "letters, digits, _ and -, at most 64")
	}
	*uses = append(*uses, StoreUse{Store: name, Text: l.text, At: w.At})
	return name
}

func (s storing) run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	out := workbook.Output{Table: chosen(in, upTo(len(in.Rows)))}
	if s.options.Stores == nil {
		return out, errNoStores
	}
	change, err := s.options.Stores.Write(ctx, s.store, s.mode, s.key, in, env.Run, env.Now)
	if err != nil {
		return out, err
	}
	out.Stores = []workbook.StoreChange{change}
	return out, nil
}

// retrieving is _retrieve: the names of the stores, or the rows of one.
type retrieving struct {
	options Options
	store   string
	filter  []comparedField
	uses    []StoreUse
}

// A comparedField is a condition on a column of a store.
type comparedField struct {
	field Word
	op    string
	value any
}

func (l *legacy) retrieving(o Options) part {
	r := retrieving{options: o}
	switch {
	case l.accept("list"):
		if l.done() {
			return r
		}
	case l.accept("query"):
	}
	r.store = l.storeName(&r.uses)
	if l.accept("filter") {
		for {
			r.filter = append(r.filter, l.filterTerm())
			if !l.accept("AND") {
				break
			}
		}
	}
	if w := l.peek(); w.Text != "" {
		l.unexpected(w, "filter, AND or the end of _retrieve", "filter", "AND")
	}
	return r
}

func (l *legacy) filterTerm() comparedField {
	f := comparedField{field: l.field("a field, as in filter $Status = 'PAD'")}
	w := l.next()
	if f.op = treeOperator(w.Text); f.op == "" || w.Quoted {
		l.unexpected(w, "=, !=, <, <=, > or >= behind "+f.field.Text)
	}
	_, value := l.value(w.Text)
	if inner, quoted := inQuotes(value); quoted {
		f.value = l.expand(inner)
	} else {
		f.value = plainValue(l.expand(value))
	}
	return f
}

// holds compares by what the value is: with a number numbers, else texts.
func (f comparedField) holds(v workbook.Value) bool {
	if v == nil {
		return false
	}
	if text, ok := f.value.(string); ok {
		return events.Holds(f.op, strings.Compare(workbook.Text(v), text))
	}
	c := comparison{kind: "int_compare", op: f.op}
	return c.holds(v, f.value)
}

func (r retrieving) columns(workbook.Columns) workbook.Columns {
	if r.store == "" {
		return workbook.Columns{Names: []string{"Name", "Type"}, Known: true}
	}
	return workbook.Columns{}
}

const (
	fromStore = "read from an event store, whose rows keep no events"
	fromRows  = "asked of the rows that came in, and a query's answer does not name them"
)

// evidenceOf is that of the rows that are read from a store.
func (o Options) evidenceOf(ctx context.Context, store string) workbook.Evidence {
	if store == rowsStore {
		return workbook.Evidence{Unknown: fromRows}
	}
	e := workbook.Evidence{Unknown: fromStore, Store: store}
	if o.Stores == nil {
		return e
	}
	// Who wrote it is beside the matter of the run: without it the row names the
	// store alone.
	if info, err := o.Stores.Info(ctx, store); err == nil {
		e.Store, e.StoreRun = info.Name, info.Run
	}
	return e
}

func (r retrieving) run(ctx context.Context, _ workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	if r.store == "" {
		return r.list(ctx)
	}
	stored, err := r.options.storeRows(ctx, r.store)
	if err != nil {
		return workbook.Output{}, err
	}
	out := workbook.Output{Table: workbook.Table{Columns: stored.Columns}}
	of := r.options.evidenceOf(ctx, r.store)
	for _, f := range r.filter {
		if stored.Index(f.field.Text) < 0 {
			out.Warnings = append(out.Warnings, "the event store "+r.store+" has no column "+f.field.Text+hint(f.field.Text, stored.Columns))
		}
	}
	for _, row := range stored.Rows {
		holds := func(f comparedField) bool { return f.holds(valueAt(row, stored.Index(f.field.Text))) }
		if !slices.ContainsFunc(r.filter, func(f comparedField) bool { return !holds(f) }) {
			out.Table.Rows = append(out.Table.Rows, workbook.Row{Values: row.Values, Evidence: of})
		}
	}
	return out, nil
}

// list gives the names of the stores as DNIF does.
func (r retrieving) list(ctx context.Context) (workbook.Output, error) {
	out := workbook.Output{Table: workbook.Table{Columns: []string{"Name", "Type"}}}
	if r.options.Stores == nil {
		return out, errNoStores
	}
	infos, err := r.options.Stores.List(ctx)
	for _, info := range infos {
		out.Table.Rows = append(out.Table.Rows, workbook.Row{Values: []workbook.Value{info.Name, "in-disk"}, Evidence: workbook.Evidence{Unknown: fromStore}})
	}
	return out, err
}

// lookingUp is _lookup, answered from an event store with the plugin's name.
type lookingUp struct {
	options          Options
	plugin, function string
	parameters       []Word
	uses             []StoreUse
}

func (l *legacy) lookingUp(o Options) part {
	u := lookingUp{options: o}
	u.plugin = strings.TrimPrefix(l.storeName(&u.uses), "lookup-")
	u.uses[0].Store = u.plugin
	w := l.next()
	if w.Quoted || wordLength(w.Text) != len(w.Text) || w.Text == "" {
		l.unexpected(w, "a function of the plugin, as in _lookup virustotal get_ip_report $SrcIP")
	}
	u.function = w.Text
	if l.peek().Quoted {
		l.next() // the configuration, which a store needs none of
	}
	u.parameters = l.fields(1<<4, "a field, as in $SrcIP")
	for _, p := range u.parameters {
		l.known(p)
	}
	l.end()
	return u
}

func (u lookingUp) columns(workbook.Columns) workbook.Columns { return workbook.Columns{} }

func (u lookingUp) run(ctx context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	stored, err := u.options.storeRows(ctx, u.plugin)
	if err != nil {
		return workbook.Output{}, lookupError{u, err}
	}
	keys := make([]int, len(u.parameters))
	for i, w := range u.parameters {
		if keys[i] = stored.Index(w.Text); keys[i] < 0 && len(u.parameters) == 1 && len(stored.Columns) > 0 {
			keys[i] = 0 // a list of answers by whatever was asked
		}
	}
	out := workbook.Output{
		Table:    workbook.Table{Columns: union(in.Columns, stored.Columns)},
		Warnings: append(missingFields(in, u.parameters), "_lookup "+u.plugin+" was answered from the event store of that name: nobody was asked"),
	}
	answers := map[string]workbook.Row{}
	for _, row := range stored.Rows {
		key := rowKey(row, keys)
		if _, ok := answers[key]; !ok && key != "" {
			answers[key] = row
		}
	}
	at := make([]int, len(u.parameters))
	for i, w := range u.parameters {
		at[i] = in.Index(w.Text)
	}
	for i, row := range in.Rows {
		values := make([]workbook.Value, len(out.Table.Columns))
		copy(values, row.Values)
		if answer, ok := answers[rowKey(row, at)]; ok {
			for k, name := range stored.Columns {
				if into := slices.Index(out.Table.Columns, name); into >= len(in.Columns) {
					values[into] = answer.Values[k]
				}
			}
		}
		out.Table.Rows = append(out.Table.Rows, workbook.Row{Values: values, Evidence: row.Evidence, From: i + 1})
	}
	return out, nil
}

// rowKey joins the values of columns, "" where one is missing.
func rowKey(row workbook.Row, at []int) string {
	key := ""
	for _, column := range at {
		v := valueAt(row, column)
		if v == nil {
			return ""
		}
		text := workbook.Text(v)
		key += "=" + text + "\x00"
	}
	return key
}

// A lookupError is a lookup that no store answers.
type lookupError struct {
	lookup lookingUp
	err    error
}

func (e lookupError) Error() string {
	return "_lookup " + e.lookup.plugin + " " + e.lookup.function + " asks a service, which a rehearsal does not; it is answered from the event store " +
		e.lookup.plugin + ", filled by tabletop stores import: " + e.err.Error()
}

func (e lookupError) Unwrap() error { return e.err }
