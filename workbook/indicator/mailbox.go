package indicator

import (
	"net/mail"
	"strings"
)

// The lengths that mail allows, in bytes; maxMailboxText bounds the text around
// an address.
const (
	maxMailbox     = 254
	maxLocalPart   = 64
	maxMailboxText = 4096
)

// Mailbox is the address in `Name <a@b>`, `<a@b>` or `a@b`: the domain lower
// case and in ASCII, the local part as it is. There is none where the text does
// not hold exactly one address, or where its domain is no host name.
func Mailbox(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxMailboxText {
		return "", false
	}
	address, ok := oneAddress(text)
	if !ok {
		return "", false
	}
	at := strings.LastIndexByte(address, '@')
	local, domain := address[:at], address[at+1:]
	if len(local) > maxLocalPart {
		return "", false
	}
	domain, ok = toASCII(domain)
	if !ok || !isName(domain) || !isLetterDigitHyphen(domain) {
		return "", false
	}
	// The parser takes quotes off the local part, String puts back those needed.
	written := (&mail.Address{Address: local + "@" + domain}).String()
	written = strings.TrimSuffix(strings.TrimPrefix(written, "<"), ">")
	return written, len(written) <= maxMailbox
}

func oneAddress(text string) (string, bool) {
	list, err := mail.ParseAddressList(text)
	if err == nil {
		return list[0].Address, len(list) == 1
	}
	// Logs write names without the quotes that mail demands: `Doe, John <a@b>`.
	name, rest, found := strings.Cut(text, "<")
	inner, closed := strings.CutSuffix(rest, ">")
	if !found || !closed || strings.ContainsAny(inner, "<>") || strings.ContainsAny(name, `@">`) {
		return "", false
	}
	one, err := mail.ParseAddress("<" + inner + ">")
	if err != nil {
		return "", false
	}
	return one.Address, true
}
