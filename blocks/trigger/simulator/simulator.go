// Package simulator plays the vendors that triggers talk to. In goes an HTTP
// request, out comes the answer that the vendor would give: Trend Micro's
// response API v2.0 and v3.0 with their state (a list of suspicious objects with
// exceptions and a capacity, tasks that progress, isolated endpoints), limits
// and errors, and for every other host a webhook that takes what a Slack, Teams,
// Jira or other webhook takes.
//
// A Vendor answers in this process, as an http.RoundTripper that opens no
// socket, or behind a server, as an http.Handler. It holds no randomness: the
// same requests in the same order get the same answers. A Transport and a Server
// put faults before it, by a Schedule.
package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of the vendor: a request's body in bytes, the entries that it keeps of
// each type, and the span over which requests are counted.
const (
	MaxBody    = 1 << 20
	MaxEntries = 10_000
	countedFor = time.Minute
)

// A Vendor is a simulated vendor. Clock, PerMinute, Capacity and TaskTime may be
// set before its first request; afterwards it is safe for use by several
// goroutines.
type Vendor struct {
	// Clock gives the time of a request; where it is nil, time stands still.
	Clock func() time.Time
	// PerMinute is the most requests that Trend Micro's API takes within 60
	// seconds; 0 takes any number.
	PerMinute int
	// Capacity is the most entries of a type that the list of suspicious objects
	// holds; 0 is MaxEntries.
	Capacity int
	// TaskTime is how long a task takes by the clock. Where it is 0, a task goes
	// on each time that its state is asked for.
	TaskTime time.Duration

	mutex    sync.Mutex
	requests []time.Time
	tasks    tasks
	lists    map[string]*list
	// changes counts what was done to the lists.
	changes    int
	exceptions map[entry]*exception
	isolated   map[entry]*task
	// issues counts the issues that Jira's API made, mails the e-mails that were
	// taken.
	issues, mails int
}

var (
	_ http.RoundTripper = (*Vendor)(nil)
	_ http.Handler      = (*Vendor)(nil)
)

// New returns a vendor that has blocked nothing yet.
func New() *Vendor {
	return &Vendor{
		tasks:      tasks{byNumber: map[string]*task{}},
		lists:      map[string]*list{},
		exceptions: map[entry]*exception{},
		isolated:   map[entry]*task{},
	}
}

// A call is a request whose body was read.
type call struct {
	request *http.Request
	// text is the body, one byte longer than MaxBody where it was too long.
	text []byte
	// mixed asks that some items of a batch fail.
	mixed bool
}

// host is the host of a call without its port.
func (c call) host() string {
	if c.request.Host != "" {
		return hostOf(c.request.Host)
	}
	return c.request.URL.Hostname()
}

// base is the scheme and host under which the caller found the vendor.
func (c call) base() string {
	if u := c.request.URL; u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	if isTrend(c.host()) {
		return "https://" + c.request.Host
	}
	return "http://" + c.request.Host
}

// An answer is what a request gets.
type answer struct {
	status int
	header http.Header
	body   []byte
	// taken says that the vendor did, or had done, what was asked; targets are
	// those that the request named, and note says it in words.
	taken   bool
	targets []Target
	note    string
}

// RoundTrip answers a request in this process.
func (v *Vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := sendable(r); err != nil {
		return nil, err
	}
	text, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return v.answer(call{request: r, text: text}).response(r), nil
}

// sendable refuses what is no request to a vendor.
func sendable(r *http.Request) error {
	if err := r.Context().Err(); err != nil {
		return err
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" && !isMail(r) || r.URL.Host == "" {
		return errors.New("simulate a request: no http or https URL with a host, and no mail server")
	}
	return nil
}

// ServeHTTP answers a request that came over a connection.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := readBody(r)
	if err != nil {
		http.Error(w, "the body can't be read", http.StatusBadRequest)
		return
	}
	a := v.answer(call{request: r, text: text})
	a.writeHeader(w)
	// The client is gone where this fails, and nobody is left to tell.
	_, _ = w.Write(a.body)
}

// maxUnread is how much of a body that is too long is read on, in bytes: a client
// that is cut off in the middle of it does not hear why.
const maxUnread = 8 << 20

// readBody reads a body within its bound.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err == nil && len(text) > MaxBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxUnread)
	}
	return text, err
}

// answer passes a call to the API of its host.
func (v *Vendor) answer(c call) answer {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if isMail(c.request) {
		return v.mail(c)
	}
	if !isTrend(c.host()) && !isTrendPath(c.request.URL.Path) {
		return v.sink(c)
	}
	return v.trend(c)
}

func (a answer) writeHeader(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
}

func (a answer) response(r *http.Request) *http.Response {
	body := string(a.body)
	if r.Method == http.MethodHead {
		body = ""
	}
	return &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}

const (
	kindJSON = "application/json;charset=utf-8"
	kindText = "text/plain; charset=utf-8"
	kindHTML = "text/html; charset=utf-8"
)

// reply answers with JSON.
func reply(status int, body any) answer {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return answer{status: status, header: http.Header{"Content-Type": {kindJSON}}, body: text}
}

// say answers with text of a kind.
func say(status int, kind, text string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {kind}}, body: []byte(text)}
}

// now is the time of a request.
func (v *Vendor) now() time.Time {
	if v.Clock == nil {
		return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return v.Clock()
}
