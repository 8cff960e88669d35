package code

import (
	"errors"
	"strings"
	"unicode/utf8"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// python is a prepared block of DNIF's Python.
type python struct {
	program *starlark.Program
	text    source.Text
}

// dialect is how far Starlark comes to meet Python. Recursion stays out: it has
// no bound of its own.
func dialect() *syntax.FileOptions {
	return &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}
}

// pythonFile names the block in positions.
const pythonFile = "transform"

// maxPython is the longest Python, in bytes.
const maxPython = 64 << 10

// preparePython parses and resolves a block's Python, reporting every mistake.
func preparePython(text source.Text, p *workbook.Preparation) workbook.Step {
	if len(text.Value) > maxPython {
		p.Report(text.Problem(0, "more Python than a block may hold", "keep it under 64 KiB"))
		return nil
	}
	if problems := findLacks(text); len(problems) > 0 {
		p.ReportAll(problems)
		return nil
	}
	file, err := dialect().Parse(pythonFile, text.Value, 0)
	if err != nil {
		p.ReportAll(pythonProblems(text, err))
		return nil
	}
	if problem, ok := checkTransform(text, file); !ok {
		p.Report(problem)
		return nil
	}
	if problems := guardFile(text, file); len(problems) > 0 {
		p.ReportAll(problems)
		return nil
	}
	names := library()
	program, err := starlark.FileProgram(file, names.Has)
	if err != nil {
		p.ReportAll(pythonProblems(text, err))
		return nil
	}
	return python{program, text}
}

// checkTransform looks for the function that is called, and its one parameter.
func checkTransform(text source.Text, file *syntax.File) (source.Problem, bool) {
	for _, s := range file.Stmts {
		def, ok := s.(*syntax.DefStmt)
		if !ok || def.Name.Name != "transform" {
			continue
		}
		if len(def.Params) != 1 {
			return text.Problem(pythonOffset(text.Value, def.Name.NamePos), "transform takes one parameter, the list of rows", "write def transform(inward_array):"), false
		}
		return source.Problem{}, true
	}
	return text.Problem(0, "there is no function transform", "write def transform(inward_array):"), false
}

// pythonProblems places the errors of Starlark's parser and resolver.
func pythonProblems(text source.Text, err error) source.Problems {
	var syntaxError syntax.Error
	var list resolve.ErrorList
	switch {
	case errors.As(err, &syntaxError):
		return source.Problems{text.Problem(pythonOffset(text.Value, syntaxError.Pos), syntaxError.Msg, syntaxFix(syntaxError.Msg))}
	case errors.As(err, &list):
		var problems source.Problems
		for _, e := range list {
			name, _, _ := strings.Cut(strings.TrimPrefix(e.Msg, "undefined: "), " ")
			problems = append(problems, text.Problem(pythonOffset(text.Value, e.Pos), e.Msg, undefined[name]))
		}
		return problems
	}
	return source.Problems{text.Problem(0, err.Error(), "")}
}

func syntaxFix(message string) string {
	switch {
	case strings.Contains(message, "does not associate"):
		return "write a < b and b < c"
	case strings.Contains(message, "got string literal"):
		return "texts are joined with +"
	case strings.Contains(message, "got '**'"):
		return "there are no powers; multiply"
	case strings.Contains(message, "got for"):
		return "there are no generators; write a list: [x for x in rows]"
	case strings.Contains(message, "got '}', want ':'"):
		return "parameters are not put into code: filter in the query; a set is written set([a, b])"
	}
	return ""
}

// pythonOffset turns a position into an offset in bytes.
func pythonOffset(text string, at syntax.Position) int {
	offset := 0
	for range at.Line - 1 {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			return offset
		}
		offset += next + 1
	}
	for range at.Col - 1 {
		if offset >= len(text) || text[offset] == '\n' {
			break
		}
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}
