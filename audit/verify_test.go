package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
)

// naive verifies the chain the plain way: everything in memory, one entry after
// the other, in a text of its own. It returns the first bad entry, -1 for a
// break that belongs to none, and 0 where the record is whole.
func naive(t testing.TB, db *sql.DB) int64 {
	t.Helper()
	long := func(s string) string { return string(binary.BigEndian.AppendUint64(nil, uint64(len(s)))) + s }
	number := func(n int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	texts := map[string]string{}
	each(t, db, "SELECT digest, text, typeof(digest), typeof(text) FROM contents", func(v []any) {
		switch {
		case v[2] != "text":
			texts["odd"] = ""
		case v[3] != "blob":
			texts[plainText(v[0])] = "odd"
		default:
			texts[plainText(v[0])] = plainText(v[1])
		}
	})
	bodies := map[int64][]any{}
	each(t, db, "SELECT seq, salt, subject, body, typeof(salt) || typeof(body), typeof(subject) FROM bodies", func(v []any) { bodies[v[0].(int64)] = v })
	gone, goneTexts, links := naiveTombstones(t, db)
	first, referred, last := int64(0), map[string]bool{}, map[string]int64{}
	bad := func(seq int64) {
		if first <= 0 || seq < first {
			first = seq
		}
	}
	missing := map[string]int64{}
	next, before := int64(1), string(make([]byte, 32))
	types := "typeof(run) || typeof(block) || typeof(number) || typeof(kind) || typeof(time) || typeof(contents) || typeof(digest) || typeof(hash)"
	each(t, db, "SELECT seq, run, block, number, kind, time, contents, digest, hash, "+types+" FROM entries ORDER BY seq", func(v []any) {
		seq := v[0].(int64)
		linked := seq == next
		begins := before == string(make([]byte, 32)) && next == 1 && seq > 0 && plainText(v[4]) == "link"
		if !linked && !begins {
			bad(min(next, seq))
		}
		next = seq + 1
		if v[9] != "integerintegerintegertexttexttextblobblob" {
			bad(seq)
			return
		}
		b, there := bodies[seq]
		delete(bodies, seq)
		said := ""
		if there {
			said = "tabletop audit body 1\x00" + long(plainText(b[1]))
			if b[2] == nil {
				said += "\x00"
			} else {
				said += "\x01" + long(plainText(b[2]))
			}
			said += long(plainText(b[3]))
			if b[4] != "blobtext" || b[5] != "text" && b[5] != "null" {
				bad(seq)
			}
		}
		digest := sha256.Sum256([]byte(said))
		purged := there && plainText(b[1]) == "" && b[2] == nil && purgedForm.MatchString(plainText(b[3])) && gone[seq]
		if !there || string(digest[:]) != plainText(v[7]) && !purged {
			bad(seq)
		}
		whole := "tabletop audit entry 1\x00" + before
		for _, n := range v[1:4] {
			if len(whole) == len("tabletop audit entry 1\x00")+32 {
				whole += number(seq)
			}
			whole += number(n.(int64))
		}
		for _, s := range v[4:8] {
			whole += long(plainText(s))
		}
		sum := sha256.Sum256([]byte(whole))
		if begins {
			if !links[hex.EncodeToString(sum[:])] {
				bad(seq)
			}
		} else if linked && string(sum[:]) != plainText(v[8]) {
			bad(seq)
		}
		before = plainText(v[8])
		for _, ref := range strings.Fields(plainText(v[6])) {
			text, there := texts[ref]
			sum := sha256.Sum256([]byte(text))
			if !referred[ref] && there && hex.EncodeToString(sum[:]) != ref {
				bad(seq)
			}
			if !there && last[ref] == 0 {
				missing[ref] = seq
			}
			referred[ref], last[ref] = true, seq
		}
	})
	for ref, seq := range missing {
		if goneTexts[ref] <= last[ref] {
			bad(seq)
		}
	}
	for seq := range bodies {
		bad(seq)
	}
	for digest := range texts {
		if !referred[digest] && first == 0 {
			first = -1
		}
	}
	return first
}

// purgedForm is what stands where a purged body was.
var purgedForm = regexp.MustCompile(`^\{"purged":(0|-?[1-9][0-9]{0,17})\}$`)

// naiveTombstones is what entries say is gone: entries, texts with who says so,
// and the links that stand for those that were moved.
func naiveTombstones(t testing.TB, db *sql.DB) (gone map[int64]bool, texts map[string]int64, links map[string]bool) {
	t.Helper()
	gone, texts, links = map[int64]bool{}, map[string]int64{}, map[string]bool{}
	each(t, db, "SELECT e.seq, b.body FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.run = 0 AND e.kind IN ('purge', 'archive', 'close') AND typeof(b.body) = 'text'", func(v []any) {
		var said struct {
			Entries [][2]int64
			Texts   []string
			Link    string
		}
		if json.Unmarshal([]byte(v[1].(string)), &said) != nil {
			return
		}
		seq := v[0].(int64)
		for _, r := range said.Entries {
			for i := r[0]; i <= r[1] && i < seq; i++ {
				gone[i] = true
			}
		}
		for _, digest := range said.Texts {
			texts[digest] = max(texts[digest], seq)
		}
		links[said.Link] = said.Link != ""
	})
	return gone, texts, links
}

func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

func each(t testing.TB, db *sql.DB, query string, row func([]any)) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row(values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// withoutTriggers runs statements on a connection from outside with the
// triggers gone, and puts these back word for word, as a careful forger would.
func withoutTriggers(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	var again []string
	var drop []string
	each(t, db, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'", func(v []any) {
		drop = append(drop, "DROP TRIGGER "+v[0].(string))
		again = append(again, v[1].(string))
	})
	execute(t, db, drop...)
	execute(t, db, statements...)
	execute(t, db, again...)
}

// damageable is the bytes of a closed audit of two rehearsals, and a plan that
// was sent.
func damageable(t testing.TB) []byte {
	t.Helper()
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 4)
	info := exampleInfo()
	info.Guard = nil
	info.Workbook.Text = []byte("workbook: another\n")
	if _, err := record(t.Context(), log, info, exampleBlocks(3)); err != nil {
		t.Fatal(err)
	}
	must(t, log.Validate(t.Context(), Validation{Name: "Block IP", Digest: "d1", Status: "Validated"}))
	_, plan := planned(t, log, "{}")
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	must(t, log.Approve(t.Context(), run, []Approval{{Name: "grace"}}))
	deliver(t, log, run, nil, sendable(1), sendable(2))
	deliver(t, log, run, []Outcome{sent(1), {Action: 2, Verdict: workbook.Unknown}}, sendable(3))
	deliver(t, log, run, []Outcome{sent(2)})
	closeLog(t, log)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func copyOf(t testing.TB, data []byte) string {
	t.Helper()
	folder, err := os.MkdirTemp(t.TempDir(), "copy")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "audit.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// verifyCopy is the first bad entry that Verify finds, as naive counts them.
func verifyCopy(t testing.TB, path string) (int64, []Break) {
	t.Helper()
	reader, err := OpenReader(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	report, err := reader.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if report.Whole() {
		return 0, nil
	}
	if first := report.First(); first != 0 {
		return first, report.Breaks
	}
	return -1, report.Breaks
}

func TestVerifyNamesTheDamage(t *testing.T) {
	data := damageable(t)
	tests := []struct {
		name  string
		sql   []string
		entry int64
		says  string
	}{
		{"a body edited", []string{"UPDATE bodies SET body = replace(body, '203.0.113.2', '203.0.113.9') WHERE seq = 4"}, 4, "the body of entry 4 was edited"},
		{"a salt edited", []string{"UPDATE bodies SET salt = randomblob(16) WHERE seq = 4"}, 4, "the body of entry 4 was edited"},
		{"a subject edited", []string{"UPDATE bodies SET subject = '10.0.0.5' WHERE seq = (SELECT max(seq) - 1 FROM bodies)"}, 0, "was edited"},
		{"a subject added", []string{"UPDATE bodies SET subject = '' WHERE seq = 2"}, 2, "the body of entry 2 was edited"},
		{"a time edited", []string{"UPDATE entries SET time = '2020-01-01T00:00:00.000Z' WHERE seq = 5"}, 5, "entry 5 was edited"},
		{"a kind hidden from the views", []string{"UPDATE entries SET kind = CAST(kind AS BLOB) WHERE seq = 5"}, 5, "entry 5 was edited"},
		{"a hash edited", []string{"UPDATE entries SET hash = randomblob(32) WHERE seq = 5"}, 5, "entry 5 was edited"},
		{"a hash cut", []string{"UPDATE entries SET hash = x'00' WHERE seq = 5"}, 5, "entry 5 was edited"},
		{"an entry deleted", []string{"DELETE FROM entries WHERE seq = 5"}, 5, "entry 5 is missing"},
		{"entries deleted", []string{"DELETE FROM entries WHERE seq IN (5, 6, 7)", "DELETE FROM bodies WHERE seq IN (5, 6, 7)"}, 5, "entries 5 to 7 are missing"},
		{"the first deleted", []string{"DELETE FROM entries WHERE seq = 1", "DELETE FROM bodies WHERE seq = 1"}, 1, "entry 1 is missing"},
		{"a body deleted", []string{"DELETE FROM bodies WHERE seq = 5"}, 5, "the body of entry 5 is missing"},
		{"the last body deleted", []string{"DELETE FROM bodies WHERE seq = (SELECT max(seq) FROM entries)"}, 0, "is missing"},
		{"a body added", []string{"INSERT INTO bodies VALUES (1000, x'00', NULL, '{}')"}, 1000, "a body 1000 belongs to no entry"},
		{"an entry put before the first", []string{"INSERT INTO entries SELECT 0, run, block, number, kind, time, contents, digest, hash FROM entries WHERE seq = 1"}, 0, "entry 0 stands before the first"},
		{"an entry appended", []string{"INSERT INTO entries SELECT seq + 1, run, block, number, kind, time, contents, digest, hash FROM entries ORDER BY seq DESC LIMIT 1"}, 0, "does not follow"},
		{"two entries swapped", []string{"UPDATE entries SET seq = -5 WHERE seq = 5", "UPDATE entries SET seq = 5 WHERE seq = 6", "UPDATE entries SET seq = 6 WHERE seq = -5"}, 5, "what is now entry 5 stood as entry 6"},
		{"a kept text edited", []string{"UPDATE contents SET text = x'00' WHERE rowid = 1"}, 1, "was edited"},
		{"a kept text deleted", []string{"DELETE FROM contents WHERE rowid = 1"}, 1, "is missing"},
		{"a kept text added", []string{"INSERT INTO contents VALUES ('00', x'00')"}, 0, "belongs to no entry"},
		{"a trigger left out", []string{"DROP VIEW runs"}, 0, "the schema's view runs is missing"},
		{"a view edited", []string{"DROP VIEW runs", "CREATE VIEW runs AS SELECT 1 AS run"}, 0, "the schema's view runs was edited"},
		{"a table added", []string{"CREATE TABLE more (a)"}, 0, "the schema has a table more"},
		{"a version edited", []string{"UPDATE schemas SET program = '9'"}, 0, "the table schemas was edited"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := copyOf(t, data)
			withoutTriggers(t, path, test.sql...)
			first, breaks := verifyCopy(t, path)
			if first == 0 {
				t.Fatal("not found")
			}
			if test.entry != 0 && first != test.entry {
				t.Errorf("first bad entry %d, want %d: %v", first, test.entry, breaks)
			}
			if !strings.Contains(fmt.Sprint(breaks), test.says) {
				t.Errorf("%v do not say %q", breaks, test.says)
			}
		})
	}
}

// TestVerifyFindsWhatIsInconsistent appends, with a good chain, what the Log
// would have refused.
func TestVerifyFindsWhatIsInconsistent(t *testing.T) {
	data := damageable(t)
	const run = 4
	forge := func(kind string, run int64, number int) func(*appender) error {
		return func(a *appender) error {
			return a.add(entry{Run: run, Block: 3, Number: number, Kind: kind}, nil, outcomeBody{})
		}
	}
	tests := []struct {
		name  string
		entry func(*appender) error
		says  string
	}{
		{"an outcome without an intent", forge(kindOutcome, run, 9), "the outcome of action 9 of run 4, which has no intent"},
		{"an outcome of another run's intent", forge(kindOutcome, 1, 1), "the outcome of action 1 of run 1"},
		{"a second intent", forge(kindIntent, run, 2), "a second one for action 2 of run 4"},
		{"an action that had an intent", forge(kindAction, run, 3), "a second one for action 3 of run 4"},
		{"an outcome more", forge(kindOutcome, run, 1), ""},
		{"an intent more", forge(kindIntent, run, 9), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := copyOf(t, data)
			log := newLog(t, path)
			head, err := log.write(t.Context(), "forge", test.entry)
			must(t, err)
			closeLog(t, log)
			first, breaks := verifyCopy(t, path)
			switch {
			case test.says == "" && first != 0:
				t.Errorf("found %v", breaks)
			case test.says != "" && (first != head.Sequence || !strings.Contains(fmt.Sprint(breaks), test.says)):
				t.Errorf("entry %d, %v, want entry %d and %q", first, breaks, head.Sequence, test.says)
			}
		})
	}
}

func TestVerifyAgreesWithTheNaiveOne(t *testing.T) {
	all := retained(t)
	entries := int(mustVerify(t, copyOf(t, all["plain"])).Head.Sequence)
	columns := map[string][]string{
		"entries":  {"run", "block", "number", "kind", "time", "contents", "digest", "hash"},
		"bodies":   {"salt", "subject", "body"},
		"contents": {"digest", "text"},
	}
	values := []string{"NULL", "7", "'x'", "x'00'", "randomblob(32)", "1.5", "''", "x''", "%[1]s || ' '", "CAST(%[1]s AS BLOB)", "CAST(%[1]s AS TEXT)", "%[1]s"}
	rapid.Check(t, func(rt *rapid.T) {
		data := all[rapid.SampledFrom([]string{"plain", "purged", "archive", "rest"}).Draw(rt, "file")]
		table := rapid.SampledFrom([]string{"entries", "bodies", "contents"}).Draw(rt, "table")
		column := rapid.SampledFrom(columns[table]).Draw(rt, "column")
		rowid := rapid.IntRange(1, entries).Draw(rt, "row")
		other := rapid.IntRange(1, entries).Draw(rt, "other")
		var damage string
		switch rapid.SampledFrom([]string{"edit", "delete", "insert", "move", "copy"}).Draw(rt, "how") {
		case "edit":
			to := rapid.SampledFrom(values).Draw(rt, "value")
			if strings.Contains(to, "%") {
				to = fmt.Sprintf(to, column)
			}
			damage = fmt.Sprintf("UPDATE OR IGNORE %s SET %s = %s WHERE rowid = %d", table, column, to, rowid)
		case "delete":
			damage = fmt.Sprintf("DELETE FROM %s WHERE rowid = %d", table, rowid)
		case "insert":
			all := strings.Join(columns[table], ", ")
			damage = fmt.Sprintf("INSERT OR REPLACE INTO %s (rowid, %s) SELECT %d, %s FROM %s WHERE rowid = %d", table, all, rowid+other, all, table, rowid)
		case "move":
			damage = fmt.Sprintf("UPDATE OR REPLACE %s SET rowid = %d WHERE rowid = %d", table, other, rowid)
		case "copy":
			damage = fmt.Sprintf("UPDATE OR IGNORE %[1]s SET %[2]s = (SELECT %[2]s FROM %[1]s WHERE rowid = %[3]d) WHERE rowid = %[4]d", table, column, other, rowid)
		}
		path := copyOf(t, data)
		withoutTriggers(t, path, damage)
		got, breaks := verifyCopy(t, path)
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			rt.Fatal(err)
		}
		defer db.Close()
		if want := naive(t, db); got != want {
			rt.Fatalf("%s: first bad entry %d, naive says %d: %v", damage, got, want, breaks)
		}
	})
}

