package events

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
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
	// Having is tested on finished groups, of which column i is By i, and behind
	// those the aggregates; nil for none.
	Having Filter
}

// over is the same grouping where column i of the scan is cell at[i].
func (g *Grouping) over(at []int) *Grouping {
	out := &Grouping{Aggregates: slices.Clone(g.Aggregates), Having: g.Having}
	for _, column := range g.By {
		out.By = append(out.By, at[column])
	}
	for i := range out.Aggregates {
		a := &out.Aggregates[i]
		if a.Column >= 0 {
			a.Column = at[a.Column]
		}
		if a.If != nil {
			a.If = a.If.over(at)
		}
	}
	return out
}

// A group is one that is being made, or is finished.
type group struct {
	hash uint64
	// key tells groups apart: the texts of by, one after the other.
	key []byte
	// by are the values, with memory of their own.
	by     []cell
	states []state
	events int64
	// first is the place of the first event, more those of the next ones.
	first mark
	more  []mark
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

// A grouper is the sink of one worker.
type grouper struct {
	grouping *Grouping
	evidence bool
	table    groupTable
	key      []byte
	seq      int32
	file     int
	lines    *lineCounts
	held     held
	// room holds memory for groups to come, so that a group is not several
	// allocations.
	room struct {
		groups []group
		cells  []cell
		states []state
		bytes  []byte
	}
}

// lineCounts gathers how many lines each chunk had, for the lines of marks.
type lineCounts struct {
	mu sync.Mutex
	// of counts by file and chunk; first is the lines before a file's chunks.
	of    map[int][]int64
	first map[int]int64
}

func newLineCounts() *lineCounts { return &lineCounts{of: map[int][]int64{}, first: map[int]int64{}} }

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
	g.file, g.seq = r.index, int32(c.seq)
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
	hash := maphash.Bytes(g.table.seed, g.key)
	into := g.table.find(hash, g.key)
	if into == nil {
		if len(g.table.list) == MaxGroups {
			return errTooManyGroups
		}
		into = g.open(hash, h)
	}
	rowid := rowID(g.file, h.offset)
	into.events++
	if into.events == 1 {
		into.first = mark{rowid, int32(h.line), g.seq}
	} else if g.evidence && into.events <= workbook.MaxPositions {
		into.more = append(into.more, mark{rowid, int32(h.line), g.seq})
	}
	for i, column := range g.grouping.By {
		// Values that are one text may differ in kind: a number counts more.
		if c := &h.cells[column]; c.isNumber() && !into.by[i].isNumber() {
			into.by[i] = g.keep(c)
		}
	}
	for i := range g.grouping.Aggregates {
		into.states[i].add(&g.grouping.Aggregates[i], h, rowid, &g.held)
	}
	return g.held.err()
}

var errTooManyGroups = fmt.Errorf("more than %d groups: group by fewer columns, or narrow the query with WHERE", MaxGroups)

// roomGroups is how many groups memory is taken for at a time.
const roomGroups = 256

// open begins a group.
func (g *grouper) open(hash uint64, h hit) *group {
	room := &g.room
	if len(room.groups) == 0 {
		room.groups = make([]group, roomGroups)
		room.cells = make([]cell, roomGroups*len(g.grouping.By))
		room.states = make([]state, roomGroups*len(g.grouping.Aggregates))
	}
	n, m := len(g.grouping.By), len(g.grouping.Aggregates)
	out := &room.groups[0]
	out.by, out.states = room.cells[:n:n], room.states[:m:m]
	room.groups, room.cells, room.states = room.groups[1:], room.cells[n:], room.states[m:]
	out.hash, out.key = hash, g.own(g.key)
	rest := out.key
	for i, column := range g.grouping.By {
		var text []byte
		text, rest = cutKey(rest)
		out.by[i] = g.keepAs(&h.cells[column], text)
	}
	g.table.add(out)
	return out
}

// keepAs copies a cell out of its page, whose text lies in the group's key.
func (g *grouper) keepAs(c *cell, text []byte) cell {
	switch quoted := len(text) + 2; {
	case c.form == readyForm:
	case string(c.raw) == string(text):
		return cell{raw: text, form: c.form}
	case c.form == jsonForm && len(c.raw) == quoted && string(c.raw[1:quoted-1]) == string(text) && simple(text):
		return cell{raw: text, form: textForm}
	}
	return g.keep(c)
}

// keep copies a cell out of its page.
func (g *grouper) keep(c *cell) cell {
	out := *c
	out.raw = g.own(c.raw)
	return out
}

// roomBytes is how much memory for texts is taken at a time.
const roomBytes = 64 << 10

func (g *grouper) own(text []byte) []byte {
	g.held.bytes += int64(len(text))
	if len(text) > len(g.room.bytes) {
		if len(text) > roomBytes/4 {
			return slices.Clone(text)
		}
		g.room.bytes = make([]byte, roomBytes)
	}
	out := g.room.bytes[:len(text):len(text)]
	g.room.bytes = g.room.bytes[len(text):]
	copy(out, text)
	return out
}

// A groupTable finds groups by the hashes of their keys.
type groupTable struct {
	seed  maphash.Seed
	list  []*group
	slots []*group
}

