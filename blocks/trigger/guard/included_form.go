package guard

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A listedLine is one entry of an included file as written.
type listedLine struct {
	number                        int
	value, reason, owner, expires string
}

func (l listedLine) entry(standard entry) (entry, string) {
	e := standard
	if !e.read(l.value) {
		return e, Quote(l.value) + noEntry
	}
	if reason := oneLine(l.reason); reason != "" {
		e.reason = reason
	}
	if owner := oneLine(l.owner); owner != "" {
		e.owner = owner
	}
	if l.expires != "" {
		day, err := time.Parse(time.DateOnly, l.expires)
		if err != nil {
			return e, Quote(l.expires) + " is no date: write it as 2026-12-31"
		}
		if ends := day.AddDate(0, 0, 1); e.expires.IsZero() || ends.Before(e.expires) {
			e.expires = ends
		}
	}
	return e, ""
}

// listed reads a file of entries by its form: JSON by its first byte, CSV by its
// name, else a value a line.
func listed(name string, text []byte) ([]listedLine, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case !utf8.Valid(text):
		return nil, errors.New("not UTF-8 text: save it as UTF-8")
	case bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")):
		return warningList(text)
	case strings.EqualFold(filepath.Ext(name), ".csv"):
		return csvList(text)
	}
	var out []listedLine
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		value, _, _ := strings.Cut(line, "#")
		if value = strings.TrimSpace(value); value != "" {
			out = append(out, listedLine{number: number, value: value})
		}
	}
	return out, nil
}

// hashColumns are the columns of a gold image's list, read where no column is
// named value.
var hashColumns = []string{"sha256", "sha-256", "sha1", "sha-1", "md5", "hash", "filehash"}

// csvList reads a CSV whose header names value, or columns of hashes as the
// lists of gold images do, each filled cell of which is an entry. The header may
// name reason, owner and expires; other columns are left alone.
func csvList(text []byte) ([]listedLine, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comment = '#'
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	values := []string{"value"}
	if _, ok := at["value"]; !ok {
		values = slices.DeleteFunc(slices.Clone(hashColumns), func(name string) bool { _, ok := at[name]; return !ok })
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("the first line names no column value, only %s: name the column of the entries value, or those of hashes sha1, sha256 or md5", Quote(strings.Join(header, ",")))
	}
	var out []listedLine
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		field := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		number, _ := r.FieldPos(0)
		for _, name := range values {
			value := field(name)
			if value == "" && (len(values) > 1 || name != "value") {
				continue // a file that was not hashed so
			}
			out = append(out, listedLine{number, value, field("reason"), field("owner"), field("expires")})
		}
	}
}

// warningTypes are the types of MISP warning lists whose entries are exact.
var warningTypes = []string{"cidr", "hostname", "string"}

// warningList reads the JSON of a MISP warning list.
func warningList(text []byte) ([]listedLine, error) {
	var file struct {
		Name string   `json:"name"`
		Type string   `json:"type"`
		List []string `json:"list"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("no MISP warning list, an object with a name, a type and a list of texts: %w", err)
	}
	if !slices.Contains(warningTypes, file.Type) {
		return nil, fmt.Errorf("a warning list of type %s is not supported: take one of type %s", Quote(file.Type), strings.Join(warningTypes, ", "))
	}
	out := make([]listedLine, len(file.List))
	for i, value := range file.List {
		// In lists of hosts a first dot stands for all under the domain.
		out[i] = listedLine{value: strings.TrimPrefix(value, "."), reason: file.Name}
	}
	return out, nil
}
