package events

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"
)

// writeZip writes a zip into a folder of the test, and returns its path.
func writeZip(t testing.TB, write func(w *zip.Writer)) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	write(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func addMember(t testing.TB, w *zip.Writer, name, text string) {
	t.Helper()
	f, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
}

// unzip reads all members of a zip.
func unzip(path string) (map[string]string, error) {
	a, err := openArchive(path, 0)
	if err != nil {
		return nil, err
	}
	defer a.close()
	out := map[string]string{}
	for _, m := range a.members {
		in, err := a.open(m)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			return nil, err
		}
		out[m.name] = string(text)
	}
	return out, nil
}

func TestArchive(t *testing.T) {
	want := map[string]string{"b.json": "{\"a\":1}\n", "folder/a.json": strings.Repeat("x", 5_000_000), "empty": ""}
	path := writeZip(t, func(w *zip.Writer) {
		for _, name := range []string{"b.json", "folder/a.json", "empty"} {
			addMember(t, w, name, want[name])
		}
		for _, name := range []string{"folder/", "__MACOSX/._a.json", ".hidden", "folder/.DS_Store"} {
			if _, err := w.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		link := &zip.FileHeader{Name: "link"}
		link.SetMode(fs.ModeSymlink | 0o777)
		if _, err := w.CreateHeader(link); err != nil {
			t.Fatal(err)
		}
	})
	got, err := unzip(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	names, isZip, err := zipNames(path)
	if diff := cmp.Diff([]string{"b.json", "folder/a.json", "empty"}, names); diff != "" || !isZip || err != nil {
		t.Errorf("the names of the zip: %v %v\n%s", isZip, err, diff)
	}
	in, err := openMember(path, "b.json", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if text, err := io.ReadAll(in); err != nil || string(text) != want["b.json"] {
		t.Errorf("b.json holds %q, error %v", text, err)
	}
	if _, err := openMember(path, "none", 0, nil); err == nil {
		t.Error("a member that is not there opens")
	}
}

func TestNoArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.zip")
	for text, want := range map[string]bool{"": false, "PK": false, "hello": false, "PK\x03\x04": true} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, isZip, err := zipNames(path); isZip != want || (err != nil) != want {
			t.Errorf("%q is a zip: %v, error %v", text, isZip, err)
		}
	}
}

func deflated(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestArchiveRefused(t *testing.T) {
	raw := func(h zip.FileHeader, text string) func(w *zip.Writer) {
		return func(w *zip.Writer) {
			f, err := w.CreateRaw(&h)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(f, text)
		}
	}
	named := func(name string) func(w *zip.Writer) {
		return func(w *zip.Writer) { addMember(t, w, name, "x") }
	}
	packed := deflated(t, "hello")
	tests := []struct {
		name  string
		write func(w *zip.Writer)
		want  string
	}{
		{"a name that leads out", named("../x"), "no plain name"},
		{"a name that leads out within", named("a/../../x"), "no plain name"},
		{"a name from the root", named("/x"), "no plain name"},
		{"a name with a drive", named("c:x"), "no plain name"},
		{"a name with backslashes", named(`..\x`), "no plain name"},
		{"a name with control bytes", named("a\x1b[0m"), "no plain name"},
		{"a name that is no UTF-8", named("a\xff"), "no plain name"},
		{"no name", named(""), "no plain name"},
		{"a name twice", func(w *zip.Writer) { addMember(t, w, "x", "1"); addMember(t, w, "x", "2") }, "two members"},
		{"too many", func(w *zip.Writer) {
			for i := range maxMembers + 1 {
				addMember(t, w, fmt.Sprint(i), "")
			}
		}, "members in the zip"},
		{"a size that can't be", raw(zip.FileHeader{Name: "x", CompressedSize64: 5, UncompressedSize64: 1 << 40}, "hello"), "a size that it can't have"},
		{"more bytes than the zip has", raw(zip.FileHeader{Name: "x", CompressedSize64: 1 << 40, UncompressedSize64: 5}, "hello"), "share bytes"},
		{"bytes that are shared", func(w *zip.Writer) {
			raw(zip.FileHeader{Name: "a", CompressedSize64: 200, UncompressedSize64: 200}, "a")(w)
			raw(zip.FileHeader{Name: "b", CompressedSize64: 200, UncompressedSize64: 200}, "b")(w)
		}, "share bytes"},
		{"longer than it says", raw(zip.FileHeader{Name: "x", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: 3}, packed), "not a valid zip"},
		{"shorter than it says", raw(zip.FileHeader{Name: "x", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: 9}, packed), "unexpected EOF"},
		{"a checksum that is wrong", raw(zip.FileHeader{Name: "x", CompressedSize64: 5, UncompressedSize64: 5, CRC32: 1}, "hello"), "checksum"},
		{"encrypted", raw(zip.FileHeader{Name: "x", Flags: encrypted, CompressedSize64: 5, UncompressedSize64: 5}, "hello"), "encrypted"},
		{"an unknown method", raw(zip.FileHeader{Name: "x", Method: 99, CompressedSize64: 5, UncompressedSize64: 5}, "hello"), "algorithm"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := unzip(writeZip(t, test.write))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, error %v, want one with %q", got, err, test.want)
			}
		})
	}
}

// TestArchiveGrown reads a zip that was written over since it was surveyed.
func TestArchiveGrown(t *testing.T) {
	path := writeZip(t, func(w *zip.Writer) { addMember(t, w, "x", "hello") })
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(bytes.Clone(text), "more"...), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := openArchive(path, int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if len(a.members) != 1 || a.members[0].bytes != 5 {
		t.Errorf("the members are %v", a.members)
	}
	if _, err := openArchive(path, int64(len(text))-1); err == nil {
		t.Error("half a zip opens")
	}
}

func FuzzArchive(f *testing.F) {
	path := writeZip(f, func(w *zip.Writer) { addMember(f, w, "a/x", "hello hello hello"); addMember(f, w, "y", "") })
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		members, err := unzip(path)
		if err != nil {
			return
		}
		for name, member := range members {
			if !fs.ValidPath(name) || len(member) > len(text)*maxInflation {
				t.Errorf("%q has %d bytes in a zip of %d", name, len(member), len(text))
			}
		}
	})
}

func TestCorpusArchives(t *testing.T) {
	root := corpusPath(t, "windows")
	if root == "" {
		return
	}
	for name, want := range map[string]int{"rdp_interactive_taskmanager_lsass_dump.zip": 5489, "metasploit_sharpdump_lsass_memory_dump.zip": 59707} {
		a, err := openArchive(filepath.Join(root, name), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.members) != 1 {
			t.Fatalf("the members of %s are %v", name, a.members)
		}
		in, err := a.open(a.members[0])
		if err != nil {
			t.Fatal(err)
		}
		b := bufio.NewReaderSize(in, 1<<20)
		form, _, err := detect(b, "", a.members[0].name)
		if err != nil || form.name != "ndjson" {
			t.Fatalf("%s looks like %s, error %v", name, form.name, err)
		}
		events, err := form.open(b)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var r record
		for err = events.next(&r); err == nil; err = events.next(&r) {
			if r.problem == "" {
				n++
			}
		}
		if !errors.Is(err, io.EOF) || n != want {
			t.Errorf("%d events in %s, want %d: %v", n, name, want, err)
		}
		in.Close()
		a.close()
	}
}
