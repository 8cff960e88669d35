package guard

import (
	"errors"
	"fmt"
	"strings"

	"tabletop/workbook"
)

// RuleApproved covers a target that someone approved.
const RuleApproved = "approved"

// Grant is the judgement of a target that someone may let through, once someone
// did: it would be sent, and Approved covers it. Only NeedsApproval can be
// granted; a refusal, a text that can't be sent and what needs no approval are
// an error. reason says who approved it and why.
func (j Judgement) Grant(reason string) (Judgement, error) {
	if strings.TrimSpace(reason) == "" {
		return Judgement{}, errors.New("approve a target: an approval needs a reason")
	}
	if j.Verdict != workbook.NeedsApproval || j.Protected || j.kind == "" {
		return Judgement{}, fmt.Errorf("approve the target %s: it is %s, and only what is %s can be approved", Quote(j.target), j.verdict(), workbook.NeedsApproval)
	}
	granted := j
	granted.Verdict, granted.Rule = workbook.WouldSend, RuleApproved
	granted.Reason = "approved: " + printable(reason) + "; without the approval: " + j.Reason
	granted.Approved = Approved{kind: j.kind, target: j.target, given: true}
	return granted, nil
}

func (j Judgement) verdict() workbook.Verdict {
	if j.Verdict == "" {
		return "not judged"
	}
	return j.Verdict
}
