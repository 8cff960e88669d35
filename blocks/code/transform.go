package code

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"tabletop/workbook"
)

// Limits on what Python may give: columns, and cells in all.
const (
	maxColumns = 1000
	maxCells   = 10_000_000
)

// madeByPython is the evidence of a row that is none of those that came in.
var madeByPython = workbook.Evidence{Unknown: "made by Python"}

// Run calls transform with the rows as a list of dicts and makes a table of what
// it returns. A dict that came in keeps its evidence. Python that fails gives one
// row of Status and Exception, as in DNIF, or an error where env is strict;
// Python that takes too long or too much memory is an error always.
func (p python) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	list, rows := dictionaries(in)
	returned, err := p.supervise(ctx, list)
	var table workbook.Table
	if err == nil {
		table, err = tableOf(returned, in, rows, env.MaxRows)
	}
	if err == nil {
		return workbook.Output{Table: table}, nil
	}
	var limit limitError
	if env.Strict || errors.As(err, &limit) || ctx.Err() != nil || errors.Is(err, errTooMany) {
		return workbook.Output{}, fmt.Errorf("transform: %w", p.located(err))
	}
	message := shortened(p.located(err).Error())
	failed := workbook.Table{
		Columns: []string{"Status", "Exception"},
		Rows:    []workbook.Row{{Values: []workbook.Value{"FAILED", message}, Evidence: madeByPython}},
	}
	warning := fmt.Sprintf("the Python failed (%s): its %d rows became one with Status FAILED", message, len(in.Rows))
	return workbook.Output{Table: failed, Warnings: []string{warning}}, nil
}

// located puts the line of the workbook before an error of Python.
func (p python) located(err error) error {
	var failure *starlark.EvalError
	if !errors.As(err, &failure) {
		return err
	}
	for i := range failure.CallStack {
		at := failure.CallStack.At(i).Pos
		if at.Filename() != pythonFile {
			continue
		}
		message := failure.Msg
		if strings.HasSuffix(message, "string value is not iterable") {
			message += ": write for c in text.elems()"
		}
		line := p.text.Place(pythonOffset(p.text.Value, at)).Line
		return locatedError{fmt.Sprintf("line %d: %s", line, message), err}
	}
	return err
}

// maxException is the longest text of an exception, in bytes.
const maxException = 1000

// shortened cuts a message that an event may have filled.
func shortened(message string) string {
	if len(message) <= maxException {
		return message
	}
	return strings.ToValidUTF8(message[:maxException], "") + "…"
}

type locatedError struct {
	text  string
	cause error
}

func (e locatedError) Error() string { return e.text }
func (e locatedError) Unwrap() error { return e.cause }

// dictionaries makes the list that transform gets, and tells the row of each
// dict, from 1.
func dictionaries(in workbook.Table) (*starlark.List, map[*starlark.Dict]int) {
	rows := make(map[*starlark.Dict]int, len(in.Rows))
	list := make([]starlark.Value, len(in.Rows))
	for i, row := range in.Rows {
		d := starlark.NewDict(len(in.Columns))
		for j, name := range in.Columns {
			mustSet(d, name, toStarlark(row.Values[j]))
		}
		list[i], rows[d] = d, i+1
	}
	return starlark.NewList(list), rows
}

var errTooMany = errors.New("more than a run holds")

// tableOf makes a table of the list that transform returned.
func tableOf(v starlark.Value, in workbook.Table, rows map[*starlark.Dict]int, maxRows int) (workbook.Table, error) {
	list, ok := v.(starlark.Sequence)
	if !ok {
		return workbook.Table{}, fmt.Errorf("transform returned %s, not a list of rows: end it with return inward_array", v.Type())
	}
	if list.Len() > maxRows {
		return workbook.Table{}, errors.Join(errTooMany, workbook.TooManyRows(maxRows))
	}
	dicts := make([]*starlark.Dict, 0, list.Len())
	for element := range starlark.Elements(list) {
		d, ok := element.(*starlark.Dict)
		if !ok {
			return workbook.Table{}, fmt.Errorf("row %d that transform returned is %s, not a dict", len(dicts)+1, element.Type())
		}
		dicts = append(dicts, d)
	}
	columns, err := columnsOf(dicts, in.Columns)
	if err != nil {
		return workbook.Table{}, err
	}
	if len(columns)*len(dicts) > maxCells {
		return workbook.Table{}, limitf("transform returned more than %d cells", maxCells)
	}
	table := workbook.Table{Columns: columns, Rows: make([]workbook.Row, len(dicts))}
	made := 0
	for i, d := range dicts {
		values, err := valuesOf(d, columns, &made)
		if err != nil {
			return workbook.Table{}, fmt.Errorf("row %d that transform returned: %w", i+1, err)
		}
		table.Rows[i] = workbook.Row{Values: values, Evidence: madeByPython}
		if from := rows[d]; from > 0 {
			table.Rows[i].From, table.Rows[i].Evidence = from, in.Rows[from-1].Evidence
		}
	}
	return table, nil
}

// columnsOf lists the keys of all dicts: those of columns that came in first, in
// their order, then the others as they appear.
func columnsOf(dicts []*starlark.Dict, known []string) ([]string, error) {
	if len(dicts) == 0 {
		return known, nil
	}
	seen := map[string]bool{}
	var added []string
	for i, d := range dicts {
		for k := range d.Entries() {
			name, ok := starlark.AsString(k)
			if !ok {
				return nil, fmt.Errorf("row %d that transform returned has a key that is no text: %s", i+1, k.Type())
			}
			if !seen[name] {
				seen[name] = true
				added = append(added, name)
			}
		}
		if len(added) > maxColumns {
			return nil, limitf("transform returned more than %d columns", maxColumns)
		}
	}
	columns := make([]string, 0, len(added))
	for _, name := range known {
		if seen[name] {
			columns = append(columns, name)
			delete(seen, name)
		}
	}
	for _, name := range added {
		if seen[name] {
			columns = append(columns, name)
		}
	}
	return columns, nil
}

func valuesOf(d *starlark.Dict, columns []string, made *int) ([]workbook.Value, error) {
	values := make([]workbook.Value, len(columns))
	for i, name := range columns {
		v, found, err := d.Get(starlark.String(name))
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		if values[i], err = fromStarlark(v); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if s, ok := values[i].(string); ok {
			if *made += len(s); *made > maxMade {
				return nil, limitError{errMade.Error()}
			}
		}
	}
	return values, nil
}
