package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// Inline writes an event as a row of a test: its columns, those of a source
// first, and its time where no column of it says it. Columns that keep refuses
// are left out; nil keeps all.
func Inline(e *events.Event, keep func(column string) bool) []byte {
	var b bytes.Buffer
	seen := map[string]bool{}
	timed := false
	put := func(name string, value workbook.Value) {
		if len(seen) > 0 {
			b.WriteByte(',')
		}
		seen[name] = true
		b.Write(jsonOf(name))
		b.WriteByte(':')
		b.Write(jsonOf(value))
	}
	b.WriteByte('{')
	for _, c := range e.Columns {
		isTime := strings.TrimPrefix(c.Name, "$") == timeColumn
		if seen[c.Name] || !isTime && keep != nil && !keep(c.Name) {
			continue
		}
		timed = timed || isTime
		put(c.Name, c.Value)
	}
	switch {
	case timed:
	case e.Time.IsZero():
		put("$"+timeColumn, nil)
	default:
		put("$"+timeColumn, e.Time.UnixMilli())
	}
	b.WriteByte('}')
	return b.Bytes()
}

// jsonOf writes a value as JSON from which events read it as it is.
func jsonOf(v workbook.Value) []byte {
	if real, ok := v.(float64); ok {
		return fmt.Append(nil, workbook.Text(real))
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and whole numbers always have a form
	}
	return text
}
