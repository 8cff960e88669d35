package events

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"sync"

	"tabletop/workbook"
)

// A Grouping makes groups of a scan's events while they are read: SQLite then
// sees one row a group. Column i of By is "gi" in the query's SQL, aggregate i
// is "ai"; "rowid" orders the groups by their first event.
type Grouping struct {
	// By are the columns whose texts make a group; none makes one of all.
	By         []int
	Aggregates []Aggregate
}

// An Aggregate is one number or value of a group.
type Aggregate struct {
	// Kind is count, count_if, sum, avg, min, max or count_distinct.
	Kind string
	// Column is what it is made of; -1 for count(*).
	Column int
	// If is the condition of count_if.
	If Filter
}

// A group is one that is being made, or is finished.
type group struct {
	by     []workbook.Value
	states []state
	events int64
	first  []mark
}

// A mark is the place of an event: its row id, and its line within the chunk or
// the file.
type mark struct {
	rowid int64
	line  int32
	seq   int32
}

// wholeFile is the seq of marks whose line counts from the file's beginning.
const wholeFile = -1

// state is what an aggregate has seen so far.
type state struct {
	count int64
	total total
	best  workbook.Value
	at    int64
	set   map[string]struct{}
}

// maxDistinct bounds the different values that a worker holds for the
// count(DISTINCT) of all groups.
const maxDistinct = 2_000_000

// A grouper is the sink of one worker.
type grouper struct {
	grouping *Grouping
	evidence bool
	groups   map[string]*group
	list     []*group
	key      []byte
	seq      int32
	file     int64
	lines    *lineCounts
	// distinct counts the values held for all count(DISTINCT).
	distinct int
}

// lineCounts gathers how many lines each chunk had, for the lines of marks.
type lineCounts struct {
	mu sync.Mutex
	// of counts by file and chunk; first is the lines before a file's chunks.
	of    map[int][]int64
	first map[int]int64
}

func (l *lineCounts) note(file, seq int, lines, first int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.of[file]) <= seq {
		l.of[file] = append(l.of[file], 0)
	}
	l.of[file][seq] = lines
	l.first[file] = first
}

// bases turns counts into the number of lines before each chunk.
func (l *lineCounts) bases() {
	for file, counts := range l.of {
		before := l.first[file]
		for i, n := range counts {
			counts[i] = before
			before += n
		}
	}
}

func (g *grouper) begin(_ context.Context, c chunk, r *reading) error {
	g.file, g.seq = int64(r.index), int32(c.seq)
	if r.lines == nil {
		g.seq = wholeFile
	}
	return nil
}

func (g *grouper) end(c chunk, r *reading, lines int64) error {
	if r.lines != nil {
		g.lines.note(r.index, c.seq, lines, r.first)
	}
	return nil
}

func (g *grouper) leave() {}

func (g *grouper) hit(h hit) error {
	g.key = g.key[:0]
	for _, column := range g.grouping.By {
		g.key = h.cells[column].appendKey(g.key)
	}
	group := g.groups[string(g.key)]
	if group == nil {
		if len(g.list) == MaxGroups {
			return errTooManyGroups
		}
		group = g.open(h)
	}
	group.events++
	if g.evidence && group.events <= workbook.MaxPositions || group.events == 1 {
		group.first = append(group.first, mark{rowID(int(g.file), h.offset), int32(h.line), g.seq})
	}
	for i, column := range g.grouping.By {
		// Values that are one text may differ in kind: a number counts more.
		if _, isText := group.by[i].(string); isText && h.cells[column].isNumber() {
			group.by[i] = h.cells[column].value()
		}
	}
	for i := range g.grouping.Aggregates {
		group.states[i].add(&g.grouping.Aggregates[i], h, rowID(int(g.file), h.offset), &g.distinct)
		if g.distinct > maxDistinct {
			return errTooManyDistinct
		}
	}
	return nil
}

