package query

import (
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// ParsePipe reads pipe DQL. The problems may be warnings beside a statement.
func ParsePipe(text source.Text, p *workbook.Preparation) (*Statement, source.Problems) {
	tree, warnings := parsePipe(text, p)
	if tree == nil {
		return nil, warnings
	}
	limited := 0
	if tree.defaultLimit {
		limited = pipeLimit
	}
	warnings = append(warnings, suspectTexts(text, tree)...)
	s, problems := newStatement(text, tree)
	if s != nil {
		s.unnamedLimit = limited
	}
	return s, append(warnings, problems...)
}

// ParseSearch reads the text of a search, $Field = value AND … with what may
// follow it in _fetch. As in a Search block the stream is FIREWALL and 100 rows
// are given, the newest, unless it says otherwise.
func ParseSearch(text source.Text, o Options, p *workbook.Preparation) (pipeline *Pipeline, problems source.Problems) {
	l := &legacy{text: text, p: p, to: len(text.Value), directive: searchDirective}
	defer func() {
		if m := caught(recover()); len(m) > 0 {
			pipeline, problems = nil, m
		}
	}()
	f := &fetch{tree: &Select{Limit: -1, Offset: -1}}
	src := Source{Every: true}
	l.conditions(f, &src)
	if src.Every && !mentionsColumn(f.tree.Where, streamColumn) {
		src = Source{Stream: searchStream}
	}
	f.tree.From = []Source{src}
	f.search = true
	f.tail(l, true, nil)
	statement, more := newStatement(text, f.tree)
	if more.Err() != nil {
		return nil, more
	}
	if f.unlimited {
		statement.unnamedLimit = searchRows
	}
	made := fetching{asked{options: o, statement: statement, lines: o.lines}, f, false}
	p.Out = made.columns(p.In)
	return &Pipeline{[]part{made}}, append(l.warnings, more...)
}

// A Question is one text in any of the languages, ready to be asked.
type Question struct {
	Language Language
	*Pipeline
	// Lines are those that the last answer met which are no events.
	Lines *Undecodable
}

// ParseQuestion reads a text in the language in which it begins. A question only
// asks: _trigger is refused.
func ParseQuestion(text source.Text, o Options, p *workbook.Preparation) (*Question, source.Problems) {
	q := &Question{Lines: &Undecodable{}}
	q.Language, _ = LanguageOf(text.Value)
	o.lines = q.Lines
	var problems source.Problems
	switch q.Language {
	case LanguageSQL:
		s, more := Parse(text, p)
		problems = more
		if s != nil {
			q.Pipeline = &Pipeline{[]part{asked{options: o, statement: s, lines: q.Lines}}}
			p.Out = q.parts[0].columns(p.In)
		}
	case LanguageSearch:
		q.Pipeline, problems = ParseSearch(text, o, p)
	default:
		q.Pipeline, problems = ParseDQL(text, o, p, nil)
	}
	problems = append(problems, p.Problems()...)
	if problems.Err() != nil || q.Pipeline == nil {
		return nil, problems
	}
	return q, problems
}

// Ahead is what the question will ask of events at a clock, where that is known
// before they are read.
func (p *Pipeline) Ahead(now time.Time, zone *time.Location) (events.Query, bool) {
	if first, ok := p.parts[0].(asked); ok {
		return first.statement.ahead(first.options, Clock{Now: now, Zone: zone})
	}
	return events.Query{}, false
}

// Timed reports whether the question names a time.
func (p *Pipeline) Timed() bool {
	for _, made := range p.parts {
		if t, ok := made.(interface{ timed() bool }); ok && t.timed() {
			return true
		}
	}
	return false
}

func (a asked) timed() bool { return a.statement.Timed() }
