package workbook

import (
	"context"
	"slices"
	"strings"
	"testing"
)

const suppressing = `workbook: W
suppress:
  - when: {suspect.host: [10.0.0.5, 10.0.0.6], name: 'rdp_*'}
    reason: the scanner
  - when: {target.host: '*.example.com', tags: [known]}
    false_positive: true
  - when: {score: 5}
blocks:
  - one: x
  - two: x
`

func TestSuppressionSilencesSignalsAlone(t *testing.T) {
	host := func(name, suspect, target string, score int, tags ...string) Signal {
		return Signal{Name: name, Score: score, Suspect: map[string]string{"host": suspect}, Target: map[string]string{"host": target}, Tags: tags, Occurrences: 1}
	}
	signals := []Signal{
		host("rdp_a", "10.0.0.5", "srv", 7),
		host("rdp_b", "10.0.0.6", "srv", 7),
		host("smb_a", "10.0.0.5", "srv", 7),                              // another name
		host("rdp_a", "10.0.0.55", "srv", 7),                             // another host
		host("rdp_a", "10.0.0.7", "mail.example.com", 7, "new", "known"), // by the second rule
		host("rdp_a", "10.0.0.7", "mail.example.com", 5),                 // by the third
		host("rdp_a", "10.0.0.7", "mail.example.com", 7),                 // has no such tag
		{Name: "rdp_a", Score: 7, Occurrences: 1},                        // no suspect at all
	}
	raise := func(context.Context, Table, *Env) (Output, error) {
		return Output{Table: Table{Rows: make([]Row, len(signals))}, Signals: slices.Clone(signals)}, nil
	}
	var came int
	count := func(_ context.Context, in Table, env *Env) (Output, error) {
		came = len(in.Rows)
		return Output{Table: in}, nil
	}
	w, problems := readWorkbook(t, suppressing, kind("one", raise), kind("two", count))
	program, more := Prepare(w, nil)
	if problems = append(problems, more...); len(problems) > 0 {
		t.Fatal(problems)
	}
	result, err := program.Run(t.Context(), Options{Info: Info{Workbook: w}, MaxRows: 100, Recorder: &tape{}})
	if err != nil {
		t.Fatal(err)
	}
	if came != len(signals) {
		t.Errorf("%d of %d rows passed on", came, len(signals))
	}
	if len(result.Signals) != 4 {
		t.Errorf("heard %+v", result.Signals)
	}
	want := []string{
		"2 signals suppressed, rows passed on: rdp_a, rdp_b, by rule 1 of suppress (the scanner)",
		"signal suppressed, row passed on: rdp_a, by rule 2 of suppress, a false positive",
		"signal suppressed, row passed on: rdp_a, by rule 3 of suppress",
	}
	if got := result.Blocks[0].Output.Warnings; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestSuppressionByHash silences exactly one kind of signal by its $SHash.
func TestSuppressionByHash(t *testing.T) {
	one := Signal{Name: "a", Suspect: map[string]string{"host": "x"}}
	other := Signal{Name: "a", Suspect: map[string]string{"host": "y"}}
	w, problems := readWorkbook(t, "workbook: W\nsuppress:\n  - when: {hash: "+one.Hash()+"}\nblocks:\n  - one: x\n", kind("one", rows(1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	heard, warnings := w.suppress([]Signal{one, other, one})
	if len(heard) != 1 || heard[0].Suspect["host"] != "y" || len(warnings) != 1 {
		t.Errorf("%+v, %q", heard, warnings)
	}
}

// TestSuppressionByTheFirstRuleThatMatches tells which rule a signal is put down
// to, and so whether it was a false positive.
func TestSuppressionByTheFirstRuleThatMatches(t *testing.T) {
	w, problems := readWorkbook(t, "workbook: W\nsuppress:\n  - when: {name: b}\n  - when: {name: 'a*'}\n    reason: the scanner\n"+
		"  - when: {name: a}\n    false_positive: true\nblocks:\n  - one: x\n", kind("one", rows(1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	heard, warnings := w.suppress([]Signal{{Name: "a"}})
	if want := []string{"signal suppressed, row passed on: a, by rule 2 of suppress (the scanner)"}; len(heard) > 0 || !slices.Equal(warnings, want) {
		t.Errorf("%+v, %q", heard, warnings)
	}
}

// TestSuppressionByPatterns holds a pattern against values that it fits, and such
// as look alike.
func TestSuppressionByPatterns(t *testing.T) {
	for _, test := range []struct{ pattern, fits, not string }{
		{"srv", "srv", "srv1 asrv SRV"},
		{"srv*", "srv srv1", "asrv Srv1 sr"},
		{"*srv", "srv asrv", "srv1 asrv1 aSRV rv"},
		{"*srv*", "srv asrv srv1 asrv1", "sr aSRV1"},
		{"a*b", "a*b", "ab axb"},
	} {
		w, problems := readWorkbook(t, "workbook: W\nsuppress:\n  - when: {suspect.host: '"+test.pattern+"'}\nblocks:\n  - one: x\n", kind("one", rows(1)))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, host := range strings.Fields(test.fits) {
			if heard, _ := w.suppress([]Signal{{Suspect: map[string]string{"host": host}}}); len(heard) > 0 {
				t.Errorf("%s does not silence %s", test.pattern, host)
			}
		}
		for _, host := range strings.Fields(test.not) {
			if heard, _ := w.suppress([]Signal{{Suspect: map[string]string{"host": host}}}); len(heard) == 0 {
				t.Errorf("%s silences %s", test.pattern, host)
			}
		}
	}
}

func TestSuppressionMistakes(t *testing.T) {
	tests := map[string]string{
		"  - when: {suspect.hots: a}":            "w.yaml:3:12: a signal has no field suspect.hots",
		"  - when: {}":                           "a rule without fields would silence every signal",
		"  - reason: all":                        "when is missing",
		"  - when: {name: '*'}":                  "an empty value says nothing",
		"  - when: {name: []}":                   "name has no value",
		"  - when: {name: {a: b}}":               "name must be a text or a list of texts",
		"  - when: {name: a}\n    reasons: x":    "reason",
		"  - when: [a]":                          "when must be a map of fields",
		"  - when: {name: a}\n    reason: [x]\n": "reason",
	}
	for text, want := range tests {
		_, problems := readWorkbook(t, "workbook: W\nsuppress:\n"+text+"\nblocks:\n  - one: x\n", kind("one", rows(1)))
		if said := problems.Error(); !strings.Contains(said, want) {
			t.Errorf("%s: %s", text, said)
		}
	}
	many := strings.Repeat("  - when: {name: a}\n", MaxSuppressions+1)
	if _, problems := readWorkbook(t, "workbook: W\nsuppress:\n"+many+"blocks:\n  - one: x\n", kind("one", rows(1))); !strings.Contains(problems.Error(), "more than 100 rules") {
		t.Error(problems)
	}
}
