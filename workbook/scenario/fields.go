package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/workbook"
)

// A fieldSet are the fields by which something is expected; those of maps are
// maps, of which each key is a column behind a dot, as in target.host.
type fieldSet struct{ names, maps []string }

// signalFields are those of a signal.
func signalFields() fieldSet {
	return fieldSet{[]string{
		"name", "tactic", "technique", "subtechnique", "confidence", "score", "severity", "target", "suspect",
		"tags", "knowledge", "occurrences", "source_stream", "block", "row",
	}, []string{"target", "suspect"}}
}

// actionFields are those of an action.
func actionFields() fieldSet {
	return fieldSet{[]string{
		"target", "verdict", "dnif", "type", "integration", "rule", "reason", "block", "row",
		"method", "url", "headers", "body", "status", "response",
	}, []string{"headers"}}
}

// signalTable makes a table of a run's signals. Columns that no signal has are
// there as well, so that one which lacks is null and not unknown.
func signalTable(signals []workbook.Signal) workbook.Table {
	var rows []Row
	for _, s := range signals {
		row := Row{[]Cell{
			{"name", s.Name},
			{"tactic", nothing(s.Tactic)},
			{"technique", nothing(s.Technique)},
			{"subtechnique", nothing(s.Subtechnique)},
			{"confidence", nothing(s.Confidence)},
			{"score", int64(s.Score)},
			{"severity", s.Severity},
			{"tags", nothing(strings.Join(s.Tags, ", "))},
			{"knowledge", nothing(s.Knowledge)},
			{"occurrences", int64(s.Occurrences)},
			{"source_stream", nothing(s.SourceStream)},
			{"block", int64(s.Block)},
			{"row", int64(s.Row)},
		}}
		row.nest("target", s.Target)
		row.nest("suspect", s.Suspect)
		rows = append(rows, row)
	}
	return tableOf(rows)
}

// actionTable makes a table of a run's actions.
func actionTable(actions []workbook.Action) workbook.Table {
	var rows []Row
	for _, a := range actions {
		row := Row{[]Cell{
			{"target", Label(a)},
			{"verdict", string(a.Verdict)},
			{"dnif", string(a.DNIF)},
			{"type", a.Type},
			{"integration", a.Integration},
			{"rule", nothing(a.Rule)},
			{"reason", nothing(a.Reason)},
			{"block", int64(a.Block)},
			{"row", int64(a.Row)},
		}}
		if q := a.Request; q != nil {
			row.Cells = append(row.Cells, Cell{"method", q.Method}, Cell{"url", q.URL}, Cell{"body", q.Body})
			row.nest("headers", q.Headers)
		}
		if q := a.Response; q != nil {
			row.Cells = append(row.Cells, Cell{"status", int64(q.Status)}, Cell{"response", q.Body})
		}
		rows = append(rows, row)
	}
	return tableOf(rows)
}

func nothing(text string) workbook.Value {
	if text == "" {
		return nil
	}
	return text
}

func (r *Row) nest(name string, fields map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		r.Cells = append(r.Cells, Cell{name + "." + key, fields[key]})
	}
}

// Label names an action by its target as it was judged, or by its row where it
// has none.
func Label(a workbook.Action) string {
	switch {
	case a.Canonical != "":
		return a.Canonical
	case a.Target != "":
		return a.Target
	}
	return fmt.Sprintf("row %d", a.Row)
}
