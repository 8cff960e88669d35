package events

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zip"
)

const (
	// maxMembers bounds the files in one zip.
	maxMembers = 10_000
	// maxInflation is the most that a byte of deflate can become, rounded up.
	maxInflation = 1040
)

// A zipMember is a regular file in a zip.
type zipMember struct {
	// name is its path in the zip, with slashes.
	name string
	// bytes is its size when unpacked, as the zip says.
	bytes int64
	file  *zip.File
}

// An archive is a zip that is open.
type archive struct {
	disk    *os.File
	stored  *countedAt
	members []zipMember
}

// openArchive opens the zip at path and lists its regular files in the order of
// its directory, without folders, hidden files and what a Mac adds. size is how
// much of the file counts, as when it was surveyed; 0 stands for all of it. A
// zip whose names lead out of it, whose members share bytes or name one another
// twice, or that has over 10,000 members, is refused.
func openArchive(path string, size int64) (*archive, error) {
	disk, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a := &archive{disk: disk, stored: &countedAt{ReaderAt: disk}}
	if err := a.list(size); err != nil {
		disk.Close()
		return nil, err
	}
	return a, nil
}

func (a *archive) close() { a.disk.Close() }

func (a *archive) list(size int64) error {
	if size == 0 {
		info, err := a.disk.Stat()
		if err != nil {
			return err
		}
		size = info.Size()
	}
	directory, err := zip.NewReader(io.NewSectionReader(a.stored, 0, size), size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("not a whole zip: %w", err)
	}
	if len(directory.File) > maxMembers {
		return fmt.Errorf("%d members in the zip, more than %d", len(directory.File), maxMembers)
	}
	seen := map[string]bool{}
	var packed uint64
	for _, f := range directory.File {
		if packed += f.CompressedSize64; f.CompressedSize64 > uint64(size) || packed > uint64(size) {
			return errors.New("a broken zip: its members share bytes")
		}
		if err := checkMember(f); err != nil {
			return err
		}
		if f.Mode()&fs.ModeType != 0 || strings.HasSuffix(f.Name, "/") || hiddenMember(f.Name) {
			continue
		}
		if seen[f.Name] {
			return fmt.Errorf("two members of the zip are called %q", f.Name)
		}
		seen[f.Name] = true
		a.members = append(a.members, zipMember{f.Name, int64(f.UncompressedSize64), f})
	}
	return nil
}

// checkMember refuses names that mean something else outside the zip, and sizes
// that can't be.
func checkMember(f *zip.File) error {
	control := strings.ContainsFunc(f.Name, unicode.IsControl)
	if control || !utf8.ValidString(f.Name) || strings.ContainsAny(f.Name, `\:`) || !fs.ValidPath(strings.TrimSuffix(f.Name, "/")) {
		return fmt.Errorf("the member %q of the zip has no plain name: unpack it by hand", f.Name)
	}
	if f.UncompressedSize64 > f.CompressedSize64*maxInflation {
		return fmt.Errorf("the member %q of the zip names a size that it can't have", f.Name)
	}
	return nil
}

func hiddenMember(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.HasPrefix(name, "__MACOSX/")
}

// encrypted is the flag of a member that needs a password.
const encrypted = 1

// open reads a member from its beginning. Where it is longer or shorter than the
// zip says, or its checksum does not hold, reading it ends in an error.
func (a *archive) open(m zipMember) (io.ReadCloser, error) {
	if m.file.Flags&encrypted != 0 {
		return nil, fmt.Errorf("the member %q of the zip is encrypted: unpack it", m.name)
	}
	plain, err := m.file.Open()
	if err != nil {
		return nil, fmt.Errorf("the member %q of the zip: %w", m.name, err)
	}
	return &unpacking{plain, m.name}, nil
}

// unpacking names the member in what goes wrong with it.
type unpacking struct {
	io.ReadCloser
	name string
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("the member %q of the zip: %w", u.name, err)
	}
	return n, err
}

// zipNames names the members of the zip at path, false where it is no zip.
func zipNames(path string) (names []string, isZip bool, err error) {
	disk, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	start := make([]byte, 4)
	_, err = io.ReadFull(disk, start)
	disk.Close()
	if err != nil || string(start) != "PK\x03\x04" && string(start) != "PK\x05\x06" {
		return nil, false, nil // too short for a zip, or none
	}
	a, err := openArchive(path, 0)
	if err != nil {
		return nil, true, err
	}
	defer a.close()
	for _, m := range a.members {
		names = append(names, m.name)
	}
	return names, true, nil
}

// openMember reads one member of the zip at path, of which size bytes count, and
// tells p of them.
func openMember(path, name string, size int64, p *Progress) (io.ReadCloser, error) {
	a, err := openArchive(path, size)
	if err != nil {
		return nil, err
	}
	for _, m := range a.members {
		if m.name != name {
			continue
		}
		a.stored.progress = p
		plain, err := a.open(m)
		if err != nil {
			a.close()
			return nil, err
		}
		return &openedMember{plain, a}, nil
	}
	a.close()
	return nil, fmt.Errorf("no member %q in the zip: it changed while it was read", name)
}

// An openedMember closes its zip also.
type openedMember struct {
	io.ReadCloser
	archive *archive
}

func (o *openedMember) Close() error {
	defer o.archive.close()
	return o.ReadCloser.Close()
}
