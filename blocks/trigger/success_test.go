package trigger

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook"
)

// entry loads a file of one configuration, with a URL and no target where lines
// name none.
func entry(t testing.TB, lines ...string) *Integration {
	t.Helper()
	text := "integrations:\n  - name: A\n    headers: {Authorization: 'Bearer [key]', X-User: $B}\n"
	for key, value := range map[string]string{"url": "https://h.example/x/$A", "target": "none"} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, key+":") }) {
			text += "    " + key + ": " + value + "\n"
		}
	}
	for _, line := range lines {
		text += "    " + line + "\n"
	}
	n, err := loadText(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return n.list[0]
}

func ready(t testing.TB, file, name string) *Integration {
	t.Helper()
	n, suggestion := loadReady(t, file).Find(name)
	if n == nil {
		t.Fatal(name, suggestion)
	}
	return n
}

func TestJudge(t *testing.T) {
	v2 := ready(t, "trend-v2", "Trend Micro XDR: Block IP")
	v3 := ready(t, "trend-v3", "Trend Micro Vision One: Block IP")
	plain := entry(t)
	slack := ready(t, "slack", "Slack: Tell the channel")
	item := func(status, rest string) string { return `{"status":` + status + rest + `}` }
	operation := `,"headers":[{"name":"operation-location","value":"https://api.xdr.trendmicro.com/v3.0/response/tasks/00000007"}]`
	broken := answered(200, `{"actionId":"1"`)
	broken.Whole = false
	for name, c := range map[string]struct {
		n      *Integration
		answer delivery.Answer
		want   workbook.Verdict
		reason string
		task   string
	}{
		"v2 text id":            {v2, answered(200, `{"actionId":"00000120","taskStatus":"pending"}`), workbook.Sent, "accepted: task 00000120", "00000120"},
		"v2 number id":          {v2, answered(200, `{"actionId":120}`), workbook.Sent, "accepted: task 120", "120"},
		"v2 hostile id":         {v2, answered(200, `{"actionId":"1\n2"}`), workbook.Sent, "accepted", ""},
		"v2 no id":              {v2, answered(200, `{"taskStatus":"pending"}`), workbook.Failed, "200 OK", ""},
		"v2 not JSON":           {v2, answered(200, `<html>`), workbook.Unknown, "is not JSON", ""},
		"v2 two values":         {v2, answered(200, `{"actionId":"1"}{}`), workbook.Unknown, "is not JSON", ""},
		"v2 a list":             {v2, answered(200, `[1]`), workbook.Unknown, "success.body can't be asked", ""},
		"v2 cut":                {v2, broken, workbook.Unknown, "did not arrive whole", ""},
		"v2 refused":            {v2, answered(400, `{"error":{"code":"BadRequest","message":"Target not found"}}`), workbook.Failed, `400 Bad Request: "BadRequest: Target not found"`, ""},
		"v2 401 as HTML":        {v2, answered(401, "<h1>no\x1b[2J</h1>"), workbook.Failed, `"<h1>no\x1b[2J</h1>"`, ""},
		"v2 500":                {v2, answered(500, ""), workbook.Failed, "500 Internal Server Error: nothing more", ""},
		"v2 502":                {v2, answered(502, ""), workbook.Unknown, "does not tell", ""},
		"v2 504":                {v2, answered(504, ""), workbook.Unknown, "does not tell", ""},
		"v2 302":                {v2, answered(302, ""), workbook.Failed, "302 Found", ""},
		"v3 list of headers":    {v3, answered(207, "["+item("202", operation)+"]"), workbook.Sent, "accepted: task 00000007", "00000007"},
		"v3 map of headers":     {v3, answered(207, `[{"status":201,"headers":{"OPERATION-LOCATION":"/v3.0/response/tasks/8"}}]`), workbook.Sent, "accepted: task 8", "8"},
		"v3 without a task":     {v3, answered(207, `[{"status":201}]`), workbook.Sent, "accepted", ""},
		"v3 repeated":           {v3, answered(207, "["+item("400", operation+`,"body":{"error":{"code":"TaskError","message":"Task duplication."}}`)+"]"), workbook.Sent, "task 00000007", "00000007"},
		"v3 repeated, no task":  {v3, answered(207, "["+item("400", `,"body":{"error":{"code":"TaskError","message":"Task duplication."}}`)+"]"), workbook.Failed, "TaskError: Task duplication.", ""},
		"v3 failed":             {v3, answered(207, "["+item("400", `,"body":{"error":{"code":"NotSupported","message":"m"}}`)+"]"), workbook.Failed, `an item that failed with 400 Bad Request: "NotSupported: m"`, ""},
		"v3 error bare":         {v3, answered(207, "["+item("403", `,"error":{"code":"AccessDenied"}`)+"]"), workbook.Failed, `"AccessDenied"`, ""},
		"v3 mixed":              {v3, answered(207, "["+item("202", operation)+","+item("400", "")+"]"), workbook.Unknown, "took 1 of 2 items", ""},
		"v3 one error for all":  {v3, answered(207, `{"error":{"code":"InternalServerError","message":"m"}}`), workbook.Failed, "InternalServerError: m", ""},
		"v3 no list":            {v3, answered(207, `{"status":202}`), workbook.Unknown, "not a list", ""},
		"v3 no item":            {v3, answered(207, `[]`), workbook.Unknown, "holds no item", ""},
		"v3 item of no kind":    {v3, answered(207, `[7]`), workbook.Unknown, "success.item can't be asked", ""},
		"v3 not JSON":           {v3, answered(207, "ok"), workbook.Unknown, "not JSON", ""},
		"plain":                 {plain, answered(204, ""), workbook.Sent, "accepted", ""},
		"plain, cut":            {plain, delivery.Answer{Status: 200}, workbook.Sent, "accepted", ""},
		"plain 207":             {plain, answered(207, `[{"status":"200"}]`), workbook.Sent, "accepted", ""},
		"plain 207 failed":      {plain, answered(207, `[{"status":500}]`), workbook.Failed, "500", ""},
		"plain 207 without":     {plain, answered(207, `[{}]`), workbook.Unknown, "no status", ""},
		"plain 429":             {plain, answered(429, ""), workbook.Failed, "429 Too Many Requests", ""},
		"slack":                 {slack, answered(200, "ok"), workbook.Sent, "accepted", ""},
		"slack, a gateway":      {slack, answered(200, "<html>"), workbook.Failed, "200 OK", ""},
		"slack 201":             {slack, answered(201, "ok"), workbook.Failed, "201 Created", ""},
		"a body that is no yes": {entry(t, "success: {body: body.yes}"), answered(200, `{"yes":"true"}`), workbook.Unknown, "not true or false", ""},
		"an item that is none":  {entry(t, "success: {items: body, item: .yes}"), answered(200, `[{"yes":1}]`), workbook.Unknown, "a number, not true or false", ""},
	} {
		j := c.n.Judge(c.answer)
		if j.Verdict != c.want || !strings.Contains(j.Reason, c.reason) || j.Task != c.task {
			t.Errorf("%s: got %+v, want %s %q %q", name, j, c.want, c.reason, c.task)
		}
	}
}

