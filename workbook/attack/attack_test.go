package attack

import (
	"slices"
	"strings"
	"testing"
)

// TestTableIsWhole holds the table against itself: every tactic that a technique
// serves is there, so is every sub-technique's technique, and nothing stands twice.
func TestTableIsWhole(t *testing.T) {
	if !strings.Contains(enterprise, "Enterprise "+Version+":") {
		t.Errorf("the table does not say that it is of %s", Version)
	}
	if n := len(Tactics()); n != 14 {
		t.Errorf("%d tactics, of which there are 14", n)
	}
	seen, subs := map[string]bool{}, 0
	for _, technique := range Techniques() {
		if seen[technique.ID] || technique.Name == "" || len(technique.Tactics) == 0 {
			t.Errorf("%+v stands twice or lacks a part", technique)
		}
		seen[technique.ID] = true
		if parent := technique.Parent(); parent != "" {
			subs++
			if !seen[parent] {
				t.Errorf("%s has no technique", technique.ID)
			}
		}
		for _, id := range technique.Tactics {
			if TacticName(id) == id {
				t.Errorf("%s serves the unknown %s", technique.ID, id)
			}
		}
		if found, ok := ByID(technique.ID); !ok || found.Name != technique.Name {
			t.Errorf("%s is not found", technique.ID)
		}
	}
	if len(seen)-subs != 211 || subs != 468 {
		t.Errorf("%d techniques and %d sub-techniques; ATT&CK 17.1 has 211 and 468", len(seen)-subs, subs)
	}
}

func TestFind(t *testing.T) {
	tactics := []struct{ text, id, written string }{
		{"Lateral Movement", "TA0008", "Lateral Movement"},
		{"lateral-movement", "TA0008", "Lateral Movement"},
		{"ta0011", "TA0011", "TA0011"},
		{"command and control", "TA0011", "Command and Control"},
		{"Lateral Movment", "", ""},
		{"", "", ""},
	}
	for _, test := range tactics {
		if got, _ := FindTactic(test.text); got.Found.ID != test.id || got.Written != test.written {
			t.Errorf("%q: got %+v", test.text, got)
		}
	}
	techniques := []struct {
		text string
		subs bool
		ids  string
	}{
		{"Remote Services", false, "T1021"},
		{"remote services", false, "T1021"},
		{"T1021", false, "T1021"},
		{"T1021", true, ""},
		{"t1021.001", true, "T1021.001"},
		{"Remote Desktop Protocol", true, "T1021.001"},
		{"Remote Desktop Protocol", false, ""},
		{"Spearphishing Link", true, "T1566.002 T1598.003"},
		{"Phishing: Spearphishing Link", true, "T1566.002"},
		{"Nothing: Spearphishing Link", true, ""},
	}
	for _, test := range techniques {
		var ids []string
		for _, m := range FindTechniques(test.text, test.subs) {
			ids = append(ids, m.Found.ID)
		}
		if got := strings.Join(ids, " "); got != test.ids {
			t.Errorf("%q: got %q, want %q", test.text, got, test.ids)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, test := range []struct {
		text string
		kind Kind
		of   string
		want string
	}{
		{"Lateral Movment", TacticKind, "", "did you mean Lateral Movement?"},
		{"Remote Servics", TechniqueKind, "", "did you mean Remote Services?"},
		{"zzz", TechniqueKind, "", "write a name or an identifier of ATT&CK 17.1, as in Remote Services or T1021"},
		{"zzz", SubtechniqueKind, "T1021", "known: Cloud Services, Direct Cloud VM Connections, Distributed Component Object Model and 5 more"},
	} {
		if got := Suggest(test.text, test.kind, test.of); got != test.want {
			t.Errorf("%s: got %q, want %q", test.text, got, test.want)
		}
	}
	if got, _ := ByID("T1078"); !slices.Equal(got.Tactics, []string{"TA0001", "TA0003", "TA0004", "TA0005"}) {
		t.Errorf("T1078 serves %v", got.Tactics)
	}
}
