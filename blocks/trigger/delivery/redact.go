package delivery

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A redaction strikes secrets out of text: as they stand, and as JSON, URLs,
// HTML, base64 and hexadecimal write them. [name] takes their place.
type redaction struct {
	forms []form
	// starts lists the forms that may begin with a byte.
	starts [256][]int
	// longest is how many bytes the longest spelling of a secret can have.
	longest int
}

// maxLongest bounds how far past MaxResponse an answer is read for a secret
// that lies across that edge, in bytes.
const maxLongest = 1 << 20

// redaction is that of a set of secrets, kept since every message of a
// configuration has the same.
func (c *Client) redaction(own map[string]string) *redaction {
	secrets := c.secrets(own)
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		key.WriteString(name + "\x00" + secrets[name] + "\x00")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.redactions[key.String()]; ok {
		return r
	}
	if len(c.redactions) >= 100 {
		clear(c.redactions)
	}
	r := newRedaction(secrets)
	c.redactions[key.String()] = r
	return r
}

func newRedaction(secrets map[string]string) *redaction {
	r := &redaction{}
	seen := map[string]bool{}
	add := func(name, text string, fold bool) {
		if text != "" && !seen[text] {
			seen[text] = true
			r.forms = append(r.forms, newForm("["+name+"]", text, fold))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		secret := secrets[name]
		add(name, secret, false)
		for _, text := range []string{secret, inJSON(secret), url.QueryEscape(secret), url.PathEscape(secret)} {
			add(name, hex.EncodeToString([]byte(text)), true)
			for _, encoded := range inBase64(text) {
				add(name, encoded, false)
			}
		}
	}
	for i, f := range r.forms {
		r.longest = max(r.longest, f.longest())
		for _, b := range f.firstBytes() {
			r.starts[b] = append(r.starts[b], i)
		}
	}
	r.longest = min(r.longest, maxLongest)
	return r
}

// inJSON is a text as JSON writes it, without the quotes.
func inJSON(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return text
	}
	return string(b[1 : len(b)-1])
}

// inBase64 is what stands for a text in base64, in both alphabets, where it is
// the whole text and where it lies within another, such as user:password. The
// characters that also depend on what stands beside it are left out.
func inBase64(text string) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		all = append(all, encoding.EncodeToString([]byte(text)))
		for before := range 3 {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + text))
			from, to := (before*8+5)/6, (before+len(text))*8/6
			// Less would strike out what only looks like it.
			if to-from >= 6 {
				all = append(all, encoded[from:to])
			}
		}
	}
	return all
}

// text strikes the secrets out of a text.
func (r *redaction) text(text string) string { return string(r.strike([]byte(text), false)) }

// body is the body of an answer as it is kept: secrets struck out, at most
// MaxResponse bytes, valid UTF-8. Where the body was cut, the beginning of a
// secret at its end is struck out too.
func (r *redaction) body(body []byte, wasCut bool) string {
	text := printable(r.strike(body, wasCut))
	if len(text) <= MaxResponse {
		return text
	}
	end := MaxResponse
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// answer strikes the secrets out of an answer.
func (r *redaction) answer(a Answer) Answer {
	headers := http.Header{}
	for name, values := range a.Headers {
		for _, v := range values {
			headers.Add(name, r.text(v))
		}
	}
	return Answer{Status: a.Status, Headers: headers, Body: []byte(r.body(a.Body, !a.Whole)), Whole: a.Whole}
}

// strike replaces, at every place, the longest spelling of a secret.
func (r *redaction) strike(text []byte, wasCut bool) []byte {
	if len(r.forms) == 0 {
		return text
	}
	var out []byte
	kept := 0
	for i := 0; i < len(text); {
		end, name := r.longestAt(text, i, wasCut)
		if end == i {
			i++
			continue
		}
		out = append(append(out, text[kept:i]...), name...)
		i, kept = end, end
	}
	if kept == 0 {
		return text
	}
	return append(out, text[kept:]...)
}

// longestAt finds the longest spelling of a secret that begins at i; its end is
// i where there is none.
func (r *redaction) longestAt(text []byte, i int, wasCut bool) (end int, name string) {
	end = i
	for _, n := range r.starts[text[i]] {
		to, runsOut := r.forms[n].match(text, i)
		if runsOut && wasCut {
			to = len(text)
		}
		if to > end {
			end, name = to, r.forms[n].name
		}
	}
	return end, name
}
