package simulator

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

const hash256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func accepted(number string) string {
	return `{"status":202,"headers":[{"name":"Operation-Location","value":"` + base + `/v3.0/response/tasks/` + number + `"}]}`
}

func duplicate(number string) string {
	return `{"status":400,"headers":[{"name":"Operation-Location","value":"` + base + `/v3.0/response/tasks/` + number + `"}],"body":{"error":{"code":"TaskError","message":"Task duplication."}}}`
}

func badItem(message string) string {
	return `{"status":400,"body":{"error":{"code":"BadRequest","message":"` + message + `"}}}`
}

func TestV3ItemByItem(t *testing.T) {
	const agent = "171d5516-f91b-41d6-82c0-3096fd6df927"
	converse(t, New(), []step{
		{"GET", pathHealth, "", 200, `{"status":"available"}`},
		{"POST", pathBlockV3, `[{"ip":"203.0.113.7","description":"x"}]`, 207, "[" + accepted("00000120") + "]"},
		{
			"POST", pathBlockV3, `[{"ip":"203.0.113.7"},{"fileSha256":"` + hash256 + `"},{"senderMailAddress":"A@B.example"}]`, 207,
			"[" + duplicate("00000120") + "," + accepted("00000121") + "," + accepted("00000122") + "]",
		},
		// v2.0 and v3.0 have one list.
		{"POST", pathBlock, body("mailbox", "a@b.example"), 200, `{"actionId":"00000122","taskStatus":"pending"}`},
		{"GET", pathTasksV3 + "/00000121", "", 200, `{"id":"00000121","status":"running","action":"block","createdDateTime":"2026-01-01T00:00:00Z","lastActionDateTime":"2026-01-01T00:00:00Z","type":"fileSha256","value":"` + hash256 + `"}`},
		{"GET", pathTasksV3 + "/00000121", "", 200, `{"id":"00000121","status":"succeeded","action":"block","createdDateTime":"2026-01-01T00:00:00Z","lastActionDateTime":"2026-01-01T00:00:00Z","type":"fileSha256","value":"` + hash256 + `"}`},
		{"POST", pathUnblockV3, `[{"ip":"203.0.113.7"},{"ip":"203.0.113.8"}]`, 207, "[" + accepted("00000123") + "," + badItem("Target not found") + "]"},
		{"POST", pathIsolate, `[{"endpointName":"PC-1"},{"agentGuid":"` + agent + `"}]`, 207, "[" + accepted("00000124") + "," + accepted("00000125") + "]"},
		{"POST", pathIsolate, `[{"endpointName":"pc-1"}]`, 207, "[" + duplicate("00000124") + "]"},
		{"POST", pathReconnect, `[{"endpointName":"PC-1"}]`, 207, "[" + accepted("00000126") + "]"},
		{"POST", pathReconnect, `[{"endpointName":"PC-1"}]`, 207, "[" + badItem("Target not found") + "]"},
		{
			"GET", pathTasksV3 + "?filter=" + url.QueryEscape("action eq 'restoreIsolate'"), "", 200,
			`{"items":[{"id":"00000126","status":"queued","action":"restoreIsolate","createdDateTime":"2026-01-01T00:00:00Z","lastActionDateTime":"2026-01-01T00:00:00Z","endpointName":"pc-1"}]}`,
		},
		{"GET", pathTasksV3 + "/9", "", 404, `{"error":{"code":"NotFound","message":"The task does not exist."}}`},
	})
}

func TestBadItems(t *testing.T) {
	for text, want := range map[string]string{
		`[{}]`:                             "Required fields not found",
		`[{"description":"x"}]`:            "Required fields not found",
		`[{"endpointName":"pc"}]`:          "Required fields not found",
		`[7]`:                              "an item is no JSON object",
		`[null]`:                           "an item is no JSON object",
		`[{"ip":"203.0.113.0/24"}]`:        "Invalid field format: ip",
		`[{"ip":7}]`:                       "Invalid field format: ip",
		`[{"domain":"*.evil.example"}]`:    "Invalid field format: domain",
		`[{"fileSha1":"` + hash256 + `"}]`: "Invalid field format: fileSha1",
		`[{"ip":"203.0.113.7","domain":"evil.example"}]`:                 "one target an item",
		`[{"ip":"203.0.113.7","description":7}]`:                         "Invalid field format: description",
		`[{"url":"http://x.example/` + strings.Repeat("x", 5000) + `"}]`: "Invalid field format: url",
	} {
		v := New()
		status, answer := ask(t, v, "POST", base+pathBlockV3, text)
		if status != 207 || !strings.Contains(answer, want) || len(v.State().SuspiciousObjects) != 0 {
			t.Errorf("%.60s: got %d %s, want %s", text, status, answer, want)
		}
	}
	// Where there are no items, one error stands for all.
	for _, text := range []string{"", "{}", "[]", `{"ip":"203.0.113.7"}`, "[" + strings.Repeat("{},", maxItems) + "{}]"} {
		if status, answer := ask(t, New(), "POST", base+pathBlockV3, text); status != 400 || !strings.HasPrefix(answer, `{"error":{"code":"BadRequest"`) {
			t.Errorf("%.40s: got %d %s", text, status, answer)
		}
	}
	for _, text := range []string{`[{"ip":"203.0.113.7"}]`, `[{"agentGuid":"7"}]`, `[{"endpointName":""}]`} {
		if _, answer := ask(t, New(), "POST", base+pathIsolate, text); !strings.Contains(answer, "BadRequest") {
			t.Errorf("isolate %s: %s", text, answer)
		}
	}
}

