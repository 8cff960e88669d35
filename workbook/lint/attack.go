package lint

import (
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/attack"
	"tabletop/workbook/findings"
)

// attack holds a signal's tactic, technique and sub-technique against MITRE
// ATT&CK, and against each other.
func (l *linter) attack(d deed, s workbook.SignalFacts) {
	tactic, tacticKnown := attack.FindTactic(s.Tactic.Value)
	if s.Tactic.Text != "" {
		if !tacticKnown {
			l.unknown(d, s.Tactic, attack.TacticKind, "")
		} else {
			l.spelt(d, s.Tactic, attack.TacticKind, tactic.Written)
		}
	}
	techniques := attack.FindTechniques(s.Technique.Value, false)
	if s.Technique.Text != "" {
		if len(techniques) == 0 {
			l.unknown(d, s.Technique, attack.TechniqueKind, "")
		} else {
			l.spelt(d, s.Technique, attack.TechniqueKind, techniques[0].Written)
		}
	}
	if len(techniques) > 0 && tacticKnown && !slices.Contains(techniques[0].Found.Tactics, tactic.Found.ID) {
		l.warn(d, s.Technique.Spot, findings.TechniqueOfTactic,
			s.Technique.Value+" does not serve the tactic "+s.Tactic.Value, "it serves "+tacticNames(techniques[0].Found.Tactics))
	}
	if s.Subtechnique.Text != "" {
		l.subtechnique(d, s, techniques)
	}
}

func (l *linter) subtechnique(d deed, s workbook.SignalFacts, techniques []attack.Match[attack.Technique]) {
	subs := attack.FindTechniques(s.Subtechnique.Value, true)
	of := ""
	if len(techniques) > 0 {
		of = techniques[0].Found.ID
	}
	if len(subs) == 0 {
		l.unknown(d, s.Subtechnique, attack.SubtechniqueKind, of)
		return
	}
	l.spelt(d, s.Subtechnique, attack.SubtechniqueKind, subs[0].Written)
	ofThis := func(m attack.Match[attack.Technique]) bool { return m.Found.Parent() == of }
	if of == "" || slices.ContainsFunc(subs, ofThis) {
		return
	}
	var parents []string
	for _, m := range subs {
		parent, _ := attack.ByID(m.Found.Parent())
		parents = append(parents, parent.Name+" ("+parent.ID+")")
	}
	l.warn(d, s.Subtechnique.Spot, findings.SubOfTechnique,
		s.Subtechnique.Value+" is no sub-technique of "+s.Technique.Value, "it is one of "+strings.Join(parents, " and "))
}

// codes are the codes of what ATT&CK does not have.
func codeOf(k attack.Kind) string {
	return []string{findings.UnknownTactic, findings.UnknownTechnique, findings.UnknownSub}[k]
}

// unknown tells of a name that ATT&CK does not have, and of one that it has as
// something else.
func (l *linter) unknown(d deed, w workbook.Written, k attack.Kind, of string) {
	fix := attack.Suggest(w.Value, k, of)
	switch subs := attack.FindTechniques(w.Value, true); {
	case k == attack.TechniqueKind && len(subs) > 0:
		parent, _ := attack.ByID(subs[0].Found.Parent())
		fix = "it is a sub-technique: write technique: " + parent.Name + ", subtechnique: " + subs[0].Found.Name
	case k == attack.SubtechniqueKind && len(attack.FindTechniques(w.Value, false)) > 0:
		fix = "it is a technique: write it as technique"
	}
	l.warn(d, w.Spot, codeOf(k), "ATT&CK "+attack.Version+" has no "+k.String()+" "+w.Value, fix)
}

// spelt tells of a name that ATT&CK writes in another way.
func (l *linter) spelt(d deed, w workbook.Written, k attack.Kind, written string) {
	if written == w.Value {
		return
	}
	old := w.Text
	if w.Text != w.Value {
		old = "" // a parameter stands in it
	}
	l.report(d, w.Spot, codeOf(k), "ATT&CK writes the "+k.String()+" "+w.Value+" as "+written, "write "+written, old, written)
}

func tacticNames(ids []string) string {
	var names []string
	for _, id := range ids {
		names = append(names, attack.TacticName(id))
	}
	return strings.Join(names, ", ")
}
