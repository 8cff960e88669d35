package trigger

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/delivery"
)

// exchange carries a call to a vendor and its answer back.
func exchange(t testing.TB, vendor http.RoundTripper, c Call) delivery.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.Method, c.URL, strings.NewReader(c.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range c.Headers {
		r.Header.Set(h.Name, h.Value)
	}
	answer, err := vendor.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return delivery.Answer{Status: answer.StatusCode, Headers: answer.Header, Body: body, Whole: true}
}

func TestTaken(t *testing.T) {
	n := ready(t, "trend-v2", "Trend Micro XDR: Block Domain")
	asked, err := n.AskCall(map[string]string{"$Domain": "Evil.Example"}, Shown)
	if err != nil || !n.HasAsk() {
		t.Fatal(err)
	}
	want := Call{Method: "GET", URL: "https://api.xdr.trendmicro.com/v3.0/threatintel/suspiciousObjects", Headers: []delivery.Header{{Name: "Authorization", Value: "Bearer [token]"}}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	base := want.URL
	for body, want := range map[string]Taking{
		`{"items":[{"type":"ip","ip":"203.0.113.7"},{"type":"domain","domain":"evil.example"}]}`:     {Known: true, Taken: true},
		`{"items":[{"domain":"evil.example"}],"nextLink":"` + base + `?skip=2"}`:                     {Known: true, Taken: true},
		`{"items":[{"domain":"other.example"}]}`:                                                     {Known: true},
		`{"items":[],"nextLink":null}`:                                                               {Known: true},
		`{"items":[],"nextLink":"` + base + `?skip=2"}`:                                              {Next: base + "?skip=2"},
		`{"items":[],"nextLink":"?skip=2"}`:                                                          {Next: base + "?skip=2"},
		`{"items":[],"nextLink":"https://evil.example/v3.0/threatintel/suspiciousObjects"}`:          {Reason: "the next page of the list lies elsewhere: it is not asked for"},
		`{"items":[],"nextLink":"http://api.xdr.trendmicro.com/v3.0/threatintel/suspiciousObjects"}`: {Reason: "the next page of the list lies elsewhere: it is not asked for"},
		`{"items":[],"nextLink":"/v3.0/response/endpoints/isolate"}`:                                 {Reason: "the next page of the list lies elsewhere: it is not asked for"},
		`{"items":[],"nextLink":"` + base + `"}`:                                                     {Reason: "the next page of the list is the same again"},
		`{"items":[],"nextLink":"%"}`:                                                                {Reason: "the next page of the list has no URL that can be read"},
		`ok`:                                                                                         {Reason: "asked for the target, the vendor answered 200 OK, and its body is not JSON"},
	} {
		if diff := cmp.Diff(want, n.Taken(answered(200, body), asked, "Evil.Example", "evil.example")); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	for _, a := range []delivery.Answer{answered(500, `{"items":[]}`), answered(200, `{}`), {Status: 200, Body: []byte(`{"items":[]}`)}} {
		if taking := n.Taken(a, asked, "x", "x"); taking.Known || taking.Next != "" || taking.Reason == "" {
			t.Errorf("%d %s: %+v", a.Status, a.Body, taking)
		}
	}
	if n := ready(t, "trend-v3", "Trend Micro Vision One: Isolate Endpoint"); n.HasAsk() || n.Taken(answered(200, "{}"), asked, "x", "x").Known {
		t.Error("the list of suspicious objects holds no endpoints")
	}
	if _, err := entry(t).AskCall(nil, Shown); err == nil {
		t.Error("a question that nobody wrote")
	}
}

func TestTakenByStatus(t *testing.T) {
	n := entry(t, "ask: {url: 'https://h.example/list/$A', taken: 'body.found == nil ? nil : body.found and same(body.name, target)'}")
	for body, want := range map[string]Taking{
		`{"found":true,"name":"x"}`: {Known: true, Taken: true},
		`{"found":true,"name":"y"}`: {Known: true},
		`{"found":false}`:           {Known: true},
		`{}`:                        {Reason: "the answer does not tell"},
		`{"found":"yes"}`:           {Reason: "ask.taken can't be asked of the answer: "},
	} {
		got := n.Taken(answered(200, body), Call{URL: "https://h.example/list/x"}, "x", "x")
		if got.Known != want.Known || got.Taken != want.Taken || !strings.HasPrefix(got.Reason, want.Reason) {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
}

func TestTasks(t *testing.T) {
	n := ready(t, "trend-v3", "Trend Micro Vision One: Block IP")
	c, err := n.TaskCall("00000007", nil, Shown)
	want := Call{Method: "GET", URL: "https://api.xdr.trendmicro.com/v3.0/response/tasks/00000007", Headers: []delivery.Header{{Name: "Authorization", Value: "Bearer [token]"}}}
	if diff := cmp.Diff(want, c); diff != "" || err != nil || !n.HasTask() {
		t.Error(diff, err)
	}
	for body, want := range map[string]TaskState{
		`{"status":"queued"}`:          {State: "queued"},
		`{"status":"pendingApproval"}`: {State: "pendingApproval"},
		`{"status":"succeeded"}`:       {State: "succeeded", Ended: true, Done: true},
		`{"status":"rejected"}`:        {State: "rejected", Ended: true},
		`{"state":"succeeded"}`:        {Reason: "the answer holds no state of the task"},
		`[]`:                           {Reason: "the state of the task can't be read: "},
		`x`:                            {Reason: "the state of the task can't be read: "},
	} {
		got := n.TaskState(answered(200, body))
		if got.State != want.State || got.Ended != want.Ended || got.Done != want.Done || !strings.HasPrefix(got.Reason, want.Reason) || (want.Reason == "") != (got.Reason == "") {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
	if s := n.TaskState(answered(404, `{"status":"succeeded"}`)); s.State != "" || !strings.Contains(s.Reason, "404 Not Found") {
		t.Error(s)
	}
	if _, err := entry(t).TaskCall("1", nil, Shown); err == nil || entry(t).TaskState(answered(200, "{}")).Reason == "" {
		t.Error("a task that nobody wrote")
	}
}

// FuzzTaskName asks for tasks by any name that a vendor may give: the request
// goes where the configuration says, and names the task.
func FuzzTaskName(f *testing.F) {
	for _, seed := range []string{"7", "", ".", "..", "../../x", "a/b", "a?b=c", "#", "%2e%2e", "[task]", "[token]", "a b", "\x00", "ü", "@evil.example/"} {
		f.Add(seed)
	}
	inPath := ready(f, "trend-v3", "Trend Micro Vision One: Block IP")
	inQuery := ready(f, "trend-v2", "Trend Micro XDR: Block IP")
	f.Fuzz(func(t *testing.T, name string) {
		if c, err := inPath.TaskCall(name, nil, Shown); err == nil {
			u, err := url.Parse(c.URL)
			if err != nil || u.Host != "api.xdr.trendmicro.com" || u.RawQuery != "" || u.Fragment != "" {
				t.Fatalf("%q: %s, %v", name, c.URL, err)
			}
			segments := strings.Split(u.EscapedPath(), "/")
			last, err := url.PathUnescape(segments[len(segments)-1])
			if len(segments) != 5 || last != name || err != nil || u.JoinPath().Path != u.Path {
				t.Errorf("%q: the path %s", name, u.EscapedPath())
			}
		}
		c, err := inQuery.TaskCall(name, nil, Shown)
		if err != nil {
			if name != "" && asName(name) == name {
				t.Errorf("%q: %v", name, err)
			}
			return
		}
		u, err := url.Parse(c.URL)
		if err != nil || u.Path != "/v2.0/xdr/response/getTask" || u.Fragment != "" {
			t.Fatalf("%q: %s, %v", name, c.URL, err)
		}
		if diff := cmp.Diff(url.Values{"actionId": {name}}, u.Query()); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	})
}
