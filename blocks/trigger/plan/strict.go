package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// Bounds on what is told of a broken file and on what is passed over in it.
const (
	maxProblems = 20
	maxDepth    = 100
)

// A strict reads JSON more strictly than encoding/json: every key is known,
// stands once and is there, and every value has the kind that its field has. It
// goes over the text alone; encoding/json fills the structure afterwards.
type strict struct {
	file     string
	text     []byte
	decoder  *json.Decoder
	problems source.Problems
	whole    source.Text
	// start is where the token read last begins.
	start int
	// wanted are the paths whose places are asked for, places what was found.
	wanted map[string]bool
	places map[string]int
}

// errStop ends the reading where going on makes no sense.
var errStop = errors.New("stop")

// decodeStrict fills into, a pointer to a structure, from a text of at most most
// bytes, and returns every mistake in it with its place. Keys without omitempty
// in their tags must be there.
func decodeStrict(file string, text []byte, most int, into any) source.Problems {
	whole := func(message, fix string) source.Problems {
		return source.Problems{{Place: source.Place{File: file}, Message: message, Fix: fix}}
	}
	if len(text) > most {
		return whole(fmt.Sprintf("larger than %d bytes, the most that is read", most), "")
	}
	if !utf8.Valid(text) {
		return whole("not UTF-8 text", "")
	}
	s := &strict{file: file, text: text}
	s.read(reflect.TypeOf(into).Elem())
	if len(s.problems) > 0 {
		return s.problems
	}
	if err := json.Unmarshal(text, into); err != nil {
		return whole("broken JSON: "+err.Error(), "")
	}
	return nil
}

// placesOf finds where values stand in a text that decodeStrict took. A path is
// written actions[0].request.url.
func placesOf(text []byte, of reflect.Type, paths []string) map[string]int {
	s := &strict{text: text, wanted: map[string]bool{}, places: map[string]int{}}
	for _, path := range paths {
		s.wanted[path] = true
	}
	s.read(of)
	return s.places
}

func (s *strict) read(t reflect.Type) {
	s.decoder = json.NewDecoder(bytes.NewReader(s.text))
	s.decoder.UseNumber()
	token, err := s.next()
	if err == nil {
		err = s.value(token, t, "")
	}
	if err != nil {
		return
	}
	if _, err := s.decoder.Token(); !errors.Is(err, io.EOF) {
		s.start = s.tokenStart()
		_ = s.problem("something stands behind the end", "remove it")
	}
}

// tokenStart is where the token behind the last one begins.
func (s *strict) tokenStart() int { return s.skipped(" \t\r\n,:") }

// skipped is where the first byte stands, behind what was read, that is none of
// those in set.
func (s *strict) skipped(set string) int {
	at := int(s.decoder.InputOffset())
	for at < len(s.text) && strings.IndexByte(set, s.text[at]) >= 0 {
		at++
	}
	return at
}

func (s *strict) next() (json.Token, error) {
	s.start = s.tokenStart()
	token, err := s.decoder.Token()
	if err == nil {
		return token, nil
	}
	message := err.Error()
	s.start = s.skipped(" \t\r\n")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.start, message = len(s.text), "it ends in the middle"
	}
	_ = s.problem("broken JSON: "+message, "")
	return nil, errStop
}

// problem tells a mistake at the token read last. Its error ends the reading
// where there are too many.
func (s *strict) problem(message, fix string) error { return s.problemAt(s.start, message, fix) }

func (s *strict) problemAt(at int, message, fix string) error {
	if !s.whole.Set() {
		s.whole = source.NewText(s.file, string(s.text))
	}
	s.problems = append(s.problems, s.whole.Problem(at, message, fix))
	if len(s.problems) == maxProblems {
		s.problems = append(s.problems, s.whole.Problem(at, fmt.Sprintf("more than %d mistakes: the rest is not read", maxProblems), ""))
		return errStop
	}
	return nil
}

var timeType = reflect.TypeFor[time.Time]()

// value reads the rest of a value that token begins.
func (s *strict) value(token json.Token, t reflect.Type, path string) error {
	if s.wanted[path] {
		s.places[path] = s.start
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		if token == nil {
			return nil
		}
	}
	switch {
	case t == timeType:
		text, ok := token.(string)
		if _, err := time.Parse(time.RFC3339, text); !ok || err != nil {
			return s.wrong(token, path, "a time such as 2026-01-31T12:00:00Z")
		}
		return nil
	case t.Kind() == reflect.Pointer:
		return s.value(token, t.Elem(), path)
	case t.Kind() == reflect.Struct:
		return s.structure(token, t, path)
	case t.Kind() == reflect.Map:
		return s.mapping(token, t, path)
	case t.Kind() == reflect.Slice:
		return s.slice(token, t, path)
	}
	return s.scalar(token, t, path)
}

