package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tabletop/workbook/findings"
)

// planted are workbooks with one mistake each, which their first line names with
// its place.
const planted = "testdata/planted"

func plantedWorkbooks(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(planted + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return filepath.Base(f) == "integrations.yaml" })
	if len(files) < 20 {
		t.Fatalf("%d workbooks", len(files))
	}
	return files
}

// checkJSON is what check -o json says of a workbook.
func checkJSON(t *testing.T, want int, args ...string) checkObject {
	t.Helper()
	code, out, said := tabletop(t, append([]string{"check", "-o", "json"}, args...)...)
	if code != want {
		t.Fatalf("%v: exit %d, want %d\n%s%s", args, code, want, out, said)
	}
	var o checkObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return o
}

// TestPlantedMistakes finds each planted mistake in its place, and nothing beside
// it.
func TestPlantedMistakes(t *testing.T) {
	codes := map[string]bool{}
	for _, file := range plantedWorkbooks(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		want := strings.TrimPrefix(first, "# planted: ")
		code, _, _ := strings.Cut(want, " ")
		codes[code] = true
		exit := exitDone
		if rule, ok := findings.Find(code); !ok || rule.Severity == findings.Error {
			exit = exitNothingRan
		}
		var got []string
		for _, f := range checkJSON(t, exit, file, "--stores", filepath.Join(t.TempDir(), "none.db")).Findings {
			got = append(got, fmt.Sprintf("%s %d:%d", f.Code, f.Line, f.Column))
			if f.File != file || f.Message == "" || f.Reason == "" || f.Fix == "" || f.Name == "" {
				t.Errorf("%s: a part lacks: %+v", file, f)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: found %v, planted %s", file, got, want)
		}
	}
	if len(codes) < 20 {
		t.Errorf("%d kinds of mistake are planted", len(codes))
	}
}

// TestExamplesHaveNoFinding checks every workbook of the examples.
func TestExamplesHaveNoFinding(t *testing.T) {
	seen := 0
	for _, file := range exampleWorkbooks(t) {
		seen++
		for _, f := range checkJSON(t, exitDone, file, "--strict", "--stores", filepath.Join(t.TempDir(), "none.db")).Findings {
			t.Errorf("%s:%d:%d: %s (%s)", f.File, f.Line, f.Column, f.Message, f.Code)
		}
	}
	if seen < 8 {
		t.Errorf("%d workbooks", seen)
	}
}

// exampleWorkbooks are the files of the examples that are workbooks.
func exampleWorkbooks(t *testing.T) []string {
	t.Helper()
	isWorkbook := regexp.MustCompile(`(?m)^workbook: `)
	var files []string
	err := filepath.WalkDir(filepath.Join(checkout, "examples"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" || strings.HasSuffix(path, ".test.yaml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && isWorkbook.Match(text) && strings.Contains(string(text), "\nblocks:") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestCheckSARIF holds what is written against what the standard asks for and
// code hosts read.
func TestCheckSARIF(t *testing.T) {
	files := plantedWorkbooks(t)
	code, out, said := tabletop(t, append([]string{"check", "-o", "sarif", "--stores", filepath.Join(t.TempDir(), "none.db")}, files...)...)
	if code != exitNothingRan || said != "" {
		t.Fatalf("exit %d: %s", code, said)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID               string
						Name             string
						ShortDescription struct{ Text string }
						Help             struct{ Text string }
						Default          struct{ Level string } `json:"defaultConfiguration"`
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
				PartialFingerprints map[string]string
				Fixes               []json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-2.1.0") || len(log.Runs) != 1 {
		t.Fatalf("version %q, schema %q, %d runs", log.Version, log.Schema, len(log.Runs))
	}
	run := log.Runs[0]
	ids := regexp.MustCompile(`^TT[0-9]{3}$`)
	known := map[string]int{}
	for i, r := range run.Tool.Driver.Rules {
		if _, twice := known[r.ID]; twice || !ids.MatchString(r.ID) || r.Name == "" || r.ShortDescription.Text == "" || r.Help.Text == "" || r.Default.Level != "error" && r.Default.Level != "warning" {
			t.Errorf("rule %d: %+v", i, r)
		}
		known[r.ID] = i
	}
	if run.Tool.Driver.Name != "tabletop" || run.Tool.Driver.Version == "" || len(run.Results) < len(files) {
		t.Errorf("%+v, %d results", run.Tool.Driver, len(run.Results))
	}
	prints, fixes := map[string]bool{}, 0
	for _, r := range run.Results {
		at := r.Locations[0].PhysicalLocation
		uri, err := url.Parse(at.ArtifactLocation.URI)
		if err != nil || uri.IsAbs() || strings.HasPrefix(uri.Path, "/") || !strings.HasPrefix(uri.Path, "testdata/planted/") {
			t.Errorf("no relative URI: %q", at.ArtifactLocation.URI)
		}
		if i, ok := known[r.RuleID]; !ok || i != r.RuleIndex || r.Message.Text == "" || at.Region.StartLine < 1 || at.Region.StartColumn < 1 {
			t.Errorf("%+v", r)
		}
		for _, p := range r.PartialFingerprints {
			if prints[p] {
				t.Errorf("two results have the fingerprint %s", p)
			}
			prints[p] = true
		}
		fixes += len(r.Fixes)
	}
	if len(prints) != len(run.Results) || fixes == 0 {
		t.Errorf("%d fingerprints of %d results, %d fixes", len(prints), len(run.Results), fixes)
	}
}

// TestCheckStrict tells warnings by the exit code where that is asked for.
func TestCheckStrict(t *testing.T) {
	warned := planted + "/trigger-without-signal.yaml"
	for _, test := range []struct {
		want int
		args []string
	}{
		{exitDone, []string{"check", warned}},
		{exitNotHeld, []string{"check", warned, "--strict"}},
		{exitNotHeld, []string{"check", warned, "--strict", "-o", "json"}},
		{exitNotHeld, []string{"check", warned, "--strict", "-o", "sarif"}},
		{exitNothingRan, []string{"check", planted + "/unknown-column.yaml", "--strict"}},
		{exitNothingRan, []string{"check", warned, "-o", "xml"}},
		{exitDone, []string{"check", "--list"}},
	} {
		if code, _, said := tabletop(t, test.args...); code != test.want {
			t.Errorf("%v: exit %d, want %d: %s", test.args, code, test.want, said)
		}
	}
}

// TestCheckFix mends copies of planted mistakes: what it can't mend stays as it
// is, and what it mends differs in the place alone.
func TestCheckFix(t *testing.T) {
	mends := map[string][2]string{
		"unknown-column.yaml": {"$SrcIp}", "$SrcIP}"},
		"spelt-tactic.yaml":   {"lateral-movement", "Lateral Movement"},
		"equals-null.yaml":    {"!= NULL", "IS NOT NULL"},
		"idle-allow.yaml":     {"  # check: allow TT303 there was none once\r\n", ""},
	}
	for _, file := range plantedWorkbooks(t) {
		dir := t.TempDir()
		name := filepath.Base(file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Line ends, blanks and comments of one's own must stay.
		before := strings.ReplaceAll(string(text), "\n", "\r\n") + "  # the end  \r\n\r\n"
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
			t.Fatal(err)
		}
		_, out, said := tabletop(t, "check", path, "--fix", "--integrations", planted+"/integrations.yaml", "--events", planted+"/events", "--stores", filepath.Join(dir, "none.db"))
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := before
		if m, ok := mends[name]; ok {
			want = strings.Replace(before, m[0], m[1], 1)
			if want == before || !strings.Contains(out, "--- ") || !strings.Contains(out, "no mistake\n") {
				t.Errorf("%s: no difference, or something is left:\n%s%s", name, out, said)
			}
		}
		if string(after) != want {
			t.Errorf("%s: %q\nwant %q", name, after, want)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".tabletop-*")); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}
