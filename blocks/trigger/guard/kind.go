package guard

import (
	"strings"

	"tabletop/workbook/indicator"
)

// KindOf guesses the type of a target from its text: a hash by its length, what
// holds an @ and no scheme is a mailbox, what has a scheme or a path is a URL,
// an address or a network is an ip, and the rest a domain.
func KindOf(target string) string {
	text := strings.TrimSpace(indicator.Refang(target))
	if kind, ok := hashKindOf(text); ok {
		return kind
	}
	_, isNetwork := parseNetwork(text)
	_, isAddress := indicator.Address(text)
	_, padded := decimalReading(text)
	_, isRange := parseSpan(text)
	zoned, _, hasZone := strings.Cut(text, "%")
	_, isZoned := indicator.Address(zoned)
	isZoned = isZoned && hasZone
	switch {
	case isNetwork, isAddress, padded, isRange, isZoned, isAddressPattern(text), strings.Trim(text, "0123456789.*") == "" && text != "":
		return TypeIP
	case strings.HasPrefix(strings.ToLower(text), "mailto:"):
		return TypeMailbox
	case strings.Contains(text, "://"):
		return TypeURL
	case strings.Contains(text, "@"), isNullSender(text):
		return TypeMailbox
	case strings.ContainsAny(text, "/?#"):
		return TypeURL
	}
	return TypeDomain
}

// HashKindOf tells which type a hash is; false where the text is none.
func HashKindOf(target string) (kind string, ok bool) {
	return hashKindOf(strings.TrimSpace(target))
}

func hashKindOf(text string) (string, bool) {
	for _, k := range hashKinds {
		if len(text) == len(k.empty) && strings.Trim(strings.ToLower(text), "0123456789abcdef") == "" {
			return k.kind, true
		}
	}
	return "", false
}
