package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// FaultHeader is the header by which one request asks for a fault; it is written
// as in a schedule, without WHICH, and wins over the schedule.
const FaultHeader = "X-Simulate-Fault"

// An Arrival is a request that arrived, and what becomes of it.
type Arrival struct {
	// Sequence counts the requests from 1 on, in the order of their arrival.
	Sequence int       `json:"sequence"`
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Host     string    `json:"host"`
	// Path has the query with it.
	Path string `json:"path"`
	// Read says that the request was read to its end; Bytes is how much of its
	// body was, at most MaxBody and one. Body is that body, BodyBase64 one that is
	// no UTF-8; both are cut at MaxBody.
	Read       bool   `json:"read"`
	Bytes      int    `json:"bytes"`
	Body       string `json:"body"`
	BodyBase64 string `json:"body_base64,omitempty"`
	// Authorization is the SHA-256 of that header, in hexadecimal: a token itself
	// is never kept.
	Authorization string `json:"authorization_sha256,omitempty"`
	// Targets are those that the request names, in canonical form.
	Targets []Target `json:"targets,omitempty"`
	// Taken says that the vendor did what was asked, or had done it.
	Taken bool `json:"taken"`
	// Status is what the caller is answered, 0 where no answer comes.
	Status int    `json:"status"`
	Fault  string `json:"fault,omitempty"`
	// Note is what the vendor did, in a few words.
	Note string `json:"note,omitempty"`
}

// An exchange is one request on its way through its fault and the vendor.
type exchange struct {
	arrival Arrival
	fault   Fault
	answer  answer
}

// A stageplay is a vendor with faults before it; it counts the requests.
type stageplay struct {
	vendor   *Vendor
	schedule Schedule
	arrived  atomic.Int64
}

// open begins an exchange: it decides on the fault, before anything is read.
func (p *stageplay) open(r *http.Request) *exchange {
	x := &exchange{arrival: Arrival{
		Sequence: int(p.arrived.Add(1)), Time: p.vendor.now().UTC(),
		Method: r.Method, Host: call{request: r}.host(), Path: r.URL.RequestURI(),
	}}
	if value := r.Header.Get("Authorization"); value != "" {
		sum := sha256.Sum256([]byte(value))
		x.arrival.Authorization = hex.EncodeToString(sum[:])
	}
	if written := r.Header.Get(FaultHeader); written != "" {
		s, problems := ParseSchedule(source.NewText(FaultHeader, written))
		if len(problems) > 0 {
			x.answer = say(http.StatusBadRequest, kindText, problems.Error())
			x.answer.note = "the header " + FaultHeader + " names no fault"
		}
		x.fault = s.At(1)
	} else {
		x.fault = p.schedule.At(x.arrival.Sequence)
	}
	x.arrival.Fault = x.fault.Name
	return x
}

// play lets the vendor answer, as far as the fault lets it; text is the body.
func (p *stageplay) play(x *exchange, r *http.Request, text []byte) {
	x.arrival.Read = true
	x.keepBody(text)
	c := call{request: r, text: text, mixed: x.fault.kind == faultMixed}
	switch {
	case x.answer.status != 0:
	case !x.fault.takes():
		x.answer = x.fault.answer(p.vendor.now())
	case c.mixed && !isBatch(r.URL.Path):
		x.answer = mixedAnswer()
	default:
		x.answer = p.vendor.answer(c)
	}
	x.arrival.Targets, x.arrival.Taken, x.arrival.Note = x.answer.targets, x.answer.taken, x.answer.note
	x.spoil(p.vendor.now())
	if x.fault.answers() {
		x.arrival.Status = x.answer.status
	}
}

func (x *exchange) keepBody(text []byte) {
	x.arrival.Bytes = len(text)
	text = text[:min(len(text), MaxBody)]
	if utf8.Valid(text) {
		x.arrival.Body = string(text)
	} else {
		x.arrival.BodyBase64 = base64.StdEncoding.EncodeToString(text)
	}
}

// longBody is how many blanks make an answer long.
const longBody = 1 << 20

// spoil changes the answer by its fault.
func (x *exchange) spoil(now time.Time) {
	switch x.fault.kind {
	case faultTakenStatus:
		x.answer = x.fault.answer(now)
	case faultNonJSON:
		x.answer = say(http.StatusOK, kindHTML, "<!DOCTYPE html><html><body>Please wait while your request is checked.</body></html>")
	case faultLongBody:
		x.answer.body = append(x.answer.body, strings.Repeat(" ", longBody)...)
	}
}

// mixedAnswer is a 207 where there is no batch to be mixed.
func mixedAnswer() answer {
	a := reply(http.StatusMultiStatus, []itemAnswer{
		{Status: http.StatusAccepted},
		itemFailure(http.StatusInternalServerError, "InternalServerError", "The server could not do it."),
	})
	a.note = "one item of two, invented"
	return a
}
