package query

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
)

// A comparison is one of _checkif's, of a value with what it is held against.
type comparison struct {
	kind string // int_compare, str_compare, key_exists
	left Word
	op   string
	// right is a value, or with field the name of a column.
	right   any
	field   bool
	pattern *regexp.Regexp
}

// checkForms are those of _checkif, checkComparisons those that compare.
var (
	checkComparisons = []string{"int_compare", "str_compare", "key_exists"}
	checkForms       = append(slices.Clone(checkComparisons), "lookup")
	textOperators    = []string{"eq", "neq", "substr", "regex"}
)

// checking is _checkif: rows stay where the comparison holds, or where it does
// not.
type checking struct {
	sameColumns
	options Options
	compare comparison
	exclude bool
	// store, with the columns that join it to the rows, is that of lookup.
	store             string
	storeKey, rowsKey Word
	uses              []StoreUse
}

func (l *legacy) checkif(o Options) part {
	c := checking{options: o}
	w := l.next()
	form := strings.ToLower(w.Text)
	if w.Quoted || !slices.Contains(checkForms, form) {
		if strings.HasPrefix(w.Text, "$") && !w.Quoted {
			l.fail(w.At, "no comparison before "+w.Text, "write int_compare or str_compare before it, include at the end")
		}
		l.unexpected(w, "one of "+strings.Join(checkForms, ", "), checkForms...)
	}
	if form == "lookup" {
		l.joinedStore(&c)
		w = l.next()
		form = strings.ToLower(w.Text)
		if w.Quoted || !slices.Contains(checkComparisons, form) {
			l.unexpected(w, "one of "+strings.Join(checkComparisons, ", "), checkComparisons...)
		}
	}
	c.compare = l.comparison(form, c.store != "")
	if c.store == "" {
		l.known(c.compare.left)
	}
	switch {
	case l.accept("exclude"):
		c.exclude = true
	case !l.accept("include"):
		l.unexpected(l.peek(), "include or exclude", "include", "exclude")
	}
	l.end()
	if form == "key_exists" {
		kept := "without"
		if c.exclude {
			kept = "with"
		}
		l.warn(findings.KeyExists, w.At, "key_exists holds where there is no value, so this keeps the rows "+kept+" "+c.compare.left.Text, "the name misleads: key_exists … exclude keeps the rows that have a value")
	}
	return c
}

// joinedStore reads <store> join $a = $b: a column of the store, and one of the
// rows.
func (l *legacy) joinedStore(c *checking) {
	w := l.next()
	if w.Text == "" {
		l.unexpected(w, "the name of an event store")
	}
	c.store = w.Text
	c.uses = []StoreUse{{Store: c.store, Text: l.text, At: w.At}}
	if !l.accept("join") {
		l.unexpected(l.peek(), "join", "join")
	}
	c.storeKey = l.field("a column of the event store")
	if op := l.next(); treeOperator(op.Text) != "=" || op.Quoted {
		l.unexpected(op, "= between the columns that join")
	}
	c.rowsKey = l.field("a column of the rows")
	l.known(c.rowsKey)
}

// comparison reads what is compared; in a lookup the left side is a column of
// the store, and the right one may be a column of the rows.
func (l *legacy) comparison(kind string, lookup bool) comparison {
	c := comparison{kind: kind, left: l.field("a field behind " + kind)}
	if kind == "key_exists" {
		return c
	}
	op := l.next()
	at := l.peek().At
	if kind == "int_compare" {
		if c.op = treeOperator(op.Text); c.op == "" || op.Quoted {
			l.unexpected(op, "=, !=, <, <=, > or >=")
		}
		right := l.next()
		text := l.expand(right.Text)
		if n := workbook.Number(text); n != nil && right.Text != "" {
			c.right = n
			return c
		}
		if lookup && !right.Quoted && right.Text != "" {
			c.right, c.field = right.Text, true
			l.known(right)
			return c
		}
		l.unexpected(right, "a number")
	}
	if c.op = strings.ToLower(op.Text); op.Quoted || !slices.Contains(textOperators, c.op) {
		l.unexpected(op, "one of "+strings.Join(textOperators, ", "), textOperators...)
	}
	right := l.next()
	switch {
	case right.Text == "" && !right.Quoted:
		l.unexpected(right, "a text in quotes")
	case lookup && !right.Quoted && strings.HasPrefix(right.Text, "$"):
		c.right, c.field = right.Text, true
		l.known(right)
		return c
	case c.op == "regex":
		pattern, err := regexp.Compile(l.expandPattern(right.Text))
		if err != nil {
			l.fail(at, strings.TrimPrefix(err.Error(), "error parsing regexp: "), "patterns are RE2: no look-ahead, no back-references")
		}
		c.pattern = pattern
		return c
	}
	c.right = l.expand(right.Text)
	return c
}

