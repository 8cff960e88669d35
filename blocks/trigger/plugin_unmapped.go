package trigger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// ReasonUnmapped is why an action of a plugin can't be sent: no configuration
// says what its request is.
const ReasonUnmapped = "no configuration stands for the plugin: recorded, and never sent"

// unmapped is a call of a plugin for which no configuration stands. Its actions
// are recorded without a request.
type unmapped struct {
	call PluginCall
	spot source.Spot
}

// Run records one action of each row. What DNIF's plugin adds to the rows is not
// published; they come out as they went in.
func (u unmapped) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	f := filler{columns: map[string]int{}}
	for _, column := range u.call.columns() {
		f.columns[column] = in.Index(column)
	}
	out := workbook.Output{Table: workbook.Table{Columns: in.Columns}}
	done := map[string]int{}
	for _, a := range env.Actions {
		if a.Verdict == workbook.WouldSend && a.Key != "" {
			done[a.Key] = a.Number
		}
	}
	for i, row := range in.Rows {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		f.values = row.Values
		a := u.act(f)
		a.Number, a.Row = len(env.Actions)+i+1, i+1
		if first, ok := done[a.Key]; ok && a.Verdict == workbook.WouldSend {
			a.Verdict, a.SameAs, a.Reason = workbook.Deduplicated, first, fmt.Sprintf("the same call as action %d", first)
		} else if a.Verdict == workbook.WouldSend {
			done[a.Key] = a.Number
		}
		out.Actions = append(out.Actions, a)
		row.From = i + 1
		out.Table.Rows = append(out.Table.Rows, row)
	}
	if len(in.Rows) > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("no configuration of integrations.yaml stands for _trigger api %s %s: its actions are recorded, and can't be sent", u.call.Plugin, u.call.Function))
	}
	return out, nil
}

// act makes the action of one row.
func (u unmapped) act(f filler) workbook.Action {
	a := workbook.Action{
		Integration: u.call.Configuration, Type: guard.TypeNone, DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend, Reason: ReasonUnmapped,
	}
	if a.Integration == "" {
		a.Integration = u.call.Plugin + " " + u.call.Function
	}
	var texts []string
	var failed []error
	for _, column := range u.call.columns() {
		text, err := f.text(column)
		if err != nil {
			failed = append(failed, err)
		}
		texts = append(texts, text)
	}
	if err := errors.Join(failed...); err != nil {
		a.DNIF, a.Verdict = workbook.DNIFUnpublished, workbook.Invalid
		a.Reason = "the call can't be filled: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return a
	}
	a.Target = strings.Join(texts, ", ")
	a.Key = u.key(texts)
	return a
}

// key is equal for two calls exactly when the second repeats the first.
func (u unmapped) key(parameters []string) string {
	digest := sha256.New()
	for _, p := range append([]string{"plugin", u.call.Plugin, u.call.Function, u.call.Configuration}, parameters...) {
		fmt.Fprintf(digest, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(digest.Sum(nil))
}