// The Exception List wins: a block is accepted, on the list, and not enforced.
func TestExceptionsWin(t *testing.T) {
	v := New()
	if err := v.Except("203.0.113.7", "http://x.example/a", "evil.example", "a@b.example", hash256, "3395856ce81f2b7382dee72602f798b642f14140"); err != nil {
		t.Fatal(err)
	}
	if err := v.Except("203.0.113.0/24"); err == nil {
		t.Error("a network was taken")
	}
	if got := fmt.Sprint(v.State().Exceptions); got != "[{ip 203.0.113.7} {url http://x.example/a} {domain evil.example} {mailbox a@b.example} {file_sha256 "+hash256+"} {file_sha1 3395856ce81f2b7382dee72602f798b642f14140}]" {
		t.Error(got)
	}
	ask(t, v, "POST", base+pathBlock, body("ip", "203.0.113.7"))
	ask(t, v, "POST", base+pathBlock, body("ip", "203.0.113.8"))
	for _, want := range []string{"ongoing", "skipped"} {
		if _, text := ask(t, v, "GET", base+pathTask+"?actionId=00000120", ""); !strings.Contains(text, want) || strings.Contains(text, "Exception List") != (want == "skipped") {
			t.Errorf("want %s: %s", want, text)
		}
	}
	if _, text := ask(t, v, "GET", base+pathTasksV3+"/00000120", ""); !strings.Contains(text, `"rejected"`) || !strings.Contains(text, "not enforced") {
		t.Error(text)
	}
	if _, text := ask(t, v, "GET", base+pathObjects, ""); strings.Count(text, `"inExceptionList":true`) != 1 || strings.Count(text, `"inExceptionList":false`) != 1 {
		t.Error(text)
	}
	converse(t, v, []step{
		{"POST", pathExceptions, `[{"ip":"203.0.113.8","description":"ours"}]`, 207, `[{"status":201}]`},
		{"POST", pathExceptions + "/delete", `[{"ip":"203.0.113.7"},{"ip":"203.0.113.7"}]`, 207, `[{"status":204},` + badItem("Target not found") + "]"},
	})
	s := v.State()
	if !s.SuspiciousObjects[0].Enforced || s.SuspiciousObjects[1].Enforced {
		t.Errorf("%+v", s.SuspiciousObjects)
	}
	if _, text := ask(t, v, "GET", base+pathExceptions, ""); strings.Count(text, `"type"`) != 6 || !strings.Contains(text, `"description":"ours"`) {
		t.Error(text)
	}
}

// With a clock, tasks go on by themselves.
func TestTasksByTheClock(t *testing.T) {
	now := time.Unix(1767225600, 0)
	v := New()
	v.Clock, v.TaskTime = func() time.Time { return now }, 2*time.Second
	ask(t, v, "POST", base+pathBlock, body("ip", "203.0.113.7"))
	for _, want := range []string{
		`"executedTime":null,"finishedTime":null,"taskStatus":"pending"`,
		`"executedTime":1767225601,"finishedTime":null,"taskStatus":"ongoing"`,
		`"executedTime":1767225601,"finishedTime":1767225602,"taskStatus":"success"`,
	} {
		for range 3 {
			if _, text := ask(t, v, "GET", base+pathTask+"?actionId=00000120", ""); !strings.Contains(text, want) {
				t.Errorf("got %s, want %s", text, want)
			}
		}
		if _, text := ask(t, v, "GET", base+pathTasks, ""); !strings.Contains(text, want) {
			t.Errorf("listed: %s, want %s", text, want)
		}
		now = now.Add(time.Second)
	}
}

