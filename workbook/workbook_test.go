package workbook

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook/source"
)

// stepFunc is a step that is a function.
type stepFunc func(ctx context.Context, in Table, env *Env) (Output, error)

func (f stepFunc) Run(ctx context.Context, in Table, env *Env) (Output, error) {
	return f(ctx, in, env)
}

// kind is a kind of block whose steps do as its text says.
func kind(name string, do stepFunc) Kind {
	return Kind{Name: name, Config: source.Text{}, Prepare: func(b Block, p *Preparation) Step {
		text, _ := b.Body.Text()
		if p.Expand(text) == "wrong" {
			p.Report(text.Problem(0, "this is wrong", ""))
		}
		return do
	}}
}

func readWorkbook(t *testing.T, text string, kinds ...Kind) (*Workbook, source.Problems) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w, problems, err := ReadFile(path, kinds)
	if err != nil {
		t.Fatal(err)
	}
	return w, problems
}

// tape is a recorder that keeps what it is told in order.
type tape struct {
	told []string
	fail string
}

func (r *tape) tell(what string) error {
	r.told = append(r.told, what)
	if what == r.fail {
		return errors.New("the tape is torn")
	}
	return nil
}
func (r *tape) Begin(context.Context, Info) (int64, error) { return 7, r.tell("begin") }

func (r *tape) Block(ctx context.Context, _ int64, done BlockResult) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.tell("block " + done.Block.Kind.Name)
}

func (r *tape) End(ctx context.Context, result Result) (Head, error) {
	if ctx.Err() != nil {
		return Head{}, ctx.Err()
	}
	return Head{Sequence: int64(len(r.told))}, r.tell("end " + result.Status)
}

func rows(n int) stepFunc {
	return func(context.Context, Table, *Env) (Output, error) {
		return Output{Table: Table{Columns: []string{"$A"}, Rows: make([]Row, n)}}, nil
	}
}

func TestRunRecordsEveryBlock(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	broken := func(context.Context, Table, *Env) (Output, error) { return Output{}, errors.New("broken") }
	stop := func(context.Context, Table, *Env) (Output, error) {
		cancel()
		return Output{}, ctx.Err()
	}
	const text = "workbook: W\nblocks:\n  - one: x\n  - two: x\n  - three: x\n"
	tests := []struct {
		name     string
		ctx      context.Context
		two      stepFunc
		maxRows  int
		fail     string
		want     []string
		wantErr  string
		finished string
	}{
		{"all", context.Background(), rows(2), 10, "", []string{"begin", "block one", "block two", "block three", "end completed"}, "", Completed},
		{"a block fails", context.Background(), broken, 10, "", []string{"begin", "block one", "block two", "end failed"}, "block 2 (two): broken", Broken},
		{"too many rows", context.Background(), rows(11), 10, "", []string{"begin", "block one", "block two", "end failed"}, "block 2 (two): more than 10 rows", Broken},
		{"no audit, no action", context.Background(), rows(2), 10, "block one", []string{"begin", "block one", "end failed"}, "record block 1: the tape is torn", Broken},
		{"cancelled, and recorded all the same", ctx, stop, 10, "", []string{"begin", "block one", "block two", "end interrupted"}, "block 2 (two): context canceled", Interrupted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, problems := readWorkbook(t, text, kind("one", rows(1)), kind("two", test.two), kind("three", rows(0)))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			program, problems := Prepare(w, nil)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			r := &tape{fail: test.fail}
			result, err := program.Run(test.ctx, Options{Info: Info{Workbook: w}, MaxRows: test.maxRows, Recorder: r})
			if diff := cmp.Diff(test.want, r.told); diff != "" {
				t.Error(diff)
			}
			if result.Status != test.finished || result.Run != 7 {
				t.Error(result.Status, result.Run)
			}
			if test.wantErr == "" && err != nil || test.wantErr != "" && (err == nil || !strings.HasPrefix(err.Error(), test.wantErr)) {
				t.Errorf("got %v, want %s", err, test.wantErr)
			}
		})
	}
	w, _ := readWorkbook(t, text, kind("one", rows(1)), kind("two", rows(1)), kind("three", rows(1)))
	program, _ := Prepare(w, nil)
	if _, err := program.Run(context.Background(), Options{}); err == nil {
		t.Error("a run without a recorder went through")
	}
}

