package events

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"tabletop/workbook/source"
)

// A LeftOut is a file in a folder of events that is not read, because it can't be
// one: it is no text, a link that leads nowhere, or closed to the user.
type LeftOut struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// String tells it for a reader.
func (l LeftOut) String() string { return l.File + " is left out: " + l.Reason }

// LeftOut lists the files of the folder that are not read, in the order of their
// names. It looks at the beginning of each file. A file that the user named, by
// its path or in the sources file, is never left out: there it is an error.
func (s *Set) LeftOut(ctx context.Context) ([]LeftOut, error) {
	if err := s.sniff(ctx); err != nil {
		return nil, err
	}
	return slices.Clone(s.left), nil
}

func (s *Set) leaveOut(f *file, reason string) {
	s.left = append(s.left, LeftOut{f.name, reason})
	slices.SortFunc(s.left, func(a, b LeftOut) int { return strings.Compare(a.File, b.File) })
}

// maxLeftTold bounds the files that one error names.
const maxLeftTold = 5

// A NoFilesError is a folder without files of events, with what was left out of
// it.
type NoFilesError struct {
	Path string
	Left []LeftOut
}

func (e *NoFilesError) Error() string {
	text := "no files of events in " + e.Path
	for _, l := range e.Left[:min(len(e.Left), maxLeftTold)] {
		text += "\n  " + l.String()
	}
	if more := len(e.Left) - maxLeftTold; more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}

// errBinary and errWide are files that are no text, or one of another encoding.
var (
	errBinary = errors.New("no text: its beginning holds NUL bytes; take it out of the folder, or name its format in " + SourcesName)
	errWide   = errors.New("UTF-16, which is not read: write it as UTF-8")
)

// noText is the error of a file whose beginning holds NUL bytes.
func noText(text string) error {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return errWide
	}
	return errBinary
}

// regular says why what stands in a folder is no file to read.
func regular(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errNoFile{"a link to a folder, which is not followed: name that folder with --events"}
	case !info.Mode().IsRegular():
		return errNoFile{"no regular file"}
	}
	return nil
}

// An errNoFile is something in a folder that is no file.
type errNoFile struct{ reason string }

func (e errNoFile) Error() string { return e.reason }

// noEvents says why a file that met the error holds no events; "" where the error
// tells of events that can't be read to their end.
func noEvents(err error) string {
	switch {
	case errors.Is(err, errBinary):
		return "no text: its beginning holds NUL bytes"
	case errors.Is(err, errWide):
		return errWide.Error()
	}
	return ""
}

// noFile says why what was found in a folder can't be read.
func noFile(err error) string {
	var none errNoFile
	switch {
	case errors.As(err, &none):
		return none.reason
	case errors.Is(err, fs.ErrNotExist):
		return "a link that leads nowhere"
	case errors.Is(err, syscall.ELOOP):
		return "a link that leads back to itself"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	return ""
}

// namedAlone reports whether a pattern of the sources names this file and could
// name no other.
func namedAlone(rules []*rule, name string) bool {
	return slices.ContainsFunc(rules, func(r *rule) bool {
		return slices.ContainsFunc(r.globs, func(glob source.Text) bool {
			return !strings.ContainsAny(glob.Value, `*?[\`) && fits(glob.Value, name)
		})
	})
}
