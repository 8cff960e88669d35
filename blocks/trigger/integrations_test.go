package trigger

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

func TestLoad(t *testing.T) {
	n := load(t)
	want := []string{
		"Trend Micro XDR: Block IP", "Trend Micro XDR: Block URL", "Trend Micro XDR: Block Domain", "Trend Micro XDR: Block Email",
		"Trend Micro XDR: Block FileHash", "Chat", "Firewall", "Off",
	}
	if diff := cmp.Diff(want, n.Names()); diff != "" {
		t.Error(diff)
	}
	var types []string
	for _, name := range want {
		i, _ := n.Find(name)
		types = append(types, i.TargetType())
	}
	if diff := cmp.Diff([]string{"ip", "url", "domain", "mailbox", "file_sha1", "none", "ip", "ip"}, types); diff != "" {
		t.Error(diff)
	}
	if i, suggestion := n.Find("trend micro xdr: block ip"); i != nil || suggestion != "did you mean Trend Micro XDR: Block IP?" {
		t.Errorf("found %v, suggestion %q", i, suggestion)
	}
	if d := n.Document(); d.Path == "" || len(d.Text) == 0 {
		t.Error("no document")
	}
}

func loadText(t testing.TB, text string) (*Integrations, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "integrations.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestLoadMistakes(t *testing.T) {
	const (
		url    = "url: https://h.example/x"
		trend3 = "url: https://api.eu.xdr.trendmicro.com/v3.0/response/suspiciousObjects\n"
	)
	for body, want := range map[string]string{
		"urls: https://h.example":                                       "did you mean url?",
		"url: ftp://h.example/":                                         "not one of http or https",
		"url: https:///x":                                               "no host",
		"url: https://$Host/x":                                          "$Host stands in the scheme, host or port",
		"url: https://h.example:$Port/x":                                "$Port stands in the scheme, host or port",
		"url: $Scheme://h.example/x":                                    "not one of http or https",
		"url: https://[tenant].h.example/x":                             "[tenant] stands in the scheme, host or port",
		"url: https://a:b@h.example/x":                                  "holds a user or password",
		"url: https://h.example/x#y":                                    "has a fragment",
		"url: 'https://h.example/a b'":                                  "blanks or control bytes",
		url + "\n    method: POTS":                                      `can't be "POTS"`,
		url + "\n    method: GET\n    payload: x":                       "carries no payload",
		url + "\n    payload: '{\"a\": }'\n    target: none":            "not the JSON it must be",
		url + "\n    payload: '{\"a\": \"$B}'\n    target: none":        "not the JSON it must be",
		url + "\n    payload: '{\"a\": 1$B}'\n    target: none":         "not the JSON it must be",
		url + "\n    payload: '{$A: 1}'\n    target: none":              "not the JSON it must be",
		url + "\n    payload: '{\"$A\" : 1}'\n    target: none":         "can't name a key",
		url + "\n    payload: '{\"a\": \"\\$B\"}'\n    target: none":    "a backslash before $B",
		url + "\n    payload: '{\"a\": \"\\u00$B\"}'\n    target: none": "not the JSON it must be",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$A\",\"targetvalue\":\"$B\"}'":                             "the key \"targetvalue\" stands twice",
		url + "\n    payload: '<a>$B</b>'\n    target: none":                                                                      "not XML",
		url + "\n    payload: '<a $B=\"c\"/>'\n    target: none":                                                                  "not XML",
		url + "\n    payload: '<a><!-- $B --></a>'\n    target: none":                                                             "stands where XML has no text",
		url + "\n    payload: '<a><![CDATA[$B]]></a>'\n    target: none":                                                          "can't have <![CDATA[",
		url + "\n    payload: '{\"a\": \"$B\"}'":                                                                                  "target: none",
		url + "\n    payload: '{\"a\": \"$B\"}'\n    target: some":                                                                `can't be "some"`,
		url + "\n    payload: '{\"a\": \"$B\"}'\n    target: {type: ip, column: $C}":                                              "the request never holds $C",
		url + "\n    payload: '{\"a\": \"$B\"}'\n    target: {type: host, column: $B}":                                            `can't be "host"`,
		url + "\n    payload: '{\"valueType\":\"host\",\"targetValue\":\"$B\"}'":                                                  `unknown valueType "host"`,
		url + "\n    payload: '{\"valueType\":\"$T\",\"targetValue\":\"$B\"}'":                                                    `unknown valueType "$T"`,
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\"}'\n    target: none":                                  "names a target of type ip",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":$B, \"n\":$N}'\n    target: none":                            "names a target of type ip",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\"}'\n    target: {type: url, column: $B}":               "names a target of type ip",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\",\"d\":\"$C\"}'\n    target: {type: ip, column: $C}":   "targetValue of the payload is not $C",
		"url: https://api.xdr.trendmicro.com/v3.0/response/suspiciousObjects\n    payload: '[{\"ip\":\"$B\"}]'\n    target: none": "names a target of type ip",
		"url: https://api.xdr.trendmicro.com/v2.0/xdr/response/other\n    payload: '{\"x\":\"$B\"}'\n    target: none":            "acts on something",
		url + "\n    target: none\n    headers: '{\"A\": \"b\", \"a\": \"c\"}'":                                                   "stands twice",
		url + "\n    target: none\n    headers: '{\"A\": 1}'":                                                                     "must be a text in quotes",
		url + "\n    target: none\n    headers: '{\"A\": \"b\"} x'":                                                               "something stands after",
		url + "\n    target: none\n    headers: '[]'":                                                                             "not a JSON object",
		url + "\n    target: none\n    headers: '{\"$A\": \"b\"}'":                                                                "no valid name",
		url + "\n    target: none\n    headers: {Host: b}":                                                                        "set by the connection",
		url + "\n    target: none\n    headers: '{\"A\": \"b\\nc\"}'":                                                             "control bytes",
		url + "\n    target: none\n    headers: {Authorization: Bearer abc}":                                                      "holds a secret as text",
		url + "\n    target: none\n    headers: '{\"X-Api-Key\": \"abc\"}'":                                                       "holds a secret as text",
		url + "\n    target: none\n    rate: 0":                                                                                   "integrations.yaml:5:11: rate must be 1 to 100000",
		url + "\n    target: none\n    timeouts: {connect: 5}":                                                                    "timeouts.connect is no duration",
		url + "\n    target: none\n    timeouts: {read: 1h}":                                                                      "timeouts.read must be from 1ms to 5m0s",
		url + "\n    target: none\n    timeouts: {reed: 1s}":                                                                      "did you mean read?",
		url + "\n    target: none\n    retry: {tries: 0}":                                                                         "integrations.yaml:5:20: retry.tries must be 1 to 20",
		url + "\n    target: none\n    retry: {max_wait: 1s2}":                                                                    "retry.max_wait is no duration",
		url + "\n    target: none\n    success: {status: [20]}":                                                                   `integrations.yaml:5:24: no answer has the status "20"`,
		url + "\n    target: none\n    success: {status: [2xx]}":                                                                  `no answer has the status "2xx"`,
		url + "\n    target: none\n    success: {body: 'bodi.x'}":                                                                 "unknown name bodi",
		url + "\n    target: none\n    success: {body: 'status'}":                                                                 "integrations.yaml:5:22: expected bool",
		url + "\n    target: none\n    success: {items: body}":                                                                    "items and item stand together",
		url + "\n    target: none\n    success: {item: .ok}":                                                                      "items and item stand together",
		url + "\n    target: none\n    undo: never":                                                                               `undo can't be "never"`,
		url + "\n    target: none\n    undo: {none: ''}":                                                                          "the reason must be one line",
		url + "\n    target: none\n    undo: {none: x, url: 'https://h.example/'}":                                                "both that there is none and where it goes",
		url + "\n    target: none\n    undo: {method: DELETE}":                                                                    "undo has no url",
		url + "\n    target: none\n    undo: {url: 'https://other.example/'}":                                                     "integrations.yaml:5:18: undo goes to another host than the requests\n        undo: {url: 'https://other.example/'}\n                     ^\n    begin it with https://h.example/",
		url + "\n    target: none\n    undo: {url: 'http://h.example/'}":                                                          "undo goes to another host",
		url + "\n    target: none\n    undo: {url: 'https://h.example:444/'}":                                                     "undo goes to another host",
		url + "\n    target: none\n    undo: {url: 'https://h.example/$A'}":                                                       "the URL of undo needs $A, which the request does not hold",
		url + "\n    target: none\n    undo: {url: 'https://h.example/', payload: '{'}":                                           "not the JSON it must be",
		url + "/$A?b=$B\n    target: {type: ip, column: $A}\n    undo: {url: 'https://h.example/$B'}":                             "undo never holds $A, at which the request is aimed",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$A\",\"d\":\"$B\"}'\n    undo: {url: 'https://h.example/', payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\"}'}": "undo is aimed at $B, and the request at $A",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$A\"}'\n    undo: {url: 'https://h.example/', payload: '{\"valueType\":\"url\",\"targetValue\":\"$A\"}'}":             "undo names a target of type url",
		url + "\n    target: none\n    task: {id: body.x, url: 'https://h.example/', state: body.s, done: [a]}":                                                                              "does not hold [task]",
		url + "\n    target: none\n    task: {id: body.x, url: 'https://i.example/[task]', state: body.s, done: [a]}":                                                                        "task goes to another host",
		url + "\n    target: none\n    task: {id: body.x, url: 'https://h.example/[task]', state: body.s}":                                                                                   "done is missing",
		url + "\n    target: none\n    task: {id: body.x, url: 'https://h.example/[task]', state: body.s, done: [a], failed: [a]}":                                                           "the state a is both done and failed",
		url + "\n    target: none\n    task: {id: body.x, url: 'https://[task]/', state: body.s, done: [a]}":                                                                                 "[task] stands in the scheme, host or port",
		url + "\n    target: none\n    task: {id: '', url: 'https://h.example/[task]', state: 'x', done: [a]}":                                                                               "an expression is missing",
		url + "\n    target: none\n    ask: {url: 'https://i.example/', taken: body.x}":                                                                                                      "ask goes to another host",
		url + "\n    target: none\n    ask: {url: 'https://h.example/$Q', taken: body.x}":                                                                                                    "the URL of ask needs $Q",
		url + "\n    target: none\n    ask: {url: 'https://h.example/', taken: targets == 1}":                                                                                                "unknown name targets",
		url + "\n    target: none\n    ask: {url: 'https://h.example/', payload: x, taken: body.x}":                                                                                          "a GET request carries no payload",
		url + "\n    target: none\n    validate: {url: 'https://i.example/'}":                                                                                                                "validate goes to another host",
		url + "/$A\n    target: none\n    validate: {url: 'https://h.example/$A'}":                                                                                                           "a validation has no row",
		url + "\n    target: none\n    validate: {method: POST, url: 'https://h.example/'}":                                                                                                  `method can't be "POST"`,
		url + "\n    target: none\n    headers: {A: '[token]'}\n    secrets: {tokn: {env: T}}":                                                                                               "did you mean token?",
		url + "\n    target: none\n    headers: {A: '[token]'}\n    secrets: {token: {env: 'a b'}}":                                                                                          "no name of an environment variable",
		url + "\n    target: none\n    headers: {A: '[token]'}\n    secrets: {token: {env: T, file: f}}":                                                                                     "must come from one place",
		url + "\n    target: none\n    headers: {A: '[token]'}\n    secrets: {token: {}}":                                                                                                    "must come from one place",
		url + "\n    target: none\n    headers: {A: '[token]'}\n    secrets: {token: abc}":                                                                                                   "must be a map",
		url + "\n    target: none\n    secrets: [token]":                                                                                                                                     "secrets must be a map",
		url + "\n    target: none\n    idempotency_key: 'a b'":                                                                                                                               "must be the name of a header",
		url + "\n    target: none\n    idempotency_key: Host":                                                                                                                                "set by the connection itself",
		url + "\n    target: none\n    headers: {a-key: x}\n    idempotency_key: A-Key":                                                                                                      "stands among the headers too",
		url + "\n    target: none\n    effect: it stings":                                                                                                                                    "effect must be a list",
		url + "\n    target: none\n    effect: ['']":                                                                                                                                         "a line of effect has 1 to 300 bytes",
		url + "\n    target: none\n    plugin: {name: 'a b', function: c}":                                                                                                                   "one word each",
		url + "\n    target: none\n    plugin: {name: generic_webhook, function: c}":                                                                                                         "leave plugin out",
		url + "/$2\n    target: none\n    plugin: {name: a, function: c}":                                                                                                                    "the request holds $2 but not $1",
		url + "/$1\n    target: {type: ip, column: $1}":                                                                                                                                      "the request never holds $1",
		trend3 + "    payload: '{\"ip\":\"$B\"}'":                                                                                                                                            "must be a list of one object",
		trend3 + "    payload: '[{\"ip\":\"$B\"},{\"ip\":\"$C\"}]'":                                                                                                                          "holds 2 targets",
		trend3 + "    payload: '[{\"ip\":\"$B\",\"url\":\"$C\"}]'":                                                                                                                           "name its target in one field",
		trend3 + "    payload: '[{\"IP\":\"$B\"}]'":                                                                                                                                          "name its target in one field",
		trend3 + "    payload: '[{\"ip\":7}]'":                                                                                                                                               "the ip of the payload is not a text",
		trend3 + "    payload: '[{\"description\":\"$B\"}]'":                                                                                                                                 "the fields are domain, fileSha1, fileSha256, ip, senderMailAddress, url",
		trend3 + "    payload: '[{\"ip\":\"$B\"}]'\n    target: {type: url, column: $B}":                                                                                                     "names a target of type ip",
		trend3 + "    payload: '[{\"ip\":\"$B\",\"description\":\"$C\"}]'\n    target: {type: ip, column: $C}":                                                                               "the ip of the payload is not $C",
		url + "\n    target: none\n    max_actions: 0":                                                                                                                                       "1 or more",
		url + "\n    target: none\n    enabled: maybe":                                                                                                                                       "true or false",
	} {
		_, err := loadText(t, "integrations:\n  - name: A\n    "+body+"\n")
		var problems source.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot %v\nwant %q", body, err, want)
		}
	}
	if _, err := loadText(t, "integrations:\n  - {name: A, url: 'https://h.example', target: none}\n  - {name: A, url: 'https://h.example', target: none}\n"); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("two of one name: %v", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestProblemsHavePlaces(t *testing.T) {
	_, err := loadText(t, "integrations:\n  - name: A\n    url: https://h.example\n    target: none\n    payload: |\n      {\"a\": 1,\n       \"$Key\": 2}\n")
	if err == nil || !strings.Contains(err.Error(), ":7:9: a column can't name a key") {
		t.Error(err)
	}
}

// FuzzLoad reads any file of configurations: each mistake has its place, and
// what loads sends everything to one host.
func FuzzLoad(f *testing.F) {
	for _, name := range Ready() {
		text, _ := ReadyText(name)
		f.Add(text)
	}
	f.Add("integrations:\n  - {name: A, url: 'https://h.example/$A', target: none, undo: {url: 'https://h.example/[x]'}, effect: [a], secrets: {x: {file: y}}}\n")
	f.Add("integrations: [{}]")
	f.Add(plugins)
	f.Fuzz(func(t *testing.T, text string) {
		node, err := source.Parse("integrations.yaml", []byte(text))
		if err != nil || strings.Contains(text, "ca:") { // which would read a file
			return
		}
		n, err := compileFile(node, workbook.Document{Path: "integrations.yaml"})
		var problems source.Problems
		switch {
		case err == nil:
			for _, i := range n.list {
				oneOrigin(t, i)
			}
		case !errors.As(err, &problems) || len(problems) == 0:
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" || p.File != "integrations.yaml" {
				t.Errorf("a mistake without a place: %+v", p)
			}
		}
	})
}

