package query

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// SearchConfig is what stands behind the key search.
type SearchConfig struct {
	Stream    source.Text   `yaml:"stream" doc:"the stream to search, FIREWALL unless said otherwise"`
	Where     []source.Text `yaml:"where" doc:"filters that must all hold: $Column = value, NOT before it, * at either end of the value"`
	Aggregate source.Text   `yaml:"aggregate" doc:"one of sum, min, max, avg and a column, for one row; count_unique and a column, for each value with its $Count(1), the most frequent first"`
	Rows      source.Text   `yaml:"rows" doc:"the most rows, 100 unless said otherwise"`
	Duration  source.Text   `yaml:"duration" doc:"the span before the clock, the last five minutes unless said otherwise"`
}

// DNIF's defaults.
const (
	searchStream = "FIREWALL"
	searchRows   = 100
)

// Search is the kind of block that describes a query in fields.
func Search(o Options) workbook.Kind {
	return workbook.Kind{
		Name:   "search",
		Doc:    "the newest events of a stream that pass all filters, or an aggregate over them",
		Config: SearchConfig{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			var c SearchConfig
			problems := source.Decode(b.Body, &c)
			tree, more := c.tree(p)
			if problems = append(problems, more...); len(problems) > 0 {
				return prepared(o, nil, problems, p)
			}
			text := c.Stream
			if !text.Set() {
				text = source.NewText("search", searchStream)
			}
			statement, problems := newStatement(text, tree)
			if statement != nil && !c.Rows.Set() {
				statement.unnamedLimit = searchRows
			}
			made := prepared(o, statement, problems, p)
			if s, ok := made.(*step); ok {
				return &searching{step: s, config: c, body: b.Body.Spot()}
			}
			return made
		},
	}
}

// tree says a search as a SELECT.
func (c SearchConfig) tree(p *workbook.Preparation) (*Select, source.Problems) {
	var problems source.Problems
	s := &Select{Items: []Item{{}}, From: []Source{{Stream: searchStream}}, Limit: searchRows, Offset: -1, Newest: true}
	if c.Stream.Set() {
		s.From[0].Stream = strings.ToUpper(p.Expand(c.Stream))
	}
	if c.Rows.Set() {
		n, err := strconv.ParseInt(p.Expand(c.Rows), 10, 64)
		if err != nil || n < 1 {
			problems = append(problems, c.Rows.Problem(0, "rows must be a whole number from 1", ""))
		}
		s.Limit = n
	}
	if c.Duration.Set() {
		s.Window.Duration = p.Expand(c.Duration)
		if _, err := events.ParseDuration(s.Window.Duration); err != nil {
			problems = append(problems, c.Duration.Problem(0, err.Error(), ""))
		}
	}
	for _, filter := range c.Where {
		e, more := parseFilter(filter, p)
		problems = append(problems, more...)
		if s.Where == nil {
			s.Where = e
		} else if e != nil {
			s.Where = &Binary{Op: "AND", X: s.Where, Y: e}
		}
	}
	if c.Aggregate.Set() {
		problems = append(problems, s.aggregate(c.Aggregate)...)
	}
	return s, problems
}

// searchAggregates are those of a Search block.
var searchAggregates = []string{"sum", "min", "max", "avg", "count_unique"}

// aggregate makes the one aggregate of a search its result: count_unique gives
// each value with its count, the most frequent first.
func (s *Select) aggregate(text source.Text) source.Problems {
	words := strings.Fields(text.Value)
	if len(words) != 2 || !strings.HasPrefix(words[1], "$") {
		return source.Problems{text.Problem(0, "an aggregate is a function and one column", "as in count_unique $SrcIP")}
	}
	if !slices.Contains(searchAggregates, words[0]) {
		return source.Problems{text.Problem(0, "unknown aggregate "+words[0], source.DidYouMean(words[0], searchAggregates))}
	}
	s.Newest = false
	column := &Column{Name: words[1]}
	if words[0] != "count_unique" {
		s.Items = []Item{{Expr: &Call{Name: words[0], Args: []Expr{column}}}}
		return nil
	}
	count := &Call{Name: "count", Star: true}
	s.Items = []Item{{Expr: column}, {Expr: count}}
	s.Groups = []Expr{column}
	s.Order = []Order{{Expr: count, Descending: true}}
	return nil
}

