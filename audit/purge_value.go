package audit

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
)

// holding finds the entries and the texts that hold a value: as a word of a
// text, whatever its case, also percent-encoded or in JSON within a text. What
// is encoded otherwise is not found. Rows that take values from one that goes
// go with it.
func (a *appender) holding(value string, done *Purge) (found purgeable, err error) {
	sought := newNeedle(value)
	condition, args := sought.condition()
	rows, err := a.tx.QueryxContext(a.ctx, `SELECT e.seq, e.run, e.block, e.number, e.kind, b.subject, b.body FROM entries e
		JOIN bodies b ON b.seq = e.seq WHERE e.kind NOT IN ('purge', 'archive', 'close', 'link')
			AND substr(b.body, 1, 10) <> '{"purged":' AND (`+condition+") ORDER BY e.seq", args...)
	if err != nil {
		return found, err
	}
	seqs, bases, runs, err := sought.sift(rows)
	if err != nil {
		return found, err
	}
	for run, base := range bases {
		more, err := a.rowsLike(run, base)
		if err != nil {
			return found, err
		}
		seqs = append(seqs, more...)
	}
	slices.Sort(seqs)
	for _, seq := range seqs {
		found.entries.add(seq)
	}
	done.Runs = runs
	found.texts, err = a.textsHolding(sought)
	return found, err
}

// sift reads the candidates. Of the rows of blocks it also returns where they
// stand, by run.
func (n needle) sift(rows *sqlx.Rows) (seqs []int64, bases map[int64]map[[2]int64]bool, runs []int64, err error) {
	defer rows.Close()
	bases = map[int64]map[[2]int64]bool{}
	for rows.Next() {
		var seq, run, block, number int64
		var kind, body string
		var subject *string
		if err := rows.Scan(&seq, &run, &block, &number, &kind, &subject, &body); err != nil {
			return nil, nil, nil, err
		}
		if !n.inJSON(body) && (subject == nil || !n.inStored(*subject)) {
			continue
		}
		seqs = append(seqs, seq)
		if run > 0 && !slices.Contains(runs, run) {
			runs = append(runs, run)
		}
		if kind == kindRow {
			if bases[run] == nil {
				bases[run] = map[[2]int64]bool{}
			}
			bases[run][[2]int64{block, number}] = true
		}
	}
	return seqs, bases, runs, rows.Err()
}

// rowsLike finds the rows of a run that take their values from others.
func (a *appender) rowsLike(run int64, base map[[2]int64]bool) ([]int64, error) {
	var rows []struct{ Seq, Block, Number int64 }
	err := a.tx.SelectContext(a.ctx, &rows, `SELECT e.seq, json_extract(b.body, '$.same[0]') AS block, json_extract(b.body, '$.same[1]') AS number
		FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.run = ? AND e.kind = 'row' AND json_extract(b.body, '$.same[1]') IS NOT NULL`, run)
	var like []int64
	for _, r := range rows {
		if base[[2]int64{r.Block, r.Number}] {
			like = append(like, r.Seq)
		}
	}
	return like, err
}

// textsHolding finds the kept texts that hold a value.
func (a *appender) textsHolding(sought needle) ([]string, error) {
	rows, err := a.tx.QueryxContext(a.ctx, "SELECT digest, text FROM contents ORDER BY digest")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var texts []string
	for rows.Next() {
		var digest string
		var text []byte
		if err := rows.Scan(&digest, &text); err != nil {
			return nil, err
		}
		if sought.in(string(text)) || sought.inJSON(string(text)) {
			texts = append(texts, digest)
		}
	}
	return texts, rows.Err()
}

// A needle is a value that is looked for.
type needle struct {
	lower string
	// address says that a point and a digit beside it make another value.
	address bool
}

func newNeedle(value string) needle {
	value = strings.TrimSpace(value)
	_, err := netip.ParseAddr(value)
	return needle{strings.ToLower(value), err == nil}
}

// condition lets in whatever may hold the value, for a closer look: the value
// in each form in which it may stand in a body. SQLite's lower knows ASCII
// alone, so the rest is looked for as it is.
func (n needle) condition() (string, []any) {
	forms := []string{n.lower, strings.ToLower(url.QueryEscape(n.lower)), strings.ToLower(url.PathEscape(n.lower))}
	for range 2 { // JSON, and JSON within it
		for _, form := range forms {
			escaped, _ := json.Marshal(form)
			forms = append(forms, strings.Trim(string(escaped), `"`))
		}
	}
	ascii := func(form string) bool {
		return strings.IndexFunc(form, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' }) < 0
	}
	slices.Sort(forms)
	var conditions []string
	var args []any
	for _, form := range slices.Compact(forms) {
		if !ascii(form) {
			return "1", nil
		}
		conditions = append(conditions, "instr(lower(b.body), ?) OR instr(lower(b.subject), ?)")
		args = append(args, form, form)
	}
	return strings.Join(conditions, " OR "), args
}

// maxNested bounds how deep JSON within texts is followed.
const maxNested = 3

// inJSON reports whether a text that may be JSON holds the value in a text, a
// name or a number of it.
func (n needle) inJSON(body string) bool { return n.inNested(body, maxNested) }

func (n needle) inNested(body string, depth int) bool {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var held any
	return decoder.Decode(&held) == nil && n.inValue(held, depth)
}

func (n needle) inValue(held any, depth int) bool {
	switch held := held.(type) {
	case string:
		if n.inStored(held) {
			return true
		}
		trimmed := strings.TrimSpace(held)
		return depth > 0 && trimmed != "" && strings.ContainsRune("{[\"", rune(trimmed[0])) && n.inNested(trimmed, depth-1)
	case json.Number:
		return strings.ToLower(held.String()) == n.lower
	case []any:
		return slices.ContainsFunc(held, func(v any) bool { return n.inValue(v, depth) })
	case map[string]any:
		for name, v := range held {
			if n.inStored(name) || n.inValue(v, depth) {
				return true
			}
		}
	}
	return false
}

// inStored is in for a text in the form of encodeText, or percent-encoded.
func (n needle) inStored(stored string) bool {
	text, err := decodeText(stored)
	if err != nil {
		text = stored
	}
	if n.in(text) {
		return true
	}
	if !strings.ContainsAny(text, "%+") {
		return false
	}
	plain, err := url.QueryUnescape(text)
	return err == nil && n.in(plain)
}

// in reports whether a text holds the value as a word: letters and digits beside
// it make it another one.
func (n needle) in(text string) bool {
	lower := strings.ToLower(text)
	for from := 0; ; {
		at := strings.Index(lower[from:], n.lower)
		if at < 0 {
			return false
		}
		at += from
		if n.apart(lower[:at], true) && n.apart(lower[at+len(n.lower):], false) {
			return true
		}
		_, size := utf8.DecodeRuneInString(lower[at:])
		from = at + size
	}
}

// apart reports whether what stands before or behind does not belong to the
// value.
func (n needle) apart(beside string, before bool) bool {
	next := func(s string) (rune, string) {
		if before {
			r, size := utf8.DecodeLastRuneInString(s)
			return r, s[:len(s)-size]
		}
		r, size := utf8.DecodeRuneInString(s)
		return r, s[size:]
	}
	if beside == "" {
		return true
	}
	first, rest := next(beside)
	if unicode.IsLetter(first) || unicode.IsDigit(first) {
		return false
	}
	if !n.address || first != '.' || rest == "" {
		return true
	}
	second, _ := next(rest)
	return !unicode.IsDigit(second)
}
