package plan

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

func TestPlanIsReadBack(t *testing.T) {
	p, text := written(t)
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	got, sum, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
	if sum != SHA256(text) || len(sum) != 64 {
		t.Error("the hash is ", sum)
	}
	again, err := Write(got)
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("written again it differs: %v\n%s", err, cmp.Diff(string(text), string(again)))
	}
}

// TestPlanIsTheSameAnywhere writes times of another zone.
func TestPlanIsTheSameAnywhere(t *testing.T) {
	p, text := written(t)
	away := *p
	east := time.FixedZone("east", 5*3600)
	away.Created, away.Expires, away.Clock = p.Created.In(east), p.Expires.In(east), p.Clock.In(east)
	got, err := Write(&away)
	if err != nil || !bytes.Equal(text, got) {
		t.Error(err, cmp.Diff(string(text), string(got)))
	}
}

// TestMistakes changes a plan's text and expects to be told where and what.
func TestMistakes(t *testing.T) {
	_, whole := written(t)
	for _, c := range []struct {
		from, to string
		says     []string // each with its place
	}{
		{`"tabletop_plan": 1`, `"tabletop_plan": 2`, []string{"a plan of form 2, and this program knows form 1"}},
		{`"tabletop_plan": 1`, `"tabletop_plan": 0`, []string{"plan.json:2:19: tabletop_plan must be 1"}},
		{`"run": 12`, `"run": 0`, []string{"plan.json:3:9: run must be the number of the rehearsal"}},
		{`"run": 12`, `"run": "12"`, []string{"plan.json:3:9: run must be a whole number"}},
		{`"run": 12`, `"run": 12.0`, []string{"plan.json:3:9: run must be a whole number"}},
		{`"run": 12`, `"run": null`, []string{"run must be a whole number"}},
		{`"run": 12`, `"run": [[{"a": 1}]]`, []string{"run must be a whole number"}},
		{`"run": 12`, `"Run": 12`, []string{`plan.json:3:2: unknown key "Run"`, "did you mean run?", "run is missing"}},
		{`"run": 12`, `"run": 12, "run": 13`, []string{`plan.json:3:13: the key "run" stands twice`}},
		{`"run": 12`, `"run": 12, "more": {"run": [1, 2]}`, []string{`unknown key "more"`}},
		{`"run": 12,`, ``, []string{"plan.json:1:1: run is missing"}},
		{`"run": 12`, `"run": 12,,`, []string{"plan.json:3:12: broken JSON"}},
		{`"run": 12`, `"run": 99999999999999999999`, []string{"run must be a whole number"}},
		{`"created": "2026-01-31T11:00:00Z"`, `"created": "yesterday"`, []string{"created must be a time such as"}},
		{`"created": "2026-01-31T11:00:00Z"`, `"created": "0001-01-01T00:00:00Z"`, []string{"created must be the time of the plan", "expires must be within 24 hours"}},
		{`"expires": "2026-02-01T11:00:00Z"`, `"expires": "2026-02-01T11:00:01Z"`, []string{"expires must be within 24 hours after created"}},
		{`"expires": "2026-02-01T11:00:00Z"`, `"expires": "2026-01-31T11:00:00Z"`, []string{"expires must be within 24 hours after created"}},
		{`"user": "kim"`, `"user": ""`, []string{"planner.user must name who planned"}},
		{`"host": "desk"`, `"host": "desk", "key": "SHA256:x"`, []string{"planner.key must be the fingerprint"}},
		{digest("workbook"), digest("workbook")[1:], []string{"workbook.sha256 must be 64 hexadecimal digits"}},
		{digest("events"), strings.ToUpper(digest("events")), []string{"events[0].root must be 64 hexadecimal digits in lower case"}},
		{`"path": "guard.yaml"`, `"path": ""`, []string{"guard.path must name a file"}},
		{`"bytes": 20`, `"bytes": -1`, []string{"events[0].bytes must be 0 or more"}},
		{`"bytes": 20`, `"kind": "x", "bytes": 20`, []string{"events[0].kind is not known"}},
		{`"action": 2`, `"action": 1`, []string{"actions[1].action must be above 1"}},
		{`"action": 3`, `"action": 1`, []string{"actions[2].action must be above 2"}},
		{`"same_as": 1`, `"same_as": 2`, []string{"actions[1].same_as must be the number of an earlier action"}},
		{`"planned": 2`, `"planned": 3`, []string{"caps[0].planned must be 2, the actions that are sent through it"}},
		{`"integration": "Block domain"`, `"integration": "Block ip"`, []string{"caps[1].integration stands twice", `caps lack "Block domain"`}},
		{`"verdict": "deduplicated"`, `"verdict": "sent"`, []string{"actions[1].verdict is none that a rehearsal gives"}},
		{`"verdict": "invalid"`, `"verdict": "would_send"`, []string{"actions[5].reason must say why the action has no request"}},
		{`"verdict": "invalid"`, `"verdict": "needs_approval"`, []string{"actions[5] needs an approval and has no request"}},
		{`"verdict": "would_send"`, `"verdict": "invalid"`, []string{"caps[0].planned must be 1"}},
		{`"targetValue\": \"203.0.113.7`, `"targetValue\": \"10.0.0.1`, []string{`actions[2].request does not hold the target "203.0.113.7" that was judged`}},
		{`"canonical": "203.0.113.9"`, `"canonical": ""`, []string{"actions[0] has no canonical target"}},
		{digest("203.0.113.9"), "", []string{"actions[0].key must be 64"}},
		{`{\"targetValue\": \"203.0.113.9\"}`, `{\"targetValue\": \"203.0.113.9\"`, []string{"actions[0].request.body is not the JSON that the header Content-Type announces"}},
		{"https://api.example/block", "https://a@api.example/block", []string{"actions[0].request.url must be a whole URL"}},
		{"https://api.example/block", "/block", []string{"actions[0].request.url must be a whole URL"}},
		{"https://api.example/block", "file:///block", []string{"actions[0].request.url must be a whole URL"}},
		{`"POST"`, `"POST / HTTP/1.1\r\nX: "`, []string{"actions[0].request.method must be a method"}},
		{"Bearer [token]", `Bearer [token]\r\nX: y`, []string{"actions[0].request.headers.Authorization holds control characters"}},
		{`"Authorization": `, `"Auth: x": `, []string{`actions[0].request.headers hold "Auth: x", which is no name of a header`}},
		{`"Authorization": `, `"content-type": `, []string{"twice, letter case aside"}},
		{`"Authorization": `, `"Content-Type": `, []string{`the key "Content-Type" stands twice`}},
		{`"$Target": "203.0.113.9"`, `"$Target": 7`, []string{"actions[0].values.$Target must be a text"}},
		{`"values": {`, `"values": [{`, []string{"actions[0].values must be a map"}},
		{`"actions": [`, `"actions": {`, []string{"actions must be a list"}},
		{`"restore\": true}"`, `"restore\": true}", "x": 1`, []string{`unknown key "x"`}},
		{"kim", "k\xffm", []string{"not UTF-8"}},
		{"kim", `k\ud800m`, []string{"not as this program writes it"}},
		{"kim", `k\u0069m`, []string{"not as this program writes it"}},
		{"\n ", "\n  ", []string{"plan.json:2:2: from here on it is not as this program writes it"}},
		{"incident 7", "incident \\u003c 7", []string{"not as this program writes it"}},
		{`"folder": "`, `"folder": "here", "x": "`, []string{"unknown key"}},
		{string(whole), string(whole) + "{}", []string{"something stands behind the end"}},
		{string(whole), string(whole[:len(whole)/2]), []string{"it ends in the middle"}},
		{string(whole), "", []string{"it ends in the middle"}},
		{string(whole), "[]", []string{"the file must be a map"}},
		{string(whole), "null", []string{"the file must be a map"}},
		{string(whole), `{"x": ` + strings.Repeat("[", 1000), []string{"nested deeper than 100 levels"}},
		{string(whole), `{"tabletop_plan": 1, "parameters": {` + strings.Repeat(`"a": 1,`, 100), []string{"more than 20 mistakes"}},
		{string(whole), strings.Repeat(" ", MaxBytes+1), []string{"larger than 67108864 bytes"}},
	} {
		changed := strings.Replace(string(whole), c.from, c.to, 1)
		if changed == string(whole) {
			t.Fatalf("%q does not stand in the plan:\n%s", c.from, whole)
		}
		_, err := Read("plan.json", []byte(changed))
		var problems source.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%.80q for %.80q: %v", c.to, c.from, err)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(problems.Error(), says) {
				t.Errorf("%.80q for %.80q:\n%.2000v\nand not %q", c.to, c.from, problems, says)
			}
		}
	}
}

