package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// trendHost matches the hosts of Trend Micro's API, one a region.
var trendHost = regexp.MustCompile(`^api\.((eu|sg|au|in|mea|uk|usgov)\.)?xdr\.trendmicro\.com$|^api\.xdr\.trendmicro\.co\.jp$`)

func isTrend(host string) bool { return trendHost.MatchString(strings.ToLower(host)) }

// The paths of the response API.
const (
	pathBlock   = "/v2.0/xdr/response/block"
	pathRestore = "/v2.0/xdr/response/restoreBlock"
	pathTask    = "/v2.0/xdr/response/getTask"
	pathTasks   = "/v2.0/xdr/response/listTasks"
)

// trend answers a request to Trend Micro's API. Its texts for errors of v2.0
// are those that the vendor publishes for the API as a whole.
func (v *Vendor) trend(r *http.Request, text []byte) answer {
	method := http.MethodGet
	switch r.URL.Path {
	case pathBlock, pathRestore:
		method = http.MethodPost
	case pathTask, pathTasks:
	default:
		return failure(http.StatusNotFound, "NotFound", "The resource "+r.URL.Path+" does not exist.")
	}
	switch {
	case r.Method != method:
		return failure(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method "+r.Method+" is not allowed here.")
	case !authorized(r):
		return unauthorized()
	case !v.within():
		return failure(http.StatusTooManyRequests, "TooManyRequests", "Too many requests")
	case len(text) > MaxBody:
		return failure(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is larger than 1 MB.")
	}
	switch r.URL.Path {
	case pathTask:
		return v.getTask(r.URL.Query().Get("actionId"))
	case pathTasks:
		return v.listTasks()
	}
	e, problem := readEntry(text)
	if problem != "" {
		return failure(http.StatusBadRequest, "BadRequest", problem)
	}
	if r.URL.Path == pathRestore {
		return v.restore(e)
	}
	return v.block(e)
}

// authorized reports whether a request names a token at all; the simulator
// knows no right one.
func authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && strings.TrimSpace(token) != ""
}

// within counts a request and reports whether it is within the limit of the
// last 60 seconds.
func (v *Vendor) within() bool {
	if v.PerMinute <= 0 {
		return true
	}
	now := v.now()
	for len(v.requests) > 0 && now.Sub(v.requests[0]) >= countedFor {
		v.requests = v.requests[1:]
	}
	if len(v.requests) >= v.PerMinute {
		return false
	}
	v.requests = append(v.requests, now)
	return true
}

// readEntry reads the body of a block or its undoing; the problem says what is
// wrong with it.
func readEntry(text []byte) (e entry, problem string) {
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		return entry{}, "Invalid field format: the body is no JSON object"
	}
	kind, hasKind := body["valueType"]
	value, hasValue := body["targetValue"]
	if !hasKind || !hasValue {
		return entry{}, "Required fields not found: valueType and targetValue"
	}
	var ok bool
	if e.kind, ok = kind.(string); !ok {
		return entry{}, "Invalid field format: valueType"
	}
	written, ok := value.(string)
	if !ok || written == "" {
		return entry{}, "Invalid field format: targetValue"
	}
	if e.target, ok = canonical(e.kind, written); !ok {
		return entry{}, "Invalid field format: targetValue is no " + e.kind
	}
	for _, name := range []string{"productId", "description"} {
		if other, has := body[name]; has {
			if _, ok := other.(string); !ok {
				return entry{}, "Invalid field format: " + name
			}
		}
	}
	return e, ""
}

type errorBody struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Inner   *innerText `json:"innererror,omitempty"`
}

type innerText struct {
	Code    string `json:"code"`
	Service string `json:"service"`
}

func failure(status int, code, message string) answer {
	return reply(status, errorBody{errorText{Code: code, Message: message}})
}

func unauthorized() answer {
	return reply(http.StatusUnauthorized, errorBody{errorText{
		Code: "InvalidCredentials", Message: "The request holds no valid token.",
		Inner: &innerText{Code: "InvalidToken", Service: "svp"},
	}})
}

// seconds writes a time as the API does, a time that has not come as null.
func seconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := t.Unix()
	return &s
}
