package plan

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxStatementBytes is the longest text of a statement, in bytes.
const MaxStatementBytes = 1 << 20

// maxReasonBytes is the longest reason, in bytes.
const maxReasonBytes = 1000

// A Statement is what an approver signs.
type Statement struct {
	// Plan is the SHA-256 of the plan's file, in hexadecimal.
	Plan string
	// Targets are the actions that need an approval of their own and get it,
	// in the order of their numbers; none for an approval of the plan alone.
	Targets []Target
	// Reason is one line.
	Reason string
	// Time is when the approver says to have signed, UTC, to the second.
	Time time.Time
}

// A Target is the target of an action, as it was judged.
type Target struct {
	Action    int
	Type      string
	Canonical string
}

// statementHead opens each statement and says how the rest is to be read.
const statementHead = "tabletop approval 1"

// Text is what is signed, byte for byte:
//
//	tabletop approval 1
//	plan <64 hexadecimal digits>
//	action 3 ip "203.0.113.7"
//	reason the mail team has seen it
//	time 2026-01-31T12:00:00Z
//
// with a line for each target, its text quoted as Go does, and a line feed
// behind each line.
func (s Statement) Text() string {
	var b strings.Builder
	b.WriteString(statementHead + "\n")
	b.WriteString("plan " + s.Plan + "\n")
	for _, t := range s.Targets {
		fmt.Fprintf(&b, "action %d %s %s\n", t.Action, t.Type, strconv.Quote(t.Canonical))
	}
	b.WriteString("reason " + s.Reason + "\n")
	b.WriteString("time " + s.Time.UTC().Format(time.RFC3339) + "\n")
	return b.String()
}

var (
	digestForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })
	typeForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_]{1,64}$`) })
)

// Check tells what keeps a statement from being signed.
func (s Statement) Check() error {
	if !digestForm().MatchString(s.Plan) {
		return errors.New("the plan is named by its SHA-256, 64 hexadecimal digits in lower case")
	}
	if err := checkReason(s.Reason); err != nil {
		return err
	}
	if s.Time.IsZero() || s.Time.Year() < 1 || s.Time.Year() > 9999 {
		return errors.New("the time is missing")
	}
	last := 0
	for _, t := range s.Targets {
		switch {
		case t.Action <= last:
			return fmt.Errorf("action %d stands behind action %d: actions are named once each, in the order of their numbers", t.Action, last)
		case !typeForm().MatchString(t.Type):
			return fmt.Errorf("the type of action %d is %q: a type is written in lower case, digits and _", t.Action, t.Type)
		case t.Canonical == "" || !utf8.ValidString(t.Canonical):
			return fmt.Errorf("action %d has no target that can be named", t.Action)
		}
		last = t.Action
	}
	if n := len(s.Text()); n > MaxStatementBytes {
		return fmt.Errorf("the statement has %d bytes, %d are the most: approve fewer targets at a time", n, MaxStatementBytes)
	}
	return nil
}

// checkReason takes one line that says something and hides nothing.
func checkReason(reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return errors.New("the reason is empty: say in a line why this may be sent")
	case reason != strings.TrimSpace(reason):
		return errors.New("the reason begins or ends with a blank")
	case len(reason) > maxReasonBytes:
		return fmt.Errorf("the reason has %d bytes, %d are the most", len(reason), maxReasonBytes)
	case !utf8.ValidString(reason):
		return errors.New("the reason is not UTF-8 text")
	}
	for _, r := range reason {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("the reason holds the character %U: write one line of plain text", r)
		}
	}
	return nil
}

// ParseStatement reads the text of a statement. Only a text that Text itself
// gives is one, to the byte, so that nothing can stand in it that is not read.
func ParseStatement(text string) (Statement, error) {
	if len(text) > MaxStatementBytes {
		return Statement{}, fmt.Errorf("the statement is larger than %d bytes", MaxStatementBytes)
	}
	lines := strings.Split(text, "\n")
	n := len(lines)
	if n < 5 || lines[n-1] != "" {
		return Statement{}, errors.New("the statement is cut: it has a first line and the lines plan, reason and time, each ended by a line feed")
	}
	if lines[0] != statementHead {
		return Statement{}, fmt.Errorf("line 1 of the statement must be %q", statementHead)
	}
	var s Statement
	var err error
	if s.Plan, err = after("plan ", lines, 1); err != nil {
		return Statement{}, err
	}
	for i := 2; i < n-3; i++ {
		target, err := parseTarget(lines, i)
		if err != nil {
			return Statement{}, err
		}
		s.Targets = append(s.Targets, target)
	}
	if s.Reason, err = after("reason ", lines, n-3); err != nil {
		return Statement{}, err
	}
	at, err := after("time ", lines, n-2)
	if err != nil {
		return Statement{}, err
	}
	if s.Time, err = time.Parse("2006-01-02T15:04:05Z", at); err != nil {
		return Statement{}, fmt.Errorf("line %d of the statement: the time is written 2026-01-31T12:00:00Z", n-1)
	}
	if err := s.Check(); err != nil {
		return Statement{}, fmt.Errorf("the statement: %w", err)
	}
	if s.Text() != text {
		return Statement{}, errors.New("the statement is not written as this program writes it")
	}
	return s, nil
}

// after is what follows a line's first word.
func after(word string, lines []string, i int) (string, error) {
	rest, ok := strings.CutPrefix(lines[i], word)
	if !ok {
		return "", fmt.Errorf("line %d of the statement must begin with %q", i+1, word)
	}
	return rest, nil
}

func parseTarget(lines []string, i int) (Target, error) {
	rest, err := after("action ", lines, i)
	if err != nil {
		return Target{}, err
	}
	number, rest, _ := strings.Cut(rest, " ")
	kind, quoted, _ := strings.Cut(rest, " ")
	action, err := strconv.Atoi(number)
	if err != nil {
		return Target{}, fmt.Errorf("line %d of the statement: %q is no action's number", i+1, number)
	}
	canonical, err := strconv.Unquote(quoted)
	if err != nil {
		return Target{}, fmt.Errorf("line %d of the statement: the target of action %d stands in quotes", i+1, action)
	}
	return Target{action, kind, canonical}, nil
}
