package code

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/vm"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// statements is a prepared block of statements.
type statements struct {
	list    []*statement
	onError string
}

func prepareStatements(text source.Text, onError string, p *workbook.Preparation) workbook.Step {
	lines, problems := split(text)
	p.ReportAll(problems)
	if len(problems) > 0 {
		p.Out = workbook.Columns{}
		return nil
	}
	if len(lines) == 0 {
		p.Report(text.Problem(0, "no statement", "a line is $Column = expression, where expression, drop $A, or rename $A to $B"))
	}
	if len(lines) > maxStatements {
		p.Report(text.Problem(lines[maxStatements].offset, fmt.Sprintf("more than %d statements", maxStatements), "split the block"))
		return nil
	}
	c := checker{text: text, columns: p.In, problem: p.Report}
	step := statements{onError: onError}
	for _, l := range lines {
		if s := c.statement(l); s != nil {
			step.list = append(step.list, s)
		}
	}
	p.Out = c.columns
	return step
}

// Run applies the statements one after the other, each to all rows.
func (s statements) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	r := running{onError: s.onError, strict: env.Strict, columns: slices.Clone(in.Columns), rows: make([]workbook.Row, len(in.Rows))}
	for i, row := range in.Rows {
		values := make([]workbook.Value, len(row.Values), len(in.Columns)+len(s.list))
		copy(values, row.Values)
		r.rows[i] = workbook.Row{Values: values, Evidence: row.Evidence, From: i + 1}
	}
	for _, one := range s.list {
		if err := r.apply(ctx, one); err != nil {
			return workbook.Output{Warnings: r.warnings}, fmt.Errorf("line %d: %w", one.line, err)
		}
	}
	return workbook.Output{Table: workbook.Table{Columns: r.columns, Rows: r.rows}, Warnings: r.warnings}, nil
}

// running is a table on its way through the statements.
type running struct {
	onError  string
	strict   bool
	columns  []string
	rows     []workbook.Row
	warnings []string
	// made counts the bytes of text that the block has made.
	made int
}

func (r *running) apply(ctx context.Context, s *statement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch s.does {
	case drop:
		for _, name := range s.columns {
			if err := r.drop(name, s); err != nil {
				return err
			}
		}
		return nil
	case rename:
		return r.rename(s)
	}
	return r.compute(ctx, s)
}

// missing tells of a column that is not there, where that could not be known
// before.
func (r *running) missing(name string, s *statement, then string) error {
	text := fmt.Sprintf("no column %s", name)
	if near := source.Nearest(name, r.columns); near != "" {
		text += ": did you mean " + near + "?"
	}
	if r.strict {
		return errors.New(text)
	}
	r.warnings = append(r.warnings, fmt.Sprintf("line %d: %s (%s)", s.line, text, then))
	return nil
}

func (r *running) drop(name string, s *statement) error {
	i := workbook.ColumnIndex(r.columns, name)
	if i < 0 {
		return r.missing(name, s, "nothing to drop")
	}
	r.columns = slices.Delete(r.columns, i, i+1)
	for j := range r.rows {
		r.rows[j].Values = slices.Delete(r.rows[j].Values, i, i+1)
	}
	return nil
}

func (r *running) rename(s *statement) error {
	i := workbook.ColumnIndex(r.columns, s.columns[0])
	if i < 0 {
		return r.missing(s.columns[0], s, "nothing to rename")
	}
	if j := workbook.ColumnIndex(r.columns, s.columns[1]); j >= 0 && j != i {
		return fmt.Errorf("there is a column %s already: drop it first", s.columns[1])
	}
	r.columns[i] = s.columns[1]
	return nil
}

// reads are the columns that an expression reads, by the names in its program.
func (r *running) reads(s *statement) (names []string, at []int, err error) {
	for _, name := range s.expression.columns {
		if slices.Contains(names, columnPrefix+name) {
			continue
		}
		i := workbook.ColumnIndex(r.columns, name)
		if i < 0 {
			if err := r.missing(name, s, "it counts as nil"); err != nil {
				return nil, nil, err
			}
		}
		names, at = append(names, columnPrefix+name), append(at, i)
	}
	return names, at, nil
}

// compute runs an expression on every row.
func (r *running) compute(ctx context.Context, s *statement) error {
	names, at, err := r.reads(s)
	if err != nil {
		return err
	}
	target := -1
	if s.does == assign {
		target = r.column(s.columns[0])
	}
	machine, values := vm.VM{}, make(map[string]any, len(names))
	kept, failed := r.rows[:0], failures{}
	for i, row := range r.rows {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for j, name := range names {
			values[name] = nil
			if at[j] >= 0 {
				values[name] = row.Values[at[j]]
			}
		}
		value, keep, err := r.one(&machine, s, values)
		if err != nil {
			err = fmt.Errorf("row %d: %s: %w", row.From, quoted(s.text), err)
			if r.onError == onErrorFail || errors.Is(err, errMade) {
				return err
			}
			failed.add(err)
			value, keep = nil, r.keepsFailed(s)
		}
		if target >= 0 {
			row.Values[target] = value
		}
		if keep {
			kept = append(kept, row)
		}
	}
	clear(r.rows[len(kept):])
	r.rows = kept
	r.warn(s, failed)
	return nil
}

// failures counts the rows on which a statement failed.
type failures struct {
	count int
	first error
}

func (f *failures) add(err error) {
	if f.count++; f.first == nil {
		f.first = err
	}
}

// keepsFailed reports whether a row on which a statement failed stays, its
// column null. A condition that failed has no column to make null.
func (r *running) keepsFailed(s *statement) bool {
	return r.onError == onErrorNull && s.does != where
}

var errMade = fmt.Errorf("the block makes more than %d bytes of text: keep fewer rows or shorter texts", maxMade)

// one runs an expression on a row: the value for its column, and whether the
// row stays.
func (r *running) one(machine *vm.VM, s *statement, row map[string]any) (workbook.Value, bool, error) {
	v, err := s.expression.value(machine, row)
	if err != nil {
		return nil, false, err
	}
	if s.does == where {
		t, err := truthOf(v)
		return nil, t == true, err
	}
	value, err := cell(v)
	if text, ok := value.(string); ok {
		if r.made += len(text); r.made > maxMade {
			return nil, false, errMade
		}
	}
	return value, true, err
}

// column finds the column to write, or adds it.
func (r *running) column(name string) int {
	if i := workbook.ColumnIndex(r.columns, name); i >= 0 {
		return i
	}
	r.columns = append(r.columns, name)
	for i := range r.rows {
		r.rows[i].Values = append(r.rows[i].Values, nil)
	}
	return len(r.columns) - 1
}

// warn tells of the rows on which a statement failed.
func (r *running) warn(s *statement, failed failures) {
	if failed.count == 0 {
		return
	}
	what := "they are left out"
	if r.keepsFailed(s) {
		what = "the column is null there"
	}
	r.warnings = append(r.warnings, fmt.Sprintf("line %d: failed on %d rows, %s; first: %v", s.line, failed.count, what, failed.first))
}
