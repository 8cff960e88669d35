package query

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// A Directive is a DQL directive that acts, which the caller carries out: what
// it is called and its words, each with the place where it stands.
type Directive struct {
	Name string
	At   int
	// End is the place behind the directive.
	End int
	// Words are what follows the name; those in quotes without them.
	Words []Word
}

// A Word is a word of a directive.
type Word struct {
	Text   string
	Quoted bool
	At     int
	// length is how much of the text it takes.
	length int
}

// directiveNames are DNIF's.
var directiveNames = []string{"_fetch", "_agg", "_checkif", "_store", "_retrieve", "_sort", "_limit", "_export", "_lookup", "_trigger"}

// A Language is a way of asking.
type Language string

// The languages, told apart by how a text begins.
const (
	LanguageSQL    Language = "sql"
	LanguageSearch Language = "search"
	LanguagePipe   Language = "pipe"
	LanguageLegacy Language = "legacy"
)

// LanguageOf tells the language of a text by its beginning, which stands at at.
func LanguageOf(text string) (l Language, at int) {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isBlank(r) {
			break
		}
		at += size
	}
	rest := text[at:]
	n := wordLength(rest)
	behind := strings.TrimLeftFunc(rest[n:], isBlank)
	switch word := strings.ToLower(rest[:n]); {
	case (word == "stream" || word == "sourcename") && strings.HasPrefix(behind, "="):
		return LanguagePipe, at
	case strings.HasPrefix(rest, "_"):
		return LanguageLegacy, at
	case strings.HasPrefix(rest, "$"), strings.HasPrefix(rest, "@"), word == "not" && strings.HasPrefix(behind, "$"):
		return LanguageSearch, at
	}
	return LanguageSQL, at
}

// A part is a directive that has been checked.
type part interface {
	// columns are those of its rows, of the rows that come in.
	columns(in workbook.Columns) workbook.Columns
	run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error)
}

// A Pipeline is DQL that has been checked: directives one behind the other, each
// on the rows of the one before.
type Pipeline struct{ parts []part }

// A Triggers makes a step of _trigger; p is that of the block, with the columns
// that come in, and where mistakes are reported.
type Triggers func(text source.Text, d Directive, p *workbook.Preparation) workbook.Step

// ParseDQL reads the text of a DQL block, in pipe DQL or in directives. In p
// stand the columns that come in; the columns that go out are put there.
// Mistakes are returned.
func ParseDQL(text source.Text, o Options, p *workbook.Preparation, triggers Triggers) (*Pipeline, source.Problems) {
	language, at := LanguageOf(text.Value)
	switch {
	case strings.TrimSpace(text.Value) == "":
		return nil, source.Problems{text.Problem(0, "no query", "as in stream=firewall | limit 10, or _fetch * from event last 10")}
	case language == LanguagePipe:
		s, problems := ParsePipe(text, p)
		if s == nil {
			return nil, problems
		}
		out := &Pipeline{[]part{asked{options: o, statement: s, lines: o.lines}}}
		p.Out = out.parts[0].columns(p.In)
		return out, problems
	case language != LanguageLegacy:
		return nil, source.Problems{text.Problem(at, "DQL begins with stream=, sourcename= or a directive such as _fetch", notDQL(language, text.Value[at:]))}
	}
	return parseDirectives(text, o, p, triggers)
}

// notDQL says what to do with a text that is no DQL.
func notDQL(l Language, text string) string {
	switch l {
	case LanguageSearch:
		return "write conditions behind _fetch * from event where …, or in a search block"
	case LanguageSQL:
		if strings.EqualFold(text[:wordLength(text)], "SELECT") || strings.EqualFold(text[:wordLength(text)], "WITH") {
			return "write SQL in an sql block"
		}
		return source.DidYouMean("_"+text[:wordLength(text)], directiveNames)
	}
	return ""
}

