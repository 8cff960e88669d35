package indicator

import (
	"net/netip"
	"strings"
)

// A Sought is a value that is looked for in others: an address, a host, a mailbox
// or a hash in whatever way it is written, any other text but for letter case.
type Sought struct {
	written, text       string
	address             netip.Addr
	host, mailbox, hash string
}

// maxSoughtIn is the longest text that is read as an indicator.
const maxSoughtIn = 4096

// Seek reads what is looked for; it may be defanged.
func Seek(value string) Sought {
	s := Sought{written: value, text: strings.TrimSpace(refanged(value))}
	if a, ok := Address(s.text); ok {
		s.address = a
		return s
	}
	if hash := lowerASCII(s.text); hexLength(hash) == len(hash) && (len(hash) == 32 || len(hash) == 40 || len(hash) == 64) {
		s.hash = hash
		return s
	}
	if mailbox, ok := Mailbox(s.text); ok {
		s.mailbox = mailbox
		return s
	}
	if host, ok := Host(s.text); ok && strings.Contains(host, ".") && !strings.ContainsAny(s.text, "/@?#: \t") {
		s.host = host
	}
	return s
}

// Canonical is what is looked for in its one form, as far as it has one.
func (s Sought) Canonical() string {
	switch {
	case s.address.IsValid():
		return s.address.String()
	case s.hash != "":
		return s.hash
	case s.mailbox != "":
		return s.mailbox
	case s.host != "":
		return s.host
	}
	return s.text
}

// In reports whether a text is what is looked for, or a URL on the address or host
// that is looked for, or a list of hashes with the one that is.
func (s Sought) In(text string) bool {
	if text == s.written || strings.EqualFold(text, s.text) {
		return text != ""
	}
	if text == "" || len(text) > maxSoughtIn {
		return false
	}
	text = refanged(text)
	switch {
	case s.address.IsValid():
		host, ok := Host(text)
		return ok && host == s.address.String() && !strings.Contains(text, "@")
	case s.hash != "":
		find := FindSHA1
		switch len(s.hash) {
		case 32:
			find = FindMD5
		case 64:
			find = FindSHA256
		}
		found, ok := find(text)
		return ok && found == s.hash
	case s.mailbox != "":
		mailbox, ok := Mailbox(text)
		return ok && mailbox == s.mailbox
	case s.host != "":
		host, ok := Host(text)
		return ok && host == s.host && (strings.Contains(text, "://") || !strings.Contains(text, "@"))
	}
	return strings.EqualFold(text, s.text)
}

// Within reports whether what is looked for stands somewhere in a text.
func (s Sought) Within(text string) bool {
	lower := strings.ToLower(text)
	for _, form := range []string{s.written, s.text, s.Canonical()} {
		if form != "" && strings.Contains(lower, strings.ToLower(form)) {
			return true
		}
	}
	return false
}

// refanged is Refang for texts of which most are not defanged.
func refanged(text string) string {
	if strings.ContainsAny(text, "])}") || strings.Contains(text, "xx") || strings.Contains(text, "XX") {
		return Refang(text)
	}
	return text
}
