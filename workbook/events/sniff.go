package events

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
)

// sniff tells the format of every file, and reads those whose stream is named
// behind their events. It does nothing where the survey has done it.
func (s *Set) sniff(ctx context.Context) error {
	if s.survey != nil {
		return nil
	}
	kept := make([]*file, 0, len(s.files))
	for _, f := range s.files {
		err := f.sniff(ctx)
		if reason := noEvents(err); reason != "" && !f.asked {
			s.leaveOut(f, reason)
			continue
		}
		if err != nil {
			return inFile(f, err)
		}
		kept = append(kept, f)
	}
	if s.files = kept; len(kept) == 0 {
		return &NoFilesError{s.Path, s.left}
	}
	return nil
}

// sniff tells the format of one file, once.
func (f *file) sniff(ctx context.Context) error {
	if f.format != "" && f.sniffed {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	in, err := f.open()
	if err != nil {
		return err
	}
	if f.format == "dnif" || f.format == "zeek" {
		err = f.readStream(ctx, in)
	}
	in.close()
	if err == nil {
		err = f.settleYears(ctx)
	}
	if err == nil {
		f.sniffed = true
	}
	return err
}

// readStream goes through a file for the stream that it names.
func (f *file) readStream(ctx context.Context, in *opened) error {
	var r record
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := in.next(&r)
		if errors.Is(err, io.EOF) || f.format == "zeek" && err == nil {
			if named := in.stream(); named != "" {
				f.streamName = strings.ToUpper(named)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Streams tells the streams that the files hold, with their columns, reading
// all of them once.
func (s *Set) Streams(ctx context.Context) (map[string]*Stream, error) {
	survey, err := s.Survey(ctx)
	if err != nil {
		return nil, err
	}
	return survey.Streams, nil
}

// lineAt counts the lines up to the byte at offset, for a message: while a file
// is read in chunks, only its offsets are known.
func (f *file) lineAt(offset int64) int64 {
	in, plain, err := f.openPlain()
	if err != nil {
		return 0
	}
	defer in.close()
	line := int64(1)
	buffer := make([]byte, headBytes)
	for offset > 0 {
		n, err := plain.Read(buffer[:min(int64(len(buffer)), offset)])
		line += int64(bytes.Count(buffer[:n], []byte{'\n'}))
		offset -= int64(n)
		if err != nil {
			break
		}
	}
	return line
}
