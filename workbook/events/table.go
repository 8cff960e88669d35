package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite/vtab"

	"tabletop/workbook"
)

// A row id is the position of its event: the number of the file in the high
// bits, the offset in the low ones. Of groups it is their number.
const offsetBits = 44

func rowID(file int, offset int64) int64 { return int64(file)<<offsetBits | offset }

// module hands the scans of one query to SQLite as virtual tables.
type module struct {
	ctx    context.Context
	set    *Set
	extra  map[string]workbook.Table
	scans  []Scan
	tables []*table
	// evidence says that the query wants the events behind its rows.
	evidence bool
	// failed keeps the error that SQLite would blur.
	failed error
}

var (
	_ vtab.Module = (*module)(nil)
	_ vtab.Table  = (*table)(nil)
	_ vtab.Cursor = (*cursor)(nil)
)

// A table is one scan. What it read is kept where SQLite may ask for it again.
type table struct {
	module  *module
	scan    Scan
	reading Reading
	started bool

	// kept are the batches of a first pass, whole once complete.
	kept     []batch
	keeping  bool
	complete bool
	rows     int
	// stream is the first pass where its rows are kept: it goes on where a
	// cursor left it.
	stream *rowStream

	// grouped is set once the groups of the scan have been made.
	grouped *grouped

	damage damage
}

// maxKept bounds the rows of a scan that a query reads more than once, as the
// inner side of a JOIN.
const maxKept = 2_000_000

// Create makes the table of the scan whose number is the module's argument.
func (m *module) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	n, err := strconv.Atoi(args[len(args)-1])
	if err != nil || n >= len(m.scans) {
		return nil, fmt.Errorf("no scan %q", args[len(args)-1])
	}
	var columns []string
	scan := m.scans[n]
	if g := scan.Grouping; g != nil {
		for i := range g.By {
			columns = append(columns, fmt.Sprintf(`"g%d"`, i))
		}
		for i := range g.Aggregates {
			columns = append(columns, fmt.Sprintf(`"a%d"`, i))
		}
		columns = append(columns, `"group"`)
	} else {
		for i := range scan.Columns {
			columns = append(columns, fmt.Sprintf(`"c%d"`, i))
		}
		columns = append(columns, `"at"`, `"line"`)
	}
	t := &table{module: m, scan: scan, reading: Reading{Stream: strings.ToUpper(scan.Stream)}}
	t.keeping = len(m.scans) > 1
	m.tables[n] = t
	return t, ctx.Declare("CREATE TABLE scan(" + strings.Join(columns, ", ") + ")")
}

// Connect is Create: the tables live as long as their connection.
func (m *module) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	return m.Create(ctx, args)
}

// BestIndex offers one full scan; what was not pushed down is SQLite's to test.
func (t *table) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedCost, info.EstimatedRows = 1e9, 1e6
	return nil
}

func (t *table) Disconnect() error { return nil }
func (t *table) Destroy() error    { return nil }

func (t *table) Open() (vtab.Cursor, error) {
	if rows, ok := t.module.extra[streamName(t.scan.Stream)]; ok {
		return newMemory(t, rows), nil
	}
	if t.scan.Grouping != nil {
		return &groups{table: t}, nil
	}
	return &cursor{table: t}, nil
}

// fail keeps an error for the user and returns it to SQLite.
func (t *table) fail(err error) error {
	if err != nil && t.module.failed == nil {
		t.module.failed = err
	}
	return err
}

// tell takes over what a finished pass counted.
func (t *table) tell(counts tally, broken damage, complete bool) {
	if t.reading.Complete {
		return
	}
	t.damage = broken
	r := &t.reading
	r.Events, r.Inside, r.NoTime, r.Future, r.Complete = counts.events, counts.inside, counts.noTime, counts.future, complete
	for i, column := range t.scan.Columns {
		if i < len(counts.present) && !counts.present[i] {
			r.Unseen = append(r.Unseen, column)
		}
	}
}

// A cursor walks through the rows of a scan, batch by batch.
type cursor struct {
	table *table
	rows  *rowStream
	batch batch
	// next is the kept batch that follows, row the row within the batch.
	next int
	row  int
	done bool
}

