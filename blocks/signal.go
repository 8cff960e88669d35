package blocks

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// SignalConfig is what stands behind the key signal.
type SignalConfig struct {
	Name         source.Text            `yaml:"name,required" doc:"the signal's name; _$Column_ stands for a value of the row"`
	Tactic       source.Text            `yaml:"tactic" doc:"the MITRE ATT&CK tactic"`
	Technique    source.Text            `yaml:"technique" doc:"the MITRE ATT&CK technique"`
	Subtechnique source.Text            `yaml:"subtechnique" doc:"the MITRE ATT&CK sub-technique"`
	Confidence   source.Text            `yaml:"confidence" enum:"High,Medium,Low" doc:"how sure the detection is"`
	Score        source.Text            `yaml:"score" doc:"1 to 10: 1–3 Low, 4–6 Medium, 7–8 High, 9–10 Critical"`
	Target       map[string]source.Text `yaml:"target" doc:"what was attacked: host, user, resource or port, each a column"`
	Suspect      map[string]source.Text `yaml:"suspect" doc:"what attacked: host, user, object, process, hash, url or action, each a column"`
	Tags         []source.Text          `yaml:"tags" doc:"words to find the signal by"`
	Knowledge    source.Text            `yaml:"knowledge" doc:"Markdown for the analyst who gets the signal"`
}

var (
	targetKeys  = []string{"host", "user", "resource", "port"}
	suspectKeys = []string{"host", "user", "object", "process", "hash", "url", "action"}
)

// standardScore is the score of a signal that names none.
const standardScore = 5

// Signal is the kind of block that raises one signal a row and passes the rows
// on.
func Signal() workbook.Kind {
	return workbook.Kind{
		Name:    "signal",
		Doc:     "raises one signal a row; the rows pass through",
		Config:  SignalConfig{},
		Passes:  true,
		Prepare: prepareSignal,
	}
}

func prepareSignal(b workbook.Block, p *workbook.Preparation) workbook.Step {
	var c SignalConfig
	p.ReportAll(source.Decode(b.Body, &c))
	s := &signalStep{score: standardScore, config: c, body: b.Body.Spot()}
	if !b.Body.IsMap() { // it is a signal all the same, for the checks behind it
		return s
	}
	if p.First {
		p.Report(b.Body.Problem("a signal needs rows, and no block before it gives any", "put a block such as sql, search or dql before it"))
	}
	if c.Score.Set() {
		score, err := strconv.Atoi(p.Expand(c.Score))
		if s.scored = err == nil && score >= 1 && score <= 10; s.scored {
			s.score = score
		} else {
			p.Report(c.Score.Problem(0, fmt.Sprintf("score must be a whole number from 1 to 10, not %q", c.Score.Value), "1 to 3 are Low, 4 to 6 Medium, 7 and 8 High, 9 and 10 Critical"))
		}
	}
	told := slices.ContainsFunc(b.Body.Pairs(), namesOne) && c.Target == nil && c.Suspect == nil // that they are no maps
	if len(c.Target)+len(c.Suspect) == 0 && !told {
		p.Report(b.Body.Problem("a signal needs a target or a suspect", "as in target: {host: $DstIP}"))
	}
	s.target = columnsOf("target", c.Target, targetKeys, p)
	s.suspect = columnsOf("suspect", c.Suspect, suspectKeys, p)
	s.name = p.Expand(c.Name)
	if p.In.Known {
		_, unknown := split(c.Name.Value, p.In.Names)
		for _, at := range unknown {
			word := wordAt(c.Name.Value, at+1)
			p.Report(c.Name.Problem(at, "no column for _"+word, source.DidYouMean(strings.TrimRight(word, "_"), p.In.Names)).Coded(findings.UnknownColumn))
		}
	}
	s.fields = workbook.Signal{
		Tactic: p.Expand(c.Tactic), Technique: p.Expand(c.Technique), Subtechnique: p.Expand(c.Subtechnique),
		Knowledge: c.Knowledge.Value, Confidence: c.Confidence.Value, Score: s.score, Severity: workbook.Severity(s.score),
	}
	for _, tag := range c.Tags {
		s.fields.Tags = append(s.fields.Tags, p.Expand(tag))
	}
	return s
}

// namesOne reports whether a key of a signal says what it is about.
func namesOne(p source.Pair) bool { return p.Key.Value == "target" || p.Key.Value == "suspect" }

// wordAt is the word of a name that begins at an offset.
func wordAt(name string, at int) string {
	word, _, _ := strings.Cut(name[at:], " ")
	return word
}

