package indicator

import (
	"bytes"
	"strings"
)

// fangs are the ways to write a sign so that nobody clicks it.
var fangs = []struct{ written, meant string }{
	{"[.]", "."},
	{"(.)", "."},
	{"{.}", "."},
	{"[dot]", "."},
	{"(dot)", "."},
	{"[:]", ":"},
	{"[://]", "://"},
	{"[@]", "@"},
	{"[at]", "@"},
}

// Refang undoes hxxp and hxxps before a colon, [.], (.), {.}, [dot], (dot), [:],
// [://], [@] and [at], whatever their letter case, nested ones too.
func Refang(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		out = append(out, s[i])
		if !strings.ContainsRune("])}", rune(s[i])) {
			continue
		}
		for _, f := range fangs {
			if from := len(out) - len(f.written); from >= 0 && strings.EqualFold(string(out[from:]), f.written) {
				out = append(out[:from], f.meant...)
				break
			}
		}
	}
	replaceScheme(out, 'x', 't')
	return string(out)
}

// Defang writes http as hxxp and every dot as [.], so that the value can't be
// clicked. Refang undoes it; what is defanged already stays so.
func Defang(s string) string {
	out := []byte(Refang(s))
	replaceScheme(out, 't', 'x')
	return string(bytes.ReplaceAll(out, []byte("."), []byte("[.]")))
}

// replaceScheme turns the two letters in h..p: and h..ps: from one into the
// other, keeping letter case, where a word begins there.
func replaceScheme(s []byte, from, to byte) {
	for i := 0; i+4 < len(s); i++ {
		if s[i]|0x20 != 'h' || s[i+1]|0x20 != from || s[i+2]|0x20 != from || s[i+3]|0x20 != 'p' {
			continue
		}
		after := i + 4
		if s[after]|0x20 == 's' {
			after++
		}
		if after == len(s) || s[after] != ':' || i > 0 && isWord(s[i-1]|0x20) {
			continue
		}
		for _, j := range []int{i + 1, i + 2} {
			s[j] = to&^0x20 | s[j]&0x20
		}
	}
}
