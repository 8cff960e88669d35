package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Fault is what goes wrong with one request. Its zero value is none.
type Fault struct {
	// Name is the fault as a schedule writes it; with a delay besides, both.
	Name string
	kind faultKind
	// status is the answer of kindStatus and kindTakenStatus; retryAfter the
	// seconds of its Retry-After, below 0 for none, dated as a date.
	status     int
	retryAfter int
	dated      bool
	// latency is how long the answer is held back, pause what lies between two
	// bytes of it.
	latency, pause time.Duration
}

type faultKind int

const (
	faultNone faultKind = iota
	// faultStatus answers in the vendor's place; with faultTakenStatus the vendor
	// took the request first.
	faultStatus
	faultTakenStatus
	faultResetBefore
	faultResetAfter
	faultCloseAfter
	faultTruncate
	faultNonJSON
	faultLongBody
	faultSlowLoris
	faultMixed
)

// reads reports whether the request is read at all.
func (f Fault) reads() bool { return f.kind != faultResetBefore }

// takes reports whether the vendor sees the request.
func (f Fault) takes() bool { return f.kind != faultResetBefore && f.kind != faultStatus }

// answers reports whether the caller hears anything.
func (f Fault) answers() bool {
	return f.kind != faultResetBefore && f.kind != faultResetAfter && f.kind != faultCloseAfter
}

// maxDelay bounds what a schedule may wait for.
const maxDelay = time.Hour

// slowPause lies between two bytes of a slow answer, where no pause is written.
const slowPause = time.Second

// A FaultForm is a fault that a schedule may name: how it is written, with NNN,
// N or TIME for what stands in its place, and what it does.
type FaultForm struct{ Form, Meaning string }

// A faultRule is a fault that can be written; parse fills in what stands behind
// the = and is nil where nothing may.
type faultRule struct {
	FaultForm
	fault Fault
	parse func(f *Fault, value string) error
	// bare says that the = may lack.
	bare bool
}

func (r faultRule) name() string {
	name, _, _ := strings.Cut(strings.TrimSuffix(r.Form, "]"), "=")
	return strings.TrimSuffix(name, "[")
}

// faultRules lists every fault there is.
func faultRules() []faultRule {
	return []faultRule{
		{FaultForm{"status=NNN", "not taken, answered with that status"}, Fault{kind: faultStatus, retryAfter: -1}, parseStatus, false},
		{FaultForm{"taken-status=NNN", "taken, answered with that status"}, Fault{kind: faultTakenStatus, retryAfter: -1}, parseStatus, false},
		{FaultForm{"429", "not taken, too many requests"}, Fault{kind: faultStatus, status: http.StatusTooManyRequests, retryAfter: -1}, nil, true},
		{FaultForm{"429-retry-after=N", "the same, to come back in N seconds"}, Fault{kind: faultStatus, status: http.StatusTooManyRequests}, parseRetryAfter, false},
		{FaultForm{"429-retry-date=N", "the same, said as a date"}, Fault{kind: faultStatus, status: http.StatusTooManyRequests, dated: true}, parseRetryAfter, false},
		{FaultForm{"503-retry-after=N", "not taken, to come back in N seconds"}, Fault{kind: faultStatus, status: http.StatusServiceUnavailable}, parseRetryAfter, false},
		{FaultForm{"latency=TIME", "taken, answered TIME later (as 200ms, 2s)"}, Fault{}, parseLatency, false},
		{FaultForm{"reset-before", "not read, the connection is reset"}, Fault{kind: faultResetBefore}, nil, true},
		{FaultForm{"reset-after", "read and taken, the connection is reset"}, Fault{kind: faultResetAfter}, nil, true},
		{FaultForm{"close-after", "read and taken, closed without an answer"}, Fault{kind: faultCloseAfter}, nil, true},
		{FaultForm{"truncate", "taken, half of the answer comes"}, Fault{kind: faultTruncate}, nil, true},
		{FaultForm{"non-json", "taken, answered 200 with a page of HTML"}, Fault{kind: faultNonJSON}, nil, true},
		{FaultForm{"long-body", "taken, 1 MB of blanks follows the answer"}, Fault{kind: faultLongBody}, nil, true},
		{FaultForm{"slow-loris[=TIME]", "taken, a byte of the answer each TIME (1s)"}, Fault{kind: faultSlowLoris, pause: slowPause}, parsePause, true},
		{FaultForm{"207-mixed", "every second item fails, a single one too"}, Fault{kind: faultMixed}, nil, true},
	}
}

// Faults lists every fault that a schedule may name.
func Faults() []FaultForm {
	var forms []FaultForm
	for _, r := range faultRules() {
		forms = append(forms, r.FaultForm)
	}
	return forms
}

func parseStatus(f *Fault, value string) error {
	status, err := strconv.Atoi(value)
	if err != nil || status < 200 || status > 599 {
		return fmt.Errorf("%q is no status: write one from 200 to 599", value)
	}
	f.status = status
	return nil
}

func parseRetryAfter(f *Fault, value string) error {
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds < 0 || seconds > 86400 {
		return fmt.Errorf("%q is no number of seconds: write one from 0 to 86400", value)
	}
	f.retryAfter = seconds
	return nil
}

func parseLatency(f *Fault, value string) (err error) {
	f.latency, err = parseDelay(value)
	return err
}

func parsePause(f *Fault, value string) (err error) {
	f.pause, err = parseDelay(value)
	return err
}

func parseDelay(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > maxDelay {
		return 0, fmt.Errorf("%q is no time: write one as 200ms or 2s, up to 1h", value)
	}
	return d, nil
}

// answer is what the caller hears in the vendor's place, or after it.
func (f Fault) answer(now time.Time) answer {
	a := statusAnswer(f.status)
	switch {
	case f.retryAfter < 0:
	case f.dated:
		a.header.Set("Retry-After", now.Add(time.Duration(f.retryAfter)*time.Second).UTC().Format(http.TimeFormat))
	default:
		a.header.Set("Retry-After", strconv.Itoa(f.retryAfter))
	}
	return a
}

// statusAnswer is an answer as the vendor, or what stands before it, words it:
// a gateway answers with a page or with plain text.
func statusAnswer(status int) answer {
	switch status {
	case http.StatusNoContent, http.StatusNotModified:
		return answer{status: status, header: http.Header{}}
	case http.StatusUnauthorized:
		return unauthorized()
	case http.StatusForbidden:
		return failure(status, "AccessDenied", "The token's role may not do this.")
	case http.StatusNotFound:
		return failure(status, "NotFound", "The resource does not exist.")
	case http.StatusTooManyRequests:
		return failure(status, "TooManyRequests", "Too many requests")
	case http.StatusInternalServerError:
		return failure(status, "InternalServerError", "The server could not do it.")
	case http.StatusServiceUnavailable:
		return say(status, kindText, "upstream connect error or disconnect before headers")
	}
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	switch {
	case status >= 300 && status < 400:
		a := say(status, kindHTML, "<html><body>"+text+"</body></html>")
		// One who follows it arrives here again, and shows.
		a.header.Set("Location", "/redirected")
		return a
	case status >= 500:
		return say(status, kindHTML, "<html><body><h1>"+text+"</h1></body></html>")
	case status >= 400:
		return failure(status, "BadRequest", text)
	}
	return say(status, kindText, "ok")
}
