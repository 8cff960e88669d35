package pseudonym

import (
	"strings"
	"unicode/utf8"
)

const (
	// maxLearned bounds the names that are looked for in texts.
	maxLearned = 500_000
	// leastLearned and mostLearned bound such a name, in bytes: shorter ones are
	// words too often.
	leastLearned = 4
	mostLearned  = 64
)

// commonWords are names of accounts and machines now and then, and words of
// texts, actions and states far more often.
var commonWords = set("user", "users", "test", "host", "hosts", "localhost", "server", "client", "service", "email", "mail", "unknown", "default", "public", "local",
	"name", "error", "info", "warning", "critical", "high", "medium", "allow", "allowed", "block", "blocked", "deny", "denied", "success", "failure", "failed",
	"password", "login", "logon", "account", "domain", "system", "network", "security", "internal", "external", "invalid", "anonymous", "support", "info", "sales",
	"proxy", "firewall", "gateway", "database", "backup", "update", "monitor", "operator", "manager", "student", "oracle", "postgres", "mysql", "nagios", "jenkins",
	"apache", "nginx", "tomcat", "docker", "ansible", "zabbix", "hadoop", "redis", "elastic", "windows", "linux", "debian", "from", "with", "this", "that", "http", "https",
	"open", "closed", "port", "file", "process", "event", "time", "type", "data", "node", "desktop", "laptop", "workstation", "computer", "machine", "none", "null", "true", "false")

// learn keeps a name that a column or a phrase has told, to be found in texts
// where no sign tells it.
func (p *Pseudonymiser) learn(name string, kind Kind) {
	if !p.learning || len(name) < leastLearned || len(name) > mostLearned || len(p.learned) >= maxLearned {
		return
	}
	lower := strings.ToLower(name)
	if commonWords[lower] || wellKnownAccounts[lower] || wellKnownAuthorities[lower] || isNumber(lower) || strings.ContainsFunc(lower, func(r rune) bool { return r < utf8.RuneSelf && !isNameByte(byte(r)) }) {
		return
	}
	if p.learned[lower] != User {
		p.learned[strings.Clone(lower)] = kind
	}
}

// endLearning ends the learning: what was rewritten up to now told names, and from now
// on they are replaced in texts too.
func (p *Pseudonymiser) endLearning() {
	p.learning = false
	clear(p.cache)
}

func isNameByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' || c >= utf8.RuneSelf
}

// knownWords replaces the names that were learned, where they stand as words.
func (p *Pseudonymiser) knownWords(s string) string {
	if p.learning || len(p.learned) == 0 {
		return s
	}
	return runs(s, isNameByte, func(word string) string {
		inner := strings.Trim(word, ".-_")
		if len(inner) < leastLearned || len(inner) > mostLearned {
			return word
		}
		at := strings.Index(word, inner)
		lower := strings.ToLower(inner)
		switch p.learned[lower] {
		case User:
			inner = p.names.name("user", "user-", lower, inner, true)
		case Host:
			inner = p.label(inner, false)
		default:
			return word
		}
		return word[:at] + inner + word[at+len(strings.Trim(word, ".-_")):]
	})
}
