package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook"
)

// secretValues are secrets with what JSON, URLs, paths and HTML escape, by their
// names. Each ends in letters and digits that no escape changes.
var secretValues = map[string]string{
	"json":  `J"\/<&>'Zk3XwPv9TbRm2LsQd7`,
	"query": "a+b c&d=e%25/?#Hy6NcUe8WgVf4BjKp1",
	"basic": "öß€Mq5TzRx0YaGd3SiLo9",
	"other": "Gt4HjKl9PoIu6YtRe3",
	"path":  "p/../%2e;Xb7CvNm2QwEr5TyUi8",
}

// secretConfiguration has secrets wherever one may stand.
const secretConfiguration = `integrations:
  - name: hook
    url: %[1]s/hook/[path]?key=[query]&ip=$SrcIP
    headers: {Authorization: 'Basic [basic]', X-Key: '[json]', Content-Type: application/json}
    payload: |
      {"ip": "$SrcIP", "key": "[json]", "form": "[query]"}
    target: {type: ip, column: $SrcIP}
    success: {status: [200], body: body.id != nil}
    timeouts: {connect: 5s, read: 5s}
    max_actions: 100
    secrets: {json: {env: SENDING_TEST_JSON}, query: {file: query.secret}, basic: {file: basic.secret}}
    undo: {url: '%[1]s/undo/[path]?key=[query]', payload: '{"lift": "$SrcIP", "key": "[json]"}', success: {status: [200]}}
    task: {id: body.id, url: '%[1]s/task/[task]?key=[query]', state: body.state, done: [done], failed: [failed]}
    ask: {url: '%[1]s/list?key=[query]&ip=$SrcIP', taken: 'any(body.items, # == target)', next: body.next}
    validate: {method: GET, url: '%[1]s/health?key=[query]', success: {status: [200]}}
  - name: other
    url: %[1]s/other
    headers: {X-Key: '[basic]'}
    target: none
    validate: {method: GET, url: '%[1]s/health', success: {status: [200]}}
    secrets: {basic: {env: SENDING_TEST_OTHER}}
`

// everySecret is a text with all secrets, each as write has it.
func everySecret(write func(string) string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(secretValues)) {
		text.WriteString(name + ": " + write(secretValues[name]) + "; ")
	}
	return text.String()
}

// escapedJSON writes every UTF-16 unit of a text as JSON may.
func escapedJSON(text string) string {
	var out strings.Builder
	for _, r := range text {
		fmt.Fprintf(&out, `\u%04x`, r)
	}
	return out.String()
}

// escapedURL writes every byte of a text as a URL may.
func escapedURL(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}

func inBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func asJSON(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// An echo is what the vendor answers a request with: what it heard.
type echo struct {
	name   string
	answer func(w http.ResponseWriter)
}

// said answers 200 with an id and a text that is JSON already.
func said(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { fmt.Fprintf(w, `{"id": "7", "said": %s}`, text) }
}

// wire answers with bytes that are no answer of net/http's making.
func wire(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = buffered.WriteString(text)
		_ = buffered.Flush()
		_ = connection.Close()
	}
}

