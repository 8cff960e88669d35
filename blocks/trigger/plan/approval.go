package plan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Bounds on approvals: the bytes of a file and the files beside a plan.
const (
	maxApprovalBytes = 3 << 20
	maxApprovals     = 1000
)

// An Approval is a signed statement.
type Approval struct {
	// File is where it was read, empty for one that was just signed.
	File      string
	Statement Statement
	// Text is what was signed, Signature the armoured signature over it, Key the
	// key that made it.
	Text      string
	Signature string
	Key       ssh.PublicKey
}

// approvalFile is an approval as a file holds it.
type approvalFile struct {
	Form      int    `json:"tabletop_approval"`
	Statement string `json:"statement"`
	Signature string `json:"signature"`
}

// Sign signs a statement. Keys of type ECDSA take randomness from random.
func Sign(s Statement, signer ssh.Signer, random io.Reader) (*Approval, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	text := s.Text()
	signature, err := SignText(text, signer, random)
	if err != nil {
		return nil, err
	}
	return NewApproval(text, signature)
}

// NewApproval makes an approval of a statement's text and a signature that was
// made elsewhere, as by ssh-keygen -Y sign. It checks both.
func NewApproval(text, signature string) (*Approval, error) {
	statement, err := ParseStatement(text)
	if err != nil {
		return nil, err
	}
	key, err := VerifyText(text, signature)
	if err != nil {
		return nil, err
	}
	return &Approval{Statement: statement, Text: text, Signature: signature, Key: key}, nil
}

// Write gives the approval's file.
func (a *Approval) Write() ([]byte, error) {
	text, err := encode(approvalFile{Form, a.Text, a.Signature})
	if err != nil {
		return nil, fmt.Errorf("write the approval: %w", err)
	}
	return text, nil
}

// ReadApproval reads the text of an approval's file, which name names, and checks
// its signature.
func ReadApproval(name string, text []byte) (*Approval, error) {
	var file approvalFile
	if problems := decodeStrict(name, text, maxApprovalBytes, &file); problems.Err() != nil {
		return nil, problems
	}
	if file.Form != Form {
		return nil, source.Problems{{Place: source.Place{File: name}, Message: fmt.Sprintf("an approval of form %d, and this program knows form %d", file.Form, Form)}}
	}
	if err := asWritten(name, text, file); err != nil {
		return nil, err
	}
	approval, err := NewApproval(file.Statement, file.Signature)
	if err != nil {
		return nil, source.Problems{{Place: source.Place{File: name}, Message: err.Error()}}
	}
	approval.File = name
	return approval, nil
}

// approvalEnding is how the names of approvals end. They begin with the plan's.
const approvalEnding = ".approval"

// ApprovalPath names a file for an approval of the plan at path, the first that
// there is none of yet: plan.json.anna.approval, plan.json.anna.2.approval.
func ApprovalPath(plan, name string) (string, error) {
	short := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	for n := 1; n <= maxApprovals; n++ {
		path := plan + "." + short
		if n > 1 {
			path += "." + strconv.Itoa(n)
		}
		if _, err := os.Lstat(path + approvalEnding); errors.Is(err, os.ErrNotExist) {
			return path + approvalEnding, nil
		}
	}
	return "", fmt.Errorf("%d approvals by %s lie beside the plan already", maxApprovals, name)
}

// A Refusal is an approval that does not count, and why.
type Refusal struct {
	File   string
	Reason string
}

// FindApprovals reads the approvals beside the plan at path, in the order of
// their names. Those that can't be read do not count, and don't keep others from
// it.
func FindApprovals(plan string) ([]*Approval, []Refusal, error) {
	entries, err := os.ReadDir(filepath.Dir(plan))
	if err != nil {
		return nil, nil, fmt.Errorf("look for approvals: %w", err)
	}
	var approvals []*Approval
	var refused []Refusal
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(plan)+".") || !strings.HasSuffix(e.Name(), approvalEnding) {
			continue
		}
		if len(approvals)+len(refused) == maxApprovals {
			return nil, nil, fmt.Errorf("more than %d approvals lie beside %s: remove those of other plans", maxApprovals, plan)
		}
		file := filepath.Join(filepath.Dir(plan), e.Name())
		text, err := readBounded(file, maxApprovalBytes)
		if err != nil {
			refused = append(refused, Refusal{file, err.Error()})
			continue
		}
		approval, err := ReadApproval(file, text)
		if err != nil {
			refused = append(refused, Refusal{file, err.Error()})
			continue
		}
		approvals = append(approvals, approval)
	}
	return approvals, refused, nil
}

// NeedApproval lists the targets of a plan that need an approval of their own.
func (p *Plan) NeedApproval() []Target {
	var targets []Target
	for _, a := range p.Actions {
		if a.Verdict == workbook.NeedsApproval {
			targets = append(targets, a.target())
		}
	}
	return targets
}

func (a Action) target() Target { return Target{a.Number, a.Type, a.Canonical} }

// Select finds the targets of a plan that need an approval and that names name:
// by an action's number (3 or a3), or by the target as the row has it or as it
// was judged, which may be that of several actions. Every name that finds none
// is told.
func (p *Plan) Select(names []string) ([]Target, error) {
	chosen := map[int]bool{}
	var wrong []error
	for _, name := range names {
		found := false
		var other *Action
		for i, a := range p.Actions {
			number := strconv.Itoa(a.Number)
			if name != number && name != "a"+number && name != a.Target && name != a.Canonical || name == "" {
				continue
			}
			if a.Verdict == workbook.NeedsApproval {
				chosen[a.Number], found = true, true
			} else {
				other = &p.Actions[i]
			}
		}
		switch {
		case found:
		case other != nil:
			wrong = append(wrong, fmt.Errorf("action %d, %s, needs no approval of its own: its verdict is %s", other.Number, strconv.Quote(other.Target), other.Verdict))
		default:
			wrong = append(wrong, fmt.Errorf("no action of the plan has the number or the target %s", strconv.Quote(name)))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(p.NeedApproval(), func(t Target) bool { return !chosen[t.Action] }), nil
}

// NewStatement is the statement that approves a plan and some of the targets
// that need it, at a time.
func NewStatement(sha256 string, targets []Target, reason string, now time.Time) Statement {
	return Statement{Plan: sha256, Targets: targets, Reason: reason, Time: now.UTC().Truncate(time.Second)}
}
