package events

import (
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
	for _, f := range s.files {
		if f.format != "" && f.sniffed {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		in, err := f.open(nil)
		if err != nil {
			return inFile(f, err)
		}
		if f.format == "dnif" || f.format == "zeek" {
			err = f.readStream(ctx, in)
		}
		in.close()
		if err != nil {
			return inFile(f, err)
		}
		f.sniffed = true
	}
	return nil
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
