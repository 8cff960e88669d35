package guard

import "strings"

// sameMailbox reports whether mail to a goes to the mailbox b: letter case,
// quotes and what stands behind a + do not count, nor at Gmail do dots.
func sameMailbox(a, b string) bool {
	return mailboxKey(a) == mailboxKey(b) || mailboxKey(withoutTag(a)) == mailboxKey(b)
}

// mailboxKey is equal for spellings of one mailbox.
func mailboxKey(mailbox string) string {
	at := strings.LastIndexByte(mailbox, '@')
	if at < 0 {
		return ""
	}
	local, domain := strings.ToLower(strings.Trim(mailbox[:at], `"`)), mailbox[at+1:]
	if domain == "gmail.com" || domain == "googlemail.com" {
		local, _, _ = strings.Cut(local, "+")
		local, domain = strings.ReplaceAll(local, ".", ""), "gmail.com"
	}
	return local + "@" + domain
}

// withoutTag cuts what stands behind a + in the local part.
func withoutTag(mailbox string) string {
	at := strings.LastIndexByte(mailbox, '@')
	if plus := strings.IndexByte(mailbox, '+'); plus > 0 && plus < at {
		return mailbox[:plus] + mailbox[at:]
	}
	return mailbox
}
