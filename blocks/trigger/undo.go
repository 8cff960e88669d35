package trigger

import (
	"net/http"
	"strings"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// undoNode is the inverse request as written.
type undoNode struct {
	None    source.Text  `yaml:"none" doc:"why what was sent can't be undone, in place of all else"`
	Method  string       `yaml:"method" enum:"GET,POST,PUT,PATCH,DELETE" doc:"the HTTP method, POST unless said otherwise"`
	URL     source.Text  `yaml:"url" doc:"where the inverse request goes, on the same host"`
	Headers source.Node  `yaml:"headers" doc:"a map, or JSON under |; those of the request unless said otherwise"`
	Payload source.Text  `yaml:"payload" doc:"the body, with the columns that the request has"`
	Format  string       `yaml:"format" enum:"json,xml,form,text" doc:"the payload's format where its beginning does not tell"`
	Success *successNode `yaml:"success" doc:"when the vendor took the inverse request"`
}

// An undoRule is how what was sent is taken back.
type undoRule struct {
	// form is nil where it can't be; reason says why.
	form    *form
	reason  string
	success successRule
}

const (
	noUndoWritten = "the configuration names no undo"
	noUndoReason  = "the configuration says that there is none"
)

const undoFix = "write undo: {url: …, payload: …}, or undo: {none: why it can't be}"

// compileUndo reads undo; implied is what holds where nothing is written.
func (n *Integration) compileUndo(node source.Node, implied *undoNode, s reading) (undoRule, source.Problems) {
	switch {
	case !node.Exists() && implied == nil:
		return undoRule{reason: noUndoWritten}, nil
	case !node.Exists():
		return n.compileUndoForm(*implied, s)
	}
	if text, ok := node.Text(); ok {
		if text.Value != guard.TypeNone {
			return undoRule{}, source.Problems{text.Problem(0, "undo can't be "+guard.Quote(text.Value), undoFix)}
		}
		return undoRule{reason: noUndoReason}, nil
	}
	var u undoNode
	if problems := source.Decode(node, &u); problems.Err() != nil {
		return undoRule{}, problems
	}
	switch {
	case u.None.Set() && u.URL.Set():
		return undoRule{}, source.Problems{u.None.Problem(0, "undo says both that there is none and where it goes", "remove one of them")}
	case u.None.Set() && (strings.TrimSpace(u.None.Value) == "" || !oneLine(u.None.Value)):
		return undoRule{}, source.Problems{u.None.Problem(0, "the reason must be one line with something in it", undoFix)}
	case u.None.Set():
		return undoRule{reason: u.None.Value}, nil
	case !u.URL.Set():
		return undoRule{}, source.Problems{node.Problem("undo has no url", undoFix)}
	}
	return n.compileUndoForm(u, s)
}

func (n *Integration) compileUndoForm(u undoNode, s reading) (undoRule, source.Problems) {
	w := formNode{u.Method, u.URL, u.Headers, u.Payload, u.Format, n.headers}
	if w.method == "" {
		w.method = http.MethodPost
	}
	if strings.TrimSpace(u.Payload.Value) == "" {
		w.inherited = n.form().withoutBody(true)
	}
	r, problems := w.compile(s.scanner)
	if problems.Err() != nil {
		return undoRule{}, problems
	}
	success, more := u.Success.compile(s.expressions)
	problems = append(problems, more...)
	problems = append(problems, n.sameHost(r.endpoint, u.URL, "undo")...)
	problems = append(problems, n.onlyFields(r, u.URL, "undo")...)
	problems = append(problems, n.sameTarget(r, u)...)
	return undoRule{form: &r, success: success}, problems
}

// sameTarget reports an inverse request that is aimed at something else than the
// request.
func (n *Integration) sameTarget(r form, u undoNode) source.Problems {
	at := u.URL
	if u.Payload.Set() {
		at = u.Payload
	}
	fix := "undo takes back what the request did: aim it at the same target"
	if n.target.kind == guard.TypeNone {
		return nil
	}
	said, written, problem := inferTarget(r, u.Payload)
	switch {
	case problem != nil:
		return source.Problems{*problem}
	case said.kind != "" && said.kind != n.target.kind:
		return source.Problems{at.Problem(0, "undo names a target of type "+said.kind+", and the request one of type "+n.target.kind, fix)}
	case said.kind != "" && written != n.target.written:
		return source.Problems{at.Problem(0, "undo is aimed at "+written+", and the request at "+n.target.written, fix)}
	case said.kind == "" && !holds(r, n.target.written):
		return source.Problems{at.Problem(0, "undo never holds "+n.target.written+", at which the request is aimed", fix)}
	}
	return nil
}

// holds reports whether a form is filled with a column, or has the text of a
// target that is written out.
func holds(r form, written string) bool {
	found := false
	r.templates(func(t template, _ string) {
		for _, p := range t {
			found = found || p.field == written || p.literal != "" && strings.Contains(p.literal, written)
		}
	})
	return found
}

// Undo reports whether what was sent can be taken back.
func (n *Integration) Undo() bool { return n.undo.form != nil }

// CannotUndo says in a sentence why what was sent can't be taken back, empty
// where it can.
func (n *Integration) CannotUndo() string { return n.undo.reason }

// undoRequest builds the inverse request for one row, nil where there is none.
func (n *Integration) undoRequest(f filler) (*workbook.Request, error) {
	if n.undo.form == nil {
		return nil, nil
	}
	c, err := n.undo.form.fill(f)
	if err != nil {
		return nil, err
	}
	return c.Record(), nil
}

// UndoCall builds the inverse request of an action from its values.
func (n *Integration) UndoCall(values map[string]string, secret func(name string) (string, error)) (Call, error) {
	if n.undo.form == nil {
		return Call{}, errNoUndo
	}
	return n.undo.form.fill(fillerOf(values, secret))
}

// JudgeUndo says what the answer to an inverse request means.
func (n *Integration) JudgeUndo(a delivery.Answer) delivery.Judgement {
	j := n.undo.success.judge(a)
	if j.Verdict == workbook.Sent && n.task != nil {
		j.Task = n.task.name(a)
	}
	return j
}
