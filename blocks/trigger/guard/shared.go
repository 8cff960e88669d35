package guard

import (
	_ "embed"
	"strings"
)

// sharedText lists domains that many strangers share: headings in brackets say
// what the domains under them are.
//
//go:embed shared.txt
var sharedText string

// freeMailHeading is the heading of the domains that give mailboxes to anyone.
const freeMailHeading = "a mail service"

// parseShared maps each shared domain to what it is, and lists those that give
// mailboxes to anyone, whatever else they are.
func parseShared() (shared map[string]string, freeMail map[string]bool) {
	shared, freeMail = map[string]string{}, map[string]bool{}
	heading := ""
	for line := range strings.Lines(sharedText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			heading = strings.Trim(line, "[]")
			continue
		}
		for domain := range strings.FieldsSeq(line) {
			if shared[domain] == "" {
				shared[domain] = heading
			}
			if heading == freeMailHeading {
				freeMail[domain] = true
			}
		}
	}
	return shared, freeMail
}
