package pseudonym

import (
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// bodyLength is how many characters of a digest a name shows, 5 bits each.
	bodyLength = 8
	// longBody is the length for which no list of what was given out is needed.
	longBody = 24
	// maxIssued bounds the list of the names that were given out; those that come
	// behind it get the long form.
	maxIssued = 1_000_000
)

// letters writes digests so that they need no quotes anywhere.
var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// names gives out pseudonyms and sees to it that no two names get the same one.
type names struct {
	key Key
	// issued tells for each pseudonym a part of the digest of what it stands for.
	issued map[string]uint64
	// extended counts the names that had to be made longer.
	extended int64
}

// issue claims a pseudonym for what a digest stands for; false where it stands
// for something else already.
func (n *names) issue(name string, digest uint64) bool {
	if other, taken := n.issued[name]; taken {
		return other == digest
	}
	if len(n.issued) >= maxIssued {
		return len(name) >= longBody
	}
	n.issued[name] = digest
	return true
}

// body is a text of at least length characters for a canonical text. It is
// longer where another one has it already, or where too many were given out.
func (n *names) body(purpose, canonical string, length int) string {
	digest := n.key.digest(purpose, canonical)
	mark := binary.BigEndian.Uint64(digest[24:])
	text := letters.EncodeToString(digest[:])
	for counter := 0; len(text) < max(length, longBody)+16; counter++ {
		more := n.key.digest(purpose+" "+strconv.Itoa(counter), canonical)
		text += letters.EncodeToString(more[:])
	}
	for {
		if n.issue(purpose+":"+text[:length], mark) {
			return text[:length]
		}
		if length >= longBody {
			return text[:length+16]
		}
		if length += 4; len(n.issued) >= maxIssued {
			length = max(length, longBody)
			continue
		}
		n.extended++
	}
}

// name is prefix and body for a text whose canonical form is given. Spellings of
// one canonical form differ in the letter case of the pseudonym alone: lower,
// upper and title case become that, and others, or those that plain is false
// for, a case of their own.
func (n *names) name(purpose, prefix, canonical, spelling string, plain bool) string {
	base := prefix + n.body(purpose, canonical, bodyLength)
	if plain {
		switch {
		case spelling == canonical:
			return base
		case spelling == strings.ToUpper(spelling):
			base = strings.ToUpper(base)
		case isTitle(spelling):
			base = strings.ToUpper(base[:1]) + base[1:]
		default:
			plain = false
		}
	}
	digest := n.key.digest(purpose+" spelling", spelling)
	mark := binary.BigEndian.Uint64(digest[24:])
	if plain && n.issue("spelling:"+base, mark) {
		return base
	}
	for counter := 0; ; counter++ {
		more := n.key.digest(purpose+" case "+strconv.Itoa(counter), spelling)
		mixed := mixedCase(base, more[:])
		// The list being full, or every case taken, two spellings become one.
		if n.issue("spelling:"+mixed, mark) || len(n.issued) >= maxIssued || counter == 1000 {
			return mixed
		}
	}
}

// isTitle reports whether each word of a text begins with its only capital.
func isTitle(text string) bool {
	start := true
	for _, r := range text {
		if unicode.IsLetter(r) && unicode.IsUpper(r) != start {
			return false
		}
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	}
	return true
}

// mixedCase sets the case of the letters by the bits of a digest, with the first
// letter small and the last one large, as neither lower, upper nor title case
// has it.
func mixedCase(base string, digest []byte) string {
	out := []byte(strings.ToLower(base))
	last := -1
	for i, c := range out {
		if c < 'a' || c > 'z' {
			continue
		}
		if last >= 0 && digest[i%len(digest)]&1 == 1 {
			out[i] -= 'a' - 'A'
		}
		last = i
	}
	if last > 0 && out[last] >= 'a' {
		out[last] -= 'a' - 'A'
	}
	return string(out)
}

// isPlainText reports whether a text is ASCII without escapes.
func isPlainText(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] == '%' {
			return false
		}
	}
	return true
}
