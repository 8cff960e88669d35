package simulator

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// trendHost matches the hosts of Trend Micro's API, one a region.
var trendHost = regexp.MustCompile(`^api\.((eu|sg|au|in|mea|uk|usgov)\.)?xdr\.trendmicro\.com$|^api\.xdr\.trendmicro\.co\.jp$`)

func isTrend(host string) bool { return trendHost.MatchString(strings.ToLower(host)) }

// isTrendPath finds Trend Micro's API by its paths: behind a server, the host may
// be that of this machine.
func isTrendPath(path string) bool {
	for _, prefix := range []string{"/v2.0/xdr/", "/v3.0/response/", "/v3.0/threatintel/", "/v3.0/healthcheck/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// The paths of the API.
const (
	pathBlock   = "/v2.0/xdr/response/block"
	pathRestore = "/v2.0/xdr/response/restoreBlock"
	pathTask    = "/v2.0/xdr/response/getTask"
	pathTasks   = "/v2.0/xdr/response/listTasks"

	pathBlockV3    = "/v3.0/response/suspiciousObjects"
	pathUnblockV3  = pathBlockV3 + "/delete"
	pathIsolate    = "/v3.0/response/endpoints/isolate"
	pathReconnect  = "/v3.0/response/endpoints/restore"
	pathTasksV3    = "/v3.0/response/tasks"
	pathObjects    = "/v3.0/threatintel/suspiciousObjects"
	pathExceptions = "/v3.0/threatintel/suspiciousObjectExceptions"
	pathHealth     = "/v3.0/healthcheck/connectivity"
)

type handler func(*Vendor, call) answer

// A route is what a path takes.
type route struct{ get, post handler }

func routeOf(path string) (route, bool) {
	switch path {
	case pathBlock:
		return route{post: (*Vendor).blockV2}, true
	case pathRestore:
		return route{post: (*Vendor).unblockV2}, true
	case pathTask:
		return route{get: (*Vendor).getTaskV2}, true
	case pathTasks:
		return route{get: (*Vendor).listTasksV2}, true
	case pathBlockV3:
		return route{post: objects(blockItem)}, true
	case pathUnblockV3:
		return route{post: objects(unblockItem)}, true
	case pathIsolate:
		return route{post: endpoints(isolateItem)}, true
	case pathReconnect:
		return route{post: endpoints(reconnectItem)}, true
	case pathTasksV3:
		return route{get: (*Vendor).listTasksV3}, true
	case pathObjects:
		return route{get: (*Vendor).listObjects, post: objects(addObject)}, true
	case pathObjects + "/delete":
		return route{post: objects(deleteObject)}, true
	case pathExceptions:
		return route{get: (*Vendor).listExceptions, post: objects(addException)}, true
	case pathExceptions + "/delete":
		return route{post: objects(deleteException)}, true
	case pathHealth:
		return route{get: func(*Vendor, call) answer {
			return reply(http.StatusOK, map[string]string{"status": "available"})
		}}, true
	}
	if number, ok := strings.CutPrefix(path, pathTasksV3+"/"); ok && !strings.Contains(number, "/") {
		return route{get: func(v *Vendor, c call) answer { return v.getTaskV3(number) }}, true
	}
	return route{}, false
}

// isBatch tells whether a path takes an array of targets.
func isBatch(path string) bool {
	r, ok := routeOf(path)
	return ok && r.post != nil && strings.HasPrefix(path, "/v3.0/")
}

// trend answers a request to Trend Micro's API. Its texts for errors of v2.0
// are those that the vendor publishes for the API as a whole.
func (v *Vendor) trend(c call) answer {
	r := c.request
	found, ok := routeOf(r.URL.Path)
	if !ok {
		return failure(http.StatusNotFound, "NotFound", "The resource "+r.URL.Path+" does not exist.")
	}
	var do handler
	switch r.Method {
	case http.MethodGet:
		do = found.get
	case http.MethodPost:
		do = found.post
	}
	switch {
	case do == nil:
		return notAllowed(found, r.Method)
	case !authorized(r):
		return unauthorized()
	case !v.within():
		return failure(http.StatusTooManyRequests, "TooManyRequests", "Too many requests")
	case len(c.text) > MaxBody:
		return failure(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is larger than 1 MB.")
	}
	v.expire()
	return do(v, c)
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
	a := reply(status, errorBody{errorText{Code: code, Message: message}})
	a.note = message
	return a
}

func notAllowed(found route, method string) answer {
	var allowed []string
	if found.get != nil {
		allowed = append(allowed, http.MethodGet)
	}
	if found.post != nil {
		allowed = append(allowed, http.MethodPost)
	}
	a := failure(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method "+method+" is not allowed here.")
	a.header["Allow"] = []string{strings.Join(allowed, ", ")}
	return a
}

func unauthorized() answer {
	const message = "The request holds no valid token."
	a := reply(http.StatusUnauthorized, errorBody{errorText{
		Code: "InvalidCredentials", Message: message,
		Inner: &innerText{Code: "InvalidToken", Service: "svp"},
	}})
	a.note = message
	return a
}

// seconds writes a time as v2.0 does, a time that has not come as null.
func seconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := t.Unix()
	return &s
}