var errTooManyGroups = fmt.Errorf("more than %d groups: group by fewer columns, or narrow the query with WHERE", MaxGroups)

func (g *grouper) open(h hit) *group {
	group := &group{by: make([]workbook.Value, len(g.grouping.By)), states: make([]state, len(g.grouping.Aggregates))}
	for i, column := range g.grouping.By {
		group.by[i] = h.cells[column].value()
	}
	g.groups[string(g.key)] = group
	g.list = append(g.list, group)
	return group
}

// add takes one event into an aggregate.
func (s *state) add(a *Aggregate, h hit, rowid int64, distinct *int) {
	switch a.Kind {
	case "count":
		if a.Column < 0 || !h.cells[a.Column].null() {
			s.count++
		}
	case "count_if":
		if a.If.test(h.cells) == isTrue {
			s.count++
		}
	case "sum", "avg":
		s.total.add(h.cells[a.Column].number())
	case "min", "max":
		if !h.cells[a.Column].null() {
			s.take(a, h.cells[a.Column].value(), rowid)
		}
	case "count_distinct":
		c := &h.cells[a.Column]
		if c.null() {
			return
		}
		if s.set == nil {
			s.set = map[string]struct{}{}
		}
		text := c.text()
		if _, ok := s.set[string(text)]; !ok {
			*distinct++
			s.set[string(text)] = struct{}{}
		}
	}
}

var errTooManyDistinct = fmt.Errorf("more than %d different values to count: narrow the query with WHERE", maxDistinct)

// take keeps the lowest or the highest value; of equal ones the first.
func (s *state) take(a *Aggregate, v workbook.Value, rowid int64) {
	if v == nil {
		return
	}
	if s.best != nil {
		order := Order(v, s.best)
		if a.Kind == "max" {
			order = -order
		}
		if order > 0 || order == 0 && rowid > s.at {
			return
		}
	}
	s.best, s.at = v, rowid
}

// merge joins what two workers saw of a group.
func (s *state) merge(a *Aggregate, o *state) error {
	s.count += o.count
	s.total.merge(&o.total)
	s.take(a, o.best, o.at)
	if s.set == nil {
		s.set = o.set
		return nil
	}
	for text := range o.set {
		s.set[text] = struct{}{}
	}
	if len(s.set) > maxDistinct {
		return errTooManyDistinct
	}
	return nil
}

// result is the aggregate's value.
func (s *state) result(a *Aggregate) workbook.Value {
	switch a.Kind {
	case "count", "count_if":
		return s.count
	case "count_distinct":
		return int64(len(s.set))
	case "sum":
		return s.total.sum()
	case "avg":
		return s.total.mean()
	}
	return s.best
}

// A total adds numbers: whole ones exactly, real ones without loss until the
// end, so that it does not matter in which order they come.
type total struct {
	count int64
	small int64
	large *big.Int
	real  *big.Float
}

// exactBits hold any sum of float64s without loss.
const exactBits = 2300

func (t *total) add(v workbook.Value) {
	switch n := v.(type) {
	case int64:
		t.count++
		t.addInt(n)
	case float64:
		t.count++
		if t.real == nil {
			t.real = new(big.Float).SetPrec(exactBits)
		}
		t.real.Add(t.real, new(big.Float).SetFloat64(n))
	}
}

func (t *total) addInt(n int64) {
	if sum := t.small + n; (sum > t.small) == (n > 0) || n == 0 {
		t.small = sum
		return
	}
	if t.large == nil {
		t.large = new(big.Int)
	}
	t.large.Add(t.large, big.NewInt(t.small))
	t.small = n
}

func (t *total) merge(o *total) {
	t.count += o.count
	t.addInt(o.small)
	if o.large != nil {
		if t.large == nil {
			t.large = new(big.Int)
		}
		t.large.Add(t.large, o.large)
	}
	if o.real != nil {
		if t.real == nil {
			t.real = new(big.Float).SetPrec(exactBits)
		}
		t.real.Add(t.real, o.real)
	}
}