// TestMistakesAreToldTogether finds every one of them in one reading.
func TestMistakesAreToldTogether(t *testing.T) {
	_, text := written(t)
	changed := string(text)
	for from, to := range map[string]string{`"run": 12`: `"run": 0`, digest("guard"): "x", `"action": 3`: `"action": 1`} {
		changed = strings.Replace(changed, from, to, 1)
	}
	_, err := Read("plan.json", []byte(changed))
	var problems source.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Errorf("%d problems: %v", len(problems), err)
	}
}

// TestWriteRefuses plans whose file would say something else than the plan.
func TestWriteRefuses(t *testing.T) {
	for name, change := range map[string]func(*Plan){
		"a body that is not UTF-8": func(p *Plan) { p.Actions[0].Request.Headers = nil; p.Actions[0].Request.Body += "\xff" },
		"no planner":               func(p *Plan) { p.Planner.User = "" },
		"an action twice":          func(p *Plan) { p.Actions = append(p.Actions, p.Actions[0]) },
		"too large": func(p *Plan) {
			p.Actions[5].Reason = strings.Repeat("x", MaxBytes)
		},
	} {
		p := newPlan(t.TempDir())
		change(p)
		if text, err := Write(p); err == nil {
			t.Errorf("%s is written:\n%.200s", name, text)
		}
	}
}

