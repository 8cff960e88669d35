package workbook

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// A Program is a workbook of which every block has been checked and prepared.
type Program struct {
	Workbook   *Workbook
	Parameters map[string]string
	steps      []Step
}

// Prepare checks all blocks of a workbook, with its parameters set to their
// defaults or to those in set, before any of them runs. Every mistake is
// returned, warnings too; the program is nil where there is a mistake.
func Prepare(w *Workbook, set map[string]string) (*Program, source.Problems) {
	program, problems := Look(w, set)
	if problems.Err() != nil {
		return nil, problems
	}
	return program, problems
}

// Look prepares a workbook as Prepare does and returns the program also where
// there are mistakes, for checks that go on behind them. Such a program can't
// run: steps of blocks with mistakes are nil.
func Look(w *Workbook, set map[string]string) (*Program, source.Problems) {
	values, problems := w.bind(set)
	program, _, found := prepare(w, values, newFamily(w), Columns{Known: true}, true)
	// A workbook that is called twice has its mistakes once.
	return program, append(problems, found...).Distinct()
}

// prepare prepares the blocks of a workbook for rows with the columns in; first
// says that no rows come. It returns the columns of its last block.
func prepare(w *Workbook, values map[string]string, at *frame, in Columns, first bool) (*Program, Columns, source.Problems) {
	var problems source.Problems
	program := &Program{Workbook: w, Parameters: values}
	columns := in
	for _, b := range w.Blocks {
		if b.Kind.Prepare == nil { // of no known kind, which parsing told
			program.steps = append(program.steps, nil)
			columns, first = Columns{}, false
			continue
		}
		p := &Preparation{In: columns, Out: columns, First: first, parameters: values, frame: at}
		program.steps = append(program.steps, b.Kind.Prepare(b, p))
		problems = append(problems, p.problems...)
		columns = p.Out
		switch {
		case len(p.problems.Errors()) == 0:
		case b.Kind.Passes:
			columns = p.In
		default:
			columns = Columns{}
		}
		first = first && b.Kind.Silent
	}
	return program, columns, problems
}

// bind gives every parameter its value.
func (w *Workbook) bind(set map[string]string) (map[string]string, source.Problems) {
	values := map[string]string{}
	var names []string
	var problems source.Problems
	for _, p := range w.Parameters {
		names = append(names, p.Name)
		value, ok := set[p.Name]
		switch {
		case ok:
			values[p.Name] = value
		case p.Default != nil:
			values[p.Name] = *p.Default
		default:
			values[p.Name] = ""
			problems = append(problems, p.place.Problem(0, "the parameter "+p.Name+" has no value", "give it a default, or --set "+p.Name+"=VALUE"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if _, ok := values[name]; !ok {
			text := source.NewText("--set", name+"="+set[name])
			problems = append(problems, text.Problem(0, "the workbook has no parameter "+name, source.DidYouMean(name, names)))
		}
	}
	return values, problems
}

var parameterName = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// Expand puts the values of parameters in the place of {Name}. A name that is
// not declared is reported.
func (p *Preparation) Expand(t source.Text) string {
	var b strings.Builder
	from := 0
	for _, m := range parameterName.FindAllStringSubmatchIndex(t.Value, -1) {
		name := t.Value[m[2]:m[3]]
		value, ok := p.parameters[name]
		if !ok {
			p.Report(t.Problem(m[0], "unknown parameter {"+name+"}", source.DidYouMean(name, p.ParameterNames())))
			continue
		}
		b.WriteString(t.Value[from:m[0]] + value)
		from = m[1]
	}
	return b.String() + t.Value[from:]
}

// besideNames lists the keys that a kind allows beside its own.
func besideNames(k Kind) []string {
	if k.Beside == nil {
		return nil
	}
	var names []string
	for _, f := range source.Fields(reflect.TypeOf(k.Beside)) {
		names = append(names, f.Name)
	}
	return names
}

// A streamReader is a step that reads streams.
type streamReader interface{ Streams() []string }

// Steps lists the blocks' steps in their order, nil for blocks that have none.
// The steps of a called workbook stand behind that which calls it.
func (p *Program) Steps() []Step { return p.all() }

// Streams lists the streams that the program's blocks read, in the order of the
// blocks, those of called workbooks among them.
func (p *Program) Streams() []string {
	var names []string
	for _, s := range p.all() {
		if reads, ok := s.(streamReader); ok {
			for _, name := range reads.Streams() {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// Reads are columns that a block reads of a stream, as its query writes them.
type Reads struct {
	Stream  string
	Columns []string
}

// A columnReader is a step that reads columns of streams.
type columnReader interface{ Reads() []Reads }

// Reads lists the columns that the program's blocks read, a stream each once,
// those of called workbooks among them.
func (p *Program) Reads() []Reads {
	var list []Reads
	for _, s := range p.all() {
		reads, ok := s.(columnReader)
		if !ok {
			continue
		}
		for _, r := range reads.Reads() {
			i := slices.IndexFunc(list, func(known Reads) bool { return known.Stream == r.Stream })
			if i < 0 {
				i, list = len(list), append(list, Reads{Stream: r.Stream})
			}
			for _, column := range r.Columns {
				if !slices.Contains(list[i].Columns, column) {
					list[i].Columns = append(list[i].Columns, column)
				}
			}
		}
	}
	return list
}
