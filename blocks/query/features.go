package query

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// Features ask for numbers about each entity of a stream, such as how many events
// each source has and how many bytes they are.
type Features struct {
	// Entity is a column; Stream is FIREWALL where it is not set.
	Entity, Stream source.Text
	// Where are filters as in a Search block, Duration is its span.
	Where    []source.Text
	Duration source.Text
	// Wanted are the features: count, or an aggregate of Search and a column.
	Wanted []source.Text
}

// An Asker is a step that asks events.
type Asker interface {
	workbook.Step
	Streams() []string
	Reads() []workbook.Reads
	Ahead(now time.Time, zone *time.Location) (events.Query, bool)
	LooksBack(now time.Time, zone *time.Location) (time.Duration, bool)
}

// PrepareFeatures checks the question and returns the step that asks it: a row an
// entity with the events behind it, the entity first and then its features. Where
// there are mistakes, which are reported, the step is nil.
func PrepareFeatures(f Features, o Options, p *workbook.Preparation) Asker {
	tree, problems := f.tree(p)
	if len(problems) > 0 {
		prepared(o, nil, problems, p)
		return nil
	}
	statement, problems := newStatement(f.Entity, tree)
	if s, ok := prepared(o, statement, problems, p).(*step); ok {
		return s
	}
	return nil
}

// tree says the question as a SELECT.
func (f Features) tree(p *workbook.Preparation) (*Select, source.Problems) {
	s, problems := SearchConfig{Stream: f.Stream, Where: f.Where, Duration: f.Duration}.tree(p)
	s.Limit, s.Newest = -1, false
	if !columnName(f.Entity.Value) {
		problems = append(problems, f.Entity.Problem(0, "the entity is a column", "as in $SrcIP"))
	}
	entity := &Column{Name: f.Entity.Value}
	s.Items, s.Groups = []Item{{Expr: entity}}, []Expr{entity}
	s.Where = joined(s.Where, &IsNull{Not: true, X: entity})
	var known []string
	for _, wanted := range f.Wanted {
		item, problem := feature(wanted)
		switch {
		case problem != nil:
			problems = append(problems, *problem)
		case slices.Contains(known, item.Alias):
			problems = append(problems, wanted.Problem(0, "the feature stands twice", "remove one of them"))
		}
		known = append(known, item.Alias)
		s.Items = append(s.Items, item)
	}
	return s, problems
}

// columnName reports whether a text is a column by itself.
func columnName(text string) bool {
	return strings.HasPrefix(text, "$") && len(text) > 1 && wordLength(text[1:]) == len(text)-1
}

// feature reads one feature; its name follows DNIF's $Count(1).
func feature(wanted source.Text) (Item, *source.Problem) {
	wrong := func(message, fix string) (Item, *source.Problem) {
		problem := wanted.Problem(0, message, fix)
		return Item{}, &problem
	}
	words := strings.Fields(wanted.Value)
	if len(words) == 1 && words[0] == "count" {
		return Item{Expr: &Call{Name: "count", Star: true}, Alias: "$Count(1)"}, nil
	}
	if len(words) == 1 && columnName(words[0]) {
		return wrong("a feature is a number about the entity's events, not a column", "as in sum "+words[0]+", or count_unique "+words[0])
	}
	if len(words) != 2 || !columnName(words[1]) {
		return wrong("a feature is count, or a function and one column", "as in count_unique $DstIP")
	}
	if !slices.Contains(searchAggregates, words[0]) {
		return wrong("unknown function "+words[0], source.DidYouMean(words[0], searchAggregates))
	}
	column := &Column{Name: words[1]}
	call, name := &Call{Name: words[0], Args: []Expr{column}}, strings.ToUpper(words[0][:1])+words[0][1:]
	if words[0] == "count_unique" {
		call, name = &Call{Name: "count", Distinct: true, Args: []Expr{column}}, "Unique"
	}
	return Item{Expr: call, Alias: fmt.Sprintf("$%s(%s)", name, words[1][1:])}, nil
}
