package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// An Expect is what must come of a test. What it does not name may come as it
// likes.
type Expect struct {
	// Fails is a part of the error that must end the run; empty for a run that
	// completes.
	Fails  string
	Blocks []BlockExpect
	// Signals are all signals of the run, some of their fields; nil for any.
	Signals []Row
	// Actions are all actions of the run; nil for any.
	Actions []VerdictExpect
	// Requests are some of the actions, with some of their fields; none where it
	// is empty, nil for any.
	Requests []Row
	// MustNotAct is what nothing may be asked for.
	MustNotAct []Forbidden
}

// A BlockExpect is what must come out of a block, named by its index or its id.
type BlockExpect struct {
	Block source.Text
	// Rows is how many; -1 where nothing is said of it.
	Rows int
	// Values are the rows, some of their columns: all of them where Rows lacks,
	// else as many as are listed must be among them. Nil for any.
	Values  []Row
	Ordered bool
	// Columns are all columns in their order; nil for any.
	Columns []string
}

// A VerdictExpect lists the targets of all actions that have a verdict, one that
// has it twice twice. An action without a target is named by its row, as in row 3.
type VerdictExpect struct {
	Verdict workbook.Verdict
	Targets []string
}

// A Row is a row as it is expected, or as it came: some columns of it.
type Row struct{ Cells []Cell }

// A Cell is a value of a Row.
type Cell struct {
	Column string
	Value  workbook.Value
}

type expectNode struct {
	Fails      string        `yaml:"fails" doc:"a part of the error that ends the run"`
	Blocks     source.Node   `yaml:"blocks" doc:"blocks by index or id: rows, values, ordered, columns"`
	Signals    source.Node   `yaml:"signals" doc:"all signals, some of their fields"`
	Actions    source.Node   `yaml:"actions" doc:"all actions: targets by verdict"`
	Requests   source.Node   `yaml:"requests" doc:"some of the actions, with some of their fields; [] for none"`
	MustNotAct []source.Text `yaml:"must_not_act" doc:"targets, networks and domains with all below them that nothing may be asked for, nor for what they lie in"`
}

