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
// bits, the offset in the low ones.
const offsetBits = 44

func rowID(file int, offset int64) int64 { return int64(file)<<offsetBits | offset }

// module hands the scans of one query to SQLite as virtual tables.
type module struct {
	ctx    context.Context
	set    *Set
	extra  map[string]workbook.Table
	scans  []Scan
	counts []counted
	// failed keeps the error that SQLite would blur.
	failed error
}

var (
	_ vtab.Module = (*module)(nil)
	_ vtab.Table  = (*table)(nil)
	_ vtab.Cursor = (*cursor)(nil)
)

// Create makes the table of the scan whose number is the module's argument.
func (m *module) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	n, err := strconv.Atoi(args[len(args)-1])
	if err != nil || n >= len(m.scans) {
		return nil, fmt.Errorf("no scan %q", args[len(args)-1])
	}
	var columns strings.Builder
	for i := range m.scans[n].Columns {
		fmt.Fprintf(&columns, `"c%d", `, i)
	}
	err = ctx.Declare("CREATE TABLE scan(" + columns.String() + `"at", "line")`)
	return &table{module: m, number: n}, err
}

// Connect is Create: the tables live as long as their connection.
func (m *module) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	return m.Create(ctx, args)
}

type table struct {
	module *module
	number int
}

// BestIndex offers one full scan; conditions are SQLite's to test.
func (t *table) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedCost, info.EstimatedRows = 1e9, 1e6
	return nil
}

func (t *table) Disconnect() error { return nil }
func (t *table) Destroy() error    { return nil }

func (t *table) Open() (vtab.Cursor, error) {
	scan := t.module.scans[t.number]
	return &cursor{module: t.module, scan: scan, count: &t.module.counts[t.number], stream: strings.ToUpper(scan.Stream)}, nil
}

// counted is a reading that goes on.
type counted struct {
	Reading
	started bool
}

// A cursor walks through the events of a stream, file by file.
type cursor struct {
	module *module
	scan   Scan
	stream string
	count  *counted

	// counting says that this is the first pass over the scan.
	counting bool
	next     int
	in       *opened
	file     *file
	number   int
	picker   *picker
	own      *picker
	timer    *timer
	record   record
	at       time.Time

	memory []workbook.Row
	index  []int
	timeAt int
	done   bool
}

// Filter starts the scan from the beginning.
func (c *cursor) Filter(int, string, []vtab.Value) error {
	c.close()
	c.next, c.done = 0, false
	c.counting = !c.count.started
	c.count.started = true
	if table, ok := c.module.extra[c.stream]; ok {
		c.index = make([]int, len(c.scan.Columns))
		for i, column := range c.scan.Columns {
			c.index[i] = table.Index(column)
		}
		c.memory, c.timeAt = table.Rows, table.Index("$CNAMTime")
		c.number = -1
	}
	return c.Next()
}

// Next goes to the next event of the stream inside the window.
func (c *cursor) Next() error {
	err := c.advance()
	if err != nil && c.module.failed == nil {
		c.module.failed = err
	}
	return err
}

func (c *cursor) advance() error {
	if c.index != nil {
		c.remembered()
		return nil
	}
	for n := 0; ; n++ {
		if n%1024 == 0 && c.module.ctx.Err() != nil {
			return c.module.ctx.Err()
		}
		if c.in == nil {
			more, err := c.openNext()
			if err != nil || !more {
				c.done = true
				if c.counting && err == nil {
					c.count.Complete = true
				}
				return err
			}
		}
		err := c.in.next(&c.record)
		if errors.Is(err, io.EOF) {
			c.close()
			continue
		}
		if err != nil {
			return inFile(c.file, err)
		}
		if c.record.problem != "" {
			continue
		}
		ok, err := c.wanted()
		if err != nil || ok {
			return err
		}
	}
}

// remembered goes to the next row in memory that is inside the window; rows
// there have their time in $CNAMTime.
func (c *cursor) remembered() {
	for c.number++; c.number < len(c.memory); c.number++ {
		c.at = time.Time{}
		if c.timeAt >= 0 {
			if at, _, err := ParseTime(c.memory[c.number].Values[c.timeAt], time.UTC); err == nil {
				c.at = at
			}
		}
		if c.inside() {
			return
		}
	}
	c.done = true
}

// openNext opens the next file that may hold events of the stream.
func (c *cursor) openNext() (bool, error) {
	for c.next < len(c.module.set.files) {
		c.file, c.number = c.module.set.files[c.next], c.next
		c.next++
		if c.stream != "" && !c.file.holds[c.stream] {
			continue
		}
		in, err := c.file.open(nil)
		if err != nil {
			return false, inFile(c.file, err)
		}
		c.in = in
		c.picker = newPicker(c.scan.Columns, c.file.fields())
		c.own = newPicker([]string{"$Stream"}, c.file.fields())
		c.timer = newTimer(c.file, c.module.set.options.Zone)
		return true, nil
	}
	return false, nil
}

// wanted tells whether the event belongs to the scan, and counts it.
func (c *cursor) wanted() (bool, error) {
	c.own.find(&c.record)
	if c.stream != "" && c.file.streamOf(c.own.value(&c.record, 0)) != c.stream {
		return false, nil
	}
	at, err := c.timer.of(&c.record)
	if err != nil {
		return false, err
	}
	c.at = at
	inside := c.inside()
	if inside {
		c.picker.find(&c.record)
	}
	return inside, nil
}

// inside tests the event's time, and counts on the first pass.
func (c *cursor) inside() bool {
	wall, window := c.module.set.options.Wall, c.scan.Window
	switch {
	case !c.at.IsZero() && !wall.IsZero() && c.at.After(wall.Add(futureAfter)):
		return false
	case window.Open():
	case c.at.IsZero():
		return false
	case !window.From.IsZero() && !c.at.After(window.From):
		return false
	case !window.To.IsZero() && c.at.After(window.To):
		return false
	}
	if c.counting {
		c.count.Inside++
	}
	return true
}

func (c *cursor) Eof() bool { return c.done }

// Column gives a value of the event: a column of the scan, its time, its line.
func (c *cursor) Column(i int) (vtab.Value, error) {
	last := len(c.scan.Columns)
	if c.index != nil {
		switch {
		case i < last && c.index[i] >= 0:
			return c.memory[c.number].Values[c.index[i]], nil
		case i == last && !c.at.IsZero():
			return c.at.UnixMilli(), nil
		}
		return nil, nil
	}
	switch {
	case i < last:
		return c.picker.value(&c.record, i), nil
	case i > last:
		return c.record.line, nil
	case c.at.IsZero():
		return nil, nil
	}
	return c.at.UnixMilli(), nil
}

func (c *cursor) Rowid() (int64, error) {
	if c.index != nil {
		return int64(c.number), nil
	}
	return rowID(c.number, c.record.offset), nil
}

func (c *cursor) close() {
	if c.in != nil {
		c.in.close()
		c.in = nil
	}
}

func (c *cursor) Close() error {
	c.close()
	return nil
}