func TestListInPages(t *testing.T) {
	v := New()
	for i := range 120 {
		ask(t, v, "POST", base+pathBlockV3, fmt.Sprintf(`[{"ip":"203.0.113.%d"},{"domain":"d%d.example"}]`, i, i))
	}
	for query, want := range map[string]int{
		"":                                  240,
		"?top=50":                           240,
		"?top=200&orderBy=riskLevel":        240,
		"?filter=type+eq+%27ip%27":          120,
		"?filter=not+(type+eq+%27ip%27)":    120,
		"?filter=ip+eq+%27203.0.113.7%27":   1,
		"?endDateTime=2025-01-01T00:00:00Z": 0,
	} {
		seen := map[string]bool{}
		pages := 0
		for next := base + pathObjects + query; next != ""; pages++ {
			_, text := ask(t, v, "GET", next, "")
			var page struct {
				Items    []map[string]any
				NextLink string
			}
			if err := json.Unmarshal([]byte(text), &page); err != nil {
				t.Fatal(err, text)
			}
			for _, i := range page.Items {
				field, _ := i["type"].(string)
				seen[fmt.Sprint(field, i[field])] = true
			}
			next = page.NextLink
		}
		if len(seen) != want {
			t.Errorf("%s: %d in %d pages, want %d", query, len(seen), pages, want)
		}
	}
	for query, want := range map[string]string{
		"top=7": "top is", "top=x": "top is", "skipToken=-1": "skipToken", "orderBy=ip": "orderBy", "orderBy=riskLevel+up": "orderBy",
		"startDateTime=yesterday": "startDateTime", "filter=x": "filter",
	} {
		if status, text := ask(t, v, "GET", base+pathObjects+"?"+query, ""); status != 400 || !strings.Contains(text, "Invalid field format: "+want) {
			t.Errorf("%s: %d %s", query, status, text)
		}
	}
	// The newest comes first, unless it is asked for otherwise; a header filters too.
	if _, text := ask(t, v, "GET", base+pathObjects, "", filterHeader, "ip eq '203.0.113.7' or ip eq '203.0.113.9'"); strings.Index(text, "113.9") > strings.Index(text, "113.7") {
		t.Error(text)
	}
	if _, text := ask(t, v, "GET", base+pathObjects+"?orderBy=lastModifiedDateTime+asc", "", filterHeader, "type eq 'ip' and (ip eq '203.0.113.7' or ip eq '203.0.113.9')"); strings.Index(text, "113.9") < strings.Index(text, "113.7") {
		t.Error(text)
	}
}

func TestEditedListExpires(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v := New()
	v.Clock = func() time.Time { return now }
	converse(t, v, []step{
		{"POST", pathObjects, `[{"ip":"203.0.113.7","daysToExpiration":1,"riskLevel":"low","scanAction":"log"},{"domain":"evil.example","daysToExpiration":-1}]`, 207, `[{"status":201},{"status":201}]`},
		{
			"POST", pathObjects, `[{"ip":"203.0.113.8","daysToExpiration":0},{"ip":"203.0.113.8","riskLevel":"x"},{"ip":"203.0.113.8","scanAction":7}]`, 207,
			"[" + badItem("Invalid field format: daysToExpiration") + "," + badItem("Invalid field format: riskLevel") + "," + badItem("Invalid field format: scanAction") + "]",
		},
		{"GET", pathObjects + "?orderBy=expiredDateTime+asc", "", 200, `{"items":[` +
			`{"expiredDateTime":"2026-01-02T00:00:00Z","inExceptionList":false,"ip":"203.0.113.7","lastModifiedDateTime":"2026-01-01T00:00:00Z","riskLevel":"low","scanAction":"log","type":"ip"},` +
			`{"domain":"evil.example","inExceptionList":false,"lastModifiedDateTime":"2026-01-01T00:00:00Z","riskLevel":"high","scanAction":"block","type":"domain"}]}`},
	})
	now = now.Add(24 * time.Hour)
	if got := v.State().SuspiciousObjects; len(got) != 1 || got[0].Type != "domain" {
		t.Errorf("after a day: %+v", got)
	}
}

func TestFilters(t *testing.T) {
	row := map[string]string{"type": "ip", "ip": "203.0.113.7", "riskLevel": "high", "url": "http://x.example/o'b(c)"}
	for text, want := range map[string]bool{
		"type eq 'ip'":                      true,
		"TYPE eq 'ip'":                      false,
		"type EQ 'IP'":                      true,
		"type eq 'url'":                     false,
		"domain eq ''":                      false,
		"url eq 'http://x.example/o''b(c)'": true,
		"not type eq 'url' and ip eq 'x' or riskLevel eq 'high'": true,
		"type eq 'url' or (ip eq 'x' and riskLevel eq 'high')":   false,
		"not(not type eq 'ip')":                                  true,
	} {
		f, err := parseFilter(text)
		if text[:4] == "TYPE" {
			if err == nil {
				t.Error("names of fields have their case")
			}
			continue
		}
		if err != nil || f.holds(row) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
	for _, text := range []string{
		"", "type", "type eq", "type eq ip", "type eq 'ip", "type eq 'ip' or", "type eq 'ip' x", "(type eq 'ip'", ")", "not", "x eq 'y'",
		strings.Repeat("(", 100), strings.Repeat("not ", 5000), strings.Repeat("x", maxFilter+1),
	} {
		if _, err := parseFilter(text); err == nil {
			t.Errorf("%.40q was read", text)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("not type eq 'url' and (ip eq 'x' or riskLevel eq 'hi''gh')")
	f.Fuzz(func(t *testing.T, text string) {
		keep, err := parseFilter(text)
		if err != nil {
			return
		}
		// What is kept is what its negation leaves out.
		opposite, err := parseFilter("not (" + text + ")")
		row := map[string]string{"type": "ip", "ip": "x"}
		if err == nil && opposite.holds(row) == keep.holds(row) {
			t.Fatalf("%q and its negation agree", text)
		}
	})
}