// holds reports whether the comparison holds for a value and what it is held
// against.
func (c comparison) holds(left, right workbook.Value) bool {
	switch {
	case c.kind == "key_exists":
		return left == nil || left == ""
	case left == nil, right == nil && c.pattern == nil:
		return false
	case c.kind == "int_compare":
		x, y := workbook.Number(left), workbook.Number(right)
		return x != nil && y != nil && events.Holds(c.op, events.Order(x, y))
	}
	text := workbook.Text(left)
	switch c.op {
	case "eq":
		return text == workbook.Text(right)
	case "neq":
		return text != workbook.Text(right)
	case "substr":
		return strings.Contains(text, workbook.Text(right))
	}
	return c.pattern != nil && c.pattern.MatchString(text)
}

func (c checking) run(ctx context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	test := c.onRow(in)
	out := workbook.Output{Warnings: missingFields(in, []Word{c.compare.left})}
	if c.store != "" {
		var err error
		if test, out.Warnings, err = c.onStore(ctx, in); err != nil {
			return workbook.Output{}, err
		}
	}
	var rows []int
	for i, row := range in.Rows {
		if test(row) != c.exclude {
			rows = append(rows, i)
		}
	}
	out.Table = chosen(in, rows)
	return out, nil
}

// onRow compares within a row.
func (c checking) onRow(in workbook.Table) func(workbook.Row) bool {
	at := in.Index(c.compare.left.Text)
	return func(row workbook.Row) bool { return c.compare.holds(valueAt(row, at), c.compare.right) }
}

func valueAt(row workbook.Row, at int) workbook.Value {
	if at < 0 {
		return nil
	}
	return row.Values[at]
}

// onStore compares a row with the rows of the store that have its key.
func (c checking) onStore(ctx context.Context, in workbook.Table) (func(workbook.Row) bool, []string, error) {
	stored, err := c.options.storeRows(ctx, c.store)
	if err != nil {
		return nil, nil, err
	}
	key, left := stored.Index(c.storeKey.Text), stored.Index(c.compare.left.Text)
	asked := []Word{c.rowsKey}
	if c.compare.field {
		asked = append(asked, Word{Text: c.compare.right.(string)})
	}
	warnings := missingFields(in, asked)
	for _, w := range []Word{c.storeKey, c.compare.left} {
		if stored.Index(w.Text) < 0 {
			warnings = append(warnings, "the event store "+c.store+" has no column "+w.Text+hint(w.Text, stored.Columns))
		}
	}
	byKey := map[string][]int{}
	for i, row := range stored.Rows {
		if v := valueAt(row, key); v != nil {
			byKey[workbook.Text(v)] = append(byKey[workbook.Text(v)], i)
		}
	}
	rowsKey, right := in.Index(c.rowsKey.Text), -1
	if c.compare.field {
		right = in.Index(c.compare.right.(string))
	}
	return func(row workbook.Row) bool {
		v := valueAt(row, rowsKey)
		if v == nil {
			return false
		}
		against := c.compare.right
		if c.compare.field {
			against = valueAt(row, right)
		}
		return slices.ContainsFunc(byKey[workbook.Text(v)], func(i int) bool {
			return c.compare.holds(valueAt(stored.Rows[i], left), against)
		})
	}, warnings, nil
}
