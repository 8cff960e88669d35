package guard

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A level is how much a finding weighs.
type level int

const (
	// nothing speaks against the target.
	nothing level = iota
	// ask lets the target through with an approval.
	ask
	// flawed is a text that can't be sent as it stands.
	flawed
	// never is refused whatever anyone says.
	never
)

// A finding is what a rule says of a target.
type finding struct {
	level  level
	rule   string
	reason string
}

func flaw(reason string) finding { return finding{level: flawed, reason: reason} }

func refuse(rule, reason string) finding { return finding{never, rule, reason} }

func askFor(rule, reason string) finding { return finding{ask, rule, reason} }

// gravest returns the finding that weighs most, the first of equals.
func gravest(findings ...finding) finding {
	worst := finding{}
	for _, f := range findings {
		if f.level > worst.level {
			worst = f
		}
	}
	return worst
}

// maxQuoted is how much of a text from an event a reason quotes, in bytes.
const maxQuoted = 80

// Quote writes text from an event for a reader: in quotes, bytes that don't
// print as escapes, and cut where it is long.
func Quote(text string) string {
	if len(text) <= maxQuoted {
		return strconv.Quote(text)
	}
	cut := maxQuoted
	for cut > maxQuoted-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strconv.Quote(text[:cut]) + "…"
}

// printable makes one line of a text that somebody wrote, with bytes that don't
// print as escapes.
func printable(text string) string {
	quoted := strconv.Quote(oneLine(text))
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// oneLine makes one line of a text from a configuration.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
