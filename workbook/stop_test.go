package workbook

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// adding is a step that adds a row.
type adding struct{}

func (adding) Run(_ context.Context, in Table, _ *Env) (Output, error) {
	in.Rows = append(in.Rows[:len(in.Rows):len(in.Rows)], Row{Values: []Value{int64(len(in.Rows))}})
	return Output{Table: in, Actions: []Action{{Target: "203.0.113.7", Verdict: WouldSend}}}, nil
}

// keeping is a recorder that keeps what it is given.
type keeping struct {
	blocks []BlockResult
	end    Result
}

func (k *keeping) Begin(context.Context, Info) (int64, error) { return 7, nil }

func (k *keeping) Block(_ context.Context, _ int64, done BlockResult) error {
	k.blocks = append(k.blocks, done)
	return nil
}

func (k *keeping) End(_ context.Context, r Result) (Head, error) {
	k.end = r
	return Head{}, nil
}

func threeBlocks() *Program {
	w := &Workbook{Name: "W"}
	for i := range 3 {
		w.Blocks = append(w.Blocks, Block{Index: i + 1, Kind: Kind{Name: "sql"}})
	}
	return &Program{Workbook: w, steps: []Step{adding{}, adding{}, adding{}}}
}

func TestBlocksAreSkippedAndGuessed(t *testing.T) {
	k := &keeping{}
	var came []int
	before := func(_ context.Context, b Block, in Table, env *Env) (Stop, error) {
		came = append(came, len(in.Rows))
		if env.Run != 7 || env.Block != b.Index {
			t.Errorf("block %d of run %d", env.Block, env.Run)
		}
		rows := Guess{Who: "Anna", Of: GuessRows, Said: "2"}
		return Stop{Skip: b.Index == 2, By: "Ben", Guesses: []Guess{rows}}, nil
	}
	result, err := threeBlocks().Run(t.Context(), Options{Recorder: k, MaxRows: 10, Before: before})
	if err != nil || result.Status != Completed {
		t.Fatal(result.Status, err)
	}
	if diff := cmp.Diff([]int{0, 1, 1}, came); diff != "" {
		t.Error(diff)
	}
	var right []bool
	for _, done := range k.blocks {
		right = append(right, done.Guesses[0].Right)
	}
	if diff := cmp.Diff([]bool{false, false, true}, right); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"left out by Ben: the rows that came in pass on"}, k.blocks[1].Output.Warnings); diff != "" || len(k.blocks[1].Output.Actions) > 0 {
		t.Error(diff)
	}
}

func TestARunIsLeft(t *testing.T) {
	k := &keeping{}
	why := errors.New("lunch")
	before := func(_ context.Context, b Block, _ Table, _ *Env) (Stop, error) {
		if b.Index == 2 {
			return Stop{}, errors.Join(ErrLeft, why)
		}
		return Stop{}, nil
	}
	result, err := threeBlocks().Run(t.Context(), Options{Recorder: k, MaxRows: 10, Before: before})
	if !errors.Is(err, why) || result.Status != Interrupted || k.end.Status != Interrupted || len(k.blocks) != 1 || len(k.end.Warnings) != 1 {
		t.Errorf("%v, %s, %d blocks, %q", err, k.end.Status, len(k.blocks), k.end.Warnings)
	}
}

func TestGuessesOfTargets(t *testing.T) {
	done := BlockResult{Output: Output{Actions: []Action{
		{Target: "203.0.113.7", Canonical: "203.0.113.7", Verdict: WouldSend},
		{Target: "203.0.113.7", Canonical: "203.0.113.7", Verdict: Deduplicated},
		{Target: "http://A/x?ids=1,2", Canonical: "http://a/x?ids=1,2", Verdict: WouldSend},
		{Target: "10.0.0.1", Canonical: "10.0.0.1", Verdict: RefusedProtected},
	}}}
	for said, right := range map[string]bool{
		"203.0.113.7, http://A/x?ids=1,2":            true,
		"http://a/x?ids=1,2 203.0.113.7 203.0.113.7": true,
		"203.0.113.7": false,
		"203.0.113.7 10.0.0.1 http://A/x?ids=1,2": false,
		"203.0.113.7 10.0.0.1":                    false,
		"none":                                    false,
		"":                                        false,
	} {
		one := done
		one.settle([]Guess{{Of: GuessTargets, Said: said}})
		if g := one.Guesses[0]; g.Right != right || g.Came != "203.0.113.7, http://a/x?ids=1,2" {
			t.Errorf("%q: %+v", said, g)
		}
	}
	nothing := BlockResult{}
	nothing.settle([]Guess{{Of: GuessTargets, Said: "nobody"}, {Of: GuessTargets, Said: "none"}})
	if !nothing.Guesses[0].Right || !nothing.Guesses[1].Right || nothing.Guesses[0].Came != "none" {
		t.Errorf("%+v", nothing.Guesses)
	}
	failed := BlockResult{Failed: errors.New("no")}
	failed.settle([]Guess{{Of: GuessRows, Said: "0"}})
	if failed.Guesses[0].Right {
		t.Errorf("%+v", failed.Guesses)
	}
}
