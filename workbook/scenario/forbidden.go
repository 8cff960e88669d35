package scenario

import (
	"net/netip"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
)

// forbidden lists the actions that ask for something that must not be asked for.
// What the guard refuses counts too, where DNIF, which has no guard, would send
// it.
func (e *Expect) forbidden(actions []workbook.Action) []Difference {
	var found []Difference
	for _, target := range e.MustNotAct {
		for _, a := range actions {
			if acts(a) && meant(target.Value, a) {
				found = append(found, Difference{Where: "must_not_act", What: target.Value, Expected: "no request", Got: asked(a, target.Value)})
			}
		}
	}
	return found
}

// acts reports whether a request would leave, DNIF's or ours.
func acts(a workbook.Action) bool {
	switch a.Verdict {
	case workbook.WouldSend, workbook.Sent, workbook.Unknown, workbook.Deduplicated, workbook.Failed:
		return true
	}
	return a.DNIF == workbook.DNIFWouldSend
}

func asked(a workbook.Action, target string) string {
	text := string(a.Verdict)
	if a.Verdict != workbook.WouldSend && a.DNIF == workbook.DNIFWouldSend {
		text += ", and DNIF would send it"
	}
	if label := Label(a); label != target {
		text += ": " + label
	}
	return text
}

// meant reports whether an action is aimed at a target as somebody writes it: as
// the row has it, in canonical form, by the network of an address, by the host of
// a URL or the address of a mailbox.
func meant(target string, a workbook.Action) bool {
	if target == a.Target || target == Label(a) {
		return true
	}
	if mailbox, ok := indicator.Mailbox(target); ok {
		other, same := indicator.Mailbox(a.Target)
		return same && other == mailbox
	}
	host, ok := indicator.Host(a.Target)
	if !ok {
		return false
	}
	if network, err := netip.ParsePrefix(target); err == nil {
		address, ok := indicator.Address(host)
		return ok && network.Contains(address)
	}
	other, ok := indicator.Host(target)
	return ok && other == host && !strings.Contains(target, "/")
}