// all loads every configuration there is to judge with.
func all(t testing.TB) []*Integration {
	t.Helper()
	list := load(t).list
	for _, name := range Ready() {
		list = append(list, loadReady(t, name).list...)
	}
	return list
}

// judged holds an answer to what must be so whatever it says.
func judged(t interface{ Errorf(string, ...any) }, n *Integration, a delivery.Answer) {
	for _, j := range []delivery.Judgement{n.Judge(a), n.JudgeUndo(a)} {
		switch {
		case j.Verdict != workbook.Sent && j.Verdict != workbook.Failed && j.Verdict != workbook.Unknown, j.Reason == "":
			t.Errorf("%s: %d %q: %+v", n.Name, a.Status, a.Body, j)
		case j.Verdict == workbook.Sent && (a.Status < 200 || a.Status > 299):
			t.Errorf("%s: %d was taken for success", n.Name, a.Status)
		case j.Task != "" && j.Verdict != workbook.Sent:
			t.Errorf("%s: %d %q: a task of what was not taken", n.Name, a.Status, a.Body)
		case strings.ContainsFunc(j.Reason, func(r rune) bool { return r < ' ' || r == 0x7f }):
			t.Errorf("%s: the reason %q holds control bytes", n.Name, j.Reason)
		}
	}
	if n.success.body != nil && !a.Whole && n.Judge(a).Verdict == workbook.Sent {
		t.Errorf("%s: a body that was cut was taken for success", n.Name)
	}
	if v := n.Validation(a); v.OK != (v.Status == Validated) {
		t.Errorf("%s: %+v", n.Name, v)
	}
	if s := n.TaskState(a); s.Done && !s.Ended || (s.State == "") == (s.Reason == "") {
		t.Errorf("%s: %+v", n.Name, s)
	}
	taking := n.Taken(a, Call{URL: n.Origin() + "/list"}, "203.0.113.7", "203.0.113.7")
	if taking.Next != "" && !strings.HasPrefix(taking.Next, n.Origin()+"/list") || taking.Taken && !taking.Known || taking.Known && taking.Next != "" {
		t.Errorf("%s: %+v", n.Name, taking)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "ok", `{"actionId":"1"}`, `[{"status":202,"headers":[{"name":"Operation-Location","value":"/a/7"}]}]`, `{"error":{"code":"x","message":"y"}}`,
		`{"items":[{"ip":"203.0.113.7"}],"nextLink":"https://h.example/evil"}`, `{"items":[],"nextLink":"?page=2"}`, `{"data":{"taskStatus":"success"}}`,
		`{"status":"succeeded"}`, "[[[[", `{"items":{},"items":[]}`, "\x00\xff", `{"body":{"body":{"body":{"error":"x"}}}}`,
	} {
		f.Add(200, seed, "", true)
		f.Add(207, seed, "https://h.example/tasks/1", true)
		f.Add(400, seed, "x", false)
	}
	integrations := all(f)
	f.Fuzz(func(t *testing.T, status int, body, location string, whole bool) {
		a := answered(status, body, "Operation-Location", location)
		a.Whole = whole
		for _, n := range integrations {
			judged(t, n, a)
		}
	})
}

// TestItemsAgreeWithOneByOne holds the verdict on a list of items against the
// verdicts on each of them.
func TestItemsAgreeWithOneByOne(t *testing.T) {
	n := ready(t, "trend-v3", "Trend Micro Vision One: Block IP")
	items := []string{
		`{"status":202}`, `{"status":200}`, `{"status":400,"body":{"error":{"code":"BadRequest"}}}`, `{"status":500}`,
		`{"status":400,"body":{"error":{"code":"TaskError"}},"headers":[{"name":"Operation-Location","value":"/t/1"}]}`,
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(items), 1, 4).Draw(t, "items")
		verdicts := map[workbook.Verdict]bool{}
		for _, item := range list {
			verdicts[n.Judge(answered(207, "["+item+"]")).Verdict] = true
		}
		want := workbook.Unknown
		if len(verdicts) == 1 {
			want = n.Judge(answered(207, "["+list[0]+"]")).Verdict
		}
		if got := n.Judge(answered(207, "["+strings.Join(list, ",")+"]")).Verdict; got != want {
			t.Errorf("%v: got %s, want %s", list, got, want)
		}
	})
}
