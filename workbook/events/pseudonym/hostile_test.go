package pseudonym

import (
	"strings"
	"testing"
)

// TestHostileTexts takes what would cost time with the square of its length, or
// depth with its length.
func TestHostileTexts(t *testing.T) {
	p := forTest(t, shared, nil)
	for _, unit := range []string{"-", "//", "a.", ":", "@", "\\", "[", "://", "a=\"", "x@y.z,", "user=", "%", "a:b ", "1.", "for ", "(", "é."} {
		text := strings.Repeat(unit, 1<<16/len(unit))
		for _, kind := range Kinds {
			if kind == "keep" {
				continue
			}
			if got := p.Value(Kind(kind), text); got == "" {
				t.Errorf("%s %q becomes nothing", kind, unit)
			}
		}
	}
}
