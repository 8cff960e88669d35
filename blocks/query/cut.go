package query

import (
	"context"
	"fmt"
	"strings"

	"tabletop/workbook"
)

// shownOthers is how many of the rows that a limit left out are told.
const shownOthers = 20

// TellLeftOut has the block tell, where its limit names no order, how many rows
// there were and which it left out: a later block acts upon those that chance
// kept.
func (s *step) TellLeftOut() { s.tellsLeftOut = true }

// TellLeftOut has the directives tell that whose limit names no order.
func (p *Pipeline) TellLeftOut() {
	ordered := false
	for i, made := range p.parts {
		for _, f := range factsOf(made) {
			ordered = ordered && !f.Fresh
			if t, ok := made.(interface{ telling() part }); ok && f.Limit != nil && (f.Limit.Any || !f.Fresh && !ordered) {
				p.parts[i] = t.telling()
			}
			ordered = ordered || f.Ordered
		}
	}
}

func (a asked) telling() part { a.tellsLeftOut = true; return a }

func (f fetching) telling() part { f.tellsLeftOut = true; return f }

func (s limiting) telling() part { s.tellsLeftOut = true; return s }

// leftOut says what the limit left out of a result with so many rows; empty where
// it kept all. The query is asked again without its limit: rows come in the same
// order, so that the first are those that were kept.
func (a asked) leftOut(ctx context.Context, in workbook.Table, env *workbook.Env, kept int) (string, error) {
	limit := a.statement.tree.Limit
	if !a.tellsLeftOut || limit < 1 || int64(kept) < limit || a.statement.tree.tellsOrder() || a.statement.tree.Offset > 0 {
		return "", nil
	}
	whole, tree := *a.statement, *a.statement.tree
	tree.Limit = int64(env.MaxRows)
	whole.tree = &tree
	result, _, err := a.query(ctx, &whole, in, env, env.MaxRows)
	if err != nil {
		return "", fmt.Errorf("ask for the rows that LIMIT leaves out: %w", err)
	}
	if len(result.Table.Rows) == env.MaxRows { // there may be more than are held
		return fmt.Sprintf("kept %d of %d or more: LIMIT names no order, so chance chose which", kept, env.MaxRows), nil
	}
	return others(result.Table.Rows, kept), nil
}

// others tells the rows behind the first so many; empty where there are none.
func others(rows []workbook.Row, kept int) string {
	if kept >= len(rows) {
		return ""
	}
	out := rows[kept:]
	var told []string
	for _, row := range out[:min(len(out), shownOthers)] {
		told = append(told, "("+strings.Join(shortTexts(row), ", ")+")")
	}
	more := ""
	if n := len(out) - len(told); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("kept %d of %d: LIMIT names no order, so chance chose which; the other %d: %s%s",
		kept, len(rows), len(out), strings.Join(told, ", "), more)
}

// shortTexts are the values of a row, each cut where it is long.
func shortTexts(row workbook.Row) []string {
	const longest = 60
	var out []string
	for _, v := range row.Values {
		text := []rune(workbook.Text(v))
		if len(text) > longest {
			text = append(text[:longest-1], '…')
		}
		out = append(out, string(text))
	}
	return out
}