type blockNode struct {
	Rows    *int        `yaml:"rows" doc:"how many rows"`
	Values  source.Node `yaml:"values" doc:"rows, some of their columns; all of them unless rows is given"`
	Ordered bool        `yaml:"ordered" doc:"the rows come in this order"`
	Columns []string    `yaml:"columns" doc:"all columns, in their order"`
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// expect reads what must come of a test.
func (r *reading) expect(n source.Node) *Expect {
	var d expectNode
	r.problems = append(r.problems, source.Decode(n, &d)...)
	e := &Expect{Fails: d.Fails}
	for _, t := range d.MustNotAct {
		e.MustNotAct = append(e.MustNotAct, r.forbidden(t))
	}
	if d.Blocks.Exists() && !d.Blocks.IsMap() {
		r.report(d.Blocks.Problem("blocks must be a map of blocks", "write it as {1: {rows: 2}}, by index or id"))
	}
	seen := map[string]bool{}
	for _, pair := range d.Blocks.Pairs() {
		if seen[pair.Key.Value] {
			r.report(pair.Key.Problem(0, "the block "+pair.Key.Value+" stands twice", "remove one of them"))
		}
		seen[pair.Key.Value] = true
		e.Blocks = append(e.Blocks, r.block(pair.Key, pair.Value))
	}
	if d.Signals.Exists() {
		e.Signals = r.fields(d.Signals, "signals", signalFields())
	}
	if d.Requests.Exists() {
		e.Requests = r.fields(d.Requests, "requests", actionFields())
	}
	if d.Actions.Exists() {
		e.Actions = r.actions(d.Actions)
	}
	return e
}

func (r *reading) block(key source.Text, n source.Node) BlockExpect {
	b := BlockExpect{Block: key, Rows: -1}
	var d blockNode
	r.problems = append(r.problems, source.Decode(n, &d)...)
	b.Ordered, b.Columns = d.Ordered, d.Columns
	if d.Values.Exists() {
		if !d.Values.IsList() {
			r.report(d.Values.Problem("values must be a list of rows", "write it as [{$SrcIP: 203.0.113.7}]"))
		}
		b.Values = r.rows(d.Values)
	}
	if d.Rows == nil {
		return b
	}
	b.Rows = *d.Rows
	if b.Rows < 0 || b.Rows < len(b.Values) {
		r.report(n.Problem(fmt.Sprintf("rows: %d is fewer than the values listed", b.Rows), "leave rows out where the values are all of them"))
	}
	return b
}

// rows reads a list of rows; it is never nil.
func (r *reading) rows(n source.Node) []Row {
	rows := []Row{}
	for _, item := range n.Items() {
		if !item.IsMap() {
			r.report(item.Problem("a row must be a map of columns", "write it as {$SrcIP: 203.0.113.7}"))
			continue
		}
		var row Row
		for _, pair := range item.Pairs() {
			r.cell(&row, pair.Key.Value, pair.Key, pair.Value)
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *reading) cell(row *Row, column string, key source.Text, n source.Node) {
	if slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.Column == column }) {
		r.report(key.Problem(0, column+" stands twice", "remove one of them"))
	}
	if n.IsMap() || n.IsList() {
		r.report(n.Problem(column+" must be a text, a number or null", ""))
		return
	}
	row.Cells = append(row.Cells, Cell{column, events.JSONValue(n.JSON())})
}

// fields reads rows whose columns are known by name. A map stands for columns of
// which each name goes on behind a dot, as in target.host.
func (r *reading) fields(n source.Node, what string, known fieldSet) []Row {
	if !n.IsList() {
		r.report(n.Problem(what+" must be a list", "write it as [], or one a line, each after '- '"))
	}
	rows := []Row{}
	for _, item := range n.Items() {
		if !item.IsMap() {
			r.report(item.Problem("an item of "+what+" must be a map", "write it as {"+known.names[0]+": …}"))
			continue
		}
		var row Row
		for _, pair := range item.Pairs() {
			name := pair.Key.Value
			base, _, dotted := strings.Cut(name, ".")
			switch {
			case !slices.Contains(known.names, base) || dotted && !slices.Contains(known.maps, base):
				r.report(pair.Key.Problem(0, "unknown key "+name, source.DidYouMean(name, known.names)))
			case slices.Contains(known.maps, name) && pair.Value.IsMap():
				for _, inner := range pair.Value.Pairs() {
					r.cell(&row, name+"."+inner.Key.Value, inner.Key, inner.Value)
				}
			case slices.Contains(known.maps, name):
				r.report(pair.Value.Problem(name+" must be a map", "write it as {host: 203.0.113.7}"))
			default:
				r.cell(&row, name, pair.Key, pair.Value)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// actions reads targets by verdict; the list is never nil.
func (r *reading) actions(n source.Node) []VerdictExpect {
	if !n.IsMap() {
		r.report(n.Problem("actions must be a map of verdicts", "write it as {would_send: [203.0.113.7]}, or {} for none"))
	}
	list := []VerdictExpect{}
	for _, pair := range n.Pairs() {
		verdict := workbook.Verdict(pair.Key.Value)
		if !slices.Contains(Verdicts(), verdict) {
			var names []string
			for _, v := range Verdicts() {
				names = append(names, string(v))
			}
			r.report(pair.Key.Problem(0, "no verdict that a rehearsal gives", source.DidYouMean(pair.Key.Value, names)))
		}
		if slices.ContainsFunc(list, func(v VerdictExpect) bool { return v.Verdict == verdict }) {
			r.report(pair.Key.Problem(0, pair.Key.Value+" stands twice", "put its targets together"))
		}
		if !pair.Value.IsList() {
			r.report(pair.Value.Problem("the targets of a verdict must be a list", "write it as [203.0.113.7]"))
		}
		v := VerdictExpect{Verdict: verdict}
		for _, item := range pair.Value.Items() {
			t, ok := item.Text()
			if !ok {
				r.report(item.Problem("a target must be a text", "name an action without a target by its row, as in row 3"))
				continue
			}
			v.Targets = append(v.Targets, t.Value)
		}
		list = append(list, v)
	}
	return list
}

// Verdicts lists the verdicts that a rehearsal gives.
func Verdicts() []workbook.Verdict {
	return []workbook.Verdict{
		workbook.WouldSend, workbook.Deduplicated, workbook.NeedsApproval, workbook.RefusedProtected,
		workbook.RefusedDisabled, workbook.Invalid, workbook.Failed,
	}
}

// Find returns the position of the block that a test names by index or id.
func Find(blocks []workbook.Block, name string) (int, bool) {
	if i := slices.IndexFunc(blocks, func(b workbook.Block) bool { return b.ID != "" && b.ID == name }); i >= 0 {
		return i, true
	}
	n, err := strconv.Atoi(name)
	return n - 1, err == nil && n >= 1 && n <= len(blocks)
}

// Check reports what a test expects of blocks that the workbook does not have.
func (t *Test) Check(w *workbook.Workbook) source.Problems {
	if t.Expect == nil {
		return nil
	}
	var problems source.Problems
	seen := map[int]bool{}
	for _, b := range t.Expect.Blocks {
		i, ok := Find(w.Blocks, b.Block.Value)
		switch {
		case !ok:
			var ids []string
			for _, known := range w.Blocks {
				if known.ID != "" {
					ids = append(ids, known.ID)
				}
			}
			fix := fmt.Sprintf("name a block by its number, 1 to %d, or its id", len(w.Blocks))
			if near := source.Nearest(b.Block.Value, ids); near != "" {
				fix = "did you mean " + near + "?"
			}
			problems = append(problems, b.Block.Problem(0, "the workbook has no block "+b.Block.Value, fix))
		case seen[i]:
			problems = append(problems, b.Block.Problem(0, "the block stands twice, by its number and by its id", "remove one of them"))
		}
		seen[i] = true
	}
	return problems
}
