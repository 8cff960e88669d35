package main

import (
	"os"
	"testing"
)

// Two names of one audit have one lock.
func TestTheLockIsTheAuditsWhateverItsName(t *testing.T) {
	s := newSite(t)
	if err := os.Symlink("audit.db", "link.db"); err != nil {
		t.Fatal(err)
	}
	release, err := lockSending("link.db")
	if err != nil {
		t.Fatal(err)
	}
	s.do("plan", ".", "--to", "plan.json")
	s.says(4, "another apply or resume is at work", "apply", "plan.json", "--yes", "3")
	release()
	s.applied(0, "plan.json")
}

// Nothing is left behind where there is no audit.
func TestAnAuditThatIsNotThereGetsNoLock(t *testing.T) {
	s := newSite(t)
	s.do("plan", ".", "--to", "plan.json")
	for _, args := range [][]string{{"apply", "plan.json", "--yes", "3"}, {"resume", "2"}} {
		s.says(2, "does not exist", append(args, "--audit", "none.db")...)
	}
	s.says(2, "does not exist", "apply", "plan.json", "--audit", "none/audit.db")
	if _, err := os.Stat("none.db.sending"); err == nil {
		t.Error("a lock was left behind")
	}
}
