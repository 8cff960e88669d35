package audit

import "tabletop/workbook"

// intentBody is an action whose request is about to leave. The mode of its run
// stands first: the index bodies_sent holds the bodies that begin with apply.
type intentBody struct {
	Mode text `json:"mode"`
	actionBody
	Undo   *requestBody `json:"undo,omitempty"`
	Values textMap      `json:"values,omitempty"`
}

// outcomeBody is what is known of an intent. By is the run that found it out, 0
// for the intent's own; Mode is that of the intent's run.
type outcomeBody struct {
	Verdict  text          `json:"verdict"`
	Reason   text          `json:"reason"`
	Response *responseBody `json:"response,omitempty"`
	Attempts int           `json:"attempts"`
	Task     text          `json:"task"`
	By       int64         `json:"by"`
	Mode     text          `json:"mode"`
}

// planBody describes a plan, whose text stands in contents.
type planBody struct {
	File         text    `json:"file"`
	Expires      instant `json:"expires"`
	Actions      int     `json:"actions"`
	NeedApproval int     `json:"need_approval"`
}

type approvalBody struct {
	Name      text    `json:"name"`
	Key       text    `json:"key"`
	Reason    text    `json:"reason"`
	Actions   []int   `json:"actions"`
	Statement text    `json:"statement"`
	Signature text    `json:"signature"`
	Time      instant `json:"time"`
}

type validationBody struct {
	Name     text `json:"name"`
	Digest   text `json:"digest"`
	Status   text `json:"status"`
	Detail   text `json:"detail"`
	Endpoint text `json:"endpoint"`
	User     text `json:"user"`
	Host     text `json:"host"`
}

type enablingBody struct {
	Name     text `json:"name"`
	Digest   text `json:"digest"`
	Enabled  bool `json:"enabled"`
	Endpoint text `json:"endpoint"`
	User     text `json:"user"`
	Host     text `json:"host"`
}

func newIntent(mode string, a workbook.Action) intentBody {
	body := intentBody{Mode: text(mode), actionBody: newAction(a), Undo: newRequest(a.Undo), Values: a.Values}
	body.Verdict = text(workbook.Unknown)
	return body
}

func (b intentBody) action(e entry) workbook.Action {
	a := b.actionBody.action(e)
	a.Undo, a.Values = b.Undo.request(), b.Values
	return a
}

// newOutcome is the body of an outcome, with what the one before it tells and
// this one does not.
func newOutcome(o Outcome, before outcomeBody) outcomeBody {
	body := outcomeBody{
		Verdict: text(o.Verdict), Reason: text(o.Reason), Response: newResponse(o.Response),
		Attempts: o.Attempts, Task: text(o.Task),
	}
	if body.Response == nil {
		body.Response = before.Response
	}
	if body.Attempts == 0 {
		body.Attempts = before.Attempts
	}
	if body.Task == "" {
		body.Task = before.Task
	}
	return body
}

// settle brings an action to the state that its last outcome tells; reason is
// that of its intent, for an outcome that gives none.
func (b outcomeBody) settle(a *workbook.Action, reason string) {
	a.Verdict, a.Reason = workbook.Verdict(b.Verdict), string(b.Reason)
	if a.Reason == "" {
		a.Reason = reason
	}
	a.Response, a.Attempts, a.Task, a.SettledBy = b.Response.response(), b.Attempts, string(b.Task), b.By
}

func newRequest(r *workbook.Request) *requestBody {
	if r == nil {
		return nil
	}
	return &requestBody{Method: text(r.Method), URL: text(r.URL), Headers: r.Headers, Body: text(r.Body)}
}

func (b *requestBody) request() *workbook.Request {
	if b == nil {
		return nil
	}
	return &workbook.Request{Method: string(b.Method), URL: string(b.URL), Headers: b.Headers, Body: string(b.Body)}
}

func newResponse(r *workbook.Response) *responseBody {
	if r == nil {
		return nil
	}
	return &responseBody{Status: r.Status, Body: text(r.Body)}
}

func (b *responseBody) response() *workbook.Response {
	if b == nil {
		return nil
	}
	return &workbook.Response{Status: b.Status, Body: string(b.Body)}
}