// Filter starts the scan from the beginning.
func (c *cursor) Filter(int, string, []vtab.Value) error {
	c.stop()
	c.next, c.row, c.done, c.batch = 0, -1, false, batch{}
	t := c.table
	switch {
	case !t.keeping:
		c.rows = t.module.set.startRows(t.module.ctx, t.scan)
	case t.stream == nil && !t.complete:
		t.stream = t.module.set.startRows(t.module.ctx, t.scan)
	}
	return c.Next()
}

// Next goes to the next row.
func (c *cursor) Next() error {
	c.row++
	for c.row >= len(c.batch.places) {
		more, err := c.more()
		if err != nil || !more {
			c.done = true
			return c.table.fail(err)
		}
		c.row = 0
	}
	return nil
}

// more takes the next batch.
func (c *cursor) more() (bool, error) {
	t := c.table
	if !t.keeping {
		b, err := c.rows.next(t.module.ctx)
		if errors.Is(err, io.EOF) {
			t.tell(c.rows.tally, c.rows.damage, true)
			c.stop()
			return false, nil
		}
		c.batch = b
		return err == nil, err
	}
	if c.next == len(t.kept) {
		if more, err := t.keep(); !more {
			return false, err
		}
	}
	c.batch = t.kept[c.next]
	c.next++
	return true, nil
}

// keep takes one batch more of the first pass; false behind its last.
func (t *table) keep() (bool, error) {
	if t.complete {
		return false, nil
	}
	for {
		b, err := t.stream.next(t.module.ctx)
		if errors.Is(err, io.EOF) {
			t.tell(t.stream.tally, t.stream.damage, true)
			t.complete = true
			t.close()
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if len(b.places) == 0 {
			continue
		}
		if t.rows += len(b.places); t.rows > maxKept {
			return false, fmt.Errorf("more than %d events of %s in a query over several streams: narrow it with WHERE or $Duration", maxKept, t.scan.Stream)
		}
		t.kept = append(t.kept, b)
		return true, nil
	}
}

// close ends the first pass.
func (t *table) close() {
	if t.stream != nil {
		t.stream.close()
		t.stream = nil
	}
}

func (c *cursor) stop() {
	if c.rows != nil {
		c.rows.close()
		c.rows = nil
	}
}

func (c *cursor) Eof() bool { return c.done }

// Column gives a value of the event: a column of the scan, its time, its line.
func (c *cursor) Column(i int) (vtab.Value, error) {
	last := len(c.table.scan.Columns)
	switch {
	case i < last:
		return c.batch.values[c.row*last+i], nil
	case i > last:
		return c.batch.places[c.row].line, nil
	case c.batch.at[c.row] == 0:
		return nil, nil
	}
	return int64(c.batch.at[c.row]) / int64(time.Millisecond), nil
}

func (c *cursor) Rowid() (int64, error) {
	return rowID(c.batch.file, c.batch.places[c.row].offset), nil
}

func (c *cursor) Close() error {
	c.stop()
	return nil
}

// groups is the cursor over finished groups.
type groups struct {
	table *table
	at    int
}

func (g *groups) Filter(int, string, []vtab.Value) error {
	g.at = 0
	t := g.table
	if t.started {
		return nil
	}
	t.started = true
	made, err := t.module.set.grouped(t.module.ctx, t.scan, t.module.evidence)
	if err != nil {
		return t.fail(err)
	}
	t.grouped = made
	t.tell(made.tally, made.damage, true)
	return nil
}

func (g *groups) Next() error {
	g.at++
	return nil
}

func (g *groups) Eof() bool { return g.table.grouped == nil || g.at >= len(g.table.grouped.groups) }

func (g *groups) Column(i int) (vtab.Value, error) {
	made, grouping := g.table.grouped.groups[g.at], g.table.scan.Grouping
	switch {
	case i < len(grouping.By):
		return made.by[i].value(), nil
	case i < len(grouping.By)+len(grouping.Aggregates):
		n := i - len(grouping.By)
		return made.states[n].result(&grouping.Aggregates[n]), nil
	}
	return int64(g.at), nil
}

func (g *groups) Rowid() (int64, error) { return int64(g.at), nil }
func (g *groups) Close() error          { return nil }
