package guard

import "tabletop/workbook"

// Release is the judgement of a target whose block is taken back. Taking one
// back needs no leave: whatever the target is, it is better off unblocked than
// blocked by mistake.
func Release(kind, target string) Judgement {
	if target == "" && kind != TypeNone {
		return Judgement{Verdict: workbook.Invalid, Reason: "the target is an empty text"}
	}
	return Judgement{Verdict: workbook.WouldSend, Approved: Approved{kind: kind, target: target, given: true}}
}