func parseDirectives(text source.Text, o Options, p *workbook.Preparation, triggers Triggers) (*Pipeline, source.Problems) {
	list, problems := segments(text)
	if len(problems) > 0 {
		return nil, problems
	}
	if len(list) > maxDirectives {
		return nil, source.Problems{text.Problem(list[maxDirectives].from, "too many directives", "write several blocks")}
	}
	out := &Pipeline{}
	in, first := p.In, p.First
	columns := in
	for i, s := range list {
		l := &legacy{text: text, p: p, at: s.from, to: s.to}
		p.In, p.First = columns, first && i == 0
		made, more := l.part(o, triggers, i > 0)
		problems = append(problems, more...)
		if made == nil {
			columns = workbook.Columns{}
			continue
		}
		out.parts = append(out.parts, made)
		columns = made.columns(columns)
	}
	p.In, p.First, p.Out = in, first, columns
	if problems.Err() != nil {
		return nil, problems
	}
	return out, problems
}

// maxDirectives bounds the directives of a block.
const maxDirectives = 100

// part reads one directive. joined says that another stands before it.
func (l *legacy) part(o Options, triggers Triggers, joined bool) (made part, problems source.Problems) {
	defer func() {
		if m := caught(recover()); len(m) > 0 {
			made, problems = nil, m
		}
	}()
	name := l.next()
	l.directive = strings.ToLower(name.Text)
	if !slices.Contains(directiveNames, l.directive) || name.Quoted {
		fix := source.DidYouMean(name.Text, directiveNames)
		if !strings.HasPrefix(name.Text, "_") {
			fix = source.DidYouMean("_"+name.Text, directiveNames)
		}
		l.fail(name.At, "unknown directive "+name.Text, fix)
	}
	if l.p.First && !joined && !slices.Contains([]string{"_fetch", "_retrieve", "_trigger"}, l.directive) {
		l.fail(name.At, l.directive+" needs rows, and no block before it gives any", "begin with _fetch, or with a query in a block before")
	}
	made = l.read(name, o, triggers, joined)
	return made, l.warnings
}

func (l *legacy) read(name Word, o Options, triggers Triggers, joined bool) part {
	switch l.directive {
	case "_fetch":
		return l.fetching(o, joined)
	case "_agg":
		return l.agg()
	case "_checkif":
		return l.checkif(o)
	case "_store":
		return l.storing(o)
	case "_retrieve":
		return l.retrieving(o)
	case "_sort":
		return l.sorting()
	case "_limit":
		return l.limiting()
	case "_export":
		return l.exporting()
	case "_lookup":
		return l.lookingUp(o)
	}
	return l.trigger(name, triggers)
}

// trigger hands _trigger to whoever carries it out.
func (l *legacy) trigger(name Word, triggers Triggers) part {
	d := Directive{Name: l.directive, At: name.At, End: l.to}
	for !l.done() {
		d.Words = append(d.Words, l.next())
	}
	if triggers == nil {
		l.fail(name.At, "_trigger acts, and a query only asks", "rehearse it in a dql block of a workbook")
	}
	step := triggers(l.text, d, l.p)
	if step == nil {
		return nil // the mistakes were reported
	}
	return acting{step: step, out: l.p.Out}
}

// acting is a step that others made.
type acting struct {
	step workbook.Step
	out  workbook.Columns
}

func (a acting) columns(workbook.Columns) workbook.Columns { return a.out }

func (a acting) run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	return a.step.Run(ctx, in, env)
}

// known refuses a field that the rows are known not to have.
func (l *legacy) known(w Word) {
	in := l.p.In
	if in.Known && workbook.ColumnIndex(in.Names, w.Text) < 0 {
		p := l.text.Problem(w.At, "the rows have no column "+w.Text, source.DidYouMean(w.Text, in.Names))
		panic(mistake{p.Coded(findings.UnknownColumn).InCase(w.Text, in.Names)})
	}
}
