package blocks

import (
	"maps"
	"slices"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Facts say what the signal tells of each row.
func (s *signalStep) Facts() []workbook.Facts {
	c := s.config
	facts := workbook.SignalFacts{
		Tactic: writtenText(c.Tactic, s.fields.Tactic), Technique: writtenText(c.Technique, s.fields.Technique), Subtechnique: writtenText(c.Subtechnique, s.fields.Subtechnique),
		Confidence: s.fields.Confidence, Score: s.score, ScoreAt: s.body, Targets: len(c.Target), Suspects: s.body,
	}
	facts.Name, facts.Open = s.name, embedded.MatchString(s.name)
	for _, key := range slices.Sorted(maps.Keys(c.Target)) {
		facts.Keys = append(facts.Keys, "target."+key)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Suspect)) {
		facts.Keys = append(facts.Keys, "suspect."+key)
	}
	if s.scored {
		facts.ScoreAt, facts.Scored = c.Score.Spot(0), true
	}
	for _, key := range slices.Sorted(maps.Keys(c.Suspect)) {
		facts.Suspects = c.Suspect[key].Spot(0)
		break
	}
	return []workbook.Facts{{Spot: s.body, All: true, Signal: &facts}}
}

// writtenText is a text of a signal, with parameters in their places.
func writtenText(t source.Text, expanded string) workbook.Written {
	w := workbook.Written{Value: expanded}
	if t.Set() {
		w.Text, w.Spot = t.Value, t.Spot(0)
	}
	return w
}
