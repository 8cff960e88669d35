package audit

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// TestVersions runs two contents of one workbook, the first again, and another
// workbook in between.
func TestVersions(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	run := func(name, file, text string, guard *workbook.Document) {
		info := exampleInfo()
		info.Workbook, info.Guard = &workbook.Workbook{Name: name, Path: file, Text: []byte(text)}, guard
		begin(t, log, info)
	}
	odd := "second\r\n\x00\xff\x1b[2J"
	guard := &workbook.Document{Path: "guard.yaml", Text: []byte("never: []\n")}
	run("RDP", "rdp.yaml", "first\n", nil)
	run("Other", "other.yaml", "first\n", nil)
	run("RDP", "moved.yaml", odd, guard)
	run("RDP", "rdp.yaml", "first\n", guard)
	none := exampleInfo()
	none.Workbook, none.Name, none.Integrations = nil, "undo of run 1", nil
	begin(t, log, none)
	closeLog(t, log)
	reader := newReader(t, path)
	at := clock()
	integrations := exampleInfo().Integrations
	want := []History{{
		Workbook: "RDP",
		Workbooks: []Version{
			{Digest: digestOf([]byte("first\n")), Paths: []string{"rdp.yaml"}, Bytes: 6, First: at, Last: at, Runs: []int64{1, 4}},
			{Digest: digestOf([]byte(odd)), Paths: []string{"moved.yaml"}, Bytes: int64(len(odd)), First: at, Last: at, Runs: []int64{3}},
		},
		Integrations: []Version{{Digest: digestOf(integrations.Text), Paths: []string{"integrations.yaml"}, Bytes: 17, First: at, Last: at, Runs: []int64{1, 3, 4}}},
		Guards:       []Version{{Digest: digestOf(guard.Text), Paths: []string{"guard.yaml"}, Bytes: 10, First: at, Last: at, Runs: []int64{3, 4}}},
	}}
	for _, name := range []string{"RDP", "moved.yaml"} {
		got, err := reader.Versions(t.Context(), name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := reader.Versions(t.Context(), "RPD"); !errors.Is(err, ErrNoWorkbook) || !strings.Contains(err.Error(), "did you mean RDP?") {
		t.Error(err)
	}
	names, err := reader.Workbooks(t.Context())
	if diff := cmp.Diff([]string{"Other", "RDP", "undo of run 1"}, names); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, test := range []struct {
		run  int64
		kind TextKind
		want string
		err  error
	}{
		{1, WorkbookText, "first\n", nil},
		{3, WorkbookText, odd, nil},
		{3, GuardText, "never: []\n", nil},
		{3, IntegrationsText, string(integrations.Text), nil},
		{1, GuardText, "", ErrNoText},
		{5, WorkbookText, "", ErrNoText},
		{6, WorkbookText, "", ErrNoRun},
	} {
		d, err := reader.Text(t.Context(), test.run, test.kind)
		if string(d.Text) != test.want || !errors.Is(err, test.err) {
			t.Errorf("the %s of run %d: %q, %v", test.kind, test.run, d.Text, err)
		}
	}
}

// TestATextThatChangedIsNotGivenBack edits what is kept.
func TestATextThatChangedIsNotGivenBack(t *testing.T) {
	path := viewed(t)
	db := raw(t, path)
	for _, edit := range []string{
		"DROP TRIGGER contents_update", "DROP TRIGGER contents_delete",
		"UPDATE contents SET text = 'x' WHERE digest = '" + exampleInfo().Workbook.Digest() + "'",
		"DELETE FROM contents WHERE digest = '" + digestOf(exampleInfo().Integrations.Text) + "'",
	} {
		if _, err := db.Exec(edit); err != nil {
			t.Fatal(err)
		}
	}
	reader := newReader(t, path)
	for _, kind := range []TextKind{WorkbookText, IntegrationsText} {
		if _, err := reader.Text(t.Context(), 1, kind); !errors.Is(err, ErrTextGone) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
