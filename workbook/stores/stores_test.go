package stores

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

var noon = time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)

func tableOf(columns []string, rows ...[]workbook.Value) workbook.Table {
	t := workbook.Table{Columns: columns}
	for _, values := range rows {
		t.Rows = append(t.Rows, workbook.Row{Values: values})
	}
	return t
}

// open opens stores in a new folder.
func open(t testing.TB) *Stores {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "audit.stores.db"))
}

func openAt(t testing.TB, path string) *Stores {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func begin(t testing.TB, s *Stores) *Session {
	t.Helper()
	x, err := s.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func write(t testing.TB, x *Session, name string, mode Mode, key string, rows workbook.Table) Change {
	t.Helper()
	change, err := x.Write(context.Background(), name, mode, key, rows, 7, noon)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

// keep writes and commits.
func keep(t testing.TB, s *Stores, name string, mode Mode, key string, rows workbook.Table) Change {
	t.Helper()
	x := begin(t, s)
	change := write(t, x, name, mode, key, rows)
	if err := x.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	return change
}

type reader interface {
	Rows(ctx context.Context, name string, limit int) (workbook.Table, error)
}

// holds compares what a store holds, and in which kinds.
func holds(t testing.TB, from reader, name string, want workbook.Table) {
	t.Helper()
	got, err := from.Rows(context.Background(), name, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Columns, got.Columns); diff != "" {
		t.Errorf("columns of %s\n%s", name, diff)
	}
	if diff := cmp.Diff(valuesOf(want), valuesOf(got)); diff != "" {
		t.Errorf("rows of %s\n%s", name, diff)
	}
}

func valuesOf(t workbook.Table) [][]workbook.Value {
	rows := [][]workbook.Value{}
	for _, row := range t.Rows {
		rows = append(rows, append([]workbook.Value{}, row.Values...))
	}
	return rows
}

var counts = tableOf([]string{"$SrcIP", "count_unique"},
	[]workbook.Value{"192.0.2.1", int64(10)},
	[]workbook.Value{"192.0.2.2", int64(20)},
	[]workbook.Value{"192.0.2.3", int64(30)})

func TestNothingIsMadeByReading(t *testing.T) {
	s := open(t)
	infos, err := s.List(context.Background())
	if err != nil || len(infos) != 0 {
		t.Fatal(infos, err)
	}
	var none *NotFoundError
	if _, err := s.Rows(context.Background(), "bad_ips", 0); !errors.As(err, &none) || none.Name != "bad_ips" {
		t.Error(err)
	}
	if err := s.Delete(context.Background(), "bad_ips"); !errors.As(err, &none) {
		t.Error(err)
	}
	if err := begin(t, s).Commit(context.Background()); err != nil {
		t.Error(err)
	}
	x := begin(t, s)
	write(t, x, "bad_ips", StackReplace, "", counts)
	if err := x.Discard(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made", err)
	}
}

func TestASessionSeesItsOwnWritesAndOthersDoNot(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	x := begin(t, s)
	write(t, x, "Bad_IPs", StackReplace, "", counts)
	holds(t, x, "bad_ips", counts)
	info, err := x.Info(ctx, "BAD_IPS")
	if want := (Info{Name: "Bad_IPs", Columns: counts.Columns, Rows: 3, Updated: noon, Run: 7}); err != nil || cmp.Diff(want, info) != "" {
		t.Error(info, err)
	}
	if infos, err := s.List(ctx); err != nil || len(infos) != 0 {
		t.Error(infos, err)
	}
	if err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "bad_ips", counts)
	infos, err := s.List(ctx)
	if err != nil || len(infos) != 1 || cmp.Diff(info, infos[0]) != "" {
		t.Error(infos, err)
	}
	status, err := os.Stat(s.path)
	if err != nil || status.Mode().Perm() != 0o600 {
		t.Error(status, err)
	}
	if _, err := x.Rows(ctx, "bad_ips", 0); !errors.Is(err, ErrEnded) {
		t.Error(err)
	}
}