func TestParseAndPrepareMistakes(t *testing.T) {
	tests := []struct{ text, want string }{
		{"workbook: W\nblocks:\n  - one: x\n    two: y\n", ":4:5: a second kind, two, in a block that is one already"},
		{"workbook: W\nblocks:\n  - id: x\n", ":3:5: a block without a kind"},
		{"workbook: W\nblocks:\n  - one\n", ":3:5: a block must be a map of its kind"},
		{"workbook: W\nblocks: []\n", ":2:9: no blocks"},
		{"workbook: W\nblocks: x\n", ":2:9: blocks must be a list"},
		{"workbook: ''\nblocks: [{one: x}]\n", ":1:12: the workbook has no name"},
		{"workbook: W\nblocks:\n  - {one: x, id: a}\n  - {one: x, id: a}\n", ":4:18: the id a stands twice"},
		{"workbook: W\nblocks:\n  - {one: x, nte: a}\n", ":3:14: unknown key nte beside one"},
		{"workbook: W\nblocks:\n  - one: wrong\n  - one: wrong\n", ":3:10: this is wrong"},
		{"workbook: W\nparameters: {P: {}}\nblocks: [{one: x}]\n", ":2:14: the parameter P has no value"},
		{"workbook: W\nblocks: [{one: '{Q}'}]\n", ":2:17: unknown parameter {Q}"},
		{"workbook: W\nblocks:\n" + strings.Repeat("  - one: x\n", MaxBlocks+1), ":203:5: more than 200 blocks"},
	}
	for _, test := range tests {
		w, problems := readWorkbook(t, test.text, kind("one", rows(1)), kind("two", rows(1)))
		_, more := Prepare(w, nil)
		problems = append(problems, more...)
		if len(problems) == 0 || !strings.Contains(problems[0].String(), test.want) {
			t.Errorf("%q\n got %v\nwant %s", test.text, problems, test.want)
		}
	}
}

func TestParameters(t *testing.T) {
	var seen string
	k := Kind{Name: "one", Prepare: func(b Block, p *Preparation) Step {
		text, _ := b.Body.Text()
		seen = p.Expand(text)
		return rows(0)
	}}
	w, _ := readWorkbook(t, "workbook: W\nparameters: {P: {default: a}, Q: {description: x}}\nblocks: [{one: '{P}-{Q}-{3}-{}'}]\n", k)
	program, problems := Prepare(w, map[string]string{"Q": "b"})
	if len(problems) > 0 || seen != "a-b-{3}-{}" || program.Parameters["P"] != "a" {
		t.Error(problems, seen)
	}
	if _, problems := Prepare(w, map[string]string{"Q": "b", "R": "c"}); problems.Err() == nil || !strings.Contains(problems.Error(), "no parameter R") {
		t.Error(problems)
	}
}

func TestCoalesce(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	signal := func(name string, after time.Duration, row int) Signal {
		return Signal{Name: name, Block: 2, Row: row, Rows: []int{row}, Occurrences: 1, FirstSeen: at.Add(after), LastSeen: at.Add(after)}
	}
	var got []string
	signals := Coalesce(nil, []Signal{signal("a", 0, 1), signal("b", 0, 2), signal("a", 2*time.Hour, 3)})
	signals = Coalesce(signals, []Signal{signal("a", 5*time.Hour, 4), signal("a", 8*time.Hour+time.Second, 5)})
	for _, s := range signals {
		got = append(got, s.Name+" "+Text(int64(s.Occurrences))+" "+s.LastSeen.Sub(s.FirstSeen).String())
	}
	// The window rolls: five hours after the first is three after the last.
	if diff := cmp.Diff([]string{"a 3 5h0m0s", "b 1 0s", "a 1 0s"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestCoalesceKeepsWorkbooksApart: a signal of another workbook, or of another
// run, is none of one's own.
func TestCoalesceKeepsWorkbooksApart(t *testing.T) {
	of := func(run int64, workbook string) Signal {
		return Signal{Name: "a", Run: run, RaisedBy: workbook, Occurrences: 1}
	}
	got := Coalesce([]Signal{of(1, "Doors")}, []Signal{of(1, ""), of(2, "Doors"), of(1, "Doors")})
	if len(got) != 3 || got[0].Occurrences != 2 {
		t.Errorf("%+v", got)
	}
}

func TestNumber(t *testing.T) {
	tests := []struct{ in, want Value }{
		{"3389", int64(3389)},
		{"+7", int64(7)},
		{"-7", int64(-7)},
		{"007", int64(7)},
		{"1.50", 1.5},
		{"1e3", 1000.0},
		{"1E-1", 0.1},
		{"9223372036854775807", int64(9223372036854775807)},
		{"9223372036854775808", 9223372036854775808.0},
		{"", nil},
		{" 1", nil},
		{"1 ", nil},
		{"1.", nil},
		{".5", nil},
		{"0x1", nil},
		{"1e", nil},
		{"NaN", nil},
		{"Inf", nil},
		{"1_000", nil},
		{"1e999", nil},
		{nil, nil},
		{int64(1), int64(1)},
		{1.5, 1.5},
	}
	for _, test := range tests {
		if got := Number(test.in); got != test.want {
			t.Errorf("%q: got %v, want %v", test.in, got, test.want)
		}
	}
}
