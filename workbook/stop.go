package workbook

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ErrLeft is the error of a run that somebody left before its end: its status is
// Interrupted.
var ErrLeft = errors.New("the run was left")

// A Stop is what becomes of a block that a run stopped before.
type Stop struct {
	// Skip leaves the block out: the rows that come in pass on. By is who had it
	// left out.
	Skip bool
	By   string
	// Guesses are what people think will come of the block.
	Guesses []Guess
}

// What a guess is of.
const (
	GuessRows    = "rows"    // how many rows come out
	GuessTargets = "targets" // which targets a request would be sent for
)

// A Guess is what somebody said would come of a block before it ran, and what
// came.
type Guess struct {
	Who string `json:"who"`
	// Of is GuessRows or GuessTargets. Said and Came are a number, or targets set
	// apart by blanks, none for no one.
	Of    string `json:"of"`
	Said  string `json:"said"`
	Came  string `json:"came"`
	Right bool   `json:"right"`
}

// noTargets is how a guess of nobody is written.
const noTargets = "none"

// Targets splits the targets of a guess at blanks, with a comma before them or
// without; each counts once.
func (g Guess) Targets() []string {
	list := strings.Fields(g.Said)
	for i := range list {
		list[i] = strings.TrimSuffix(list[i], ",")
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) == 1 && (list[0] == noTargets || list[0] == "nobody") {
		return nil
	}
	return list
}

// settle tells whether guesses were right of a block that has run.
func (done *BlockResult) settle(guesses []Guess) {
	for _, g := range guesses {
		switch {
		case done.Failed != nil:
			g.Came = "the block failed"
		case g.Of == GuessTargets:
			actions := done.Output.Actions
			if called := done.Output.Called; called != nil {
				actions = called.Actions
			}
			g.settleTargets(actions)
		default:
			g.Came = strconv.Itoa(len(done.Output.Table.Rows))
			g.Right = g.Said == g.Came
		}
		done.Guesses = append(done.Guesses, g)
	}
}

// settleTargets compares with the targets that a request would be sent for, each
// as its row has it or as it was judged.
func (g *Guess) settleTargets(actions []Action) {
	var came, known []string
	for _, a := range actions {
		if a.Verdict != WouldSend && a.Verdict != Sent {
			continue
		}
		label := a.Canonical
		if label == "" {
			label = a.Target
		}
		if !slices.Contains(came, label) {
			came = append(came, label)
		}
		known = append(known, a.Target)
	}
	said := g.Targets()
	g.Right = len(said) == len(came)
	for _, target := range said {
		g.Right = g.Right && (slices.Contains(came, target) || slices.Contains(known, target))
	}
	g.Came = noTargets
	if len(came) > 0 {
		g.Came = strings.Join(came, ", ")
	}
}

// stop asks what is to become of a block.
func (o Options) stop(ctx context.Context, b Block, in Table, env *Env) (Stop, error) {
	if o.Before == nil {
		return Stop{}, nil
	}
	return o.Before(ctx, b, in, env)
}

// skipped is a block that was left out.
func skipped(b Block, in Table, by string) BlockResult {
	warning := "left out"
	if by != "" {
		warning += " by " + by
	}
	return BlockResult{Block: b, RowsIn: len(in.Rows), Skipped: true, Output: Output{Table: in, Warnings: []string{warning + ": the rows that came in pass on"}}}
}
