package trigger

import (
	"fmt"
	"strings"

	"tabletop/workbook/source"
)

// Limits on the words for an effect: lines, and the bytes of one.
const (
	maxEffects = 20
	maxEffect  = 300
)

// compileEffect reads what an action brings about, how long it lasts and what
// its limits are, a line each.
func compileEffect(lines []source.Text, node source.Node) ([]string, source.Problems) {
	if len(lines) > maxEffects {
		return nil, source.Problems{node.Problem(fmt.Sprintf("effect has more than %d lines", maxEffects), "")}
	}
	var effect []string
	var problems source.Problems
	for _, line := range lines {
		text := strings.TrimSpace(line.Value)
		if text == "" || !oneLine(text) || len(text) > maxEffect {
			problems = append(problems, line.Problem(0, fmt.Sprintf("a line of effect has 1 to %d bytes and no control bytes", maxEffect), ""))
		}
		effect = append(effect, text)
	}
	return effect, problems
}

// oneLine reports whether a text has no control bytes.
func oneLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
}

// Effect says in a line each what an action of the configuration brings about,
// how long it lasts and what its limits are; nothing where that is not known.
func (n *Integration) Effect() []string { return n.effect }