// echoes are the ways in which a vendor gives secrets back. No five in a row fail.
func echoes() []echo {
	plain := everySecret(func(s string) string { return s })
	line := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, plain)
	var edges []echo
	for _, name := range slices.Sorted(maps.Keys(secretValues)) {
		secret := secretValues[name]
		for _, form := range []string{asJSON(secret)[1 : len(asJSON(secret))-1], escapedJSON(secret), inBase64(secret), escapedURL(secret)} {
			begin := `{"id": "7", "said": "`
			// Five bytes of the form come before the edge of what is kept.
			text := begin + strings.Repeat(".", delivery.MaxResponse-5-len(begin)) + form + strings.Repeat(".", 1000) + `"}`
			edges = append(edges, echo{"over the edge, " + name, func(w http.ResponseWriter) { fmt.Fprint(w, text) }}, echo{"plain", said(asJSON(plain))})
		}
	}
	all := []echo{
		{"plain text", func(w http.ResponseWriter) { fmt.Fprint(w, plain) }},
		{"JSON", said(asJSON(plain))},
		{"escaped JSON", said(`"` + everySecret(escapedJSON) + `"`)},
		{"JSON in JSON", said(asJSON(asJSON(plain)))},
		{"a URL's query", said(asJSON(everySecret(url.QueryEscape)))},
		{"a URL's path", said(asJSON(everySecret(url.PathEscape)))},
		{"each byte escaped", said(asJSON(everySecret(escapedURL)))},
		{"escaped twice", said(asJSON(everySecret(func(s string) string { return url.QueryEscape(url.QueryEscape(s)) })))},
		{"base64", said(asJSON(everySecret(inBase64)))},
		{"base64 of name and secret", said(asJSON(everySecret(func(s string) string { return inBase64("user:" + s) })))},
		{"base64 of two names and secret", said(asJSON(everySecret(func(s string) string { return inBase64("us:" + s + "x") })))},
		{"base64 for URLs", said(asJSON(everySecret(func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("u:" + s)) })))},
		{"base64 of JSON", said(asJSON(everySecret(func(s string) string { return inBase64(asJSON(s)) })))},
		{"hexadecimal", said(asJSON(everySecret(func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) })))},
		{"HTML", said(asJSON(everySecret(html.EscapeString)))},
		{"the task's name", func(w http.ResponseWriter) { fmt.Fprintf(w, `{"id": %s}`, asJSON(secretValues["json"])) }},
		{"a redirect", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/hook?"+url.QueryEscape(secretValues["query"])+"&"+line)
			w.WriteHeader(http.StatusFound)
			fmt.Fprint(w, plain)
		}},
		{"an error", func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error": {"code": %s, "message": %s}}`, asJSON(secretValues["basic"]), asJSON(plain))
		}},
		{"JSON", said(asJSON(plain))},
		{"no status", wire("HTTP/1.1 " + line + "\r\n\r\n")},
		{"no HTTP", wire(line + "\r\n\r\n")},
		{"JSON", said(asJSON(plain))},
		{"no header", wire("HTTP/1.1 200 OK\r\n" + line + "\r\n\r\n")},
		{"no length", wire("HTTP/1.1 200 OK\r\nContent-Length: " + line + "\r\n\r\n")},
		{"JSON", said(asJSON(plain))},
		{"cut in a secret", wire("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + `{"id": "7", "said": "` + secretValues["basic"][:14])},
		{"an encoding that is none", wire("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + line + "\r\n\r\n")},
	}
	return append(all, edges...)
}

// A haystack is all that tabletop wrote.
type haystack struct {
	mutex sync.Mutex
	parts map[string][]byte
}

func (h *haystack) add(name string, text []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.parts[name] = append(append(h.parts[name], text...), '\n')
}

// folder adds the files of a folder.
func (h *haystack) folder(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".secret") {
			return err
		}
		text, err := os.ReadFile(path)
		h.add(filepath.Base(path), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// search looks for any quarter of a secret, in any form.
func (h *haystack) search(t *testing.T) {
	t.Helper()
	for name, secret := range secretValues {
		for form, text := range secretForms(secret) {
			size := max(len(text)/4, 6)
			for part, hay := range h.parts {
				if found := windowIn(hay, text, size); found >= 0 {
					t.Errorf("%s has %d bytes of the secret %s, %s: …%q…", part, size, name, form, hay[max(found-40, 0):min(found+40, len(hay))])
				}
			}
		}
	}
}

// windowIn finds a part of the text, of that size, in a haystack; -1 for none.
func windowIn(hay []byte, text string, size int) int {
	for i := 0; i+size <= len(text); i++ {
		if found := bytes.Index(hay, []byte(text[i:i+size])); found >= 0 {
			return found
		}
	}
	return -1
}

// secretForms are ways to write a secret, without the ends of base64 that depend
// on what stands beside it.
func secretForms(secret string) map[string]string {
	forms := map[string]string{
		"as it is": secret, "escaped JSON": escapedJSON(secret), "escaped for URLs": escapedURL(secret),
		"hexadecimal": hex.EncodeToString([]byte(secret)), "HEXADECIMAL": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for before := range 3 {
		encoded := inBase64(strings.Repeat("\x00", before) + secret)
		forms[fmt.Sprintf("base64 past %d bytes", before)] = encoded[(before*8+5)/6 : len(encoded)-4]
	}
	return forms
}

// TestNoSecretIsWritten sends secrets in every place to a vendor that gives them
// back in every way, and looks for them in all that is written.
func TestNoSecretIsWritten(t *testing.T) {
	all := echoes()
	v := newVendor(t)
	s := newDrill(t, map[string]string{
		"workbook.yaml": strings.Replace(addressBook, "trigger: block", "trigger: hook", 1), "guard.yaml": drillGuard,
		"integrations.yaml": fmt.Sprintf(secretConfiguration, v.URL), "events/FIREWALL.ndjson": addressEvents(len(all)),
		"query.secret": secretValues["query"] + "\n", "basic.secret": secretValues["basic"], "anna.secret": testKey(t, "ed25519"),
		"approvers.yaml": "approvers:\n  - {name: Anna, user: anna, key: '" + strings.TrimSpace(testKey(t, "ed25519.pub")) + "'}\n",
	})
	t.Setenv("SENDING_TEST_JSON", secretValues["json"])
	t.Setenv("SENDING_TEST_OTHER", secretValues["other"]) // which the vendor knows too
	t.Setenv("TABLETOP_SECRET_PATH", secretValues["path"])
	h := &haystack{parts: map[string][]byte{}}
	do := func(want int, args ...string) string {
		t.Helper()
		if args[0] != "approve" {
			args = append(args, "--audit", s.path("audit.db"))
		}
		code, out, complaints := tabletop(t, args...)
		h.add("stdout of "+args[0], []byte(out))
		h.add("stderr of "+args[0], []byte(complaints))
		if code != want {
			t.Fatalf("%v exits %d, not %d\n%s\n%s", args, code, want, out, complaints)
		}
		return out
	}
	plain := everySecret(func(s string) string { return s })
	tell := func(status int) func(int, string, http.ResponseWriter, *http.Request) {
		return func(_ int, _ string, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"id": "7", "state": %s, "next": %s, "error": {"message": %s}}`, asJSON(plain), asJSON(v.URL+"/list?key="+url.QueryEscape(secretValues["query"])), asJSON(plain))
		}
	}
	file := []string{"--integrations", s.path("integrations.yaml")}
	life := func(want int, verb string) {
		t.Helper()
		do(want, append([]string{"integrations", verb, "--all"}, file...)...)
	}
	v.does(tell(http.StatusUnauthorized))
	life(exitNotHeld, "validate")
	v.does(tell(http.StatusOK))
	life(exitDone, "validate")
	life(exitDone, "enable")
	do(exitDone, append([]string{"integrations", "show", "hook"}, file...)...)
	do(exitDone, append([]string{"integrations", "list", "-o", "json"}, file...)...)

	do(exitDone, "plan", s.path("workbook.yaml"), "--to", s.path("plan.json"))
	do(exitDone, "plan", s.path("workbook.yaml"), "--to", s.path("other.json"), "-o", "json")
	do(exitDone, "approve", s.path("plan.json"), "--key", s.path("anna.secret"), "--reason", "seen", "--yes")
	count := fmt.Sprint(len(all))
	if err := os.Chmod(s.path("basic.secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	do(exitRefused, "apply", s.path("plan.json"), "--yes", count) // a file that others may read
	if err := os.Chmod(s.path("basic.secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	heard := 0
	v.does(func(n int, body string, w http.ResponseWriter, r *http.Request) {
		if _, secret, ok := r.BasicAuth(); ok {
			t.Errorf("basic authentication with %q", secret)
		}
		var sent struct{ Key, Form string }
		err := json.Unmarshal([]byte(body), &sent)
		if err == nil && sent.Key == secretValues["json"] && sent.Form == secretValues["query"] && r.Header.Get("X-Key") == secretValues["json"] &&
			r.URL.Query().Get("key") == secretValues["query"] && r.Header.Get("Authorization") == "Basic "+secretValues["basic"] &&
			strings.TrimPrefix(r.URL.Path, "/hook/") == secretValues["path"] {
			heard++
		}
		if n == len(all) { // what was checked in is searched at the end
			text, err := os.ReadFile(s.path("audit.db-wal"))
			if err != nil {
				t.Error(err)
			}
			h.add("audit.db-wal while it sends", text)
		}
		all[n-1].answer(w)
	})
	do(exitFailed, "apply", s.path("plan.json"), "--yes", count)
	if heard != len(all) {
		t.Errorf("the vendor heard all secrets %d times of %d", heard, len(all))
	}
	v.arrived()
	applied := s.newest(t)
	if len(applied.Actions) != len(all) {
		t.Fatalf("%d actions of %d were sent", len(applied.Actions), len(all))
	}
	run := number(applied.Number)
	v.does(tell(http.StatusInternalServerError))
	do(exitNotHeld, "resume", run)
	v.does(tell(http.StatusOK))
	do(exitNotHeld, "resume", run, "-o", "json")
	do(exitNotHeld, "resume", run, "--tasks")
	do(exitDone, "undo", run, "--to", s.path("undo.json"))
	do(exitDone, "approve", s.path("undo.json"), "--key", s.path("anna.secret"), "--reason", "seen", "--yes")
	v.does(tell(http.StatusOK))
	sent := 0
	for _, a := range applied.Actions {
		if a.Verdict == workbook.Sent {
			sent++
		}
	}
	do(exitDone, "apply", s.path("undo.json"), "--yes", fmt.Sprint(sent), "-o", "json")
	for _, r := range []string{run, number(s.newest(t).Number)} {
		do(exitDone, "show", r)
		do(exitDone, "show", r, "-o", "json")
		do(exitDone, "report", r)
		do(exitDone, "report", r, "-o", "md")
		do(exitDone, "show", r, "--integrations")
	}
	do(exitDone, "runs")
	do(exitDone, "runs", "-o", "json")
	do(exitDone, "why", run+"/a1")
	do(exitDone, "export", "all")
	do(exitDone, "sql", "SELECT * FROM requests", "-o", "json")
	do(exitDone, "verify")
	h.folder(t, s.folder)
	h.search(t)
	for _, name := range []string{"audit.db", "plan.json", "undo.json", "plan.json.anna.approval", "stdout of apply", "stdout of show", "stdout of report", "stdout of why", "stdout of export", "stdout of sql", "audit.db-wal while it sends"} {
		if len(h.parts[name]) < 100 {
			t.Errorf("%s was not searched", name)
		}
	}
	if got := strings.Count(string(h.parts["stdout of show"]), "[json]"); got < 100 {
		t.Errorf("show names [json] %d times", got)
	}
}
