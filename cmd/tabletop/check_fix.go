package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"

	"tabletop/workbook/findings"
)

// mendings is how often a file is mended, since a mistake may hide another.
const mendings = 5

// mend writes the safe fixes into a workbook's file, shows the difference, and
// looks at the workbook again.
func (k *checking) mend(ctx context.Context, c *console, path string, one checked) (checked, error) {
	before, err := os.ReadFile(one.File)
	if err != nil {
		return one, nothingRan(err)
	}
	text := before
	for range mendings {
		after, made := findings.Apply(text, findings.Edits(one.found, one.File))
		if made == 0 {
			break
		}
		if err := rewrite(one.File, text, after); err != nil {
			return one, err
		}
		text = after
		if one, err = k.look(ctx, path); err != nil {
			return one, err
		}
	}
	c.difference(one.File, before, text, k.output != "text")
	return one, nil
}

// difference shows what changed in a file, as diff -u does; aside says that out is
// taken by something else.
func (c *console) difference(file string, before, after []byte, aside bool) {
	name := filepath.ToSlash(file)
	lines := cleanLines(string(diff.Diff(name, before, name, after)))
	switch {
	case lines == "":
	case aside:
		fmt.Fprint(c.err, lines)
	default:
		_, _ = c.out.WriteString(lines) // what fails is told by the last flush
	}
}

// rewrite puts another text into a file, whole or not at all, and keeps the file's
// mode. A link keeps leading to the file. A file that somebody changed meanwhile is
// left alone.
func rewrite(path string, before, after []byte) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nothingRan(err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return nothingRan(err)
	}
	now, err := os.ReadFile(real)
	if err != nil {
		return nothingRan(err)
	}
	if !bytes.Equal(now, before) {
		return nothingRan(fmt.Errorf("%s was changed meanwhile: nothing was written; run this again", path))
	}
	file, err := os.CreateTemp(filepath.Dir(real), ".tabletop-*")
	if err != nil {
		return nothingRan(fmt.Errorf("write %s: its folder can't be written to: %w", path, err))
	}
	_, err = file.Write(after)
	for _, step := range []func() error{func() error { return file.Chmod(info.Mode().Perm()) }, file.Sync, file.Close} {
		if failed := step(); err == nil {
			err = failed
		}
	}
	if err == nil {
		err = os.Rename(file.Name(), real)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return nothingRan(fmt.Errorf("write %s: %w", path, err))
	}
	return nil
}