// whole is the exact sum of the whole numbers.
func (t *total) whole() *big.Int {
	w := big.NewInt(t.small)
	if t.large != nil {
		w.Add(w, t.large)
	}
	return w
}

// sum is an int64 where all numbers were whole and their sum fits, else a
// float64; nil for no numbers.
func (t *total) sum() workbook.Value {
	if t.count == 0 {
		return nil
	}
	if t.real == nil && t.large == nil {
		return t.small
	}
	if w := t.whole(); t.real == nil && w.IsInt64() {
		return w.Int64()
	}
	return finite(t.exact())
}

func (t *total) exact() float64 {
	sum := new(big.Float).SetPrec(exactBits).SetInt(t.whole())
	if t.real != nil {
		sum.Add(sum, t.real)
	}
	f, _ := sum.Float64()
	return f
}

func (t *total) mean() workbook.Value {
	if t.count == 0 {
		return nil
	}
	return finite(t.exact() / float64(t.count))
}

// finite is nil for what no number can hold.
func finite(f float64) workbook.Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	return f
}

// group reads the scan into groups, in the order of their first events.
func (s *Set) group(ctx context.Context, scan Scan, evidence bool) ([]*group, *lineCounts, tally, error) {
	lines := &lineCounts{of: map[int][]int64{}, first: map[int]int64{}}
	var sinks []*grouper
	t, err := newPass(s, scan).each(ctx, func() sink {
		g := &grouper{grouping: scan.Grouping, evidence: evidence, groups: map[string]*group{}, lines: lines}
		sinks = append(sinks, g)
		return g
	})
	if err != nil {
		return nil, nil, t, err
	}
	lines.bases()
	groups, err := mergeGroups(scan.Grouping, sinks)
	if len(scan.Grouping.By) == 0 && len(groups) == 0 && err == nil {
		groups = []*group{{states: make([]state, len(scan.Grouping.Aggregates))}}
	}
	return groups, lines, t, err
}

// mergeGroups joins the groups of all workers.
func mergeGroups(g *Grouping, sinks []*grouper) ([]*group, error) {
	if len(sinks) == 0 {
		return nil, nil
	}
	all := sinks[0]
	for _, other := range sinks[1:] {
		for key, o := range other.groups {
			into := all.groups[key]
			if into == nil {
				all.groups[key] = o
				all.list = append(all.list, o)
				continue
			}
			if err := into.merge(g, o); err != nil {
				return nil, err
			}
		}
	}
	if len(all.list) > MaxGroups {
		return nil, errTooManyGroups
	}
	slices.SortFunc(all.list, func(a, b *group) int { return compareMarks(a.first[0], b.first[0]) })
	return all.list, nil
}

func compareMarks(a, b mark) int {
	switch {
	case a.rowid < b.rowid:
		return -1
	case a.rowid > b.rowid:
		return 1
	}
	return 0
}

func (g *group) merge(grouping *Grouping, o *group) error {
	g.events += o.events
	g.first = append(g.first, o.first...)
	slices.SortFunc(g.first, compareMarks)
	g.first = g.first[:min(len(g.first), workbook.MaxPositions)]
	for i := range g.by {
		if _, isText := g.by[i].(string); isText {
			if _, alsoText := o.by[i].(string); !alsoText {
				g.by[i] = o.by[i]
			}
		}
	}
	for i := range g.states {
		if err := g.states[i].merge(&grouping.Aggregates[i], &o.states[i]); err != nil {
			return err
		}
	}
	return nil
}

// evidenceOf tells the events behind a group.
func (s *Set) evidenceOf(g *group, lines *lineCounts) workbook.Evidence {
	e := workbook.Evidence{Events: g.events}
	for _, m := range g.first {
		line := int64(m.line)
		if m.seq != wholeFile {
			line += lines.of[int(m.rowid>>offsetBits)][m.seq]
		}
		e.First = append(e.First, s.place(m.rowid, line))
	}
	return e
}
