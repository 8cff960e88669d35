package guard

import (
	"strings"
	"testing"
)

func TestGrant(t *testing.T) {
	g := New()
	asked := g.Judge(TypeDomain, "evil.github.io")
	granted, err := asked.Grant("phishing page,\n seen by \x1bann")
	if err != nil {
		t.Fatal(err)
	}
	if granted.Verdict != would || granted.Rule != RuleApproved || !granted.Approved.Covers(TypeDomain, "evil.github.io") {
		t.Errorf("granted: %+v", granted)
	}
	if granted.Canonical != asked.Canonical || !strings.Contains(granted.Reason, `approved: phishing page, seen by \x1bann`) || !strings.Contains(granted.Reason, asked.Reason) {
		t.Errorf("the reason is %q", granted.Reason)
	}
	if asked.Verdict != asks || asked.Approved.Covers(TypeDomain, "evil.github.io") {
		t.Error("granting changed the judgement that it was asked of")
	}
	if _, err := asked.Grant(" "); err == nil {
		t.Error("granted without a reason")
	}
	if _, err := granted.Grant("again"); err == nil {
		t.Error("granted twice")
	}
}

func TestNothingElseIsGranted(t *testing.T) {
	g := New()
	forged := Judgement{Verdict: asks, Canonical: "203.0.113.7"}
	for name, j := range map[string]Judgement{
		"a protected target": g.Judge(TypeIP, "10.0.0.1"), "a network": g.Judge(TypeIP, "203.0.113.0/24"),
		"what is no address": g.Judge(TypeIP, "x"), "an allowed one": g.Judge(TypeIP, "203.0.113.7"),
		"a request without a target": g.Judge(TypeNone, ""), "no judgement": {}, "one that no guard made": forged,
	} {
		granted, err := j.Grant("because")
		if err == nil || granted.Approved.Covers(TypeIP, "203.0.113.7") || granted.Approved.Covers(TypeNone, "") || granted.Verdict != "" {
			t.Errorf("%s was granted: %+v, %v", name, granted, err)
		}
	}
	// A judgement that was changed afterwards keeps the target that was judged.
	j := g.Judge(TypeDomain, "evil.github.io")
	j.Canonical = "github.io"
	if granted, err := j.Grant("x"); err != nil || granted.Approved.Covers(TypeDomain, "github.io") {
		t.Errorf("%+v, %v", granted, err)
	}
}