// columnsOf checks a target or a suspect: its keys and the columns behind them.
func columnsOf(what string, written map[string]source.Text, keys []string, p *workbook.Preparation) map[string]string {
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(written)) {
		t := written[key]
		if !slices.Contains(keys, key) {
			p.Report(t.Problem(0, what+" knows no "+key, source.DidYouMean(key, keys)))
			continue
		}
		if !strings.HasPrefix(t.Value, "$") {
			p.Report(t.Problem(0, fmt.Sprintf("%s of the %s must be a column", key, what), "write $"+t.Value))
			continue
		}
		if p.In.Known && workbook.ColumnIndex(p.In.Names, t.Value) < 0 {
			p.Report(t.Problem(0, "unknown column "+t.Value, source.DidYouMean(t.Value, p.In.Names)).Coded(findings.UnknownColumn).InCase(t.Value, p.In.Names))
		}
		out[key] = t.Value
	}
	return out
}

// signalStep raises signals.
type signalStep struct {
	name            string
	fields          workbook.Signal
	target, suspect map[string]string
	score           int
	// scored says that the score is written, and one that there is.
	scored bool
	// config and body are how and where it is written.
	config SignalConfig
	body   source.Spot
}

// Run raises one signal a row and returns the rows as they came. A signal of a
// row without any value for target and suspect is raised all the same.
func (s *signalStep) Run(_ context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	out := workbook.Output{Table: numbered(in)}
	if missing := s.missing(in.Columns); len(missing) > 0 && len(in.Rows) > 0 {
		out.Warnings = append(out.Warnings, "no column "+strings.Join(missing, ", ")+" in the rows: the signals lack it")
	}
	pieces, unknown := split(s.name, in.Columns)
	if len(unknown) > 0 && len(in.Rows) > 0 {
		out.Warnings = append(out.Warnings, "no column for _"+wordAt(s.name, unknown[0]+1)+": it stays in the signals' name as written")
	}
	for i, row := range in.Rows {
		signal := s.fields
		signal.Name = signalName(pieces, row)
		signal.Target = pick(s.target, in, row)
		signal.Suspect = pick(s.suspect, in, row)
		signal.Block, signal.Row, signal.Rows = env.Block, i+1, []int{i + 1}
		signal.Occurrences, signal.FirstSeen, signal.LastSeen = 1, env.Now, env.Now
		out.Signals = append(out.Signals, signal)
	}
	return out, nil
}

// missing lists the columns that the signal needs and the rows lack.
func (s *signalStep) missing(columns []string) []string {
	var out []string
	for _, fields := range []map[string]string{s.target, s.suspect} {
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			if workbook.ColumnIndex(columns, fields[key]) < 0 {
				out = append(out, fields[key])
			}
		}
	}
	return out
}

func pick(fields map[string]string, in workbook.Table, row workbook.Row) map[string]string {
	out := map[string]string{}
	for key, column := range fields {
		if i := in.Index(column); i >= 0 && row.Values[i] != nil {
			out[key] = workbook.Text(row.Values[i])
		}
	}
	return out
}

// embedded are the places in a signal's name where a column may stand.
var embedded = regexp.MustCompile(`_\$[A-Za-z]`)

// A piece of a signal's name is a text, or a column whose value stands there.
type piece struct {
	text   string
	column int
}

// split cuts a signal's name into pieces by the columns of the rows: _$Name_ is
// the longest column that is followed by an underscore, and both underscores go.
// It returns the offsets at which no column fits.
func split(name string, columns []string) (pieces []piece, unknown []int) {
	from := 0
	for from < len(name) {
		m := embedded.FindStringIndex(name[from:])
		if m == nil {
			break
		}
		at := from + m[0]
		column, length := longest(name[at+1:], columns)
		if column < 0 {
			unknown = append(unknown, at)
			pieces = append(pieces, piece{name[from : at+2], -1})
			from = at + 2
			continue
		}
		pieces = append(pieces, piece{name[from:at], -1}, piece{column: column})
		from = at + 1 + length + 1
	}
	return append(pieces, piece{name[from:], -1}), unknown
}

// longest finds the longest column that text begins with and an underscore
// follows, and the length of its name as written; -1 for none.
func longest(text string, columns []string) (column, length int) {
	column = -1
	for i, c := range columns {
		written := "$" + strings.TrimPrefix(c, "$")
		if len(written) > length && strings.HasPrefix(text, written+"_") {
			column, length = i, len(written)
		}
	}
	return column, length
}

// signalName puts a row's values into the pieces of the name.
func signalName(pieces []piece, row workbook.Row) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.column >= 0 {
			b.WriteString(workbook.Text(row.Values[p.column]))
			continue
		}
		b.WriteString(p.text)
	}
	return b.String()
}
