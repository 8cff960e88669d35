package indicator

import "strings"

// FindMD5 finds an MD5 as FindSHA1 finds a SHA-1.
func FindMD5(s string) (string, bool) { return findHash(s, 32, "md5") }

// FindSHA1 finds a SHA-1 written as SHA1=… in a list such as `SHA1=…,MD5=…`
// (`SHA-1`, `:` and quotes around are taken too), or as the whole text. It comes
// back as lower-case hexadecimal.
func FindSHA1(s string) (string, bool) { return findHash(s, 40, "sha1", "sha-1") }

// FindSHA256 finds a SHA-256 as FindSHA1 finds a SHA-1.
func FindSHA256(s string) (string, bool) { return findHash(s, 64, "sha256", "sha-256") }

func findHash(s string, digits int, names ...string) (string, bool) {
	lower := lowerASCII(strings.TrimSpace(s))
	if len(lower) == digits && hexLength(lower) == digits {
		return lower, true
	}
	for _, name := range names {
		for from := 0; ; {
			i := strings.Index(lower[from:], name)
			if i < 0 {
				break
			}
			at := from + i
			from = at + len(name)
			if at > 0 && isWord(lower[at-1]) {
				continue
			}
			value, ok := afterSign(lower[from:])
			if ok && hexLength(value) == digits && (len(value) == digits || !isWord(value[digits])) {
				return value[:digits], true
			}
		}
	}
	return "", false
}

// afterSign skips = or : with the blanks and quotes around it.
func afterSign(s string) (string, bool) {
	s = strings.TrimLeft(s, ` "'`)
	if s == "" || s[0] != '=' && s[0] != ':' {
		return "", false
	}
	return strings.TrimLeft(s[1:], ` "'`), true
}

// hexLength counts the hexadecimal digits that s begins with.
func hexLength(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789abcdef"))
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
}

// lowerASCII lowers A to Z alone: other letters could change their length.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
