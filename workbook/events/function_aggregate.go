package events

import (
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"

	"tabletop/workbook"
)

// maxCollected bounds what collect_set and collect_list gather in a group, in
// values and in bytes.
const maxCollected, maxCollectedBytes = 10_000, 1 << 20

// collected is the aggregate behind collect_set and collect_list: a JSON list in
// the order of the events.
type collected struct {
	distinct bool
	seen     map[string]bool
	values   []string
	bytes    int
}

func (c *collected) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	v := plain(args[0])
	if v == nil || len(c.values) == maxCollected {
		return nil
	}
	text := strings.Clone(workbook.Text(v)) // the argument's memory is SQLite's
	if c.bytes += len(text); c.bytes > maxCollectedBytes {
		return nil
	}
	if c.distinct {
		if c.seen[text] {
			return nil
		}
		if c.seen == nil {
			c.seen = map[string]bool{}
		}
		c.seen[text] = true
	}
	c.values = append(c.values, text)
	return nil
}

func (c *collected) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return errNoWindow }
func (c *collected) Final(*sqlite.FunctionContext)                               {}

func (c *collected) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if c.values == nil {
		return "[]", nil
	}
	return jsonList(c.values), nil
}

// endmost is the aggregate behind first and last: a value of the first event of
// a group or of its last one, in the order in which they are read.
type endmost struct {
	last, known bool
	value       workbook.Value
}

func (e *endmost) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if e.known && !e.last {
		return nil
	}
	e.known, e.value = true, plain(args[0])
	if text, ok := e.value.(string); ok {
		e.value = strings.Clone(text) // the argument's memory is SQLite's
	}
	return nil
}

func (e *endmost) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return errNoWindow }

func (e *endmost) WindowValue(*sqlite.FunctionContext) (driver.Value, error) { return e.value, nil }
func (e *endmost) Final(*sqlite.FunctionContext)                             {}
