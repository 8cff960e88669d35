package delivery

import (
	"bytes"
	"cmp"
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

// A redaction strikes secrets out of text: as they stand, as JSON, URLs and
// HTML escape them, also twice, and in base64 and hexadecimal. [name] takes
// their place.
type redaction struct{ forms []form }

// A form is a way in which a secret may stand in a text, escapes aside.
type form struct {
	name string
	text []byte
	// fold is for a form in which upper and lower case are the same; it is in
	// lower case.
	fold bool
}

const (
	// leastEncoded is how long base64 and hexadecimal must be to be struck out:
	// less stands in many texts by chance.
	leastEncoded = 6
	// leastCut is how much of the beginning of a secret is struck out where a
	// text was cut behind it. Less gives nothing away.
	leastCut = 3
)

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
	add := func(name, text string, least int, fold bool) {
		if len(text) >= least && !seen[text] {
			seen[text] = true
			r.forms = append(r.forms, form{"[" + name + "]", []byte(text), fold})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		secret := secrets[name]
		if secret == "" {
			continue
		}
		add(name, secret, 1, false)
		for _, text := range []string{secret, inJSON(secret), url.QueryEscape(secret), url.PathEscape(secret)} {
			add(name, hex.EncodeToString([]byte(text)), leastEncoded, true)
			for _, encoded := range inBase64(text) {
				add(name, encoded, leastEncoded, false)
			}
		}
	}
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
// characters that also depend on what stands beside it are left out then.
func inBase64(text string) []string {
	var all []string
	for _, padded := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		encoding := padded.WithPadding(base64.NoPadding)
		all = append(all, padded.EncodeToString([]byte(text)), encoding.EncodeToString([]byte(text)))
		for before := range 3 {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + text))
			all = append(all, encoded[(before*8+5)/6:(before+len(text))*8/6])
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

// A find is a secret in a text.
type find struct {
	from, to int
	name     string
}

// strike replaces the secrets in a text; of two that overlap, the name of the
// first and longest stands for both.
func (r *redaction) strike(text []byte, wasCut bool) []byte {
	if len(r.forms) == 0 || len(text) == 0 {
		return text
	}
	var finds []find
	for _, v := range viewsOf(text, wasCut) {
		lower := lowerASCII(v.text)
		for _, f := range r.forms {
			in := v.text
			if f.fold {
				in = lower
			}
			finds = f.find(in, v, wasCut, finds)
		}
	}
	slices.SortFunc(finds, func(a, b find) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var out []byte
	kept := 0
	for _, f := range finds {
		if f.from >= kept {
			out = append(append(out, text[kept:f.from]...), f.name...)
		}
		kept = max(kept, f.to)
	}
	return append(out, text[kept:]...)
}

// lowerASCII is a text of the same length with its ASCII in lower case.
func lowerASCII(text []byte) []byte {
	lower := bytes.Clone(text)
	for i, b := range lower {
		if 'A' <= b && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return lower
}

// find adds the places of a form in a view.
func (f form) find(in []byte, v view, wasCut bool, finds []find) []find {
	for i := 0; ; {
		n := bytes.Index(in[i:], f.text)
		if n < 0 {
			break
		}
		i += n + len(f.text)
		finds = append(finds, find{v.at[i-len(f.text)], v.at[i], f.name})
	}
	if !wasCut {
		return finds
	}
	n := beginsAtEnd(in, f.text)
	from := v.at[len(in)-n]
	if n >= leastCut || n > 0 && v.end-from > n { // what is escaped is no chance
		finds = append(finds, find{from, v.end, f.name})
	}
	return finds
}

// beginsAtEnd is how much of the beginning of a form the text ends with, by the
// method of Knuth, Morris and Pratt.
func beginsAtEnd(text, form []byte) int {
	border := make([]int, len(form)+1)
	border[0] = -1
	for i, n := 0, -1; i < len(form); i++ {
		for n >= 0 && form[n] != form[i] {
			n = border[n]
		}
		n++
		border[i+1] = n
	}
	n := 0
	for _, b := range text[max(0, len(text)-len(form)+1):] {
		for n >= 0 && form[n] != b {
			n = border[n]
		}
		n++
	}
	return n
}
