package trigger

import (
	"errors"
	"net/http"
	"net/url"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook/source"
)

// MaxPages is the most pages of a vendor's list that are read for one question.
const MaxPages = 200

// askNode is the question whether a vendor took a target, as written.
type askNode struct {
	Method  string      `yaml:"method" enum:"GET,POST" doc:"the HTTP method, GET unless said otherwise; the request must change nothing"`
	URL     source.Text `yaml:"url,required" doc:"where it is asked, on the same host"`
	Headers source.Node `yaml:"headers" doc:"a map, or JSON under |; those of the request unless said otherwise"`
	Payload source.Text `yaml:"payload" doc:"the body of a POST, with the columns that the request has"`
	Format  string      `yaml:"format" enum:"json,xml,form,text" doc:"the payload's format where its beginning does not tell"`
	Taken   source.Text `yaml:"taken,required" doc:"the expression over the answer, target, canonical and type: true or false, nil where the answer does not tell"`
	Next    source.Text `yaml:"next" doc:"the expression that gives the URL of the list's next page, nil behind the last"`
}

// An askRule is how a vendor is asked whether it took a target.
type askRule struct {
	form  form
	taken *expression
	next  *expression
}

var errNoAsk = errors.New("the configuration does not say how to ask the vendor")

func (n *Integration) compileAsk(a *askNode, s reading) (*askRule, source.Problems) {
	if a == nil {
		return nil, nil
	}
	var problems, more source.Problems
	rule := &askRule{}
	rule.taken, problems = s.expressions.compile(a.Taken, targetView{}, false)
	if a.Next.Set() {
		rule.next, more = s.expressions.compile(a.Next, answerView{}, false)
		problems = append(problems, more...)
	}
	w := formNode{a.Method, a.URL, a.Headers, a.Payload, a.Format, n.headers}
	if w.method == "" {
		w.method = http.MethodGet
	}
	if a.Payload.Value == "" {
		w.inherited = n.form().withoutBody(true)
	}
	rule.form, more = w.compile(s.scanner)
	problems = append(problems, more...)
	if more.Err() != nil {
		return rule, problems
	}
	problems = append(problems, n.sameHost(rule.form.endpoint, a.URL, "ask")...)
	return rule, append(problems, n.onlyFields(rule.form, a.URL, "ask")...)
}

// HasAsk reports whether the vendor can be asked if it took a target.
func (n *Integration) HasAsk() bool { return n.ask != nil }

// AskCall builds the request that asks whether the vendor took what an action
// with the values was aimed at.
func (n *Integration) AskCall(values map[string]string, secret func(name string) (string, error)) (Call, error) {
	if n.ask == nil {
		return Call{}, errNoAsk
	}
	return n.ask.form.fill(fillerOf(values, secret))
}

// A Taking is what a vendor says of a target.
type Taking struct {
	// Known says that the answer tells, Taken what it tells.
	Known, Taken bool
	// Next is the URL of the list's next page, which may tell; empty where there
	// is none. It has the scheme, host and path of the question.
	Next string
	// Reason says why nothing is known.
	Reason string
}

// Taken reads the answer to an AskCall, or to the same call with the URL of a
// next page: asked is the call that was made.
func (n *Integration) Taken(a delivery.Answer, asked Call, target, canonical string) Taking {
	if n.ask == nil {
		return Taking{Reason: errNoAsk.Error()}
	}
	view := viewOf(a)
	said := "asked for the target, the vendor answered " + statusText(a.Status)
	switch {
	case a.Status < 200 || a.Status > 299:
		return Taking{Reason: said + ": " + complaint(view)}
	case !a.Whole:
		return Taking{Reason: said + ", and the body did not arrive whole"}
	case n.ask.taken.readsBody && !view.isJSON:
		return Taking{Reason: said + ", and its body is not JSON"}
	}
	value, err := n.ask.taken.value(targetView{view, n.target.kind, target, canonical})
	if err != nil {
		return Taking{Reason: "ask.taken can't be asked of the answer: " + err.Error()}
	}
	switch taken := value.(type) {
	case bool:
		if taken {
			return Taking{Known: true, Taken: true}
		}
		return n.nextPage(view, asked)
	case nil:
		t := n.nextPage(view, asked)
		if t.Known {
			t = Taking{Reason: "the answer does not tell"}
		}
		return t
	}
	return Taking{Reason: "ask.taken gives " + kindOf(value) + ", not true, false or nil"}
}

// nextPage is what a page says that does not hold the target.
func (n *Integration) nextPage(view answerView, asked Call) Taking {
	if n.ask.next == nil {
		return Taking{Known: true}
	}
	value, err := n.ask.next.value(view)
	if err != nil {
		return Taking{Reason: "ask.next can't be asked of the answer: " + err.Error()}
	}
	if value == nil || value == "" {
		return Taking{Known: true}
	}
	this, err := url.Parse(asked.URL)
	if err != nil {
		return Taking{Reason: "the question has no URL that can be read"}
	}
	next, err := this.Parse(asText(value))
	if err != nil || len(asText(value)) > maxURL {
		return Taking{Reason: "the next page of the list has no URL that can be read"}
	}
	switch {
	case next.Scheme != this.Scheme || next.Host != this.Host || next.EscapedPath() != this.EscapedPath() || next.User != nil || next.Fragment != "":
		return Taking{Reason: "the next page of the list lies elsewhere: it is not asked for"}
	case next.String() == this.String():
		return Taking{Reason: "the next page of the list is the same again"}
	}
	return Taking{Next: next.String()}
}
