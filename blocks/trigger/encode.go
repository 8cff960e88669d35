package trigger

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"strings"
)

// encodeJSONText writes a value inside the quotes of a JSON text.
func encodeJSONText(text string) (string, error) {
	quoted := quoteJSON(text)
	return quoted[1 : len(quoted)-1], nil
}

// encodeJSONBare writes a value where the template has no quotes: a number, true
// and false as they are, all else as a JSON text with its quotes.
func encodeJSONBare(text string) (string, error) {
	if text == "true" || text == "false" || isJSONNumber(text) {
		return text, nil
	}
	return quoteJSON(text), nil
}

func isJSONNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') &&
		strings.Trim(text, "+-.0123456789eE") == "" && json.Valid([]byte(text))
}

func quoteJSON(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// encodeXML writes a value as the text of an element or attribute. XML has no
// way to write most control bytes.
func encodeXML(text string) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
	}) {
		return "", errors.New("which XML can't hold")
	}
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return "", err
	}
	return b.String(), nil
}

// encodeHeader refuses what would end a header.
func encodeHeader(text string) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errors.New("and a header can't hold control bytes")
	}
	return text, nil
}

func encodePath(text string) (string, error) { return url.PathEscape(text), nil }

func encodeQuery(text string) (string, error) { return url.QueryEscape(text), nil }

func encodeNothing(text string) (string, error) { return text, nil }
