package blocks

import (
	"context"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// CallBeside is what may stand beside call and return.
type CallBeside struct {
	Set map[string]source.Text `yaml:"set" doc:"values of the called workbook's parameters; {Name} in them is a parameter of this one"`
}

// Call is the kind of block that runs another workbook on the rows. The rows pass
// through; nothing comes back.
func Call() workbook.Kind {
	return workbook.Kind{
		Name:    "call",
		Doc:     "another workbook, run on the rows; they pass through, nothing comes back. Its path is seen from this file",
		Config:  source.Text{},
		Beside:  CallBeside{},
		Silent:  true,
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step { return prepareCall(b, p, false) },
	}
}

// Return is the kind of block that runs another workbook on the rows and goes on
// with those of its last block.
func Return() workbook.Kind {
	return workbook.Kind{
		Name:    "return",
		Doc:     "another workbook, run on the rows; the rows of its last block come back. Its path is seen from this file",
		Config:  source.Text{},
		Beside:  CallBeside{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step { return prepareCall(b, p, true) },
	}
}

func prepareCall(b workbook.Block, p *workbook.Preparation, returns bool) workbook.Step {
	to, ok := b.Body.Text()
	if !ok {
		p.Report(b.Body.Problem(b.Kind.Name+" holds the path of a workbook", "as in "+b.Kind.Name+": called/notify.yaml"))
		return nil
	}
	var set source.Node
	for i, pair := range b.Beside {
		if i > 0 {
			p.Report(pair.Key.Problem(0, pair.Key.Value+" stands twice", "remove one of them"))
			return nil
		}
		set = pair.Value
	}
	called := p.Call(to, set, returns)
	if called == nil {
		return nil
	}
	return &callStep{called}
}

// callStep runs another workbook.
type callStep struct{ called *workbook.Called }

// Calls is the workbook that the step runs.
func (s *callStep) Calls() *workbook.Called { return s.called }

func (s *callStep) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	run, table, err := env.Call(ctx, s.called, in)
	return workbook.Output{Table: table, Called: run}, err
}
