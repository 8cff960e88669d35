package exportfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/workbook/indicator"
)

// targetTypes are the plain words for types of target, and what the guard calls
// them. Those of v3.0 are names of fields too, which hold the target itself.
var targetTypes = map[string]string{
	"ip": "ip", "ipaddress": "ip", "ipv4": "ip", "ipv6": "ip",
	"url":    "url",
	"domain": "domain", "domainname": "domain",
	"mailbox": "mailbox", "sendermailaddress": "mailbox", "senderaddress": "mailbox", "emailaddress": "mailbox", "email": "mailbox",
	"filesha1": "file_sha1", "sha1": "file_sha1",
	"filesha256": "file_sha256", "sha256": "file_sha256",
	"filemd5": "file_md5", "md5": "file_md5",
	"agentguid": "endpoint", "endpointname": "endpoint", "endpoint": "endpoint",
}

// typeWords are the types as a mistake lists them.
func typeWords() []string {
	return slices.Sorted(maps.Keys(maps.Collect(func(yield func(string, bool) bool) {
		for _, word := range targetTypes {
			if !yield(word, true) {
				return
			}
		}
	})))
}

// targetOf reads the type and the text of a target; no text where the object
// names none.
func targetOf(o object) (kind, text, problem string) {
	word := o.get(typeFields...)
	if word != "" {
		if kind = targetTypes[plain(word)]; kind == "" {
			return "", "", fmt.Sprintf("%.60q is no known type of target", word)
		}
		if text = o.get(plain(word)); text != "" { // as v3.0's list: type names the field
			return kind, strings.TrimSpace(text), ""
		}
	}
	if text = strings.TrimSpace(o.get(targetFields...)); text != "" {
		if kind == "" {
			kind = guess(text)
		}
		return kind, text, ""
	}
	for _, name := range slices.Sorted(maps.Keys(targetTypes)) {
		if text = o.get(name); text != "" && (kind == "" || kind == targetTypes[name]) {
			return targetTypes[name], strings.TrimSpace(text), ""
		}
	}
	return "", "", ""
}

// guess tells the type of a target by its text, where a file does not.
func guess(text string) string {
	if _, ok := indicator.Address(text); ok {
		return "ip"
	}
	if strings.Trim(strings.ToLower(text), "0123456789abcdef") == "" {
		switch len(text) {
		case 32:
			return "file_md5"
		case 40:
			return "file_sha1"
		case 64:
			return "file_sha256"
		}
	}
	switch {
	case strings.Contains(text, "://") || strings.Contains(text, "/"):
		return "url"
	case strings.Contains(text, "@"):
		return "mailbox"
	}
	return "domain"
}
