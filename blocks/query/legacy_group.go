package query

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook/source"
)

// groupForms are those of _fetch … group and of _agg.
var groupForms = []string{"count", "sum", "min", "max", "avg", "count_unique", "stat_unique", "timeslice"}

// statForms are those of stat_unique.
var statForms = []string{"sum", "min", "max", "avg", "count_distinct"}

// grouping reads a form with its fields; slices says that timeslice may stand.
func (l *legacy) grouping(slicing bool) (form string, by []Word, stat string, of []Word) {
	w := l.next()
	form = strings.ToLower(w.Text)
	known := groupForms
	if !slicing {
		known = known[:len(known)-1]
	}
	if w.Quoted || !slices.Contains(known, form) {
		l.pipeSign(w)
		fix := "one of " + strings.Join(known, ", ")
		if near := source.Nearest(w.Text, known); near != "" {
			fix = "did you mean " + near + "?"
		}
		l.fail(w.At, "there is no form of aggregate "+strconv.Quote(w.Text), fix)
	}
	switch form {
	case "sum", "min", "max", "avg":
		of = l.fields(1, "a field behind "+form)
	case "count_unique":
		by = l.fields(4, "a field behind count_unique")
	case "stat_unique":
		by = l.fields(4, "a field behind stat_unique")
		s := l.next()
		if stat = strings.ToLower(s.Text); s.Quoted || !slices.Contains(statForms, stat) {
			l.unexpected(s, "one of "+strings.Join(statForms, ", "), statForms...)
		}
		of = l.fields(1, "a field behind "+stat)
	case "timeslice":
		span := l.next()
		if !strings.HasSuffix(span.Text, "m") && !strings.HasSuffix(span.Text, "h") || sliceMillis(span.Text) <= 0 {
			l.fail(span.At, "timeslice takes minutes or hours", "as in timeslice 15m or timeslice 1h")
		}
		of = []Word{span}
	}
	return form, by, stat, of
}

// statTitle is the column of stat_unique.
func statTitle(stat string) string {
	if stat == "count_distinct" {
		return "$StatUniqueDistinct"
	}
	return "$StatUnique" + capital(stat)
}

// capital writes a word with a capital.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// statCall is the aggregate behind a form over a field.
func statCall(at int, stat string, of Expr) *Call {
	if stat == "count_distinct" {
		return &Call{At: at, Name: "count", Distinct: true, Args: []Expr{of}}
	}
	return &Call{At: at, Name: stat, Args: []Expr{of}}
}

// grouped makes the groups of a _fetch.
func (f *fetch) grouped(form string, by []Word, stat string, of []Word) {
	s := f.tree
	s.Newest, s.Oldest, f.cut = false, false, 0
	count := &Call{At: s.At, Name: "count", Star: true}
	for _, w := range by {
		e := fieldColumn(w)
		s.Groups = append(s.Groups, e)
		s.Items = append(s.Items, Item{Expr: e, Alias: fieldTitle(w), At: w.At})
	}
	switch form {
	case "count":
		s.Items, s.Limit = []Item{{Expr: count, Alias: "$Count", At: s.At}}, -1
	case "count_unique":
		s.Items = append(s.Items, Item{Expr: count, Alias: "count_unique", At: s.At})
		s.Order = []Order{{Expr: count, Descending: true}}
		if len(by) > 1 && s.Limit > 0 {
			f.nested, f.levels, s.Limit = int(min(s.Limit, 1<<30)), len(by), -1
		}
	case "stat_unique":
		s.Items = append(s.Items, Item{Expr: statCall(of[0].At, stat, fieldColumn(of[0])), Alias: statTitle(stat), At: of[0].At})
	case "timeslice":
		slice := timeSlice(of[0].At, of[0].Text)
		s.Groups = []Expr{slice}
		s.Items = []Item{{Expr: slice, Alias: "$CNAMTime", At: of[0].At}, {Expr: count, Alias: "count", At: s.At}}
		s.Order, s.Limit = []Order{{Expr: slice}}, -1
	default:
		s.Items, s.Limit = []Item{{Expr: statCall(of[0].At, form, fieldColumn(of[0])), Alias: "$" + capital(form), At: of[0].At}}, -1
	}
}