// oneOrigin holds all calls of a configuration to its origin.
func oneOrigin(t *testing.T, n *Integration) {
	values := map[string]string{}
	for _, need := range n.needs() {
		values[need.field] = "x"
	}
	calls := map[string]func() (Call, error){
		"request":  func() (Call, error) { return n.SendCall(values, Shown) },
		"undo":     func() (Call, error) { return n.UndoCall(values, Shown) },
		"task":     func() (Call, error) { return n.TaskCall("x", values, Shown) },
		"ask":      func() (Call, error) { return n.AskCall(values, Shown) },
		"validate": func() (Call, error) { return n.ValidateCall(Shown) },
	}
	for what, build := range calls {
		c, err := build()
		if err != nil {
			continue
		}
		u, err := url.Parse(c.URL)
		if err != nil || !strings.EqualFold(u.Scheme+"://"+u.Host, n.Origin()) {
			t.Errorf("the %s of %q goes to %s, not to %s: %v", what, n.Name, c.URL, n.Origin(), err)
		}
	}
	if len(n.Digest()) != 64 || n.Undo() != (n.CannotUndo() == "") {
		t.Errorf("%q: digest %q, undo %t %q", n.Name, n.Digest(), n.Undo(), n.CannotUndo())
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(filepath.Join("..", "..", "examples", "integrations.yaml")); err != nil {
			b.Fatal(err)
		}
	}
}
