package events

import (
	"crypto/md5"  //nolint:gosec // events name files by it
	"crypto/sha1" //nolint:gosec // events name files by it
	"crypto/sha256"
	"crypto/sha512"
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
)

// A scalar is a function of SQLite that this package adds; args is -1 where
// their number is free.
type scalar struct {
	name string
	args int32
	call func(args []driver.Value) (driver.Value, error)
}

// textFunctions are those of texts, with Spark's meaning:
//
//	split_text(text, pattern)       the parts as a JSON list
//	split_part(text, mark, n)       part n from 1, from the end where negative
//	joined_by(mark, x, …)           what is no NULL, joined
//	replaced(text, old, new)        an empty old changes nothing
//	position_of(part, text, from)   the character, from 1; 0 where it is not there
//	found(text, pattern, group)     '' where the pattern is not found
//	substituted(text, pattern, new) $1 is a group
//	md5_of, sha1_of, sha2_of(text, bits), base64_of, unbase64_of, hex_of
func textFunctions(p *patterns) []scalar {
	return []scalar{
		{"split_text", 2, p.split},
		{"split_part", 3, splitPart},
		{"joined_by", -1, joinedBy},
		{"replaced", 3, onTexts(func(a []string) driver.Value {
			if a[1] == "" {
				return a[0]
			}
			return boundedText(strings.ReplaceAll(a[0], a[1], a[2]))
		})},
		{"position_of", 3, positionOf},
		{"found", 3, p.find},
		{"substituted", 3, p.substitute},
		{"md5_of", 1, onTexts(func(a []string) driver.Value { s := md5.Sum([]byte(a[0])); return hex.EncodeToString(s[:]) })},   //nolint:gosec // see above
		{"sha1_of", 1, onTexts(func(a []string) driver.Value { s := sha1.Sum([]byte(a[0])); return hex.EncodeToString(s[:]) })}, //nolint:gosec // see above
		{"sha2_of", 2, sha2},
		{"base64_of", 1, onTexts(func(a []string) driver.Value { return base64.StdEncoding.EncodeToString([]byte(a[0])) })},
		{"unbase64_of", 1, onTexts(func(a []string) driver.Value {
			b, err := base64.StdEncoding.DecodeString(a[0])
			if err != nil {
				return nil
			}
			return strings.ToValidUTF8(string(b), "\ufffd")
		})},
		{"hex_of", 1, hexOf},
	}
}

// boundedText is nothing where a text grew beyond what a query may make.
func boundedText(text string) driver.Value {
	if len(text) > maxTextBytes/4 {
		return nil
	}
	return text
}

// jsonList writes texts as a JSON list.
func jsonList(parts []string) driver.Value {
	b, err := json.Marshal(parts)
	if err != nil {
		return nil
	}
	return boundedText(string(b))
}

func (p *patterns) split(args []driver.Value) (driver.Value, error) {
	text, re := p.arguments(args)
	if re == nil {
		return nil, nil
	}
	return jsonList(re.Split(*text, -1)), nil
}

// arguments takes a text and a pattern; nil where either is missing or broken.
func (p *patterns) arguments(args []driver.Value) (*string, *regexp.Regexp) {
	text, pattern := plain(args[0]), plain(args[1])
	if text == nil || pattern == nil {
		return nil, nil
	}
	s := workbook.Text(text)
	return &s, p.compile(workbook.Text(pattern))
}

func (p *patterns) find(args []driver.Value) (driver.Value, error) {
	text, re := p.arguments(args)
	group, ok := toInt(args[2]).(int64)
	if re == nil || !ok || group < 0 || group > int64(re.NumSubexp()) {
		return nil, nil
	}
	m := re.FindStringSubmatch(*text)
	if m == nil {
		return "", nil
	}
	return m[group], nil
}

// groupOf is a group in Java's way of writing a replacement.
var groupOf = regexp.MustCompile(`\$(\d)`)

func (p *patterns) substitute(args []driver.Value) (driver.Value, error) {
	text, re := p.arguments(args)
	with := plain(args[2])
	if re == nil || with == nil {
		return nil, nil
	}
	template := groupOf.ReplaceAllString(workbook.Text(with), "$${$1}")
	return boundedText(re.ReplaceAllString(*text, template)), nil
}

func splitPart(args []driver.Value) (driver.Value, error) {
	text, mark := plain(args[0]), plain(args[1])
	n, ok := toInt(args[2]).(int64)
	if text == nil || mark == nil || !ok || n == 0 {
		return nil, nil
	}
	parts := []string{workbook.Text(text)}
	if m := workbook.Text(mark); m != "" {
		parts = strings.Split(parts[0], m)
	}
	if n < 0 {
		n += int64(len(parts)) + 1
	}
	if n < 1 || n > int64(len(parts)) {
		return "", nil
	}
	return parts[n-1], nil
}

func joinedBy(args []driver.Value) (driver.Value, error) {
	mark := plain(args[0])
	if mark == nil {
		return nil, nil
	}
	var parts []string
	for _, arg := range args[1:] {
		if v := plain(arg); v != nil {
			parts = append(parts, workbook.Text(v))
		}
	}
	return boundedText(strings.Join(parts, workbook.Text(mark))), nil
}

func positionOf(args []driver.Value) (driver.Value, error) {
	part, text := plain(args[0]), plain(args[1])
	from, ok := toInt(args[2]).(int64)
	if part == nil || text == nil || !ok {
		return nil, nil
	}
	s, skipped := workbook.Text(text), int64(0)
	if from < 1 {
		return int64(0), nil
	}
	for ; skipped < from-1 && s != ""; skipped++ {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	if skipped < from-1 {
		return int64(0), nil
	}
	at := strings.Index(s, workbook.Text(part))
	if at < 0 {
		return int64(0), nil
	}
	return skipped + int64(utf8.RuneCountInString(s[:at])) + 1, nil
}

func sha2(args []driver.Value) (driver.Value, error) {
	text := plain(args[0])
	bits, ok := toInt(args[1]).(int64)
	if text == nil || !ok {
		return nil, nil
	}
	in := []byte(workbook.Text(text))
	switch bits {
	case 0, 256:
		s := sha256.Sum256(in)
		return hex.EncodeToString(s[:]), nil
	case 224:
		s := sha256.Sum224(in)
		return hex.EncodeToString(s[:]), nil
	case 384:
		s := sha512.Sum384(in)
		return hex.EncodeToString(s[:]), nil
	case 512:
		s := sha512.Sum512(in)
		return hex.EncodeToString(s[:]), nil
	}
	return nil, nil
}

// hexOf writes a whole number in base 16, of a text its bytes.
func hexOf(args []driver.Value) (driver.Value, error) {
	switch v := plain(args[0]).(type) {
	case nil:
		return nil, nil
	case int64:
		return strings.ToUpper(strconv.FormatUint(uint64(v), 16)), nil
	case string:
		return boundedText(strings.ToUpper(hex.EncodeToString([]byte(v)))), nil
	default:
		return nil, nil
	}
}
