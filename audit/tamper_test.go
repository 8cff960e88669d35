package audit

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tabletop/workbook"
)

// tampered is an audit with its file of heads, changed from outside.
func tampered(t testing.TB, statements ...string) string {
	t.Helper()
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 4)
	mustRecord(t, log, 2)
	closeLog(t, log)
	withoutTriggers(t, path, statements...)
	return path
}

// forge writes the chain anew from an entry on, as who knows how it is made
// would: every digest and every hash fits.
func forge(t testing.TB, path string, from int64) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	must(t, err)
	db.SetMaxOpenConns(1)
	defer db.Close()
	var before hash
	var sum []byte
	if err := db.QueryRow("SELECT hash FROM entries WHERE seq = ?", from-1).Scan(&sum); err == nil {
		before = hash(sum)
	}
	var all []entry
	rows, err := db.Query("SELECT e.seq, e.run, e.block, e.number, e.kind, e.time, e.contents, b.salt, b.subject, b.body FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.seq >= ? ORDER BY e.seq", from)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var e entry
		var salt []byte
		var subject *string
		var body string
		must(t, rows.Scan(&e.Seq, &e.Run, &e.Block, &e.Number, &e.Kind, &e.Time, &e.Contents, &salt, &subject, &body))
		_, digest := bodyDigest(nil, salt, subject, body)
		e.Digest = digest[:]
		_, before = entryHash(nil, before, &e)
		e.Hash = slices.Clone(before[:])
		all = append(all, e)
	}
	must(t, rows.Err())
	var statements []string
	for _, e := range all {
		statements = append(statements, fmt.Sprintf("UPDATE entries SET digest = x'%x', hash = x'%x' WHERE seq = %d", e.Digest, e.Hash, e.Seq))
	}
	must(t, db.Close())
	withoutTriggers(t, path, statements...)
}

// shift renumbers entries and bodies from one on.
func shift(from, by int) []string {
	var all []string
	for _, table := range []string{"entries", "bodies"} {
		all = append(all,
			fmt.Sprintf("UPDATE %s SET seq = -(seq + %d) WHERE seq >= %d", table, by, from),
			fmt.Sprintf("UPDATE %s SET seq = -seq WHERE seq < 0", table))
	}
	return all
}

// TestVerifyTellsWhatWasDone does to a record what an attacker would, and has
// verify name the kind of it and the first bad entry.
func TestVerifyTellsWhatWasDone(t *testing.T) {
	edit := "UPDATE bodies SET body = replace(body, '203.0.113.2', '203.0.113.9') WHERE seq = 4"
	drop := func(first, last int) []string {
		return []string{fmt.Sprintf("DELETE FROM entries WHERE seq BETWEEN %d AND %d", first, last), fmt.Sprintf("DELETE FROM bodies WHERE seq BETWEEN %d AND %d", first, last)}
	}
	put := []string{
		"INSERT INTO entries SELECT 6, run, block, number, kind, time, contents, digest, randomblob(32) FROM entries WHERE seq = 5",
		"INSERT INTO bodies SELECT 6, salt, subject, body FROM bodies WHERE seq = 5",
	}
	swap := []string{
		"UPDATE entries SET seq = -6 WHERE seq = 6", "UPDATE entries SET seq = 6 WHERE seq = 9", "UPDATE entries SET seq = 9 WHERE seq = -6",
		"UPDATE bodies SET seq = -6 WHERE seq = 6", "UPDATE bodies SET seq = 6 WHERE seq = 9", "UPDATE bodies SET seq = 9 WHERE seq = -6",
	}
	tests := []struct {
		name  string
		sql   []string
		forge int64
		kind  Kind
		entry int64
		says  string
	}{
		{"an edit", []string{edit}, 0, Edited, 4, "the body of entry 4 was edited"},
		{"an edit of an entry", []string{"UPDATE entries SET time = '' WHERE seq = 4"}, 0, Edited, 4, "entry 4 was edited"},
		{"a gap", drop(6, 7), 0, Deleted, 6, "entries 6 to 7 are missing"},
		{"a gap that was closed", append(drop(6, 7), shift(8, -2)...), 0, Deleted, 6, "2 that stood there were taken out"},
		{"an insertion", append(shift(6, 1), put...), 0, Inserted, 6, "entry 6 was put in"},
		{"an exchange", swap, 0, Reordered, 6, "what is now entry 6 stood as entry 9"},
		{"a tail cut off", drop(20, 99), 0, Cut, 20, "missing at the end"},
		{"all cut off", append(drop(1, 99), "DELETE FROM contents"), 0, Cut, 1, "missing at the end"},
		{"a chain written anew", []string{edit}, 4, Rewritten, 19, "it was written anew, from entry 1 at the earliest"},
		{"its end written anew", []string{"UPDATE bodies SET body = body || ' ' WHERE seq = 24"}, 24, Rewritten, 32, "it was written anew, from entry 20 at the earliest"},
		{"a view", []string{"DROP VIEW runs", "CREATE VIEW runs AS SELECT 1 AS run"}, 0, Schema, 0, "the schema's view runs was edited"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := tampered(t, test.sql...)
			if test.forge > 0 {
				forge(t, path, test.forge)
			}
			report := mustVerify(t, path)
			if report.Whole() {
				t.Fatal("not found")
			}
			for _, b := range report.Breaks {
				if b.Kind == test.kind && b.Entry == test.entry && strings.Contains(b.What, test.says) {
					if first := report.First(); first != test.entry {
						t.Errorf("the first bad entry is %d, not %d: %v", first, test.entry, report.Breaks)
					}
					return
				}
			}
			t.Errorf("no %s of entry %d that says %q: %v", test.kind, test.entry, test.says, report.Breaks)
		})
	}
}

