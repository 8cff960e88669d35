package query

import (
	"strings"

	"tabletop/workbook/source"
)

// suspectTexts warns of texts that are likely meant otherwise: names in quotes,
// and wildcards that are none where they stand.
func suspectTexts(text source.Text, s *Select) source.Problems {
	var out source.Problems
	warn := func(at int, message, fix string) {
		p := text.Problem(at, message, fix)
		p.Warning = true
		out = append(out, p)
	}
	s.eachExpr(func(e Expr) {
		switch e := e.(type) {
		case *Literal:
			written, ok := e.Value.(string)
			if name := strings.TrimPrefix(written, "$"); ok && name != written && name != "" && !isDigit(name[0]) && wordLength(name) == len(name) {
				warn(e.At, "a text in quotes where a column may be meant: "+written, "names stand without quotes, or in backticks")
			}
		case *Binary:
			if l, ok := e.Y.(*Literal); ok && l.Value == nil && (e.Op == "=" || e.Op == "<>") {
				warn(e.At, "nothing is "+e.Op+" NULL, so this holds for no event", "write IS NULL or IS NOT NULL")
			}
			if written, at := literalText(e.Y); (e.Op == "=" || e.Op == "<>") && len(written) > 1 && (strings.HasPrefix(written, "*") || strings.HasSuffix(written, "*")) {
				warn(at, "* in quotes stands for itself", "write LIKE "+renderLiteral(percented(written))+" for any text")
			}
		case *Like:
			if written, at := literalText(e.Pattern); e.Op != "RLIKE" && strings.Contains(written, "*") && !strings.ContainsAny(written, "%_") {
				warn(at, "* stands for itself in LIKE", "write "+renderLiteral(percented(written))+": % is any text")
			}
		}
	})
	eachSelect(s, func(inner *Select) { out = append(out, suspectTexts(text, inner)...) })
	return out
}

func literalText(e Expr) (text string, at int) {
	if l, ok := e.(*Literal); ok {
		text, _ = l.Value.(string)
		return text, l.At
	}
	return "", 0
}

func percented(pattern string) string { return strings.ReplaceAll(pattern, "*", "%") }
