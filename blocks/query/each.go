package query

import (
	"context"

	"tabletop/workbook"
)

// A Receiver takes the rows of an answer as they are found, without the events
// behind them. An error of its functions ends the question, which returns it as
// it is.
type Receiver struct {
	// Columns is told the names of the columns once: before the first row, or
	// where there is none, at the end.
	Columns func(names []string) error
	// Row takes a row, whose values are valid until it returns.
	Row func(values []workbook.Value) error
}

// row hands on rows, the columns before the first.
func (r *Receiver) row(columns []string) func(workbook.Row) error {
	told := false
	return func(row workbook.Row) error {
		if !told {
			told = true
			if err := r.Columns(columns); err != nil {
				return err
			}
		}
		return r.Row(row.Values)
	}
}

// OneStatement reports whether the question is one query over events, which Each
// can answer. Directives behind it work on all of its rows.
func (p *Pipeline) OneStatement() bool {
	if len(p.parts) != 1 {
		return false
	}
	switch made := p.parts[0].(type) {
	case asked:
		return true
	case fetching:
		return made.fetch.nested == 0
	}
	return false
}

// Each answers a question of one statement row by row, and returns its warnings.
// env.MaxRows is the most rows, 0 for no bound. What the query sorts or groups is
// held in memory; else no more than what is being read is.
func (p *Pipeline) Each(ctx context.Context, env *workbook.Env, to Receiver) ([]string, error) {
	var a asked
	var f *fetch
	switch made := p.parts[0].(type) {
	case asked:
		a = made
	case fetching:
		a, f = made.asked, made.fetch
	}
	a.options.to = &to
	result, warnings, err := a.answer(ctx, workbook.Table{}, env, env.MaxRows)
	if err == nil && f != nil {
		warnings = f.warnings(workbook.Table{}, result.Rows, warnings)
	}
	return warnings, err
}
