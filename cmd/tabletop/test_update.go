package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"tabletop/workbook/scenario"
)

// rewrite writes what came into the files of tests that failed, once somebody
// has agreed. What was shown is what is written.
func (t *proving) rewrite(ctx context.Context, c *console, in io.Reader, trials []*trial) error {
	stays, declined, changes := 0, 0, map[*scenario.File]map[*scenario.Test]*scenario.Expect{}
	var files []*scenario.File
	for _, one := range trials {
		if one.passed() {
			continue
		}
		e := one.updated()
		if e == nil {
			stays++
			continue
		}
		if changes[one.file] == nil {
			changes[one.file] = map[*scenario.Test]*scenario.Expect{}
			files = append(files, one.file)
		}
		changes[one.file][one.test] = e
	}
	for _, f := range files {
		text, err := f.Rewrite(changes[f])
		if err != nil {
			return nothingRan(err)
		}
		agreed, err := t.agreed(ctx, c, in, f, len(changes[f]))
		if err != nil {
			return err
		}
		if !agreed {
			declined += len(changes[f])
			continue
		}
		if err := rewriteFile(f.Path, text); err != nil {
			return err
		}
		c.remark("%s: %s written", clean(f.Path), plural(len(changes[f]), "test's expectations", "tests' expectations"))
	}
	if declined > 0 {
		c.remark("%s as it was, as you said", plural(declined, "test stays", "tests stay"))
	}
	if stays > 0 {
		c.remark("%s as it was: what fails to run, or is not to be acted on, is never written", plural(stays, "test stays", "tests stay"))
	}
	if stays+declined > 0 {
		return failure{exitNotHeld, nil}
	}
	return nil
}

// updated is what a test that failed would have to expect; nil where no
// expectation may hold.
func (t *trial) updated() *scenario.Expect {
	if t.mistake != nil {
		return nil
	}
	e := t.test.Expect
	if e == nil {
		return scenario.Observe(t.result, t.failed)
	}
	e = e.Refresh(t.result, t.failed)
	if len(e.Compare(t.result, t.failed)) > 0 {
		return nil
	}
	return e
}

// agreed asks whether a file may be written.
func (t *proving) agreed(ctx context.Context, c *console, in io.Reader, f *scenario.File, tests int) (bool, error) {
	if t.yes {
		return true, nil
	}
	answer, err := c.ask(ctx, in, fmt.Sprintf("Write what came of %s into %s? [y/N] ", plural(tests, "test", "tests"), f.Path))
	if err != nil {
		return false, nothingRan(fmt.Errorf("%w; --yes writes without asking", err))
	}
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), nil
}

// rewriteFile puts a text into a file that is there, whole or not at all.
func rewriteFile(path string, text []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return replaceWith(path, true, func(f *os.File) error {
		if _, err := f.Write(text); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		return f.Chmod(info.Mode().Perm())
	})
}
