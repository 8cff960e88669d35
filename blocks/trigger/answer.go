package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
)

// An answerView is what an expression sees of an answer. Body is the parsed JSON
// of the body, nil where it is none: texts, truth values, int for whole numbers
// within 64 bits, texts for larger ones, float64, []any and map[string]any.
type answerView struct {
	Status int `expr:"status"`
	// Headers have names in lower case; values of one name are joined by ", ".
	Headers map[string]string `expr:"headers"`
	Body    any               `expr:"body"`
	Text    string            `expr:"text"`

	isJSON bool
}

// An itemsView has the items of an answer that holds several.
type itemsView struct {
	answerView
	Items []any `expr:"items"`
}

// A targetView has what was asked about too.
type targetView struct {
	answerView
	Type      string `expr:"type"`
	Target    string `expr:"target"`
	Canonical string `expr:"canonical"`
}

func viewOf(a delivery.Answer) answerView {
	v := answerView{Status: a.Status, Headers: map[string]string{}, Text: strings.ToValidUTF8(string(a.Body), "\uFFFD")}
	for name, values := range a.Headers {
		v.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	if a.Whole {
		v.Body, v.isJSON = parseAnswer(a.Body)
	}
	return v
}

// parseAnswer reads one JSON value and nothing behind it.
func parseAnswer(text []byte) (any, bool) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return plain(value), true
}

// plain turns numbers into ones that expr compares.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if i, err := strconv.Atoi(v.String()); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return f
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}

// complaint is what an answer says of itself, for a reason: its code and message
// where it is an error as vendors write them, else its beginning.
func complaint(v answerView) string {
	code, message := errorOf(v.Body)
	switch {
	case code != "" && message != "":
		return guard.Quote(code + ": " + message)
	case code+message != "":
		return guard.Quote(code + message)
	case strings.TrimSpace(v.Text) == "":
		return "nothing more"
	}
	return guard.Quote(v.Text)
}

// statusText names a status as people read it.
func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// maxTask is the longest name of a vendor's task that is taken, in bytes.
const maxTask = 256

// asText writes a text or a whole number as text; empty where the value is
// neither.
func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// asName is asText for a name; empty where that is too long, or holds control
// bytes.
func asName(value any) string {
	name := strings.TrimSpace(asText(value))
	if len(name) > maxTask || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return name
}
