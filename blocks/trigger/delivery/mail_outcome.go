package delivery

import (
	"errors"
	"fmt"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// settleMail writes down what one try of an e-mail came to, and tells whether it
// may be sent again. The table is that of the package.
func (o *Outcome) settleMail(x exchange, r *request) (again bool) {
	o.Verdict, o.Response, o.Task = workbook.Failed, nil, ""
	if x.answer == nil {
		what := r.describeMail(x.err)
		if x.left {
			o.Verdict, o.Reason = workbook.Unknown, "the e-mail left and no answer came: "+what
			return false
		}
		o.Reason = "the server did not take it: " + what
		return !r.hopeless(x.err)
	}
	told := r.redaction.answer(*x.answer)
	status := x.answer.Status
	o.Response = &workbook.Response{Status: status, Body: string(told.Body)}
	said := fmt.Sprintf("%d to %s: %s", status, x.step, guard.Quote(string(told.Body)))
	switch {
	case x.left && status/100 == 2:
		o.Verdict, o.Reason = workbook.Sent, "accepted"
	case status/100 == 4:
		o.Reason = "the server did not take it for now and answered " + said
		return true
	case status/100 == 5:
		o.Reason = "the server refused it and answered " + said
	case x.left:
		o.Verdict, o.Reason = workbook.Unknown, "the answer does not tell whether the server took it: "+said
	default:
		o.Reason = "the server did not take it and answered what SMTP does not have there, " + said
	}
	return false
}

// hopeless reports whether trying again would not change what went wrong.
func (r *request) hopeless(err error) bool {
	return untrusted(err) || errors.Is(err, errNoTLS) || errors.Is(err, errNoAuth)
}

// describeMail says in a sentence's part what went wrong with an e-mail.
func (r *request) describeMail(err error) string {
	if errors.Is(err, errNoTLS) || errors.Is(err, errNoAuth) {
		return err.Error()
	}
	return r.describe(err)
}
