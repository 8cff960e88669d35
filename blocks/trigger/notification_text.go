package trigger

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// What stands in a text of an e-mail at most: the characters of a subject, and
// the different values of a column for all rows.
const (
	maxSubject  = 250
	maxDistinct = 10
)

// encodeMailText writes a value in the text of an e-mail: on one line, and
// without what a terminal or a mail program would act on.
func encodeMailText(text string) (string, error) {
	if !strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return text, nil
	}
	var b strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String(), nil
}

// shortened cuts a subject: whoever writes a long value into an event must not
// keep the e-mail from being sent.
func shortened(subject string) string {
	if utf8.RuneCountInString(subject) <= maxSubject {
		return subject
	}
	return string([]rune(subject)[:maxSubject]) + "…"
}

// distinct are the values that stand for a column in a consolidated e-mail: the
// different ones of its rows, in their order.
func distinct(in workbook.Table) []workbook.Value {
	values := make([]workbook.Value, len(in.Columns))
	for at := range in.Columns {
		var texts []string
		seen := map[string]bool{}
		for _, row := range in.Rows {
			v := row.Values[at]
			if text := workbook.Text(v); v != nil && !seen[text] {
				if seen[text] = true; len(texts) < maxDistinct {
					texts = append(texts, text)
				}
			}
		}
		if len(seen) == 0 {
			continue
		}
		text := strings.Join(texts, ", ")
		if more := len(seen) - len(texts); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		values[at] = text
	}
	return values
}

// fields lists the columns that the notification is filled with, each once.
func (n *notification) fields() []string {
	var names []string
	seen := map[string]bool{}
	templates := append(append(append([]template{n.subject, n.message}, n.to...), n.cc...), n.bcc...)
	for _, t := range templates {
		for _, p := range t {
			if p.field != "" && !seen[p.field] {
				seen[p.field] = true
				names = append(names, p.field)
			}
		}
	}
	return names
}

// indexes finds the columns of the rows, -1 for one that they lack.
func (n *notification) indexes(in workbook.Table) map[string]int {
	columns := map[string]int{}
	for _, name := range n.fields() {
		columns[name] = in.Index(name)
	}
	return columns
}

// missing warns of columns that no row has.
func (n *notification) missing(in workbook.Table, columns map[string]int) []string {
	var warnings []string
	if len(in.Rows) == 0 {
		return nil
	}
	for _, name := range append(n.fields(), n.columns...) {
		at, filled := columns[name]
		if filled && at >= 0 || !filled && in.Index(name) >= 0 {
			continue
		}
		warning := "the notification needs " + name + ", which no row has"
		if near := source.Nearest(name, in.Columns); near != "" {
			warning += ": did you mean " + near + "?"
		}
		warnings = append(warnings, warning)
	}
	return warnings
}
