package query

// A Select is one SELECT of a query, or what a Search block means as one.
type Select struct {
	Distinct bool
	Items    []Item
	From     []Source
	Where    Expr
	Groups   []Expr
	Having   Expr
	Order    []Order
	// Limit and Offset are -1 where there is none.
	Limit, Offset int64
	// Newest and Oldest order rows, or groups by their latest and their first
	// event, by time where Order does not tell.
	Newest, Oldest bool
	// Window is taken out of Where: the pseudo-conditions $Duration, $StartTime
	// and $EndTime.
	Window Window
	At     int
	// LimitAt is where Limit is written.
	LimitAt int
	// defaultLimit says that Limit is the language's own.
	defaultLimit bool
}

// An Item is a column of the result.
type Item struct {
	// Expr is nil for *; Of is then the source whose columns are meant, "" for
	// those of the only one.
	Expr  Expr
	Of    string
	Alias string
	// Bare gives the columns of * in lower case and without $, as pipe DQL does;
	// Except are those that * leaves out.
	Bare   bool
	Except []string
	At     int
}

// A Source is what FROM and JOIN name: a stream, several streams that are read
// as one, an event store, or a SELECT in parentheses.
type Source struct {
	Stream string
	// Streams are several streams that are read as one; Every is all of them.
	Streams []string
	Every   bool
	// misspelt says that a warning has told that no event can have the stream.
	misspelt bool
	// Store is the name of an event store.
	Store  string
	Select *Select
	// Unions are joined to the rows of Select.
	Unions []Union
	Alias  string
	// Join is "", "JOIN", "LEFT JOIN" or "CROSS JOIN"; On its condition.
	Join string
	On   Expr
	At   int
}

// A Union is a SELECT behind UNION; All keeps rows that are the same.
type Union struct {
	All    bool
	Select *Select
}

// An Order is a term of ORDER BY.
type Order struct {
	Expr       Expr
	Descending bool
}

// A Window is the time that a SELECT reads, as written; empty texts say
// nothing.
type Window struct {
	// Duration is a span such as 7d; Start and End are times or @now-3h.
	Duration, Start, End string
	DurationAt           int
	StartAt, EndAt       int
}

// set reports whether any time is given.
func (w Window) set() bool { return w.Duration != "" || w.Start != "" || w.End != "" }

// An Expr is an expression; place is where it begins in the text.
type Expr interface{ place() int }

type (
	// Column names a column, or an alias until the checker has put its
	// expression there. Qualifier is the source's alias where one is written.
	Column struct {
		At        int
		Qualifier string
		Name      string
	}
	// Literal is a text, an int64, a float64, a bool or nil.
	Literal struct {
		At    int
		Value any
	}
	// Span is a duration or a moment, which only a window may hold.
	Span struct {
		At   int
		Text string
	}
	// Unary is NOT or -.
	Unary struct {
		At int
		Op string
		X  Expr
	}
	// Binary is one of AND OR = <> < <= > >= <=> + - * / % ||.
	Binary struct {
		At   int
		Op   string
		X, Y Expr
	}
	// Between is X [NOT] BETWEEN Low AND High.
	Between struct {
		At           int
		Not          bool
		X, Low, High Expr
	}
	// In is X [NOT] IN (List) or (Select).
	In struct {
		At     int
		Not    bool
		X      Expr
		List   []Expr
		Select *Select
	}
	// Like is X [NOT] LIKE, ILIKE or RLIKE Pattern.
	Like struct {
		At         int
		Not        bool
		Op         string
		X, Pattern Expr
	}
	// IsNull is X IS [NOT] NULL.
	IsNull struct {
		At  int
		Not bool
		X   Expr
	}
	// Case is CASE [Of] WHEN … THEN … [ELSE …] END.
	Case struct {
		At    int
		Of    Expr
		Whens []When
		Else  Expr
	}
	// Cast is CAST(X AS Type); Type is int, real, text, bool, timestamp or date.
	Cast struct {
		At   int
		X    Expr
		Type string
	}
	// Call is a function with its arguments; Star is for count(*).
	Call struct {
		At       int
		Name     string
		Distinct bool
		Star     bool
		Args     []Expr
	}
	// Subquery is a SELECT that stands for its one value.
	Subquery struct {
		At     int
		Select *Select
	}
	// Exists is EXISTS (SELECT …).
	Exists struct {
		At     int
		Select *Select
	}
)

// A When is a branch of Case.
type When struct{ If, Then Expr }

func (e *Column) place() int   { return e.At }
func (e *Literal) place() int  { return e.At }
func (e *Span) place() int     { return e.At }
func (e *Unary) place() int    { return e.At }
func (e *Binary) place() int   { return e.At }
func (e *Between) place() int  { return e.At }
func (e *In) place() int       { return e.At }
func (e *Like) place() int     { return e.At }
func (e *IsNull) place() int   { return e.At }
func (e *Case) place() int     { return e.At }
func (e *Cast) place() int     { return e.At }
func (e *Call) place() int     { return e.At }
func (e *Subquery) place() int { return e.At }
func (e *Exists) place() int   { return e.At }

// children lists the expressions directly below e, without those of SELECTs.
func children(e Expr) []*Expr {
	var out []*Expr
	switch e := e.(type) {
	case *Unary:
		out = append(out, &e.X)
	case *Binary:
		out = append(out, &e.X, &e.Y)
	case *Between:
		out = append(out, &e.X, &e.Low, &e.High)
	case *In:
		out = append(out, &e.X)
		for i := range e.List {
			out = append(out, &e.List[i])
		}
	case *Like:
		out = append(out, &e.X, &e.Pattern)
	case *IsNull:
		out = append(out, &e.X)
	case *Case:
		if e.Of != nil {
			out = append(out, &e.Of)
		}
		for i := range e.Whens {
			out = append(out, &e.Whens[i].If, &e.Whens[i].Then)
		}
		if e.Else != nil {
			out = append(out, &e.Else)
		}
	case *Cast:
		out = append(out, &e.X)
	case *Call:
		for i := range e.Args {
			out = append(out, &e.Args[i])
		}
	}
	return out
}

// eachExpr visits all expressions of a SELECT, but not those of SELECTs in them.
func (s *Select) eachExpr(visit func(Expr)) {
	var walk func(e Expr)
	walk = func(e Expr) {
		if e == nil {
			return
		}
		visit(e)
		for _, child := range children(e) {
			walk(*child)
		}
	}
	for _, item := range s.Items {
		walk(item.Expr)
	}
	for _, src := range s.From {
		walk(src.On)
	}
	walk(s.Where)
	for _, g := range s.Groups {
		walk(g)
	}
	walk(s.Having)
	for _, o := range s.Order {
		walk(o.Expr)
	}
}

// eachSelect visits the SELECTs that stand in s.
func eachSelect(s *Select, visit func(*Select)) {
	for i := range s.From {
		if s.From[i].Select != nil {
			visit(s.From[i].Select)
		}
		for _, u := range s.From[i].Unions {
			visit(u.Select)
		}
	}
	s.eachExpr(func(e Expr) {
		switch x := e.(type) {
		case *In:
			if x.Select != nil {
				visit(x.Select)
			}
		case *Subquery:
			visit(x.Select)
		case *Exists:
			visit(x.Select)
		}
	})
}
