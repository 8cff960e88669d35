package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Of makes an action of a plan of one of a rehearsal and of the row's evidence.
func Of(a workbook.Action, e workbook.Evidence) Action {
	return Action{Action: a, Key: a.Key, Values: a.Values, Undo: a.Undo, CannotUndo: a.CannotUndo, Evidence: e}
}

// Sends reports whether an action is one of those that are sent: on the plan's
// approval, or with one of its own. One that would be sent but has no request,
// for want of a configuration, is not.
func (a Action) Sends() bool {
	return a.Request != nil && (a.Verdict == workbook.WouldSend || a.Verdict == workbook.NeedsApproval)
}

// Write gives a plan's file: JSON, the same for the same plan, to the byte. It
// refuses a plan that Read would refuse, such as one with texts that are not
// UTF-8, which JSON can't hold.
func Write(p *Plan) ([]byte, error) {
	written := *p
	written.Form = Form
	// Times are those of UTC, and without the clock that only this process knows.
	written.Created, written.Expires, written.Clock = p.Created.Round(0).UTC(), p.Expires.Round(0).UTC(), p.Clock.Round(0).UTC()
	text, err := encode(&written)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	if _, err := Read("plan", text); err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return text, nil
}

// encode writes JSON for people: a key a line, and < as itself.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(value)
	return b.Bytes(), err
}

// SHA256 is the hash by which a plan is named, over its file's bytes, in
// hexadecimal.
func SHA256(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Load reads the plan at path and its SHA-256. Its error is source.Problems
// where the plan has mistakes, else that of reading it.
func Load(path string) (p *Plan, sha256 string, err error) {
	text, err := readBounded(path, MaxBytes)
	if err != nil {
		return nil, "", fmt.Errorf("read the plan: %w", err)
	}
	p, err = Read(path, text)
	return p, SHA256(text), err
}

// readBounded reads a file up to one byte past the most that is allowed.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	return io.ReadAll(io.LimitReader(f, most+1))
}

// Read reads a plan's file, which name names. Its error is source.Problems, with
// every mistake: a file is a plan only as Write gives it, to the byte.
func Read(name string, text []byte) (*Plan, error) {
	var p Plan
	if form := formOf(text); form > Form {
		return nil, source.Problems{{Place: source.Place{File: name}, Message: fmt.Sprintf("a plan of form %d, and this program knows form %d", form, Form), Fix: "apply it with the version that made it, or plan again"}}
	}
	if problems := decodeStrict(name, text, MaxBytes, &p); problems.Err() != nil {
		return nil, problems
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		a.Action.Key, a.Action.Values, a.Action.Undo = a.Key, a.Values, a.Undo
	}
	if found := check(&p); len(found) > 0 {
		return nil, placed(name, text, reflect.TypeFor[Plan](), found)
	}
	if err := asWritten(name, text, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// formOf is the form that a file says to have, 0 where it says none. It comes
// first: what a later form brings would else read as mistakes.
func formOf(text []byte) int {
	var head struct {
		Form int `json:"tabletop_plan"`
	}
	if len(text) > MaxBytes || json.Unmarshal(text, &head) != nil {
		return 0
	}
	return head.Form
}

// asWritten tells where a text differs from what this program writes for what
// it read out of it, so that a file holds nothing that was not read.
func asWritten(name string, text []byte, value any) error {
	again, err := encode(value)
	if err != nil {
		return fmt.Errorf("write %s again: %w", name, err)
	}
	if bytes.Equal(text, again) {
		return nil
	}
	at := 0
	for at < min(len(text), len(again)) && text[at] == again[at] {
		at++
	}
	return source.Problems{source.NewText(name, string(text)).Problem(at, "from here on it is not as this program writes it", "a file that was laid out anew or edited is no longer the one that was reviewed")}
}

// A mistake is one in what a file says, at a path such as actions[0].key.
type mistake struct{ path, message, fix string }

// placed finds the places of mistakes.
func placed(name string, text []byte, of reflect.Type, found []mistake) source.Problems {
	if len(found) > maxProblems {
		more := mistake{found[maxProblems].path, fmt.Sprintf("more than %d mistakes: the rest is not told", maxProblems), ""}
		found = append(slices.Clone(found[:maxProblems]), more)
	}
	paths := make([]string, len(found))
	for i, m := range found {
		paths[i] = m.path
	}
	places := placesOf(text, of, paths)
	whole := source.NewText(name, string(text))
	problems := make(source.Problems, len(found))
	for i, m := range found {
		problems[i] = whole.Problem(places[m.path], m.message, m.fix)
	}
	return problems.Sorted()
}
