package workbook

// Doc says in a line what a verdict means; it is empty for none of Verdicts.
func (v Verdict) Doc() string {
	switch v {
	case WouldSend:
		return "nothing speaks against the request: apply would send it"
	case Sent:
		return "the vendor took the request; that its products enforce it is not known"
	case Deduplicated:
		return "the same request goes out, or went out, for another row"
	case NeedsApproval:
		return "a rule of level ask covers the target: a signed approval lets it through"
	case RefusedProtected:
		return "a rule of level never covers the target: no approval lets it through"
	case RefusedCap:
		return "the plan has more requests than the configuration's cap: none is sent"
	case RefusedDisabled:
		return "the configuration is not validated and enabled"
	case Invalid:
		return "no request can be made of the row: a column lacks, or its value fits nothing"
	case Failed:
		return "the vendor refused the request, or it did not reach the vendor"
	case Unknown:
		return "the request left and no answer came, or the program died: resume settles it"
	case Undone:
		return "the inverse request was taken"
	}
	return ""
}

// DNIFAnswers lists DNIF's answers to a row.
var DNIFAnswers = []DNIFAnswer{DNIFWouldSend, DNIFNoRequest, DNIFUnpublished}

// Doc says in a line what an answer of DNIF's means.
func (a DNIFAnswer) Doc() string {
	switch a {
	case DNIFWouldSend:
		return "DNIF sends the request: it has no guard, no cap and no deduplication"
	case DNIFNoRequest:
		return "DNIF sends nothing for the row"
	case DNIFUnpublished:
		return "the request has a hole, and what DNIF does then is not published"
	}
	return ""
}
