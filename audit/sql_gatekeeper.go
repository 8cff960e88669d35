package audit

import (
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// A gatekeeper tells SQLite what a query may do: select, read the views, and
// unfold JSON. It keeps what it first refused, which SQLite's error does not
// say.
type gatekeeper struct {
	views []string
	// named are the tables that the query itself names.
	named   []string
	refused refusal
}

// A refusal is what a query may not do: read a table, call a function, or do
// anything but read.
type refusal struct {
	table, function string
	writes          bool
}

func newGatekeeper(query string) *gatekeeper {
	g := &gatekeeper{views: viewNames()}
	list := pieces(query)
	for i, p := range list {
		if i == 0 || p.kind != pieceWord {
			continue
		}
		switch before := strings.ToLower(list[i-1].text); before {
		case "from", "join", ",", ".", "(":
			g.named = append(g.named, strings.ToLower(p.name))
		}
	}
	return g
}

// tables are those that the views are made of; nothing else reads them.
var tables = []string{"entries", "bodies", "contents", "schemas"}

// unfolding are the tables that SQLite makes of a JSON text.
var unfolding = []string{"json_each", "json_tree"}

// harmful are functions that reach outside, or make much out of nothing.
var harmful = []string{"randomblob", "zeroblob", "load_extension", "readfile", "writefile", "fts3_tokenizer", "edit"}

// allows is the authorizer; https://www.sqlite.org/c3ref/set_authorizer.html
// says what it is asked.
func (g *gatekeeper) allows(action sqlite.AuthorizerActionCode, first, second, _, within string) sqlite.AuthorizerReturnCode {
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRecursive:
		return sqlite.AuthorizerOK
	case sqlite.AuthRead:
		if g.mayRead(strings.ToLower(first), second, strings.ToLower(within)) {
			return sqlite.AuthorizerOK
		}
		return g.refuse(refusal{table: first})
	case sqlite.AuthFunction:
		if slices.Contains(harmful, strings.ToLower(second)) {
			return g.refuse(refusal{function: second})
		}
		return sqlite.AuthorizerOK
	}
	return g.refuse(refusal{writes: true})
}

// mayRead tells whether a column of a table may be read within a view. What no
// column is read of comes without one, and without the view that it stands in;
// also a part of WITH, under its own name.
func (g *gatekeeper) mayRead(table, column, within string) bool {
	switch {
	case slices.Contains(g.views, table) || slices.Contains(unfolding, table):
		return true
	case slices.Contains(tables, table):
		return slices.Contains(g.views, within) || column == "" && !slices.Contains(g.named, table)
	}
	return column == "" && !strings.HasPrefix(table, "sqlite_") && !strings.HasPrefix(table, "pragma_")
}

func (g *gatekeeper) refuse(what refusal) sqlite.AuthorizerReturnCode {
	if g.refused == (refusal{}) {
		g.refused = what
	}
	return sqlite.AuthorizerDeny
}
