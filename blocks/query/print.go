package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Print writes the query as SQL in this package's dialect, whatever language it
// was asked in. What it prints parses to the same tree: what SQL has no words
// for is written STREAMS(a, b), STREAMS(*), STORE('name'), BARE(*), NEWEST FIRST
// and OLDEST FIRST.
func (s *Statement) Print() string { return printSelect(s.tree) }

func printSelect(s *Select) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	if s.Distinct {
		b.WriteString("DISTINCT ")
	}
	for i, item := range s.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(printItem(item))
	}
	b.WriteString(" FROM ")
	for i, src := range s.From {
		if i > 0 {
			b.WriteString(" " + src.Join + " ")
		}
		b.WriteString(printSource(src))
	}
	where := s.Where
	for _, e := range s.Window.conditions() {
		where = joined(where, e)
	}
	if where != nil {
		b.WriteString(" WHERE " + print(where, 0))
	}
	if len(s.Groups) > 0 {
		b.WriteString(" GROUP BY " + printAll(s.Groups))
	}
	if s.Having != nil {
		b.WriteString(" HAVING " + print(s.Having, 0))
	}
	b.WriteString(printTail(s))
	return b.String()
}

// conditions are the window as what may stand in WHERE.
func (w Window) conditions() []Expr {
	var out []Expr
	for i, written := range []string{w.Duration, w.Start, w.End} {
		if written == "" {
			continue
		}
		var value Expr = &Literal{Value: written}
		if i == 0 {
			value = &Span{Text: written}
		}
		out = append(out, &Binary{Op: "=", X: &Column{Name: windowNames[i]}, Y: value})
	}
	return out
}

func printTail(s *Select) string {
	var b strings.Builder
	for i, o := range s.Order {
		lead := ", "
		if i == 0 {
			lead = " ORDER BY "
		}
		b.WriteString(lead + print(o.Expr, 0))
		if o.Descending {
			b.WriteString(" DESC")
		}
	}
	switch {
	case s.Newest:
		b.WriteString(" NEWEST FIRST")
	case s.Oldest:
		b.WriteString(" OLDEST FIRST")
	}
	if s.Limit >= 0 {
		fmt.Fprintf(&b, " LIMIT %d", s.Limit)
	}
	if s.Offset >= 0 {
		fmt.Fprintf(&b, " OFFSET %d", s.Offset)
	}
	return b.String()
}

func printItem(i Item) string {
	if i.Expr != nil {
		text := print(i.Expr, 0)
		if i.Alias != "" {
			text += " AS " + printName(i.Alias)
		}
		return text
	}
	text := "*"
	if i.Of != "" {
		text = printWord(i.Of) + ".*"
	}
	if i.Bare {
		text = "BARE(*)"
	}
	if len(i.Except) > 0 {
		names := make([]string, len(i.Except))
		for k, name := range i.Except {
			names[k] = printName(name)
		}
		text += " EXCEPT (" + strings.Join(names, ", ") + ")"
	}
	return text
}

func printSource(src Source) string {
	text := ""
	switch {
	case src.Select != nil:
		text = "(" + printSelect(src.Select)
		for _, u := range src.Unions {
			word := " UNION "
			if u.All {
				word = " UNION ALL "
			}
			text += word + printSelect(u.Select)
		}
		text += ")"
	case src.Every:
		text = "STREAMS(*)"
	case len(src.Streams) > 0:
		names := make([]string, len(src.Streams))
		for i, name := range src.Streams {
			names[i] = "`" + name + "`"
		}
		text = "STREAMS(" + strings.Join(names, ", ") + ")"
	case src.Store != "":
		text = "STORE(" + printText(src.Store) + ")"
	default:
		text = "`" + src.Stream + "`"
	}
	if src.Alias != "" {
		text += " AS " + printName(src.Alias)
	}
	if src.On != nil {
		text += " ON " + print(src.On, 0)
	}
	return text
}

// printName writes a name so that it reads as itself: in backticks, but for
// columns with a $.
func printName(name string) string {
	if rest, ok := strings.CutPrefix(name, "$"); ok && rest != "" && wordLength(rest) == len(rest) {
		return name
	}
	return "`" + name + "`"
}

// printWord is printName for a name inside an expression, which stands plain
// where no keyword reads the same.
func printWord(name string) string {
	plain := name != "" && wordLength(name) == len(name) && !isDigit(name[0]) && !slices.ContainsFunc(slices.Concat(keywords, wordValues), func(k string) bool { return strings.EqualFold(k, name) })
	if plain {
		return name
	}
	return printName(name)
}

