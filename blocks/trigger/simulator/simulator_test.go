package simulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const base = "https://api.xdr.trendmicro.com"

// ask sends a request through RoundTrip.
func ask(t *testing.T, v *Vendor, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer [token]")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := v.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func body(kind, target string) string {
	return fmt.Sprintf(`{"valueType":%q,"targetValue":%q,"productId":"DNIF","description":"x"}`, kind, target)
}

// A step is one request of a conversation and its answer.
type step struct {
	method, path, body string
	status             int
	want               string
}

func converse(t *testing.T, v *Vendor, steps []step) {
	t.Helper()
	for i, s := range steps {
		status, text := ask(t, v, s.method, base+s.path, s.body)
		if status != s.status || text != s.want {
			t.Errorf("step %d: %s %s %s\ngot  %d %s\nwant %d %s", i+1, s.method, s.path, s.body, status, text, s.status, s.want)
		}
	}
}

func TestTheSameTargetGetsTheSameAction(t *testing.T) {
	v := New()
	v.Clock = func() time.Time { return time.Unix(1767225600, 0) }
	taken := func(number string) string { return `{"actionId":"` + number + `","taskStatus":"pending"}` }
	converse(t, v, []step{
		{"POST", pathBlock, body("ip", "203.0.113.7"), 200, taken("00000120")},
		{"POST", pathBlock, body("ip", "203.0.113.8"), 200, taken("00000121")},
		{"POST", pathBlock, body("ip", "::ffff:203.0.113.7"), 200, taken("00000120")},
		{"POST", pathBlock, body("domain", "Evil.Example"), 200, taken("00000122")},
		{"POST", pathBlock, body("domain", "evil.example."), 200, taken("00000122")},
		{"GET", pathTask + "?actionId=00000121", "", 200, `{"data":{"createdTime":1767225600,"executedTime":1767225600,"finishedTime":null,"taskStatus":"ongoing","error":{}}}`},
		{"GET", pathTask + "?actionId=00000121", "", 200, `{"data":{"createdTime":1767225600,"executedTime":1767225600,"finishedTime":1767225600,"taskStatus":"success","error":{}}}`},
		{"POST", pathRestore, body("ip", "203.0.113.7"), 200, taken("00000123")},
		{"POST", pathRestore, body("ip", "203.0.113.7"), 400, `{"error":{"code":"BadRequest","message":"Target not found"}}`},
		{"POST", pathBlock, body("ip", "203.0.113.7"), 200, taken("00000124")},
	})
	if status, text := ask(t, v, "GET", base+pathTasks, ""); status != 200 || strings.Count(text, "actionId") != 5 {
		t.Errorf("tasks: %d %s", status, text)
	}
}

func TestBadRequests(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "the body is no JSON object",
		"[]":                 "the body is no JSON object",
		`{"valueType":"ip"}`: "Required fields not found",
		`{"valueType":1,"targetValue":"1.2.3.4"}`:                          "valueType",
		`{"valueType":"ip","targetValue":7}`:                               "targetValue",
		body("ip", ""):                                                     "targetValue",
		body("ip", "203.0.113.0/24"):                                       "targetValue is no ip",
		body("ip", "203.0.113.*"):                                          "targetValue is no ip",
		body("ip", " 203.0.113.7"):                                         "targetValue is no ip",
		body("url", "evil.example/x"):                                      "targetValue is no url",
		body("domain", "http://evil.example"):                              "targetValue is no domain",
		body("mailbox", "Name <a@b.example>"):                              "targetValue is no mailbox",
		body("file_sha1", "SHA1=3395856ce81f2b7382dee72602f798b642f14140"): "targetValue is no file_sha1",
		body("host", "x"):                                                  "targetValue is no host",
		`{"valueType":"ip","targetValue":"203.0.113.7","description":5}`:   "description",
	} {
		status, answer := ask(t, New(), "POST", base+pathBlock, text)
		if status != 400 || !strings.Contains(answer, `"BadRequest"`) || !strings.Contains(answer, want) {
			t.Errorf("%s: got %d %s, want %s", text, status, answer, want)
		}
	}
}