// TestVerifyFindsFlippedBytes flips bytes anywhere in the file. Either that is
// found, or everything that can be read from the file is as it was.
func TestVerifyFindsFlippedBytes(t *testing.T) {
	all := retained(t)
	wanted := map[string]string{}
	for name, data := range all {
		wanted[name] = everything(t, copyOf(t, data))
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"plain", "purged", "archive", "rest"}).Draw(rt, "file")
		data, want := all[name], wanted[name]
		damaged := bytes.Clone(data)
		for range rapid.IntRange(1, 3).Draw(rt, "flips") {
			// The header of the file and the heads of pages are few bytes among many.
			at := rapid.OneOf(
				rapid.IntRange(0, len(data)-1),
				rapid.IntRange(0, 120),
				rapid.Custom(func(rt *rapid.T) int {
					return rapid.IntRange(0, len(data)/4096-1).Draw(rt, "page")*4096 + rapid.IntRange(0, 40).Draw(rt, "in page")
				}),
			).Draw(rt, "at")
			damaged[at] ^= rapid.ByteRange(1, 255).Draw(rt, "flip")
		}
		path := copyOf(t, damaged)
		reader, err := OpenReader(t.Context(), path)
		if err != nil {
			return
		}
		report, err := reader.Verify(t.Context())
		if closed := reader.Close(); closed != nil {
			rt.Fatal(closed)
		}
		if err != nil || !report.Whole() {
			return
		}
		if got := everything(t, path); got != want {
			rt.Fatal("verified as whole, and reads differently")
		}
	})
}

func TestACutFileIsFound(t *testing.T) {
	data := damageable(t)
	for cut := 1; cut < len(data); cut += 1 + len(data)/40 {
		path := copyOf(t, data[:len(data)-cut])
		reader, err := OpenReader(t.Context(), path)
		if err != nil {
			continue
		}
		report, err := reader.Verify(t.Context())
		if err == nil && report.Whole() {
			t.Errorf("%d bytes cut off are not found", cut)
		}
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	}
}

// everything is what any query could read: each table and view, with types.
func everything(t testing.TB, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all strings.Builder
	for _, name := range []string{"entries", "bodies", "contents", "schemas", "runs", "block_runs", "rows", "evidence", "signals", "actions", "requests", "plans", "approvals", "validations", "purges", "archives"} {
		each(t, db, "SELECT * FROM "+name, func(v []any) { fmt.Fprintf(&all, "%s %#v\n", name, v) })
	}
	return all.String()
}
