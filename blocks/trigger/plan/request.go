package plan

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tabletop/workbook"
)

// maxBodyBytes is the largest body that is sent: the vendor takes no more.
const maxBodyBytes = 1 << 20

var (
	methodForm = regexp.MustCompile(`^[A-Z]{1,16}$`)
	headerForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	// secretForm is a secret as it stands in a request that is not yet sent.
	secretForm = regexp.MustCompile(`\[[A-Za-z0-9_]+\]`)
)

// request checks that a request can be sent as it stands: nothing in it could be
// read as another host, another header or another request.
func (c *checker) request(r workbook.Request, path string) {
	c.unless(methodForm.MatchString(r.Method), path+".method", "must be a method of HTTP in capitals, such as POST")
	to, err := url.Parse(r.URL)
	if err == nil && strings.HasPrefix(to.Scheme, "smtp") {
		c.mail(r, to, path)
	} else {
		c.unless(err == nil && (to.Scheme == "https" || to.Scheme == "http") && to.Host != "" && to.User == nil, path+".url", "must be a whole URL that begins with https:// and names no user")
	}
	c.unless(strings.IndexFunc(r.URL, unicode.IsControl) < 0, path+".url", "holds control characters")
	announced := false
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		value, lower := r.Headers[name], strings.ToLower(name)
		at := path + ".headers." + name
		c.unless(headerForm.MatchString(name), path+".headers", "hold "+strconv.Quote(name)+", which is no name of a header")
		c.unless(!seen[lower], path+".headers", "hold "+strconv.Quote(name)+" twice, letter case aside")
		c.unless(strings.IndexFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) < 0, at, "holds control characters")
		seen[lower] = true
		announced = announced || lower == "content-type" && strings.Contains(strings.ToLower(value), "json")
	}
	c.unless(len(r.Body) <= maxBodyBytes, path+".body", fmt.Sprintf("has %d bytes, and %d are the most that is sent", len(r.Body), maxBodyBytes))
	c.unless(!announced || isJSON(r.Body), path+".body", "is not the JSON that the header Content-Type announces")
}

// isJSON tells whether a body is JSON, or will be once its secrets are filled in.
func isJSON(body string) bool {
	return body == "" || json.Valid([]byte(body)) || json.Valid([]byte(secretForm.ReplaceAllString(body, "0")))
}

// holds tells whether a request names a target anywhere, in whichever way the
// place asks for: percent-encoded in a URL or a form, as text of JSON or XML.
func holds(r workbook.Request, target string) bool {
	within := func(text string) bool { return strings.Contains(text, target) }
	decoded := func(text string) bool {
		path, err := url.PathUnescape(text)
		if err == nil && within(path) {
			return true
		}
		query, err := url.QueryUnescape(text)
		return err == nil && within(query)
	}
	if within(r.URL) || decoded(r.URL) || within(r.Body) || within(html.UnescapeString(r.Body)) || decoded(r.Body) {
		return true
	}
	for _, value := range r.Headers {
		if within(value) {
			return true
		}
	}
	var body any
	return json.Unmarshal([]byte(r.Body), &body) == nil && holdsText(body, within)
}

// holdsText looks through the texts of a JSON value. (encoding/json bounds how
// deep one nests.)
func holdsText(value any, within func(string) bool) bool {
	switch value := value.(type) {
	case string:
		return within(value)
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return holdsText(item, within) })
	case map[string]any:
		for _, item := range value {
			if holdsText(item, within) {
				return true
			}
		}
	}
	return false
}