// TestHeadsTellWhatTheFileAloneDoesNot makes what only a head shows, and takes it away.
func TestHeadsTellWhatTheFileAloneDoesNot(t *testing.T) {
	path := tampered(t, "UPDATE bodies SET body = body || ' ' WHERE seq = 24")
	forge(t, path, 24)
	heads, err := ReadHeads(HeadFile(path))
	if err != nil || len(heads.Known) != 2 {
		t.Fatal(heads, err)
	}
	must(t, os.Remove(HeadFile(path)))
	report := mustVerify(t, path)
	if !report.Whole() || len(report.Unchecked) != 1 || !strings.Contains(report.Unchecked[0], "no head was kept outside") {
		t.Errorf("without heads: %v, %v", report.Breaks, report.Unchecked)
	}
	reader := newReader(t, path)
	for i, whole := range []bool{true, false} {
		report, err := reader.VerifyWith(t.Context(), VerifyOptions{Expect: heads.Known[i : i+1]})
		must(t, err)
		if report.Whole() != whole {
			t.Errorf("with head %d: %v", i+1, report.Breaks)
		}
		if whole && !strings.Contains(report.Unchecked[0], "no head vouches for entries 20 to 32") {
			t.Errorf("what no head vouches for is not told: %v", report.Unchecked)
		}
	}
}

func TestTheFileOfHeadsIsRead(t *testing.T) {
	path := tampered(t)
	file := HeadFile(path)
	info, err := os.Stat(file)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the heads have mode %o", info.Mode().Perm())
	}
	whole, err := os.ReadFile(file)
	must(t, err)
	lines := strings.SplitAfter(string(whole), "\n")
	tests := []struct {
		name, text string
		breaks     int
		says       string
	}{
		{"as written", string(whole), 0, ""},
		{"empty", "", 0, "no head was kept"},
		{"one line", lines[0], 0, "no head vouches"},
		{"torn within the hash", lines[0] + lines[1][:30], 0, "end within"},
		{"torn and gone on", lines[0] + lines[1][:30] + "\n" + lines[1], 0, "end within"},
		{"torn behind the hash", lines[0] + lines[1][:72], 0, ""},
		{"garbage", lines[0] + "nothing to see\n" + lines[1], 1, ""},
		{"another hash", strings.Replace(string(whole), ":", ":"+strings.Repeat("0", 4), 1), 1, ""},
		{"edited", lines[0] + "31:" + strings.Repeat("ab", 32) + "\n", 1, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			must(t, os.WriteFile(file, []byte(test.text), 0o600))
			report := mustVerify(t, path)
			said := strings.Join(append(report.Notes, report.Unchecked...), "\n")
			if len(report.Breaks) != test.breaks || !strings.Contains(said, test.says) || test.says == "" && test.breaks == 0 && said != "" {
				t.Errorf("%v\n%s", report.Breaks, said)
			}
		})
	}
}