// filterOperators of a filter, longest first, with the tree's.
var filterOperators = []struct{ written, op string }{{"!=", "<>"}, {">=", ">="}, {"<=", "<="}, {"=", "="}, {">", ">"}, {"<", "<"}}

// parseFilter reads [NOT] $Column operator value.
func parseFilter(t source.Text, p *workbook.Preparation) (Expr, source.Problems) {
	wrong := func(message, fix string) (Expr, source.Problems) {
		return nil, source.Problems{t.Problem(0, message, fix)}
	}
	rest := strings.TrimSpace(t.Value)
	negate := false
	if len(rest) > 4 && strings.EqualFold(rest[:4], "NOT ") {
		negate, rest = true, strings.TrimSpace(rest[4:])
	}
	if !strings.HasPrefix(rest, "$") {
		return wrong("a filter begins with a column", "as in $System = WIN* or NOT $User = SYSTEM")
	}
	n := 1 + wordLength(rest[1:])
	column := &Column{Name: rest[:n]}
	if windowName(column) != "" {
		return wrong("the time of a search is not a filter", "write duration: beside where:")
	}
	rest = strings.TrimSpace(rest[n:])
	for _, o := range filterOperators {
		value, ok := strings.CutPrefix(rest, o.written)
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		if value == "" {
			return wrong("no value behind "+o.written, "")
		}
		if joined := joinedFilters(value); joined != "" {
			return wrong(joined+" inside a filter", "write each filter as an item of its own: all of them must hold; a value with the word in it stands in quotes")
		}
		e := filterValue(column, o.op, value, 0, func(text string) string { return p.Expand(t.Part(text)) })
		if negate {
			e = &Unary{Op: "NOT", X: e}
		}
		return e, nil
	}
	return wrong("expected =, !=, <, <=, > or >= behind "+column.Name, "")
}

// joinedFilters returns the word by which a value joins two filters, or "".
func joinedFilters(value string) string {
	if value[0] == '\'' || value[0] == '"' {
		return ""
	}
	for _, word := range strings.Fields(value) {
		if strings.EqualFold(word, "AND") || strings.EqualFold(word, "OR") {
			return strings.ToUpper(word)
		}
	}
	return ""
}

// filterValue compares a column with a value as written: out of quotes, a
// number where it reads as one, with * for any text at its ends; in quotes a
// text. Parameters are put in last, so that no value of theirs is a wildcard.
func filterValue(column Expr, op, written string, at int, expand func(string) string) Expr {
	compare := func(v any) Expr {
		return &Binary{At: column.place(), Op: op, X: column, Y: &Literal{At: at, Value: v}}
	}
	if inner, quoted := inQuotes(written); quoted {
		return compare(expand(inner))
	}
	if (op == "=" || op == "<>") && (strings.HasPrefix(written, "*") || strings.HasSuffix(written, "*")) {
		pattern := likeEscape(expand(strings.Trim(written, "*")))
		if strings.HasPrefix(written, "*") {
			pattern = "%" + pattern
		}
		if strings.HasSuffix(written, "*") && len(written) > 1 {
			pattern += "%"
		}
		return &Like{At: column.place(), Op: "LIKE", Not: op == "<>", X: column, Pattern: &Literal{At: at, Value: pattern}}
	}
	return compare(plainValue(expand(written)))
}

// plainValue is a value out of quotes: a number where it reads as one.
func plainValue(text string) any {
	if n := workbook.Number(text); n != nil {
		return n
	}
	return text
}

// inQuotes takes a value out of its quotes.
func inQuotes(written string) (string, bool) {
	for open, end := range quotes {
		inner, ok := strings.CutPrefix(written, string(open))
		if !ok {
			continue
		}
		return strings.CutSuffix(inner, string(end))
	}
	return written, false
}

// likeEscape makes a text stand for itself in a pattern of LIKE.
func likeEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}
