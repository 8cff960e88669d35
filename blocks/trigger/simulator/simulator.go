// Package simulator plays the vendors that triggers talk to. In goes an HTTP
// request, out comes the answer that the vendor would give: Trend Micro's
// response API v2.0 with its state (the same target gives the same action),
// limits and errors, and for every other host a webhook that takes anything and
// says ok.
//
// A Vendor answers in this process, as an http.RoundTripper that opens no
// socket, or behind a server, as an http.Handler. It holds no randomness: the
// same requests in the same order get the same answers.
package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net"
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

// A Vendor is a simulated vendor. Clock and PerMinute may be set before its
// first request; afterwards it is safe for use by several goroutines.
type Vendor struct {
	// Clock gives the time of a request; where it is nil, time stands still.
	Clock func() time.Time
	// PerMinute is the most requests that Trend Micro's API takes within 60
	// seconds; 0 takes any number.
	PerMinute int

	mutex sync.Mutex
	// tasks are those remembered, the oldest first; begun counts all.
	tasks    []*task
	begun    int
	byNumber map[string]*task
	blocked  map[entry]*task
	// order lists the entries of each type from the oldest on.
	order    map[string][]entry
	requests []time.Time
}

var (
	_ http.RoundTripper = (*Vendor)(nil)
	_ http.Handler      = (*Vendor)(nil)
)

// New returns a vendor that has blocked nothing yet.
func New() *Vendor {
	return &Vendor{byNumber: map[string]*task{}, blocked: map[entry]*task{}, order: map[string][]entry{}}
}

// An answer is what a request gets.
type answer struct {
	status int
	body   []byte
	json   bool
}

// RoundTrip answers a request in this process.
func (v *Vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	var body io.Reader = http.NoBody
	if r.Body != nil {
		defer r.Body.Close()
		body = r.Body
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" || r.URL.Host == "" {
		return nil, errors.New("simulate a request: no http or https URL with a host")
	}
	a, err := v.answer(r, r.URL.Hostname(), body)
	if err != nil {
		return nil, err
	}
	return a.response(r), nil
}

// ServeHTTP answers a request that came over a connection.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	a, err := v.answer(r, host, r.Body)
	if err != nil {
		http.Error(w, "the body can't be read", http.StatusBadRequest)
		return
	}
	for name, values := range a.header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	// The client is gone where this fails, and nobody is left to tell.
	_, _ = w.Write(a.body)
}

// answer reads the body within its bound and passes the request to the API of
// the host.
func (v *Vendor) answer(r *http.Request, host string, body io.Reader) (answer, error) {
	text, err := io.ReadAll(io.LimitReader(body, MaxBody+1))
	if err != nil {
		return answer{}, err
	}
	if !isTrend(host) && !strings.HasPrefix(r.URL.Path, "/v2.0/xdr/") {
		return sink(text), nil
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.trend(r, text), nil
}

// sink is the webhook of any other host.
func sink(text []byte) answer {
	if len(text) > MaxBody {
		return answer{status: http.StatusRequestEntityTooLarge, body: []byte("too large")}
	}
	return answer{status: http.StatusOK, body: []byte("ok")}
}

func (a answer) header() http.Header {
	kind := "text/plain; charset=utf-8"
	if a.json {
		kind = "application/json;charset=utf-8"
	}
	return http.Header{"Content-Type": {kind}}
}

func (a answer) response(r *http.Request) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header(),
		Body:          io.NopCloser(strings.NewReader(string(a.body))),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}
}

// reply answers with JSON.
func reply(status int, body any) answer {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return answer{status: status, body: text, json: true}
}

// now is the time of a request.
func (v *Vendor) now() time.Time {
	if v.Clock == nil {
		return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return v.Clock()
}
