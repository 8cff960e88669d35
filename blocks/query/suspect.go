package query

import (
	"strings"

	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// suspectTexts warns of texts that are likely meant otherwise: names in quotes,
// and wildcards that are none where they stand.
func suspectTexts(text source.Text, s *Select) source.Problems {
	var out source.Problems
	warn := func(code string, at int, message, fix string) {
		out = append(out, text.Problem(at, message, fix).Warn(code))
	}
	s.eachExpr(func(e Expr) {
		switch e := e.(type) {
		case *Literal:
			written, ok := e.Value.(string)
			if name := strings.TrimPrefix(written, "$"); ok && name != written && name != "" && !isDigit(name[0]) && wordLength(name) == len(name) {
				warn(findings.QuotedName, e.At, "a text in quotes where a column may be meant: "+written, "names stand without quotes, or in backticks")
			}
		case *Binary:
			if l, ok := e.Y.(*Literal); ok && l.Value == nil && (e.Op == "=" || e.Op == "<>") {
				out = append(out, equalsNull(text, e, l))
			}
			if written, at := literalText(e.Y); (e.Op == "=" || e.Op == "<>") && len(written) > 1 && (strings.HasPrefix(written, "*") || strings.HasSuffix(written, "*")) {
				warn(findings.LiteralStar, at, "* in quotes stands for itself", "write LIKE "+renderLiteral(percented(written))+" for any text")
			}
		case *Like:
			if written, at := literalText(e.Pattern); e.Op != "RLIKE" && strings.Contains(written, "*") && !strings.ContainsAny(written, "%_") {
				warn(findings.LiteralStar, at, "* stands for itself in LIKE", "write "+renderLiteral(percented(written))+": % is any text")
			}
		}
	})
	eachSelect(s, func(inner *Select) { out = append(out, suspectTexts(text, inner)...) })
	return out
}

// equalsNull warns of a comparison with NULL and mends it where both stand on one
// line.
func equalsNull(text source.Text, e *Binary, null *Literal) source.Problem {
	found := func(op string) source.Problem {
		return text.Problem(e.At, "nothing is "+op+" NULL, so this holds for no event", "write IS NULL or IS NOT NULL").Warn(findings.EqualsNull)
	}
	p := found(e.Op)
	end := null.At + len("NULL")
	if e.At > null.At || end > len(text.Value) {
		return p
	}
	old := text.Value[e.At:end]
	written := strings.TrimSpace(old[:len(old)-len("NULL")])
	if comparisons[written] != "" {
		p = found(written)
	}
	if _, ok := comparisons[written]; !ok || !strings.EqualFold(old[len(old)-len("NULL"):], "NULL") || strings.Contains(old, "\n") {
		return p
	}
	if e.Op == "=" {
		return p.Mended(old, "IS NULL")
	}
	return p.Mended(old, "IS NOT NULL")
}

func literalText(e Expr) (text string, at int) {
	if l, ok := e.(*Literal); ok {
		text, _ = l.Value.(string)
		return text, l.At
	}
	return "", 0
}

func percented(pattern string) string { return strings.ReplaceAll(pattern, "*", "%") }
