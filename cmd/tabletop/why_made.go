package main

import (
	"context"
	"slices"

	"tabletop/audit"
	"tabletop/blocks/code"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
)

// A making is a statement that gave a column of a step its value.
type making struct {
	code.Making
	// Value is that of the column behind the block, where the row has it.
	Value workbook.Value
	// From are the values that came into the block of the columns that it reads;
	// one that the block itself made first is not among them.
	From []columnValue
}

type columnValue struct {
	Column string         `json:"column"`
	Value  workbook.Value `json:"value"`
}

// trace finds the columns that an action, a signal or a row is about, and the
// statements behind them, step by step.
func (a *answer) trace(ctx context.Context, reader *audit.Reader) error {
	steps := a.chain.Steps
	a.made = make([][]making, len(steps))
	if len(steps) == 0 {
		return nil
	}
	wanted, err := a.about(ctx, reader, steps[0])
	if err != nil {
		return err
	}
	for i, s := range steps {
		if s.Block.Kind != "code" || s.Passed {
			continue
		}
		var before audit.Step
		if i+1 < len(steps) {
			before = steps[i+1]
		}
		var back []string
		for _, column := range wanted {
			made, from, ok := code.Makings(s.Block.Text, column)
			if !ok {
				from = []string{column}
			}
			for _, m := range made {
				a.made[i] = appendMaking(a.made[i], m, s, before)
			}
			for _, name := range from {
				if !slices.Contains(back, name) {
					back = append(back, name)
				}
			}
		}
		wanted = back
	}
	return nil
}

// appendMaking adds a making with its values, once.
func appendMaking(list []making, m code.Making, s, before audit.Step) []making {
	if slices.ContainsFunc(list, func(known making) bool { return known.Line == m.Line }) {
		return list
	}
	one := making{Making: m}
	one.Value, _ = valueOf(s, m.Column)
	for _, name := range m.Reads {
		if v, ok := valueOf(before, name); ok {
			one.From = append(one.From, columnValue{name, v})
		}
	}
	return append(list, one)
}

// valueOf is the value of a column of a step's row.
func valueOf(s audit.Step, column string) (workbook.Value, bool) {
	i := workbook.ColumnIndex(s.Block.Columns, column)
	if i < 0 || i >= len(s.Values) {
		return nil, false
	}
	return s.Values[i], true
}

// about lists the columns that are followed: those that hold the target of an
// action or of a signal, else all of the row.
func (a *answer) about(ctx context.Context, reader *audit.Reader, s audit.Step) ([]string, error) {
	var values []string
	switch c := a.chain; {
	case c.Action != nil:
		column, err := a.targetColumn(ctx, reader)
		if err != nil {
			return nil, err
		}
		if v, ok := valueOf(s, column); ok && workbook.Text(v) == c.Action.Target {
			a.target = []string{column}
			return a.target, nil
		}
		values = []string{c.Action.Target}
	case c.Signal != nil:
		for _, fields := range []map[string]string{c.Signal.Target, c.Signal.Suspect} {
			for _, value := range fields {
				values = append(values, value)
			}
		}
	default:
		return s.Block.Columns, nil
	}
	// Which columns it was is not recorded then, but which have the value.
	for i, v := range s.Values {
		if v != nil && i < len(s.Block.Columns) && slices.Contains(values, workbook.Text(v)) {
			a.target = append(a.target, s.Block.Columns[i])
		}
	}
	return a.target, nil
}

// targetColumn is the column that the configuration of an action aims at, by the
// integrations as the run recorded them; empty where it names none.
func (a *answer) targetColumn(ctx context.Context, reader *audit.Reader) (string, error) {
	run := a.chain.Run
	if a.chain.Source != nil {
		run = *a.chain.Source
	}
	if run.Integrations == nil {
		return "", nil
	}
	text, err := reader.Content(ctx, run.Integrations.Digest)
	if err != nil {
		return "", err
	}
	integrations, err := trigger.Recorded(workbook.Document{Path: run.Integrations.Path, Text: text})
	if err != nil { // another version of the program may have taken it
		return "", nil //nolint:nilerr // then the columns with the target's value tell
	}
	n, _ := integrations.Find(a.chain.Action.Integration)
	if n == nil {
		return "", nil
	}
	return n.Target(), nil
}