func FuzzHeads(f *testing.F) {
	f.Add("31:" + strings.Repeat("ab", 32) + " 2026-01-31T12:00:00.005Z run 2\n")
	f.Add("31:" + strings.Repeat("ab", 32) + " 2026-01-31T12:00:00.005Z head signed QUJD\n1:a")
	f.Fuzz(func(t *testing.T, text string) {
		file := auditPath(t)
		must(t, os.WriteFile(file, []byte(text), 0o600))
		heads, err := ReadHeads(file)
		if err != nil {
			return
		}
		for _, h := range heads.Known {
			again, err := parseHeadLine(h.line("x"))
			if err != nil || again.Sequence != h.Sequence || again.Hash != h.Hash || again.Signature != h.Signature {
				t.Errorf("%q is %+v, and then %+v, %v", text, h, again, err)
			}
		}
	})
}

// signedBy is a signature of these tests: a name and the text.
type signedBy string

func (s signedBy) SignHead(text string) (string, error) { return string(s) + "\n" + text, nil }

func (s signedBy) VerifyHead(text, signature string) (string, error) {
	signer, signed, _ := strings.Cut(signature, "\n")
	switch {
	case signed != text:
		return "", fmt.Errorf("it is over another text")
	case signer != string(s):
		return signer, fmt.Errorf("%w: %s", ErrUnlisted, signer)
	}
	return signer, nil
}

func TestSignedHeads(t *testing.T) {
	path := tampered(t)
	reader := newReader(t, path)
	verify := func(by signedBy) Report {
		t.Helper()
		report, err := reader.VerifyWith(t.Context(), VerifyOptions{Signatures: by, Signed: true})
		must(t, err)
		return report
	}
	if report := verify("ada"); report.Whole() {
		t.Error("an unsigned audit has a signature")
	}
	head := mustVerify(t, path).Head
	must(t, SignHead(HeadFile(path), head, clock(), signedBy("ada")))
	if report := verify("ada"); !report.Whole() || len(report.Signed) != 1 || report.Signed[0].Signer != "ada" || report.Signed[0].Sequence != head.Sequence {
		t.Errorf("%v, %v", report.Breaks, report.Signed)
	}
	if report := verify("grace"); report.Whole() || !strings.Contains(strings.Join(report.Unchecked, ""), "not listed") {
		t.Errorf("signed by someone else: %v, %v", report.Breaks, report.Unchecked)
	}
	if report := mustVerify(t, path); !report.Whole() || !strings.Contains(strings.Join(report.Unchecked, ""), "1 signature") {
		t.Errorf("unchecked signatures are not told: %v", report.Unchecked)
	}
	// The line of a signature on another head.
	text, err := os.ReadFile(HeadFile(path))
	must(t, err)
	other := workbook.Head{Sequence: 19, Hash: mustHeads(t, path)[0].Hash}
	moved := strings.Replace(string(text), KnownHead{Sequence: head.Sequence, Hash: head.Hash}.String()+" "+stamp(clock())+" head", fmt.Sprintf("%d:%s %s head", other.Sequence, other.Hash, stamp(clock())), 1)
	must(t, os.WriteFile(HeadFile(path), []byte(moved), 0o600))
	if report := verify("ada"); len(report.Breaks) != 2 || !strings.Contains(report.Breaks[0].What, "it is over another text") {
		t.Errorf("a signature on another head: %v", report.Breaks)
	}
}

func mustHeads(t testing.TB, path string) []KnownHead {
	t.Helper()
	heads, err := ReadHeads(HeadFile(path))
	must(t, err)
	return heads.Known
}
