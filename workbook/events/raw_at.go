package events

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"tabletop/workbook"
)

// lineFormats are the formats of which an event is a line, whatever stands in
// the lines before it.
var lineFormats = []string{"ndjson", "zeek", "cef", "leef", "syslog", "keyvalue", "lines"}

// RawAt reads an event as it stands in its file, by the offset at which it was
// found before, up to most bytes; cut says that it goes on. In a plain file of
// lines nothing before the event is read. A *PlaceError says that no event
// begins there.
func (s *Set) RawAt(ctx context.Context, at workbook.Position, most int) (raw []byte, cut bool, err error) {
	i := slices.IndexFunc(s.files, func(f *file) bool { return f.name == at.File })
	if i < 0 {
		return nil, false, s.unknownFile(at.File)
	}
	raw, found, err := s.files[i].lineAtOffset(at.Offset)
	if err != nil {
		return nil, false, inFile(s.files[i], err)
	}
	if !found {
		e, err := s.EventAt(ctx, at.File, Place{Offset: at.Offset})
		if err != nil {
			return nil, false, err
		}
		raw, cut = e.Raw, e.Cut
	}
	if len(raw) > most {
		raw, cut = raw[:most], true
	}
	return raw, cut, nil
}

// lineAtOffset reads the line that begins at an offset of a plain file of lines,
// up to maxRaw bytes and one more. found is false where the file is none, or no
// line begins there.
func (f *file) lineAtOffset(offset int64) (text []byte, found bool, err error) {
	in, _, err := f.openPlain()
	if err != nil {
		return nil, false, err
	}
	defer in.close()
	if in.plain != nil || in.member != nil || !slices.Contains(lineFormats, f.format) || offset < 1 {
		return nil, false, nil
	}
	text = make([]byte, 1+maxRaw+1)
	n, err := in.file.ReadAt(text, offset-1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if n < 2 || text[0] != '\n' {
		return nil, false, nil
	}
	text = text[1:n]
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		text = text[:end]
	}
	return bytes.TrimSuffix(text, []byte("\r")), len(bytes.TrimSpace(text)) > 0, nil
}
