package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// keeping is a kind of block that writes one row, its own text, to a store. A
// text of fail ends the run after it has written.
func keeping(session *stores.Session) workbook.Kind {
	return workbook.Kind{
		Name: "keep", Doc: "write to a store", Config: source.Text{},
		Prepare: func(b workbook.Block, _ *workbook.Preparation) workbook.Step {
			text, _ := b.Body.Text()
			return keepStep{session, strings.TrimSpace(text.Value)}
		},
	}
}

type keepStep struct {
	session *stores.Session
	text    string
}

func (k keepStep) Run(ctx context.Context, _ workbook.Table, env *workbook.Env) (workbook.Output, error) {
	t := workbook.Table{Columns: []string{"$Text"}, Rows: []workbook.Row{{Values: []workbook.Value{k.text}}}}
	change, err := k.session.Write(ctx, "seen", stores.StackAppend, "", t, env.Run, env.Now)
	if err == nil && k.text == "fail" {
		err = errors.New("it was to fail")
	}
	return workbook.Output{Table: t, Stores: []workbook.StoreChange{change}}, err
}

// rehearseWith plays a workbook of such blocks as the command run does.
func rehearseWith(t *testing.T, folder, output string, keep bool, texts ...string) (stdout string, err error) {
	t.Helper()
	ctx := context.Background()
	auditPath := filepath.Join(folder, "audit.db")
	r := &rehearsal{audit: auditPath, keepStores: keep, output: output, maxRows: 10, keepRows: 10}
	file, err := r.openStores(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	path := filepath.Join(folder, "workbook.yaml")
	written := "workbook: Keeper\nblocks:\n"
	for _, text := range texts {
		written += "  - keep: " + text + "\n"
	}
	if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	r.input.events = filepath.Join("..", "..", "examples", "file-hash", "events")
	set, err := r.open(path, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	w, problems, err := workbook.ReadFile(path, []workbook.Kind{keeping(r.session)})
	if err != nil || problems.Err() != nil {
		t.Fatal(problems, err)
	}
	b := &bench{file: path, set: set}
	if b.program, problems = workbook.Prepare(w, nil); problems.Err() != nil {
		t.Fatal(problems)
	}
	log, err := audit.Open(ctx, auditPath, audit.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var out, remarks strings.Builder
	c := newConsole(&out, &remarks)
	_, err = r.play(ctx, c, b, log, r.info(b, nil, time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC), "--now", nil), nil)
	if flushed := c.flush(); flushed != nil {
		t.Fatal(flushed)
	}
	return out.String(), err
}

// TestARunKeepsItsStoresWhereItIsAskedTo: what stands in the file after runs
// that were to keep their stores, that were not, and that failed.
func TestARunKeepsItsStoresWhereItIsAskedTo(t *testing.T) {
	folder := t.TempDir()
	rows := func() int64 {
		t.Helper()
		file, err := stores.Open(filepath.Join(folder, "audit.stores.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Info(context.Background(), "seen")
		var none *stores.NotFoundError
		if err != nil && !errors.As(err, &none) {
			t.Fatal(err)
		}
		return info.Rows
	}
	steps := []struct {
		keep  bool
		texts []string
		says  string
		rows  int64
	}{
		{false, []string{"a"}, "event stores that would change, with --keep-stores:\n        store seen: stack_append, 0 rows before, 1 after: 1 added\n", 0},
		{true, []string{"a", "b"}, "event stores that changed:\n        store seen: stack_append, 0 rows before, 1 after: 1 added\n        store seen: stack_append, 1 row before, 2 after: 1 added\n", 2},
		{true, []string{"c", "fail"}, "event stores are as they were; the run would have changed:", 2},
		{false, []string{"c"}, "would change, with --keep-stores:\n        store seen: stack_append, 2 rows before, 3 after: 1 added\n", 2},
	}
	for i, step := range steps {
		out, err := rehearseWith(t, folder, "text", step.keep, step.texts...)
		if fails := step.texts[len(step.texts)-1] == "fail"; (err != nil) != fails {
			t.Fatal(err)
		}
		if !strings.Contains(out, step.says) {
			t.Errorf("run %d does not say %q:\n%s", i+1, step.says, out)
		}
		if got := rows(); got != step.rows {
			t.Errorf("%d rows after run %d, want %d", got, i+1, step.rows)
		}
	}
	code, shown, _ := tabletop(t, "show", "2", "--audit", filepath.Join(folder, "audit.db"))
	if code != 0 || strings.Count(shown, "store seen: stack_append") != 2 {
		t.Errorf("exit %d\n%s", code, shown)
	}
	var object struct{ Stores []workbook.StoreChange }
	_, shown, _ = tabletop(t, "show", "2", "-o", "json", "--audit", filepath.Join(folder, "audit.db"))
	if err := json.Unmarshal([]byte(shown), &object); err != nil || len(object.Stores) != 2 || object.Stores[1].After != 2 {
		t.Error(err, shown)
	}
	_, shown, _ = tabletop(t, "stores", "list", "--audit", filepath.Join(folder, "audit.db"))
	if !strings.Contains(shown, "run 2") {
		t.Errorf("the list does not name the run that wrote:\n%s", shown)
	}
}

func TestARunInJSONTellsItsStores(t *testing.T) {
	out, err := rehearseWith(t, t.TempDir(), "json", true, "a")
	if err != nil {
		t.Fatal(err)
	}
	want := `"stores":[{"store":"seen","mode":"stack_append","key":"","before":0,"after":1,"added":1,"replaced":0,"removed":0,"columns_added":["$Text"]}],"stores_kept":true,`
	if !strings.Contains(out, want) {
		t.Error(out)
	}
}
