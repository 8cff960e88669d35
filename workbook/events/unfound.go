package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// Bounds on the look for fields that sources name.
const (
	// lookedEvents is how many events of a file are looked at, lookedFiles how
	// many files of a source.
	lookedEvents = 1000
	lookedFiles  = 64
	// seenNames bounds the names that one may have meant.
	seenNames = 1000
	// seenDepth is how deep fields lie in others that are among these names.
	seenDepth = 4
)

// A named is something of events that a source names.
type named struct {
	// name is how it is written, use what the source takes it for.
	name, use string
	// any are the ways to find it, of which one must be there.
	any     []expression
	problem func(message, fix string) source.Problem
	// ofAll says that all events of a file are asked, not only the source's.
	ofAll bool
	found bool
}

// named lists what a source itself names, without what its mapping does.
func (s sourceNode) named(r *rule) []*named {
	var list []*named
	add := func(n source.Node, use string, ofAll bool) {
		e, _ := parseExpression(n)
		for _, group := range groupsOf(e) {
			names := fieldsAsTheyStand(first(group))
			list = append(list, &named{name: strings.Join(names, " or "), use: use, any: group, problem: n.Problem, ofAll: ofAll})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		add(s.Fields[name], columnName(name)+" is taken from", false)
	}
	if s.Time.Exists() {
		add(s.Time, "time names: the time is another field's, or none", false)
	}
	for _, n := range oneOrSeveral(s.When) {
		var c conditionNode
		if _ = source.Decode(n, &c); c.Field.Exists() {
			add(c.Field, "when asks for", true)
		}
	}
	for _, on := range lookedUp(s.Enrich) {
		if !r.gives(on.Value) {
			list = append(list, &named{
				name: columnName(on.Value), use: "is looked up", any: []expression{ownKey(columnName(on.Value))},
				problem: func(message, fix string) source.Problem { return on.Problem(0, message, fix) },
			})
		}
	}
	return list
}

// gives reports whether the rule, or one of its cases, has the column.
func (r *rule) gives(column string) bool {
	lower := strings.ToLower(columnName(column))
	return r.field(lower) != nil || slices.ContainsFunc(r.cases, func(c *rule) bool { return c.field(lower) != nil })
}

// lookedUp lists the columns of events that enriching names.
func lookedUp(n source.Node) []source.Text {
	if !n.Exists() {
		return nil
	}
	var e enrichNode
	_ = source.Decode(n, &e)
	list := slices.Clone(e.Types)
	for _, d := range oneOrSeveral(e.MMDB) {
		var m mmdbNode
		if _ = source.Decode(d, &m); m.On.Set() {
			list = append(list, m.On)
		}
	}
	for _, d := range oneOrSeveral(e.Join) {
		var j joinNode
		if _ = source.Decode(d, &j); j.On.Set() {
			list = append(list, j.On)
		}
	}
	return list
}

// groupsOf are the fields that an expression needs: one of each group.
func groupsOf(e expression) [][]expression {
	switch e := e.(type) {
	case path, *nested:
		return [][]expression{{e}}
	case template:
		var groups [][]expression
		for _, part := range e {
			groups = append(groups, groupsOf(part)...)
		}
		return groups
	case first:
		var whole []expression
		for _, one := range e {
			groups := groupsOf(one)
			if len(groups) == 0 { // it needs nothing, and so always gives
				return nil
			}
			whole = append(whole, slices.Concat(groups...)...)
		}
		return [][]expression{whole}
	case *pattern:
		return groupsOf(e.of)
	case *folded:
		return groupsOf(e.of)
	}
	return nil
}

// in reports whether an event has it, if only with nothing in it.
func (n *named) in(r *record) bool {
	return slices.ContainsFunc(n.any, func(e expression) bool {
		switch e := e.(type) {
		case path:
			return slices.Contains(r.keys, string(e))
		case ownKey:
			return slices.ContainsFunc(r.keys, func(key string) bool { return match(string(e), key) != noMatch })
		case *nested:
			return e.in(r)
		}
		return true
	})
}

// in reports whether an event has the field, if only with nothing in it.
func (p *nested) in(r *record) bool {
	return slices.ContainsFunc(p.root.ways, func(w way) bool {
		at := slices.Index(r.keys, w.key)
		if at < 0 || w.rest == nil && w.items == nil {
			return at >= 0
		}
		text, ok := jsonInside(r.values[at])
		return ok && w.follow(text) != nil
	})
}

// A look is what was seen of the events of one rule.
type look struct {
	events, files int
	// sampled says that there are events that were not looked at.
	sampled bool
	names   map[string]bool
}

// Unfound warns of the fields and columns that the sources file names and no
// event has, among the first thousand of each file, with the nearest name that
// there is. What is wrong with the files is left for others to tell.
func (s *Set) Unfound(ctx context.Context) (source.Problems, error) {
	looks := map[*rule]*look{}
	for _, f := range s.files {
		for _, r := range fitting(s.rules, f.name) {
			if len(r.named) == 0 {
				continue
			}
			l := looks[r]
			if l == nil {
				l = &look{names: map[string]bool{}}
				looks[r] = l
			}
			switch {
			case !slices.ContainsFunc(r.named, func(n *named) bool { return !n.found }):
			case l.files == lookedFiles:
				l.sampled = true
			default:
				l.files++
				if err := l.file(ctx, f, r); err != nil {
					return nil, err
				}
			}
		}
	}
	var problems source.Problems
	for _, r := range s.rules {
		if l := looks[r]; l != nil {
			problems = append(problems, l.problems(r)...)
		}
	}
	return unique(problems.Sorted()), nil
}

// file looks at the first events of a file.
func (l *look) file(ctx context.Context, f *file, r *rule) error {
	in, err := f.open()
	if err != nil {
		return ctx.Err()
	}
	defer in.close()
	var one record
	for n := 0; ; n++ {
		if err := in.next(&one); err != nil || n == lookedEvents {
			l.sampled = l.sampled || !errors.Is(err, io.EOF)
			return ctx.Err()
		}
		if one.problem == "" && l.event(f, r, &one) {
			return ctx.Err()
		}
	}
}

// event takes one event; true once all names were found.
func (l *look) event(f *file, r *rule, one *record) bool {
	its := f.ruleFor(one)
	own := its != nil && (its == r || slices.Contains(r.cases, its))
	if own {
		l.events++
	}
	all := true
	for _, n := range r.named {
		n.found = n.found || (own || n.ofAll) && n.in(one)
		all = all && n.found
	}
	for i, key := range one.keys {
		l.see(key, one.values[i].text, seenDepth)
	}
	return all
}

// see takes a name that one may have meant, and those inside of it.
func (l *look) see(name string, value []byte, depth int) {
	if len(l.names) == seenNames {
		return
	}
	if !l.names[name] {
		l.names[strings.Clone(name)] = true
	}
	if depth > 0 && len(value) > 0 && value[0] == '{' {
		eachField(value, func(key, inside []byte) { l.see(name+"."+string(key), inside, depth-1) })
	}
}

// problems words what was not found.
func (l *look) problems(r *rule) source.Problems {
	var problems source.Problems
	who := "no event"
	if l.sampled {
		who = fmt.Sprintf("none of the first %d events of a file", lookedEvents)
	}
	for _, n := range r.named {
		if n.found || l.events == 0 && !n.ofAll || len(l.names) == 0 {
			continue
		}
		what, candidates := "field", slices.Sorted(maps.Keys(l.names))
		if strings.HasPrefix(n.name, "$") {
			what = "column"
			for i, c := range candidates {
				candidates[i] = columnName(c)
			}
			candidates = append(candidates, slices.Sorted(maps.Keys(r.fields))...)
		}
		p := n.problem(who+" has the "+what+" "+n.name+", which "+n.use, source.DidYouMean(n.name, candidates))
		problems = append(problems, p.Warn(findings.UnfoundField))
	}
	return problems
}
