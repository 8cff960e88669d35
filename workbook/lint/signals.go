package lint

import (
	"fmt"

	"tabletop/workbook"
	"tabletop/workbook/findings"
)

// signals looks at what signals say of themselves.
func (l *linter) signals() {
	for _, d := range l.deeds {
		if d.Signal == nil {
			continue
		}
		s := *d.Signal
		if s.Targets == 0 {
			l.warn(d, s.Suspects, findings.NoTarget, "the signal names a suspect and no target", "say what was attacked, as in target: {host: $DstIP}")
		}
		if s.Scored && against(s.Confidence, s.Score) {
			l.warn(d, s.ScoreAt, findings.ScoreOfConfidence,
				fmt.Sprintf("a score of %d, which is %s, against a confidence of %s", s.Score, workbook.Severity(s.Score), s.Confidence),
				"change one of the two: analysts can't tell how much it matters")
		}
		l.attack(d, s)
	}
}

// against reports whether a score contradicts how sure the detection is.
func against(confidence string, score int) bool {
	switch confidence {
	case "Low":
		return score >= 7
	case "Medium":
		return score >= 9
	case "High":
		return score <= 3
	}
	return false
}

// suppressions tells of the rules that can silence no signal. Where a block may
// raise what is not known here, none is judged.
func (l *linter) suppressions() {
	var raised []workbook.SignalFacts
	for _, d := range l.deeds {
		if d.untold {
			return
		}
		if d.Signal != nil {
			raised = append(raised, *d.Signal)
		}
	}
	if len(raised) == 0 {
		return
	}
	for _, rule := range l.Workbook.Suppress {
		if p, idle := rule.Idle(raised); idle {
			l.found = append(l.found, p.Warn(findings.IdleSuppression))
		}
	}
}
