package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tabletop/blocks"
	"tabletop/workbook/layout"
	"tabletop/workbook/source"
)

// A formatting is the command fmt with its flags.
type formatting struct{ write, diff, check bool }

func fmtCommand(c *console) *cobra.Command {
	f := &formatting{}
	cmd := &cobra.Command{
		Use:   "fmt FILE…",
		Short: "Lay workbooks out one way",
		Long: `fmt lays workbooks out one way: keys in one order (workbook, folder, stage, …,
blocks; in a block id, kind, what belongs to it, note), two blanks a level, the
texts of sql, dql, code and text blocks under '|', at most one blank line in a
row. Comments stay with what they stand above or behind; texts and what stands
in brackets stay as they are. The workbook means the same afterwards.

It prints the text, or does as its flags say. A file is a workbook, a folder
that holds workbook.yaml, or - for the standard input. One that can't be laid
out without changing what it means is left as it is, with a word about it.`,
		Example: `  tabletop fmt examples/malicious-url
  tabletop fmt --diff workbook.yaml
  tabletop fmt -w workbook.yaml
  tabletop fmt --check examples/*/workbook.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nothingRan(fmt.Errorf("tabletop fmt takes at least one workbook\n  usage: %s", cmd.UseLine()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.format(c, cmd.InOrStdin(), args) },
	}
	cmd.Flags().BoolVarP(&f.write, "write", "w", false, "write the files")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "show what would change")
	cmd.Flags().BoolVar(&f.check, "check", false, "name the files that would change, and exit 3 where there are any")
	cmd.MarkFlagsMutuallyExclusive("write", "check")
	return cmd
}

func (f *formatting) format(c *console, stdin io.Reader, paths []string) error {
	var problems source.Problems
	changed, kept := 0, 0
	for _, path := range paths {
		file, before, err := f.read(stdin, path)
		if err != nil {
			return err
		}
		after, err := layout.Format(file, before, blocks.Kinds(blocks.Options{}))
		var left *layout.KeptError
		switch {
		case errors.As(err, &left):
			kept++
			c.problem(clean(err.Error()))
			continue
		case err != nil && !collect(&problems, err):
			return nothingRan(err)
		case err != nil:
			continue
		}
		if !bytes.Equal(before, after) {
			changed++
		}
		if err := f.give(c, path, file, before, after); err != nil {
			return err
		}
	}
	switch {
	case len(problems) > 0:
		return failure{exitNothingRan, problems}
	case kept > 0:
		return failure{exitNothingRan, nil}
	case f.check && changed > 0:
		return failure{exitNotHeld, fmt.Errorf("--check: %s would change", plural(changed, "file", "files"))}
	}
	return nil
}

// read reads a workbook's file, or the standard input.
func (f *formatting) read(stdin io.Reader, path string) (file string, text []byte, err error) {
	if path == "-" {
		if f.write {
			return "", nil, nothingRan(errors.New("-w writes files: name one, not -"))
		}
		text, err = io.ReadAll(io.LimitReader(stdin, source.MaxBytes+1))
		return "standard input", text, nothingRan(err)
	}
	if file, err = workbookFile(path); err != nil {
		return "", nil, err
	}
	opened, err := os.Open(file)
	if err != nil {
		return "", nil, nothingRan(err)
	}
	defer opened.Close()
	text, err = io.ReadAll(io.LimitReader(opened, source.MaxBytes+1))
	return file, text, nothingRan(err)
}

// give does with a file that was laid out what the flags say.
func (f *formatting) give(c *console, path, file string, before, after []byte) error {
	same := bytes.Equal(before, after)
	if f.diff {
		c.difference(file, before, after, false)
	}
	switch {
	case f.write && !same:
		if err := rewrite(file, before, after); err != nil {
			return err
		}
		c.remark("%s: written", clean(file))
	case f.check && !same:
		c.line(clean(path))
	case !f.write && !f.diff && !f.check:
		text := after
		if c.tty {
			text = []byte(cleanLines(string(text)))
		}
		_, _ = c.out.Write(text) // what fails is told by the last flush
	}
	return nil
}
