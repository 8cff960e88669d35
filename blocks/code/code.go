// Package code is the code block: the rows of the block before go through
// statements, or through DNIF's Python, and come out with other columns or as
// fewer rows.
//
// Statements stand one a line and apply to every row:
//
//	$Domain = host($URL)      // a column, new or old
//	where $Domain != nil      // only rows for which this is true
//	rename $Domain to $Host
//	drop $URL, $Threat
//
// Expressions are those of expr-lang, parsed, checked and run by it, but for
// what its operators mean: a value is compared by what it is compared with, nil
// runs through as NULL does in SQL, and nothing loops. Text that begins with
// `def transform` is Python, run under Starlark.
package code

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// What becomes of a row whose statement fails.
const (
	onErrorFail = "fail"
	onErrorNull = "null"
	onErrorSkip = "skip"
)

// beside are the keys beside code in a workbook.
type beside struct {
	OnError string `yaml:"on_error" enum:"fail,null,skip" doc:"what becomes of a row on which a statement fails: the run ends (fail, the default), the column becomes null, or the row is skipped"`
}

// Kind returns the kind of block code.
func Kind() workbook.Kind {
	return workbook.Kind{
		Name:    "code",
		Doc:     "statements on each row ($Column = expression, where, drop, rename), or DNIF's Python",
		Config:  source.Text{},
		Beside:  beside{},
		Prepare: prepare,
	}
}

func prepare(b workbook.Block, p *workbook.Preparation) workbook.Step {
	text, ok := b.Body.Text()
	if !ok {
		p.Report(b.Body.Problem("code must be a text", "write it under '|', one statement a line"))
		return nil
	}
	onError := onErrorOf(b, p)
	if p.First {
		p.Report(text.Problem(0, "code needs the rows of a block before it", "begin with a sql, search or dql block"))
		// That no column is there would only say it again.
		p.In = workbook.Columns{}
	}
	if isPython(text.Value) {
		p.Out = workbook.Columns{}
		return preparePython(text, p)
	}
	return prepareStatements(text, onError, p)
}

// onErrorOf reads the key on_error beside the block.
func onErrorOf(b workbook.Block, p *workbook.Preparation) string {
	allowed := []string{onErrorFail, onErrorNull, onErrorSkip}
	for _, pair := range b.Beside {
		// Without quotes, null is YAML's own null and no text.
		written := strings.TrimSpace(pair.Value.YAML())
		if text, ok := pair.Value.Text(); ok {
			written = text.Value
		}
		if slices.Contains(allowed, written) {
			return written
		}
		p.Report(pair.Value.Problem("on_error can't be "+quoted(written), "one of: "+strings.Join(allowed, ", ")))
	}
	return onErrorFail
}

var pythonBegins = compiled(`^(?:[ \t]*(?:#[^\n]*|import[ \t][^\n]*|from[ \t][^\n]*)?\r?\n)*[ \t]*def[ \t]+transform\b`)

// compiled makes a pattern when it is first asked for: the tables of letters in
// some take long, and most commands need none.
func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// isPython reports whether a text is DNIF's Python: after blank lines and
// comments it begins with def transform. Imports may stand before it, to be told
// as what they are.
func isPython(text string) bool { return pythonBegins().MatchString(text) }