// wrong tells that a value is not of its field's kind, and passes over it.
func (s *strict) wrong(token json.Token, path, kind string) error {
	if path == "" {
		path = "the file"
	}
	if err := s.problem(path+" must be "+kind, ""); err != nil {
		return err
	}
	return s.skip(token)
}

// skip passes over the rest of a value.
func (s *strict) skip(token json.Token) error {
	depth := 0
	for {
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if depth > maxDepth {
			_ = s.problem(fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
			return errStop
		}
		var err error
		if token, err = s.next(); err != nil {
			return err
		}
	}
}

func (s *strict) scalar(token json.Token, t reflect.Type, path string) error {
	switch t.Kind() {
	case reflect.String:
		if _, ok := token.(string); !ok {
			return s.wrong(token, path, "a text")
		}
	case reflect.Int, reflect.Int64:
		number, _ := token.(json.Number)
		if _, err := strconv.ParseInt(number.String(), 10, 64); err != nil {
			return s.wrong(token, path, "a whole number")
		}
	case reflect.Bool:
		if _, ok := token.(bool); !ok {
			return s.wrong(token, path, "true or false")
		}
	default:
		panic("plan: a field of type " + t.String())
	}
	return nil
}

func (s *strict) slice(token json.Token, t reflect.Type, path string) error {
	if token != json.Delim('[') {
		return s.wrong(token, path, "a list")
	}
	for i := 0; ; i++ {
		token, err := s.next()
		if err != nil {
			return err
		}
		if token == json.Delim(']') {
			return nil
		}
		if err := s.value(token, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
}

func (s *strict) mapping(token json.Token, t reflect.Type, path string) error {
	return s.pairs(token, path, func(key string) (reflect.Type, error) { return t.Elem(), nil }, nil)
}

func (s *strict) structure(token json.Token, t reflect.Type, path string) error {
	fields := jsonFields(t)
	names := make([]string, len(fields))
	types := make(map[string]reflect.Type, len(fields))
	for i, f := range fields {
		names[i], types[f.name] = f.name, f.kind
	}
	known := func(key string) (reflect.Type, error) {
		if t, ok := types[key]; ok {
			return t, nil
		}
		return nil, s.problem("unknown key "+strconv.Quote(key), source.DidYouMean(key, names))
	}
	return s.pairs(token, path, known, fields)
}

// pairs reads the keys and values of an object. of gives the type of a key's
// value, nil for one that is passed over.
func (s *strict) pairs(token json.Token, path string, of func(string) (reflect.Type, error), fields []jsonField) error {
	if token != json.Delim('{') {
		return s.wrong(token, path, "a map")
	}
	begin, seen := s.start, map[string]bool{}
	for {
		token, err := s.next()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok { // the brace that closes
			return s.missing(begin, path, fields, seen)
		}
		var t reflect.Type
		if seen[key] {
			err = s.problem("the key "+strconv.Quote(key)+" stands twice", "")
		} else {
			t, err = of(key)
		}
		if err != nil {
			return err
		}
		seen[key] = true
		if token, err = s.next(); err != nil {
			return err
		}
		if t == nil {
			err = s.skip(token)
		} else {
			err = s.value(token, t, join(path, key))
		}
		if err != nil {
			return err
		}
	}
}

func (s *strict) missing(begin int, path string, fields []jsonField, seen map[string]bool) error {
	for _, f := range fields {
		if !f.optional && !seen[f.name] {
			if err := s.problemAt(begin, join(path, f.name)+" is missing", ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// A jsonField is a key of an object that a structure stands for.
type jsonField struct {
	name     string
	optional bool
	kind     reflect.Type
}

// jsonFields lists the keys of a structure, those of an embedded one behind its
// own, and without those that its own hide.
func jsonFields(t reflect.Type) []jsonField {
	var fields, embedded []jsonField
	own := map[string]bool{}
	for f := range t.Fields() {
		if f.Anonymous {
			embedded = append(embedded, jsonFields(f.Type)...)
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		own[name] = true
		fields = append(fields, jsonField{name, rest == "omitempty", f.Type})
	}
	for _, f := range embedded {
		if !own[f.name] {
			fields = append(fields, f)
		}
	}
	return fields
}