// find returns the group of a key, nil where there is none.
func (t *groupTable) find(hash uint64, key []byte) *group {
	if len(t.slots) == 0 {
		return nil
	}
	for i := hash & uint64(len(t.slots)-1); ; i = (i + 1) & uint64(len(t.slots)-1) {
		switch at := t.slots[i]; {
		case at == nil:
			return nil
		case at.hash == hash && string(at.key) == string(key):
			return at
		}
	}
}

// add takes in a group that is not in the table.
func (t *groupTable) add(g *group) {
	t.list = append(t.list, g)
	if 2*len(t.list) > len(t.slots) {
		t.slots = make([]*group, max(2*len(t.slots), 64))
		for _, g := range t.list {
			t.put(g)
		}
		return
	}
	t.put(g)
}

func (t *groupTable) put(g *group) {
	i := g.hash & uint64(len(t.slots)-1)
	for t.slots[i] != nil {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = g
}

// appendKey adds the cell to the key of a group, so that two keys are equal
// exactly when their texts are, and nothing differs from an empty text.
func (c *cell) appendKey(key []byte) []byte {
	if c.null() {
		return append(key, 0)
	}
	text := c.text()
	key = binary.AppendUvarint(key, uint64(len(text))+1)
	return append(key, text...)
}

// cutKey takes the first text off a key: nothing and an empty text are both
// empty here.
func cutKey(key []byte) (text, rest []byte) {
	n, size := binary.Uvarint(key)
	rest = key[size:]
	if n == 0 {
		return nil, rest
	}
	return rest[: n-1 : n-1], rest[n-1:]
}

// A grouped scan is one that was read into groups, in the order of their first
// events.
type grouped struct {
	groups []*group
	lines  *lineCounts
	tally  tally
	damage damage
}

// groupView is a view that makes the groups of a scan; finish gives them once
// the pass is done.
func groupView(scan Scan, evidence bool) (v *view, finish func(tally) (*grouped, error)) {
	lines := newLineCounts()
	seed := maphash.MakeSeed()
	var sinks []*grouper
	v = &view{scan: scan}
	v.sink = func() sink {
		g := &grouper{grouping: scan.Grouping.over(v.columns), evidence: evidence, lines: lines, table: groupTable{seed: seed}}
		sinks = append(sinks, g)
		return g
	}
	return v, func(t tally) (*grouped, error) {
		lines.bases()
		groups, err := mergeGroups(scan.Grouping, sinks)
		return &grouped{groups: groups, lines: lines, tally: t}, err
	}
}

// group reads a scan into groups.
func (s *Set) group(ctx context.Context, scan Scan, evidence bool) (*grouped, error) {
	v, finish := groupView(scan, evidence)
	seen, broken, err := newPass(s, v).each(ctx)
	if err != nil {
		return nil, err
	}
	out, err := finish(seen[0])
	if err != nil {
		return nil, err
	}
	out.damage = broken
	return out, nil
}

// mergeGroups joins the groups of all workers, and keeps those that hold.
func mergeGroups(g *Grouping, sinks []*grouper) ([]*group, error) {
	slices.SortFunc(sinks, func(a, b *grouper) int { return cmp.Compare(len(b.table.list), len(a.table.list)) })
	all := &sinks[0].table
	for _, other := range sinks[1:] {
		for _, o := range other.table.list {
			into := all.find(o.hash, o.key)
			if into == nil {
				all.add(o)
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
	groups := all.list
	if len(g.By) == 0 && len(groups) == 0 {
		groups = []*group{{states: make([]state, len(g.Aggregates))}}
	}
	if g.Having != nil {
		var row groupRow
		groups = slices.DeleteFunc(groups, func(made *group) bool { return g.Having.test(row.of(made, g)) != isTrue })
	}
	slices.SortFunc(groups, func(a, b *group) int { return compareMarks(a.first, b.first) })
	return groups, nil
}

// A groupRow is a group as the cells of a row, one group after the other.
type groupRow struct {
	cells  []cell
	values []workbook.Value
}

func (r *groupRow) of(g *group, by *Grouping) []cell {
	if r.values == nil {
		r.values = make([]workbook.Value, len(g.states))
	}
	r.cells = append(r.cells[:0], g.by...)
	for i := range g.states {
		r.values[i] = g.states[i].result(&by.Aggregates[i])
		r.cells = append(r.cells, cell{form: readyForm, ready: &r.values[i]})
	}
	return r.cells
}

func compareMarks(a, b mark) int { return cmp.Compare(a.rowid, b.rowid) }

func (g *group) merge(grouping *Grouping, o *group) error {
	g.events += o.events
	g.more = append(append(append(g.more, g.first), o.more...), o.first)
	slices.SortFunc(g.more, compareMarks)
	g.first = g.more[0]
	g.more = g.more[1:min(len(g.more), workbook.MaxPositions)]
	for i := range g.by {
		if !g.by[i].isNumber() && o.by[i].isNumber() {
			g.by[i] = o.by[i]
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
	if g.events == 0 {
		return e
	}
	for i := range min(len(g.more)+1, workbook.MaxPositions) {
		m := g.first
		if i > 0 {
			m = g.more[i-1]
		}
		line := int64(m.line)
		if m.seq != wholeFile {
			line += lines.of[int(m.rowid>>offsetBits)][m.seq]
		}
		e.First = append(e.First, s.place(m.rowid, line))
	}
	return e
}
