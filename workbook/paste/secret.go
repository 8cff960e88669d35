package paste

import (
	"slices"
	"strings"
)

// schemes are the words before what proves who asks.
var schemes = []string{"", "bearer", "basic", "token", "apikey"}

// secretValue finds the value of a header that proves who asks, in JSON or as a
// line of its own, behind the word for its kind. A [name] or a $Column is none.
var secretValue = compiled(`(?i)("?\b(?:(?:proxy-)?authorization|cookie|[a-z0-9-]*(?:token|secret|api-?key)[a-z0-9-]*)"?\s*[:=]\s*"?(?:(?:bearer|basic|token|apikey)\s+)?)([^"\[\]$\s][^"\[\]$\r\n]*)`)

// withoutSecrets puts [token] where the text has secrets of headers: what is
// written is kept in the record of every run. It reports whether there were any.
func withoutSecrets(text string) (string, bool) {
	out := secretValue().ReplaceAllStringFunc(text, func(found string) string {
		m := secretValue.FindStringSubmatch(found)
		if slices.Contains(schemes, strings.ToLower(strings.TrimSpace(m[2]))) { // of a [name] behind it
			return found
		}
		return m[1] + "[token]"
	})
	return out, out != text
}

// headerLine matches a line that is a header by itself.
var headerLine = compiled(`(?i)^\W*(?:(?:proxy-)?authorization|cookie|x-[a-z-]*(?:token|key))\W`)

// hideSecrets keeps secrets out of what is written, and tells where they stood.
func (r *reader) hideSecrets() {
	for _, w := range r.out.Webhooks {
		text, found := withoutSecrets(w.Headers)
		if !found {
			continue
		}
		w.Headers = text
		r.out.Problems = append(r.out.Problems, r.problem(w.Line-1, "the headers of "+w.Name+" held a secret, which is not written: [token] stands in its place", "put it into the environment as TABLETOP_SECRET_TOKEN"))
	}
	for i := range r.out.loose {
		if l := &r.out.loose[i]; headerLine.MatchString(l.text) {
			l.text, _ = withoutSecrets(l.text)
		}
	}
}
