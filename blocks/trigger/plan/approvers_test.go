package plan

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/workbook/source"
)

// keyLine is a public key of testdata as approvers.yaml holds it.
func keyLine(t testing.TB, name string) string {
	t.Helper()
	return strings.TrimSpace(readTestdata(t, "key_"+name+".pub"))
}

// approversText names Anna with two keys and Ben with one; Kim planned.
func approversText(t testing.TB) string {
	t.Helper()
	return `needed: 1
approvers:
  - name: Anna
    user: anna
    key: ` + keyLine(t, "ed25519") + `
  - {name: Anna, user: anna, key: '` + keyLine(t, "ecdsa") + `'}
  - name: Ben
    user: ben
    key: '` + keyLine(t, "rsa") + `'
    expires: 2026-01-31
  - name: Kim
    user: kim
    key: ` + keyLine(t, "locked") + `
`
}

func TestApprovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "approvers.yaml")
	text := approversText(t)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := LoadApprovers(path)
	if err != nil {
		t.Fatal(err)
	}
	if a.Needed != 1 || len(a.People) != 4 || a.Path != path || a.SHA256 != SHA256([]byte(text)) {
		t.Errorf("%+v", a)
	}
	ben := a.People[2]
	if ben.Name != "Ben" || ben.User != "ben" || !ben.expired(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) || ben.expired(noon) || a.People[0].expired(noon) {
		t.Errorf("Ben is %+v", ben)
	}
	by, ok := a.By(signerOf(t, "ecdsa").PublicKey())
	if !ok || by.Name != "Anna" {
		t.Error("the key is that of ", by.Name)
	}
	if _, ok := a.By(device{key: make([]byte, 64)}.PublicKey()); ok {
		t.Error("a key that nobody has is somebody's")
	}
}

func TestApproversMistakes(t *testing.T) {
	whole := approversText(t)
	for _, c := range []struct{ from, to, says string }{
		{"needed: 1", "needed: 4", "approvers.yaml:1:9: 4 people must approve, and the file names 3"},
		{"needed: 1", "needed: 0", "approvers.yaml:1:9: needed must be a whole number from 1"},
		{"needed: 1", "needed: two", "approvers.yaml:1:9: needed must be a whole number from 1"},
		{"needed: 1", "neded: 1", "did you mean needed?"},
		{"    user: ben\n", "", "user is missing"},
		{"user: ben", "user: ''", "approvers.yaml:8:12: the user must be 1 to 100 characters"},
		{"user: ben", `user: "be\en"`, "the user must be 1 to 100 characters"},
		{"name: Ben", "name: ' Ben'", "the name must be 1 to 100 characters"},
		{"user: ben", "user: Anna", "approvers.yaml:7:11: the user Anna is Anna above"},
		{"name: Ben", "name: anna", "approvers.yaml:8:11: anna is the user anna above"},
		{"expires: 2026-01-31", "expires: 31.1.2026", `approvers.yaml:10:14: "31.1.2026" is no date`},
		{keyLine(t, "rsa"), keyLine(t, "ed25519"), "approvers.yaml:9:11: the key of Anna stands here a second time"},
		{keyLine(t, "rsa"), keyLine(t, "short_rsa"), "approvers.yaml:9:11: an RSA key of 1024 bits can't approve"},
		{keyLine(t, "rsa"), keyLine(t, "dsa"), "a key of type ssh-dss can't approve"},
		{keyLine(t, "rsa"), "ben.pub", "approvers.yaml:9:11: this is no SSH public key"},
		{whole, "needed: 1\n", "approvers is missing"},
		{whole, "approvers: []\n", "nobody may approve"},
		{whole, "", "empty"},
		{whole, "approvers:\n" + strings.Repeat("  - {name: A, user: a, key: b}\n", MaxApprovers+1), "more than 1000 approvers"},
	} {
		changed := strings.Replace(whole, c.from, c.to, 1)
		if changed == whole {
			t.Fatalf("%q does not stand in the file", c.from)
		}
		_, err := ParseApprovers("approvers.yaml", []byte(changed))
		var problems source.Problems
		if !errors.As(err, &problems) || !strings.Contains(problems.Error(), c.says) {
			t.Errorf("%.100q for %.100q:\n%.500v\nand not %q", c.to, c.from, err, c.says)
		}
	}
}

func FuzzParseApprovers(f *testing.F) {
	f.Add([]byte(approversText(f)))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ParseApprovers("approvers.yaml", text)
		if err != nil {
			return
		}
		people := map[string]bool{}
		for _, p := range a.People {
			people[person(p)] = true
			if err := checkKey(p.Key); err != nil {
				t.Error(err)
			}
		}
		if a.Needed < 1 || a.Needed > len(people) {
			t.Errorf("%d of %d people must approve", a.Needed, len(people))
		}
	})
}
