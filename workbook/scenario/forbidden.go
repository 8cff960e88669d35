package scenario

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
	"tabletop/workbook/source"
)

// A Forbidden is what nothing may be asked for: a target, or all that lie in it.
type Forbidden struct {
	source.Text
	// One of these tells what lies in it; none where the text itself is meant.
	network netip.Prefix
	mailbox string
	// host is a name with the names below it, or an address; below leaves the
	// name itself out. With url it is that of a URL, which alone is meant.
	host  string
	below bool
	url   bool
}

// likeNetwork matches what would be a network, were it right.
var likeNetwork = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F.:]+/[0-9]*$`) })

// forbidden reads what must not be acted on. What could never be met is a
// mistake: it would pass whatever comes.
func (r *reading) forbidden(t source.Text) Forbidden {
	f := Forbidden{Text: t}
	text := strings.TrimSpace(t.Value)
	name, below := strings.CutPrefix(text, "*.")
	bare := !strings.Contains(name, "://")
	if bare {
		name = strings.TrimSuffix(name, "/")
	}
	network, noNetwork := netip.ParsePrefix(text)
	mailbox, isMailbox := indicator.Mailbox(text)
	host, isHost := indicator.Host(name)
	switch {
	case text == "":
		r.report(t.Problem(0, "an empty target", "write a target, a network such as 10.0.0.0/8, or a domain"))
	case strings.Contains(name, "*"), below && (!isHost || strings.Contains(name, "/")):
		r.report(t.Problem(0, "a * stands for the names below a domain alone", "write example.org, which covers them too, or *.example.org without example.org itself"))
	case noNetwork == nil:
		f.network = network.Masked()
	case likeNetwork().MatchString(text):
		r.report(t.Problem(0, text+" is no network", "write it as 10.0.0.0/8 or 2001:db8::/32"))
	case isMailbox:
		f.mailbox = mailbox
		_, f.host, _ = strings.Cut(mailbox, "@")
	case isHost:
		f.host, f.below, f.url = host, below, strings.Contains(name, "/")
	}
	return f
}

// forbidden lists the actions that ask for something that must not be asked for.
// What the guard refuses counts too, where DNIF, which has no guard, would send
// it.
func (e *Expect) forbidden(actions []workbook.Action) []Difference {
	var found []Difference
	for _, f := range e.MustNotAct {
		for _, a := range actions {
			if acts(a) && f.met(a) {
				found = append(found, Difference{Where: "must_not_act", What: f.Value, Expected: "no request", Got: asked(a, f.Value)})
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

// met reports whether an action is aimed at what is forbidden, as the row has it
// or in canonical form, at something in it, or at a domain or network that it
// lies in.
func (f Forbidden) met(a workbook.Action) bool {
	text := strings.TrimSpace(f.Value)
	if strings.EqualFold(text, a.Target) || strings.EqualFold(text, Label(a)) {
		return true
	}
	if mailboxes, ok := mailboxesOf(a.Target); ok {
		for _, m := range mailboxes {
			if m == f.mailbox {
				return true
			}
		}
		return false
	}
	if network, err := netip.ParsePrefix(a.Target); err == nil {
		address, isAddress := indicator.Address(f.host)
		return f.network.IsValid() && f.network.Overlaps(network) || isAddress && network.Contains(address)
	}
	host, ok := indicator.Host(a.Target)
	if !ok {
		return false
	}
	if f.network.IsValid() {
		address, ok := indicator.Address(host)
		return ok && f.network.Contains(address)
	}
	whole := !strings.ContainsAny(a.Target, `/\`) // of the host, no URL on it
	switch {
	case f.host == "":
		return false
	case whole && (f.mailbox != "" || f.url):
		return within(f.host, host)
	case f.mailbox != "" || f.url:
		return false
	}
	inside := within(host, f.host) && !(f.below && host == f.host)
	return inside || whole && within(f.host, host)
}

// within reports whether a host is a name, or lies below it.
func within(host, name string) bool {
	return host == name || strings.HasSuffix(host, "."+name)
}

// mailboxesOf are those of a target, which may be several recipients.
func mailboxesOf(target string) ([]string, bool) {
	var out []string
	for _, piece := range strings.Split(target, ", ") {
		m, ok := indicator.Mailbox(piece)
		if !ok {
			return nil, false
		}
		out = append(out, m)
	}
	return out, true
}
