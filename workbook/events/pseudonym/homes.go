package pseudonym

import "strings"

// cutHome cuts /home/ or /Users/ off a path.
func cutHome(s string) (rest string, ok bool) {
	for _, home := range []string{"/home/", "/Users/"} {
		if i := strings.Index(s, home); i >= 0 {
			return s[i+len(home):], true
		}
	}
	return s, false
}

// homePath replaces the first part of a path, the user whose home it is.
func (p *Pseudonymiser) homePath(s, sign string) string {
	name, rest, more := strings.Cut(s, sign)
	if more {
		rest = sign + rest
	}
	if name == "" || strings.ContainsAny(name, "%$*") || commonHomes[strings.ToLower(name)] {
		return s
	}
	return p.user(name) + p.knownWords(rest)
}

var commonHomes = set("public", "default", "all users", "default user", "shared")

// windowsPath replaces the server of \\server\share and the user of
// C:\Users\name; of DOMAIN\name nothing tells that it is no path.
func (p *Pseudonymiser) windowsPath(s string) string {
	if server, ok := strings.CutPrefix(s, `\\`); ok {
		name, rest, more := strings.Cut(strings.TrimLeft(server, `\`), `\`)
		lead := s[:len(s)-len(strings.TrimLeft(s, `\`))]
		if more {
			rest = `\` + rest
		}
		if name != "" && name != "?" && name != "." {
			return lead + p.host(name) + p.afterUsers(rest)
		}
	}
	return p.afterUsers(s)
}

func (p *Pseudonymiser) afterUsers(s string) string {
	lower := lowerASCII(s)
	for _, home := range []string{`\\users\\`, `\users\`, `\\documents and settings\\`, `\documents and settings\`} {
		if i := strings.Index(lower, home); i >= 0 {
			sign := `\`
			if strings.HasPrefix(home, `\\`) {
				sign = `\\`
			}
			return p.folders(s[:i]) + s[i:i+len(home)] + p.homePath(s[i+len(home):], sign)
		}
	}
	return p.folders(s)
}

// folders replaces the parts of a path that are hosts, as a domain's policies lie
// in a folder of its name, or that were learned. The last part may be a file.
func (p *Pseudonymiser) folders(s string) string {
	parts := strings.Split(s, `\`)
	for i, part := range parts {
		if i < len(parts)-1 && p.isHost(part) {
			parts[i] = p.authority(part)
		} else {
			parts[i] = p.knownWords(part)
		}
	}
	return strings.Join(parts, `\`)
}
