package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"tabletop/workbook"
)

// Send sends one message, more than once only as the package says. The intent
// to send it must be durable before. Where ctx ends, no further try begins; one
// that is under way is waited for, within the policy's timeouts.
func (c *Client) Send(ctx context.Context, m Message, p Policy) Outcome {
	o := Outcome{Action: m.Action, Verdict: workbook.Failed}
	r, err := c.ready(m, p)
	if err != nil {
		o.Reason = "not sent: " + c.redaction(m.Secrets).text(err.Error())
		return o
	}
	retries := p.retries()
	for {
		if err := c.admit(ctx, p); err != nil {
			return stopped(o)
		}
		o.Attempts++
		x := c.once(context.WithoutCancel(ctx), r, p)
		again := o.settle(x, r, p)
		switch {
		case !again:
			return o
		case o.Attempts >= retries.tries:
			if o.Attempts > 1 {
				o.Reason += fmt.Sprintf(", at the last of %d tries", o.Attempts)
			}
			return o
		}
		if c.sleep(ctx, retries.wait(x.answer, c.now())) != nil {
			return stopped(o)
		}
	}
}

// stopped is the outcome of a message that the vendor did not take and that is
// not tried any more.
func stopped(o Outcome) Outcome {
	if o.Attempts == 0 {
		o.Reason = "stopped before it left"
	} else {
		o.Reason = fmt.Sprintf("stopped before it was sent again: %s", o.Reason)
	}
	return o
}

// ready checks a message and readies it.
func (c *Client) ready(m Message, p Policy) (*request, error) {
	if !m.Approved.Covers(m.Type, m.Target) {
		return nil, errors.New("the guard has not approved the target")
	}
	if m.Method == MethodMail {
		return c.readyMail(m, p)
	}
	r, err := c.prepare(m.Method, m.URL, m.Headers, m.Body, m.Secrets, p)
	if err != nil {
		return nil, err
	}
	// Without a body, net/http could send it again where a kept connection
	// breaks. On a connection of its own it can't.
	r.line.own = m.Body == ""
	return r, nil
}

// admit waits until the rate lets a request start, or ctx ends.
func (c *Client) admit(ctx context.Context, p Policy) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d := c.window(p).enter(c.now())
		if d <= 0 {
			return nil
		}
		if err := c.sleep(ctx, d); err != nil {
			return err
		}
	}
}

// once makes a request that was admitted.
func (c *Client) once(ctx context.Context, r *request, p Policy) exchange {
	defer func() { c.window(p).leave(c.now()) }()
	return c.exchange(ctx, r)
}

// settle writes down what one try came to, and tells whether the message may be
// sent again. The table is that of the package.
func (o *Outcome) settle(x exchange, r *request, p Policy) (again bool) {
	if r.letter != nil {
		return o.settleMail(x, r)
	}
	o.Verdict, o.Response, o.Task = workbook.Failed, nil, ""
	if x.answer == nil {
		what := r.describe(x.err)
		if x.left {
			o.Verdict, o.Reason = workbook.Unknown, "the request left and no answer came: "+what
			return false
		}
		o.Reason = "the vendor did not take it: " + what
		return !untrusted(x.err)
	}
	a := *x.answer
	told := r.redaction.answer(a)
	o.Response = &workbook.Response{Status: a.Status, Body: string(told.Body)}
	switch a.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusTooEarly:
		o.Reason = fmt.Sprintf("the vendor did not take it and answered %d", a.Status)
		return true
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusSwitchingProtocols:
		o.Verdict, o.Reason = workbook.Unknown, fmt.Sprintf("the answer %d does not tell whether the vendor took it", a.Status)
		return false
	}
	o.judge(a, told, x.err, r, p)
	return false
}

// judge lets the policy say what an answer means; told is the answer without
// secrets.
func (o *Outcome) judge(a, told Answer, broke error, r *request, p Policy) {
	judge := p.Judge
	if judge == nil {
		judge = byStatus
	}
	a.Body = a.Body[:min(len(a.Body), MaxResponse)]
	j := judge(a)
	if !told.same(a) {
		j = j.as(judge(told))
	}
	o.Verdict, o.Task = j.Verdict, r.redaction.text(j.Task)
	o.Reason = r.redaction.text(j.Reason)
	switch {
	case j.Verdict == workbook.Failed && !a.Whole && a.Status/100 == 2:
		o.Verdict, o.Reason = workbook.Unknown, "the answer is not whole: "+cut(broke, r)
	case j.Verdict == workbook.Failed && o.Reason == "":
		o.Reason = fmt.Sprintf("the vendor answered %d", a.Status)
	case j.Verdict == workbook.Unknown && o.Reason == "" && !a.Whole:
		o.Reason = "the answer is not whole: " + cut(broke, r)
	case j.Verdict == workbook.Unknown && o.Reason == "":
		o.Reason = fmt.Sprintf("the answer %d does not tell whether the vendor took it", a.Status)
	case j.Verdict != workbook.Sent && j.Verdict != workbook.Failed && j.Verdict != workbook.Unknown:
		o.Verdict, o.Reason = workbook.Unknown, fmt.Sprintf("the success rule does not say what the answer %d means", a.Status)
	}
}

// as is a judgement in the words of another, that of the answer without secrets:
// where a reason or a task is only a part of the answer, it may hold a part of a
// secret, which nothing finds any more. Where the two differ, there are no words.
func (j Judgement) as(told Judgement) Judgement {
	if told.Verdict != j.Verdict {
		return Judgement{Verdict: j.Verdict}
	}
	return told
}

// same reports whether two answers say the same.
func (a Answer) same(b Answer) bool {
	return bytes.Equal(a.Body, b.Body) && maps.EqualFunc(a.Headers, b.Headers, slices.Equal[[]string])
}

// cut says why an answer is not whole.
func cut(broke error, r *request) string {
	if broke == nil {
		return fmt.Sprintf("it has more than %d bytes", MaxResponse)
	}
	return r.describe(broke)
}

// byStatus takes every 2xx for sent.
func byStatus(a Answer) Judgement {
	if a.Status/100 == 2 {
		return Judgement{Verdict: workbook.Sent}
	}
	return Judgement{Verdict: workbook.Failed}
}

// printable makes valid UTF-8 of bytes.
func printable(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
