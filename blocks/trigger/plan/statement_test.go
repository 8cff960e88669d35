package plan

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

const somePlan = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestStatementIsReadBack(t *testing.T) {
	text := readTestdata(t, "statement")
	got, err := ParseStatement(text)
	if err != nil {
		t.Fatal(err)
	}
	want := Statement{
		Plan:    somePlan,
		Targets: []Target{{3, "ip", "203.0.113.7"}, {5, "domain", "evil.example"}},
		Reason:  "the mail team has seen both",
		Time:    noon,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Text() != text {
		t.Errorf("written as %q", got.Text())
	}
}

func TestStatementIsStrict(t *testing.T) {
	text := readTestdata(t, "statement")
	for _, c := range []struct{ from, to, says string }{
		{"approval 1\n", "approval 2\n", "line 1"},
		{"tabletop", " tabletop", "line 1"},
		{"plan 9f86", "plan 9F86", "lower case"},
		{"plan 9f86", "plan 9f8", "64 hexadecimal digits"},
		{"plan ", "plan: ", `must begin with "plan "`},
		{"plan ", "Plan ", `line 2 of the statement must begin with "plan "`},
		{"action 3", "action 03", "not written as this program writes it"},
		{"action 3", "action +3", "not written as this program writes it"},
		{"action 3", "action 5", "action 5 stands behind action 5"},
		{"action 3", "action 7", "action 5 stands behind action 7"},
		{"action 3", "action 0", "action 0 stands behind action 0"},
		{"action 3", "action x", `"x" is no action's number`},
		{"action 3", "block 3", `line 3 of the statement must begin with "action "`},
		{"ip ", "IP ", `the type of action 3 is "IP"`},
		{`"203.0.113.7"`, `203.0.113.7`, "stands in quotes"},
		{`"203.0.113.7"`, `"\u0032\u003003.0.113.7"`, "not written as this program writes it"},
		{`"203.0.113.7"`, "`203.0.113.7`", "not written as this program writes it"},
		{`"203.0.113.7"`, `"203.0.113.7" `, "stands in quotes"},
		{`"203.0.113.7"`, `""`, "no target that can be named"},
		{`"203.0.113.7"`, `"\xff"`, "no target that can be named"},
		{"reason the mail team has seen both", "reason ", "the reason is empty"},
		{"reason ", "reason  ", "begins or ends with a blank"},
		{"seen both", "seen\x1b[2J both", "U+001B"},
		{"seen both", "seen \u202e both", "U+202E"},
		{"seen both", "seen \xff both", "not UTF-8"},
		{"seen both", strings.Repeat("x", maxReasonBytes), "bytes"},
		{"12:00:00Z", "12:00:00.5Z", "not written as this program writes it"},
		{"12:00:00Z", "12:00:00+00:00", "the time is written"},
		{"time ", "time\t", `line 6 of the statement must begin with "time "`},
		{"00Z\n", "00Z", "cut"},
		{"00Z\n", "00Z\n\n", `must begin with "action "`},
		{"00Z\n", "00Z\r\n", "the time is written"},
		{"\nreason", "\nreason a\nreason", `line 5 of the statement must begin with "action "`},
		{text, "", "cut"},
		{text, strings.Repeat("x", MaxStatementBytes+1), "larger than"},
	} {
		changed := strings.Replace(text, c.from, c.to, 1)
		if changed == text {
			t.Fatalf("%q does not stand in the statement", c.from)
		}
		if _, err := ParseStatement(changed); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q for %q: %v, and not %q", c.to, c.from, err, c.says)
		}
	}
}

// TestStatementsAreReadBack is the same for whatever may stand in one.
func TestStatementsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Statement{
			Plan:   rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "plan"),
			Reason: rapid.StringMatching(`[!-~]([ -~é]{0,40}[!-~])?`).Draw(t, "reason"),
			Time:   noon.Add(time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "seconds")) * time.Second),
		}
		number := 0
		for range rapid.IntRange(0, 5).Draw(t, "targets") {
			number += rapid.IntRange(1, 1000).Draw(t, "step")
			s.Targets = append(s.Targets, Target{number, rapid.StringMatching(`[a-z0-9_]{1,8}`).Draw(t, "type"), rapid.StringN(1, 20, -1).Filter(utf8.ValidString).Draw(t, "target")})
		}
		got, err := ParseStatement(s.Text())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzParseStatement(f *testing.F) {
	f.Add(readTestdata(f, "statement"))
	f.Add("tabletop approval 1\nplan " + somePlan + "\nreason x\ntime 2026-01-31T12:00:00Z\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStatement(text)
		if err != nil {
			return
		}
		if s.Text() != text {
			t.Errorf("%q is read as %q", text, s.Text())
		}
		if err := s.Check(); err != nil {
			t.Errorf("%q is read and may not be signed: %v", text, err)
		}
	})
}
