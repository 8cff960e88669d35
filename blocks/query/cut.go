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

// leftOut says what the limit left out of a result with so many rows; empty where
// it kept all. The query is asked again without its limit: rows come in the same
// order, so that the first are those that were kept.
func (s *step) leftOut(ctx context.Context, clock Clock, env *workbook.Env, extra map[string]workbook.Table, kept int) (string, error) {
	limit := s.statement.tree.Limit
	if !s.tellsLeftOut || limit < 1 || int64(kept) < limit || s.statement.tree.tellsOrder() || s.statement.tree.Offset > 0 {
		return "", nil
	}
	whole, tree := *s.statement, *s.statement.tree
	tree.Limit = int64(env.MaxRows)
	whole.tree = &tree
	result, _, err := whole.Run(ctx, s.options, clock, env.MaxRows, extra)
	if err != nil {
		return "", fmt.Errorf("ask for the rows that LIMIT leaves out: %w", err)
	}
	if len(result.Table.Rows) == env.MaxRows { // there may be more than are held
		return fmt.Sprintf("kept %d of %d or more: LIMIT names no order, so chance chose which", kept, env.MaxRows), nil
	}
	others := result.Table.Rows[min(kept, len(result.Table.Rows)):]
	if len(others) == 0 {
		return "", nil
	}
	var told []string
	for _, row := range others[:min(len(others), shownOthers)] {
		told = append(told, "("+strings.Join(shortTexts(row), ", ")+")")
	}
	more := ""
	if n := len(others) - len(told); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("kept %d of %d: LIMIT names no order, so chance chose which; the other %d: %s%s",
		kept, kept+len(others), len(others), strings.Join(told, ", "), more), nil
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
