package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"tabletop/workbook"
)

// hostileAnswer would clear the terminal, turn the line around, and end the row of
// a table.
const hostileAnswer = "\x1b[2J\u202egone\u0000\r\nsent  all\t\u009b31m\ufeff\xff"

// TestHostileAnswers has a vendor answer with control bytes wherever an answer is
// told, through apply, resume, undo and show.
func TestHostileAnswers(t *testing.T) {
	s, v := newRealDrill(t, 4)
	s.write(t, "integrations.yaml", strings.Replace(blocker(v.URL), "    undo:", `    success: {status: [200], body: body.id != nil}
    task: {id: body.id, url: '`+v.URL+`/task/[task]', state: body.state, done: [done]}
    ask: {url: '`+v.URL+`/list', taken: 'body.taken'}
    undo:`, 1))
	s.enable(t)
	check := func(want int, args ...string) string {
		t.Helper()
		out, said := s.do(t, want, args...)
		for _, text := range []string{out, said} {
			for _, r := range text {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff') {
					t.Errorf("%v writes %q: %q", args, r, text)
					break
				}
			}
		}
		return out
	}
	text, err := json.Marshal(hostileAnswer)
	if err != nil {
		t.Fatal(err)
	}
	v.does(func(n int, _ string, w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPost || n == 1:
			fmt.Fprintf(w, `{"id": %[1]s, "state": %[1]s, "taken": %[1]s}`, text)
		case n == 2:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error": {"code": %[1]s, "message": %[1]s}}`, text)
		case n == 3:
			fmt.Fprint(w, hostileAnswer)
		default:
			wire("HTTP/1.1 200 OK\r\nContent-Length: " + strings.Map(func(r rune) rune {
				if r == '\n' || r == '\r' || r == 0 {
					return ' '
				}
				return r
			}, hostileAnswer) + "\r\n\r\n")(w)
		}
	})
	check(exitFailed, "apply", s.plan(t, "plan.json"), "--yes", "4")
	run := number(s.newest(t).Number)
	if got := fmt.Sprint(verdicts(s.newest(t))); got != fmt.Sprint([]workbook.Verdict{workbook.Sent, workbook.Failed, workbook.Unknown, workbook.Unknown}) {
		t.Fatal(got)
	}
	check(exitNotHeld, "resume", run, "--tasks")
	check(exitNotHeld, "resume", run, "-o", "json")
	check(exitDone, "show", run)
	for _, args := range [][]string{{"show", run, "-o", "json"}, {"undo", run, "--to", s.path("undo.json"), "-o", "json"}, {"runs", "-o", "json"}} {
		if out := check(exitDone, args...); !json.Valid([]byte(out)) {
			t.Errorf("%v gives no JSON: %q", args, out)
		}
	}
	check(exitDone, "verify")
}
