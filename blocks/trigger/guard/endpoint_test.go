package guard

import (
	"os"
	"path/filepath"
	"testing"

	"tabletop/workbook"
)

func TestEndpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard.yaml")
	text := "never:\n  - {value: dc01.corp.example, reason: domain controller}\n  - {value: 'srv-*', reason: servers}\nallow:\n  - {value: lab7.corp.example, reason: nobody works there}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]struct {
		verdict workbook.Verdict
		rule    string
	}{
		"WS-17":              {workbook.NeedsApproval, RuleEndpoint},
		"DC01.corp.example":  {workbook.RefusedProtected, RuleOwn},
		"SRV-9":              {workbook.RefusedProtected, RuleOwn},
		"lab7.corp.example":  {workbook.WouldSend, RuleAllowed},
		"WS-*":               {workbook.RefusedProtected, RuleWildcard},
		" WS-17":             {workbook.Invalid, ""},
		" dc01.corp.example": {workbook.RefusedProtected, RuleOwn},
		"WS\x0017":           {workbook.Invalid, ""},
		"\t":                 {workbook.Invalid, ""},
	} {
		if j := g.Judge(TypeEndpoint, target); j.Verdict != want.verdict || j.Rule != want.rule {
			t.Errorf("%q is %s by %s (%s), want %s by %s", target, j.Verdict, j.Rule, j.Reason, want.verdict, want.rule)
		}
	}
}
