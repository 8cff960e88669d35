package pseudonym

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tabletop/workbook/events"
)

// staging is the folder in the output folder in which files stand until all of
// them are whole. It is hidden, so that nobody takes it for events.
const staging = ".pseudonymise.partial"

// A Report tells what a Folder call wrote.
type Report struct {
	Files []WrittenFile `json:"files"`
	// Lists are the other files: the sources file and the lists that it joins.
	Lists []string `json:"lists"`
	// Remarks are what somebody should look at before the files are given away.
	Remarks []string `json:"remarks"`
}

// A WrittenFile is a file of events that was written.
type WrittenFile struct {
	// File is its path in the output folder.
	File        string `json:"file"`
	Format      string `json:"format"`
	Lines       int64  `json:"lines"`
	Undecodable int64  `json:"undecodable"`
	Replaced    int64  `json:"replaced"`
}

// Folder writes the files of a set of events, which lie at from, into the folder
// to. That must be empty or missing; where anything fails nothing is left in it.
func (p *Pseudonymiser) Folder(ctx context.Context, set *events.Set, from, to string) (report Report, err error) {
	contents := set.Contents()
	if err := check(contents, from); err != nil {
		return report, err
	}
	if err := checkFolder(from, to); err != nil {
		return report, err
	}
	made, err := makeFolder(to)
	if err != nil {
		return report, err
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return report, err
	}
	defer root.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, root.RemoveAll(staging))
			if made {
				_ = os.Remove(to)
			}
		}
	}()
	if err := root.Mkdir(staging, 0o700); err != nil {
		return report, err
	}
	stage, err := root.OpenRoot(staging)
	if err != nil {
		return report, err
	}
	defer stage.Close()
	if err := p.read(ctx, contents); err != nil {
		return report, err
	}
	if err := p.unmet(); err != nil {
		return report, err
	}
	for _, c := range contents {
		written, err := p.file(ctx, stage, c, target(c, from))
		if err != nil {
			return report, fmt.Errorf("%s: %w", c.Name, err)
		}
		report.Files = append(report.Files, written)
		if other := p.text(path.Base(written.File)); other != path.Base(written.File) {
			report.Remarks = append(report.Remarks, written.File+": the file's name holds an indicator, and stays: rename it")
		}
	}
	if err := p.sources(set, stage, &report); err != nil {
		return report, err
	}
	return report, publish(root, stage)
}

// check opens every file once, so that what can't be read or replaced is told
// before anything is written.
func check(contents []*events.Content, from string) error {
	var problems []error
	home, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	for _, c := range contents {
		real, err := filepath.EvalSymlinks(c.Path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if real != home && !inside(real, home) {
			problems = append(problems, fmt.Errorf("%s: a link that leads out of %s: put the file itself there, or take the link away", c.Name, from))
			continue
		}
		text, err := c.Open()
		if err != nil {
			problems = append(problems, err)
			continue
		}
		text.Close()
		if c.Format == "mail" || c.Format == "mbox" {
			problems = append(problems, fmt.Errorf("%s: %w", c.Name, ErrMail))
		}
	}
	return errors.Join(problems...)
}

// checkFolder refuses an output folder that has something in it, or that would
// be among the events.
func checkFolder(from, to string) error {
	source, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	place, err := realPath(to)
	if err != nil {
		return err
	}
	if source, err = filepath.Abs(source); err != nil {
		return err
	}
	if place == source || inside(place, source) {
		return fmt.Errorf("%s lies in %s: the files would become events themselves; name a folder elsewhere", to, from)
	}
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: name a new folder", to)
	}
	return nil
}

// realPath is where a path leads, though its last parts may not exist yet.
func realPath(name string) (string, error) {
	full, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(full)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	parent := filepath.Dir(full)
	if parent == full {
		return full, nil
	}
	if parent, err = realPath(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(full)), nil
}

// Inside reports whether a file, which may not exist yet, is a folder or lies in
// it.
func Inside(name, folder string) bool {
	file, err := realPath(name)
	if err != nil {
		return false
	}
	home, err := realPath(folder)
	return err == nil && (file == home || inside(file, home))
}

func inside(name, folder string) bool {
	relative, err := filepath.Rel(folder, name)
	return err == nil && filepath.IsLocal(relative)
}

// makeFolder makes the output folder, unless it is there.
func makeFolder(to string) (made bool, err error) {
	if _, err := os.Stat(to); err == nil {
		return false, nil
	}
	return true, os.MkdirAll(to, 0o700)
}

// target is the path of a file in the output folder.
func target(c *events.Content, from string) string {
	name, err := filepath.Rel(from, c.Path)
	if err != nil || name == "." {
		name = filepath.Base(c.Path)
	}
	return path.Join(filepath.ToSlash(name), c.Member)
}

// errDialect is delimited text that would be taken apart otherwise than the
// reader of events does, so that a name could stay in it.
var errDialect = errors.New("its delimiter or quote is not what its first lines tell, so names in it can't be told apart; write it with commas and double quotes")

// read goes through all files once for the names in them, which texts may hold.
func (p *Pseudonymiser) read(ctx context.Context, contents []*events.Content) error {
	p.learning = true
	defer p.endLearning()
	for _, c := range contents {
		text, err := c.Open()
		if err != nil {
			return err
		}
		if c.OwnDialect {
			text.Close()
			return fmt.Errorf("%s: %w", c.Name, errDialect)
		}
		err = p.Rewrite(ctx, c.Format, c.Raw, text.Reader, io.Discard)
		text.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

// file writes one file.
func (p *Pseudonymiser) file(ctx context.Context, stage *os.Root, c *events.Content, name string) (WrittenFile, error) {
	text, err := c.Open()
	if err != nil {
		return WrittenFile{}, err
	}
	defer text.Close()
	p.Count.Lines, p.Count.Undecodable, p.Count.Replaced = 0, 0, 0
	err = write(stage, name, func(w io.Writer) error {
		packed, err := compress(w, c.Compression)
		if err != nil {
			return err
		}
		if err := p.Rewrite(ctx, c.Format, c.Raw, text.Reader, packed); err != nil {
			return err
		}
		return packed.Close()
	})
	return WrittenFile{name, c.Format, p.Count.Lines, p.Count.Undecodable, p.Count.Replaced}, err
}

// write makes a file in the folder with what fill writes.
func write(stage *os.Root, name string, fill func(w io.Writer) error) error {
	local := filepath.FromSlash(name)
	if err := stage.MkdirAll(filepath.Dir(local), 0o700); err != nil {
		return err
	}
	f, err := stage.OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Sync(), f.Close())
}

type unpacked struct{ io.Writer }

func (unpacked) Close() error { return nil }

func compress(w io.Writer, how string) (io.WriteCloser, error) {
	switch how {
	case "gzip":
		return gzip.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return unpacked{w}, nil
}

// publish moves what was staged to its place.
func publish(root, stage *os.Root) error {
	entries, err := fs.ReadDir(stage.FS(), ".")
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err := root.Rename(filepath.Join(staging, e.Name()), e.Name()); err != nil {
			for _, moved := range entries[:i] {
				err = errors.Join(err, root.RemoveAll(moved.Name()))
			}
			return err
		}
	}
	return root.Remove(staging)
}

// isLocalFile reports whether a path that a sources file gives stays below its
// folder.
func isLocalFile(name string) bool {
	return filepath.IsLocal(filepath.FromSlash(name)) && !strings.HasPrefix(path.Base(name), ".")
}
