package guard

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const patternLists = `
never:
  - {value: 'vpn*.corp-partner.example', reason: the partner's VPN}
  - {value: 'board-*@partner.example', reason: the partner's board}
  - {value: 'https://files.example/ours', reason: our own files}
  - {value: 'https://files.example/shared/docs', reason: our own documents}
  - {value: '*://code.example/*/wiki', reason: pages that we need}
  - {value: '45.83.*', reason: ours}
  - {value: jane.doe@gmail.com, reason: the head's private mailbox}
  - {value: 'chef*@bücher.example', reason: a mailbox}
ask:
  - {value: 'login.*', reason: a page to log in at}
  - {value: 'https://github.com/evilcorp', reason: a partner's code}
allow:
  - {value: 'https://github.com/evilcorp/bad', reason: a wrong hit}
lists:
  - {file: gold.csv, level: never, reason: the gold image}
  - {file: more.txt, level: never, reason: more}
`

var patternFiles = map[string]string{
	"gold.csv": "Path,SHA1,SHA256\nC:\\a.exe,3395856CE81F2B7382DEE72602F798B642F14140,\n/bin/b,,275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f\n",
	"more.txt": "srv*.listed.example\nhttps://cdn.example/app\nhttps://cdn.example/lib/ours\nteam-*@listed.example\nboss@listed.example\n",
}

func TestPatternsAndOverlap(t *testing.T) {
	g, err := guardIn(t, patternLists, patternFiles)
	if err != nil {
		t.Fatal(err)
	}
	check(t, g, []judged{
		{TypeDomain, "vpn3.corp-partner.example", refused, RuleOwn, ""},
		{TypeURL, "https://VPN.corp-partner.example/x", refused, RuleOwn, ""},
		{TypeDomain, "mail.corp-partner.example", would, "", ""},
		{TypeDomain, "corp-partner.example", refused, RuleOwn, ""},
		{TypeURL, "https://corp-partner.example/x", would, "", ""},

		{TypeMailbox, "Board-Chair@partner.example", refused, RuleOwn, ""},
		{TypeMailbox, "sales@partner.example", would, "", ""},
		{TypeDomain, "partner.example", refused, RuleOwn, ""},
		{TypeMailbox, "chefin@xn--bcher-kva.example", refused, RuleOwn, ""},

		{TypeURL, "http://files.example/ours", refused, RuleOwn, ""},
		{TypeURL, "https://u:p@FILES.example:443/ours/a.exe", refused, RuleOwn, ""},
		{TypeURL, "https://files.example/ours?x=1", refused, RuleOwn, ""},
		{TypeURL, "https://files.example/ours2", would, "", ""},
		{TypeURL, "https://files.example/theirs", would, "", ""},
		{TypeURL, "https://files.example/shared", refused, RuleOwn, ""}, // with which the entry would be blocked
		{TypeURL, "https://files.example/shared/docs", refused, RuleOwn, ""},
		{TypeURL, "https://files.example/share", would, "", ""},
		{TypeURL, "https://files.example/shared/code", would, "", ""},
		{TypeURL, "https://files.example/", refused, RuleOwn, ""},
		{TypeDomain, "files.example", refused, RuleOwn, ""},
		{TypeURL, "https://code.example/team/wiki", refused, RuleOwn, ""},
		{TypeURL, "https://code.example/team/code", would, "", ""},

		{TypeIP, "45.83.9.9", refused, RuleOwn, ""},
		{TypeMailbox, "janedoe+news@googlemail.com", refused, RuleOwn, ""},
		{TypeMailbox, `"Jane.Doe"@gmail.com`, refused, RuleOwn, ""},
		{TypeMailbox, "jane.d@gmail.com", would, "", ""},

		{TypeDomain, "login.evil.example", asks, RuleOwn, ""},
		{TypeURL, "https://github.com/evilcorp/x", asks, RuleOwn, ""},
		{TypeURL, "https://github.com/evilcorp/bad/file", would, RuleAllowed, ""},
		{TypeURL, "https://github.com/other", would, "", ""},

		{TypeFileSHA1, "3395856ce81f2b7382dee72602f798b642f14140", refused, RuleOwn, ""},
		{TypeFileSHA256, "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", refused, RuleOwn, ""},
		{TypeDomain, "srv9.listed.example", refused, RuleOwn, ""},
		{TypeDomain, "web.listed.example", would, "", ""},
		{TypeDomain, "listed.example", refused, RuleOwn, ""},
		{TypeURL, "https://cdn.example/app/v1", refused, RuleOwn, ""},
		{TypeURL, "https://cdn.example/lib", refused, RuleOwn, ""},
		{TypeURL, "https://cdn.example/lib/theirs", would, "", ""},
		{TypeMailbox, "team-a@listed.example", refused, RuleOwn, ""},
		{TypeMailbox, "boss+x@listed.example", refused, RuleOwn, ""},
	})
	if got := g.OwnLists(); got != 15 {
		t.Errorf("%d entries of own lists of level never, want 15", got)
	}
	if got := New().OwnLists(); got != 0 {
		t.Errorf("%d entries without own lists", got)
	}
}

func TestPatternsThatCoverTooMuch(t *testing.T) {
	for _, value := range []string{"*", "*.*", "*@*", "*a*", "*://*/*", "https://*/", "http://x/", "http://a@b.example/x", "ftp://files.example", "10.*.1.2", "a b*cde", "data://files.example/a"} {
		var e entry
		if e.read(value) {
			t.Errorf("%q is taken for an entry: %+v", value, e)
		}
	}
}

// A glob matches what the same pattern does read letter by letter.
func TestGlob(t *testing.T) {
	var slow func(p, s string) bool
	slow = func(p, s string) bool {
		if p == "" {
			return s == ""
		}
		if p[0] == '*' {
			return slow(p[1:], s) || s != "" && slow(p, s[1:])
		}
		return s != "" && p[0] == s[0] && slow(p[1:], s[1:])
	}
	letters := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*"}), 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		p := strings.Join(letters.Draw(t, "pattern"), "")
		s := strings.ReplaceAll(strings.Join(letters.Draw(t, "text"), ""), "*", "c")
		if glob(p, s) != slow(p, s) {
			t.Fatalf("glob(%q, %q) = %v", p, s, glob(p, s))
		}
	})
}