// wordValues are words that stand for values or begin some, or that may follow
// an expression.
var wordValues = []string{"TRUE", "FALSE", "CAST", "BARE", "OVER", "ILIKE", "USING", "INTERSECT", "EXCEPT", "MINUS", "WITH", "DATE", "TIMESTAMP", "INTERVAL"}

// printText writes a text in quotes.
func printText(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			b.WriteString("''")
		case c == '\\':
			b.WriteString(`\\`)
		case parameterLength(text[i:]) > 0:
			b.WriteString(`\{`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func printValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return printText(v)
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	}
	panic(fmt.Sprintf("query: a literal of type %T", v))
}

// The levels of expressions, loosest first, as the parser has them.
const (
	levelOr = iota + 1
	levelAnd
	levelNot
	levelCompare
	levelSum
	levelProduct
	levelUnary
	levelPrimary
)

// print writes an expression; one that binds looser than least stands in
// parentheses.
func print(e Expr, least int) string {
	text, level := printExpr(e)
	if level < least {
		return "(" + text + ")"
	}
	return text
}

func printAll(list []Expr) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = print(e, 0)
	}
	return strings.Join(out, ", ")
}

func printExpr(e Expr) (text string, level int) {
	switch e := e.(type) {
	case *Column:
		if e.Qualifier != "" {
			return printWord(e.Qualifier) + "." + printWord(e.Name), levelPrimary
		}
		return printWord(e.Name), levelPrimary
	case *Literal:
		text := printValue(e.Value)
		if strings.HasPrefix(text, "-") {
			return text, levelUnary
		}
		return text, levelPrimary
	case *Span:
		return e.Text, levelPrimary
	case *Unary:
		if e.Op == "NOT" {
			return "NOT " + print(e.X, levelNot), levelNot
		}
		if l, ok := e.X.(*Literal); ok { // a number would take the sign in
			return "-(0 + " + printValue(l.Value) + ")", levelUnary
		}
		return "- " + print(e.X, levelUnary), levelUnary
	case *Binary:
		return printBinary(e)
	case *Between:
		return print(e.X, levelCompare) + not(e.Not) + " BETWEEN " + print(e.Low, levelSum) + " AND " + print(e.High, levelSum), levelCompare
	case *In:
		list := printAll(e.List)
		if e.Select != nil {
			list = printSelect(e.Select)
		}
		return print(e.X, levelSum) + not(e.Not) + " IN (" + list + ")", levelCompare
	case *Like:
		return print(e.X, levelSum) + not(e.Not) + " " + e.Op + " " + print(e.Pattern, levelSum), levelCompare
	case *IsNull:
		return print(e.X, levelSum) + " IS" + not(e.Not) + " NULL", levelCompare
	case *Cast:
		return "CAST(" + print(e.X, 0) + " AS " + castNames[e.Type] + ")", levelPrimary
	case *Call:
		return printCall(e), levelPrimary
	case *Case:
		return printCase(e), levelPrimary
	case *Subquery:
		return "(" + printSelect(e.Select) + ")", levelPrimary
	case *Exists:
		return "EXISTS (" + printSelect(e.Select) + ")", levelPrimary
	}
	panic(fmt.Sprintf("query: an expression of type %T", e))
}

// castNames are the types of CAST.
var castNames = map[string]string{"int": "INT", "real": "DOUBLE", "text": "STRING", "bool": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE"}

// printBinary writes operators of one level without parentheses on their left,
// where the parser joins them.
func printBinary(e *Binary) (string, int) {
	level := levelCompare
	switch {
	case e.Op == "OR":
		level = levelOr
	case e.Op == "AND":
		level = levelAnd
	case slices.Contains([]string{"+", "-", "||"}, e.Op):
		level = levelSum
	case slices.Contains([]string{"*", "/", "%"}, e.Op):
		level = levelProduct
	}
	left := level
	if level == levelCompare {
		left = levelSum // a chain of comparisons is bounded
	}
	return print(e.X, left) + " " + e.Op + " " + print(e.Y, level+1), level
}

func printCall(e *Call) string {
	args := printAll(e.Args)
	if e.Star {
		args = "*"
	}
	if e.Distinct {
		args = "DISTINCT " + args
	}
	return e.Name + "(" + args + ")"
}

func printCase(e *Case) string {
	text := "CASE"
	if e.Of != nil {
		text += " " + print(e.Of, 0)
	}
	for _, w := range e.Whens {
		text += " WHEN " + print(w.If, 0) + " THEN " + print(w.Then, 0)
	}
	if e.Else != nil {
		text += " ELSE " + print(e.Else, 0)
	}
	return text + " END"
}