// TestRequestsHoldTheirTarget writes a target as each place of a request does.
func TestRequestsHoldTheirTarget(t *testing.T) {
	const target = `https://evil.example/a b?x=<1>&y="é"`
	for name, r := range map[string]workbook.Request{
		"JSON":     {Body: `{"url": {"of": ["https://evil.example/a b?x=\u003c1\u003e\u0026y=\"é\""]}}`},
		"XML":      {Body: `<url>https://evil.example/a b?x=&lt;1&gt;&amp;y=&#34;é&#34;</url>`},
		"a form":   {Body: "url=https%3A%2F%2Fevil.example%2Fa+b%3Fx%3D%3C1%3E%26y%3D%22%C3%A9%22"},
		"text":     {Body: "block " + target + " now"},
		"the URL":  {URL: "https://api.example/https:%2F%2Fevil.example%2Fa%20b%3Fx=%3C1%3E&y=%22%C3%A9%22"},
		"a header": {Headers: map[string]string{"X-Url": target}},
	} {
		if !holds(r, target) {
			t.Errorf("the target is not found in %s", name)
		}
		if holds(r, target+"0") {
			t.Errorf("another target is found in %s", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	text, err := Write(newPlan("/srv/workbooks"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"tabletop_plan": 1, "actions": [{"action": 1, "request": null}], "events": null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Read("plan.json", text)
		var problems source.Problems
		if err != nil {
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Errorf("no problem says what is wrong: %v", err)
			}
			return
		}
		again, err := Write(p)
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("%q is written as %q: %v", text, again, err)
		}
	})
}