func TestErrors(t *testing.T) {
	good := body("ip", "203.0.113.7")
	for _, c := range []struct {
		method, url, body, authorization string
		status                           int
		want                             string
	}{
		{"POST", base + pathBlock, good, "", 401, `"InvalidToken","service":"svp"`},
		{"POST", base + pathBlock, good, "Bearer ", 401, "InvalidCredentials"},
		{"POST", base + pathBlock, good, "Basic x", 401, "InvalidCredentials"},
		{"POST", base + "/v2.0/xdr/response/blok", good, "Bearer x", 404, "NotFound"},
		{"POST", base, good, "Bearer x", 404, "NotFound"},
		{"HEAD", base + pathBlock, "", "Bearer x", 405, ""},
		{"PUT", base + pathBlock, "", "Bearer x", 405, "MethodNotAllowed"},
		{"GET", base + pathTask + "?actionId=9", "", "Bearer x", 404, "NotFound"},
		{"POST", base + pathBlock, strings.Repeat(" ", MaxBody) + good, "Bearer x", 413, "1 MB"},
		{"POST", "https://api.eu.xdr.trendmicro.com/x", good, "Bearer x", 404, "NotFound"},
		{"POST", "https://hooks.chat.example/x", strings.Repeat(" ", MaxBody+1), "", 413, "too large"},
		{"POST", "https://hooks.chat.example/x", "anything", "", 200, "ok"},
	} {
		status, text := ask(t, New(), c.method, c.url, c.body, "Authorization", c.authorization)
		if status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: got %d %s, want %d %s", c.method, c.url, status, text, c.status, c.want)
		}
	}
}

func TestLimitRollsOverAMinute(t *testing.T) {
	now := time.Unix(0, 0)
	v := New()
	v.PerMinute, v.Clock = 2, func() time.Time { return now }
	for i, want := range []int{200, 200, 429, 429, 200} {
		if i == 4 {
			now = now.Add(time.Minute)
		}
		if status, text := ask(t, v, "POST", base+pathBlock, body("ip", "203.0.113.7")); status != want {
			t.Errorf("request %d: got %d %s, want %d", i+1, status, text, want)
		}
	}
}

func TestFullListDropsTheOldest(t *testing.T) {
	v := New()
	for i := range MaxEntries + 1 {
		ask(t, v, "POST", base+pathBlock, body("ip", fmt.Sprintf("203.%d.%d.7", i>>8, i&255)))
	}
	if _, text := ask(t, v, "POST", base+pathBlock, body("ip", "203.0.1.7")); !strings.Contains(text, `"00000121"`) {
		t.Errorf("an entry that was kept: %s", text)
	}
	if _, text := ask(t, v, "POST", base+pathBlock, body("ip", "203.0.0.7")); !strings.Contains(text, fmt.Sprintf("%08d", firstTask+MaxEntries+1)) {
		t.Errorf("the entry that was dropped: %s", text)
	}
}

func TestServerAndTransportShareTheirState(t *testing.T) {
	v := New()
	_, want := ask(t, v, "POST", base+pathBlock, body("ip", "203.0.113.7"))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8080"+pathBlock, strings.NewReader(body("ip", "203.0.113.7")))
	r.Header.Set("Authorization", "Bearer x")
	v.ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json;charset=utf-8" {
		t.Errorf("over the server: %d %s %v, want %s", w.Code, w.Body, w.Header(), want)
	}
	w = httptest.NewRecorder()
	v.ServeHTTP(w, httptest.NewRequest("POST", "http://127.0.0.1:8080/chat", strings.NewReader("x")))
	if w.Code != 200 || w.Body.String() != "ok" {
		t.Errorf("a webhook over the server: %d %s", w.Code, w.Body)
	}
}

func TestRoundTripRefusesWhatIsNoRequest(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), "GET", "file:///etc/hostname", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := New().RoundTrip(r); err == nil {
		answer.Body.Close()
		t.Error("answered a file URL")
	}
}
