package plan

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"tabletop/workbook/source"
)

// sign signs a statement over a plan at noon.
func sign(t testing.TB, sum string, targets []Target, key string) *Approval {
	t.Helper()
	a, err := Sign(NewStatement(sum, targets, "reviewed", noon), signerOf(t, key), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestApprovalIsReadBack(t *testing.T) {
	a := sign(t, somePlan, []Target{{3, "ip", "203.0.113.7"}}, "ed25519")
	text, err := a.Write()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadApproval("plan.json.anna.approval", text)
	if err != nil {
		t.Fatal(err)
	}
	a.File = "plan.json.anna.approval"
	if diff := cmp.Diff(a, got, cmp.Comparer(func(a, b ssh.PublicKey) bool { return Fingerprint(a) == Fingerprint(b) })); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ from, to, says string }{
		{`"tabletop_approval": 1`, `"tabletop_approval": 2`, "an approval of form 2"},
		{`"statement"`, `"said"`, `unknown key "said"`},
		{`203.0.113.7`, `203.0.113.8`, "not over this text"},
		{`reason reviewed`, `reason refused`, "not over this text"},
		{`reason reviewed\n`, `reason reviewed\n\n`, "the statement"},
		{"\n}", "\n,\"x\": 1}", `unknown key "x"`},
		{"\n}", "}", "not as this program writes it"},
		{`BEGIN`, `START`, "no SSH signature"},
	} {
		changed := strings.Replace(string(text), c.from, c.to, 1)
		if changed == string(text) {
			t.Fatalf("%q does not stand in the file", c.from)
		}
		_, err := ReadApproval("x.approval", []byte(changed))
		var problems source.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q for %q: %v, and not %q", c.to, c.from, err, c.says)
		}
	}
}

func TestApprovalsBesideThePlan(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "plan.json")
	var want []string
	for range 3 {
		file, err := ApprovalPath(path, "../Änna [x]")
		if err != nil {
			t.Fatal(err)
		}
		text, err := sign(t, somePlan, nil, "ed25519").Write()
		if err := errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		want = append(want, file)
	}
	if want[0] != path+".---änna--x-.approval" || want[1] != path+".---änna--x-.2.approval" {
		t.Errorf("the files are %q", want)
	}
	for name, text := range map[string]string{"plan.json.ben.approval": "{", "plan.json.approval.bak": "{", "other.json.ben.approval": "{"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	approvals, refused, err := FindApprovals(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(approvals) != 3 {
		t.Errorf("%d approvals are found", len(approvals))
	}
	if len(refused) != 1 || refused[0].File != filepath.Join(folder, "plan.json.ben.approval") || !strings.Contains(refused[0].Reason, "it ends in the middle") {
		t.Errorf("refused: %v", refused)
	}
}

func TestSelect(t *testing.T) {
	p := newPlan("/srv")
	ip, domain := Target{3, "ip", "203.0.113.7"}, Target{5, "domain", "evil.example"}
	for _, c := range []struct {
		names []string
		want  []Target
		says  []string
	}{
		{nil, nil, nil},
		{[]string{"3"}, []Target{ip}, nil},
		{[]string{"a5", "3"}, []Target{ip, domain}, nil},
		{[]string{"Evil.Example"}, []Target{domain}, nil},
		{[]string{"evil.example", "a5"}, []Target{domain}, nil},
		{[]string{"1"}, nil, []string{`action 1, "203.0.113.9", needs no approval of its own: its verdict is would_send`}},
		{[]string{"10.0.0.1", "gone", "", "6", "3"}, nil, []string{"its verdict is refused_protected", `target "gone"`, `target ""`, `target "6"`}},
	} {
		got, err := p.Select(c.names)
		for _, says := range c.says {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v, and not %q", c.names, err, says)
			}
		}
		if c.says == nil && err != nil {
			t.Errorf("%q: %v", c.names, err)
		}
		if diff := cmp.Diff(c.want, got); len(c.want)+len(got) > 0 && diff != "" {
			t.Errorf("%q: %s", c.names, diff)
		}
	}
	if diff := cmp.Diff([]Target{ip, domain}, p.NeedApproval()); diff != "" {
		t.Error(diff)
	}
}

func FuzzReadApproval(f *testing.F) {
	text, err := sign(f, somePlan, []Target{{3, "ip", "203.0.113.7"}}, "ed25519").Write()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ReadApproval("x.approval", text)
		if err != nil {
			return
		}
		if _, err := VerifyText(a.Statement.Text(), a.Signature); err != nil {
			t.Errorf("%q is read, and %v", text, err)
		}
	})
}
