package trigger

import (
	"net/http"
	"strings"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// The states of a configuration's validation, in DNIF's words (release notes
// 9.0.5).
const (
	NotValidated       = "Not Validated"
	ValidationRunning  = "Validation in Progress"
	Validated          = "Validated"
	ValidationForbid   = "Validation Forbidden"
	ValidationDenied   = "Credentials not Authorized"
	ValidationFailed   = "Validation Failed"
	ValidationNotFound = "Validation Resource not found"
)

// validateNode is the request that validates a configuration, as written.
type validateNode struct {
	Method  string       `yaml:"method" enum:"HEAD,GET" doc:"the HTTP method, GET unless said otherwise"`
	URL     source.Text  `yaml:"url,required" doc:"where it goes, on the same host; no column stands in it"`
	Headers source.Node  `yaml:"headers" doc:"a map, or JSON under |; those of the request unless said otherwise"`
	Success *successNode `yaml:"success" doc:"when the configuration is valid"`
}

// A validateRule is the request that validates a configuration.
type validateRule struct {
	form    form
	success successRule
}

func (n *Integration) compileValidate(v *validateNode, x *expressions) (validateRule, source.Problems) {
	inherited := n.form().withoutBody(false)
	if v == nil {
		return validateRule{form: form{method: http.MethodHead, endpoint: n.endpoint.beforeColumns(), headers: inherited, format: formatText}}, nil
	}
	w := formNode{method: v.Method, url: v.URL, headers: v.Headers, inherited: inherited}
	if w.method == "" {
		w.method = http.MethodGet
	}
	r, problems := w.compile(scanner{})
	if problems.Err() != nil {
		return validateRule{}, problems
	}
	if fields := r.fields(); len(fields) > 0 {
		problems = append(problems, v.URL.Problem(0, fields[0].where+" of validate needs "+fields[0].field+", and a validation has no row", "write a value out"))
	}
	success, more := v.Success.compile(x)
	problems = append(problems, more...)
	return validateRule{r, success}, append(problems, n.sameHost(r.endpoint, v.URL, "validate")...)
}

// beforeColumns is the URL up to the segment of the path, or the query, in which
// the first column stands.
func (e endpoint) beforeColumns() endpoint {
	var kept template
	for _, p := range e.parts {
		if p.field == "" {
			kept = append(kept, p)
			continue
		}
		last := len(kept) - 1
		for last >= 0 && (kept[last].literal == "" || !strings.ContainsAny(kept[last].literal, "/?")) {
			last--
		}
		kept = kept[:last+1]
		text := kept[last].literal
		cut := strings.LastIndexByte(text, '/') + 1
		if i := strings.IndexByte(text, '?'); i >= 0 {
			cut = i
		}
		kept[last].literal = text[:cut]
		break
	}
	e.parts = kept
	return e
}

// ValidateCall builds the request that validates the configuration: what
// validate names, else a HEAD on the URL, up to its first column.
func (n *Integration) ValidateCall(secret func(name string) (string, error)) (Call, error) {
	return n.validate.form.fill(filler{secret: secret})
}

// A Validation is what the answer to a ValidateCall means.
type Validation struct {
	// Status is one of DNIF's states, Detail one sentence on it.
	Status, Detail string
	// OK says that the configuration may be enabled: it is Validated.
	OK bool
}

// Validation judges the answer to a ValidateCall. A HEAD that gets 404, 405 or
// 501 reached the host, whose endpoints often take POST alone: the configuration
// is valid, and whether its credentials are does not show.
func (n *Integration) Validation(a delivery.Answer) Validation {
	if n.isMail() {
		return mailValidation(a)
	}
	said := "the vendor answered " + statusText(a.Status)
	head := n.validate.form.method == http.MethodHead
	switch {
	case a.Status == http.StatusUnauthorized:
		return Validation{ValidationDenied, said, false}
	case a.Status == http.StatusForbidden:
		return Validation{ValidationForbid, said, false}
	case head && (a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusNotImplemented):
		return Validation{Validated, "reachable, credentials unknown: " + said + " to HEAD", true}
	case a.Status == http.StatusNotFound:
		return Validation{ValidationNotFound, said, false}
	}
	if j := n.validate.success.judge(a); j.Verdict != workbook.Sent {
		return Validation{ValidationFailed, j.Reason, false}
	}
	return Validation{Validated, said, true}
}
