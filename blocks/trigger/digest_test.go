package trigger

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// digestKeys are the keys of one configuration, each with a value and others
// that say something else.
var digestKeys = map[string][]string{
	"name":            {"A", "B"},
	"method":          {"POST", "PUT"},
	"url":             {"https://h.example/$A", "https://h.example/$B", "https://h.example/${A}x", "https://h.example/$A?x=[k]", "https://h.example/$A/"},
	"headers":         {"{X: '$A', Y: b}", "{X: '$A', Y: c}", "{X: '$A'}", "{X: '[A]', Y: b}"},
	"payload":         {`'{"a": "$A $B"}'`, `'{"a": "$A  $B"}'`, `'{"a": "[A] $B"}'`},
	"format":          {"json", "text"},
	"target":          {"{type: ip, column: $A}", "{type: domain, column: $A}"},
	"max_actions":     {"10", "11"},
	"rate":            {"5", "6"},
	"timeouts":        {"{connect: 1s, read: 2s}", "{connect: 2s, read: 2s}", "{connect: 1s, read: 3s}"},
	"retry":           {"{tries: 2, max_wait: 9s}", "{tries: 3, max_wait: 9s}", "{tries: 2, max_wait: 8s}"},
	"success":         {"{status: [200, 201], body: 'body.a == 1'}", "{status: [200], body: 'body.a == 1'}", "{status: [200, 201], body: 'body.a == 2'}", "{status: [200, 201], items: body, item: .ok}"},
	"undo":            {"{url: 'https://h.example/u/$A'}", "{url: 'https://h.example/v/$A'}", "{method: DELETE, url: 'https://h.example/u/$A'}", "{url: 'https://h.example/u/$A', success: {status: [204]}}", "{none: why}", "none"},
	"task":            {"{id: body.a, url: 'https://h.example/t/[task]', state: body.s, done: [x]}", "{id: body.b, url: 'https://h.example/t/[task]', state: body.s, done: [x]}", "{id: body.a, url: 'https://h.example/t/[task]', state: body.s, done: [x, y]}", "{id: body.a, url: 'https://h.example/t/[task]', state: body.s, done: [x], failed: [y]}"},
	"ask":             {"{url: 'https://h.example/k/$A', taken: body.a}", "{url: 'https://h.example/k/$A', taken: body.b}", "{url: 'https://h.example/k/$A', taken: body.a, next: body.n}"},
	"validate":        {"{url: 'https://h.example/h'}", "{url: 'https://h.example/i'}", "{method: HEAD, url: 'https://h.example/h'}"},
	"idempotency_key": {"Key", "Other"},
}

func digestOf(t interface {
	Fatalf(string, ...any)
}, text string, load func(string) (*Integrations, error),
) string {
	n, err := load(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return n.list[0].Digest()
}

// TestDigestIsOfWhatIsSaid writes the same configuration in any order, with
// comments and with what decides nothing: its digest stays; with any one value
// changed it does not.
func TestDigestIsOfWhatIsSaid(t *testing.T) {
	loadIt := func(text string) (*Integrations, error) { return loadText(t, text) }
	write := func(values map[string]string, order []string, more string) string {
		var b strings.Builder
		b.WriteString("# a comment\nintegrations:\n  -\n")
		for _, key := range order {
			b.WriteString("    " + key + ": " + values[key] + more + "\n")
		}
		return b.String()
	}
	plain := map[string]string{}
	var keys []string
	for key, values := range digestKeys {
		plain[key] = values[0]
		keys = append(keys, key)
	}
	want := digestOf(t, write(plain, keys, ""), loadIt)
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(keys).Draw(t, "order")
		comment := rapid.SampledFrom([]string{"", "   # why", " # x: y"}).Draw(t, "comment")
		values := map[string]string{"enabled": rapid.SampledFrom([]string{"true", "false"}).Draw(t, "enabled"), "effect": "[it stings]"}
		for key, value := range plain {
			values[key] = value
		}
		for _, key := range []string{"enabled", "effect"} {
			if rapid.Bool().Draw(t, key+" is there") {
				order = append(order, key)
			}
		}
		if got := digestOf(t, write(values, order, comment), loadIt); got != want {
			t.Errorf("the digest changed")
		}
	})
	seen := map[string]string{want: "as it was"}
	for key, values := range digestKeys {
		for _, value := range values[1:] {
			changed := map[string]string{}
			for other, v := range plain {
				changed[other] = v
			}
			changed[key] = value
			got := digestOf(t, write(changed, keys, ""), loadIt)
			if before, ok := seen[got]; ok {
				t.Errorf("%s: %s gives the digest of %s", key, value, before)
			}
			seen[got] = key + ": " + value
		}
	}
}

func TestDigestIgnoresTheForm(t *testing.T) {
	same := []string{
		"headers: {A: 'x [k]', B: '1'}\n    payload: '{\"a\": 1}'\n    success: {status: [200, 201, 200]}",
		"headers: '{\"B\": \"1\", \"A\": \"x [k]\"}'\n    payload: >-\n      {\"a\": 1}\n    success: {status: [201, 200]}",
		"headers: {b: '1', a: 'x [k]'}\n    payload: \"{\\\"a\\\": 1}\"\n    success: {status: [201, 200]}\n    method: POST\n    format: json\n    max_actions: 50\n    retry: {tries: 4}\n    secrets: {k: {env: TABLETOP_SECRET_K}}",
	}
	digests := map[string]bool{}
	for _, lines := range same {
		n, err := loadText(t, "integrations:\n  - name: A\n    url: https://h.example/\n    target: none\n    "+lines+"\n")
		if err != nil {
			t.Fatal(err)
		}
		digests[n.list[0].Digest()] = true
	}
	if len(digests) != 1 {
		t.Errorf("%d digests of one configuration", len(digests))
	}
	n := entry(t, "secrets: {key: {env: OTHER}}")
	if n.Digest() == entry(t).Digest() {
		t.Error("a secret from elsewhere gives the same digest")
	}
}
