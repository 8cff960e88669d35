package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tabletop/blocks"
	"tabletop/workbook"
	"tabletop/workbook/scenario"
	"tabletop/workbook/source"
)

// maxSearched is how many files and folders are looked at in search of tests.
const maxSearched = 100_000

// testFiles finds the files of tests that paths name, each once.
func testFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, nothingRan(err)
		case info.IsDir():
			found, err := testsBelow(path)
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		case strings.HasSuffix(path, scenario.Ending):
			files = append(files, path)
		default:
			beside, err := filepath.Glob(filepath.Join(escapeGlob(filepath.Dir(path)), "*"+scenario.Ending))
			if err != nil {
				return nil, nothingRan(err)
			}
			files = append(files, beside...)
		}
	}
	var out []string
	for _, f := range files {
		if f = filepath.ToSlash(f); !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, nothingRan(fmt.Errorf("no tests in %s: they stand in files *%s beside a workbook; tabletop test record RUN writes one", strings.Join(paths, ", "), scenario.Ending))
	}
	return out, nil
}

// escapeGlob makes a path match itself alone.
func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(path)
}

// testsBelow searches a folder and those in it, but for hidden ones and links.
func testsBelow(folder string) ([]string, error) {
	var files []string
	seen := 0
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if seen++; seen > maxSearched {
			return fmt.Errorf("more than %d files and folders in %s: name a folder below it", maxSearched, folder)
		}
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != folder && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.Type().IsRegular() && strings.HasSuffix(e.Name(), scenario.Ending):
			files = append(files, path)
		}
		return nil
	})
	return files, nothingRan(err)
}

// readTests reads files of tests and finds their workbooks. Every mistake in any
// of them is in the error.
func readTests(paths []string) ([]*scenario.File, error) {
	var files []*scenario.File
	var problems source.Problems
	for _, path := range paths {
		f, err := scenario.Read(path)
		if err != nil {
			if !collect(&problems, err) {
				return nil, nothingRan(err)
			}
			continue
		}
		problems = append(problems, matched(f)...)
		files = append(files, f)
	}
	if problems.Err() != nil {
		return nil, failure{exitNothingRan, problems.Sorted()}
	}
	return files, nil
}

// matched finds the workbook of a file of tests, and reports what its tests
// expect of blocks that are not there. What is wrong in the workbook itself is
// told by the tests.
func matched(f *scenario.File) source.Problems {
	if f.Workbook == "" {
		f.Workbook = strings.TrimSuffix(f.Path, scenario.Ending) + ".yaml"
		if _, err := os.Stat(f.Workbook); errors.Is(err, fs.ErrNotExist) {
			f.Workbook = filepath.Join(filepath.Dir(f.Path), "workbook.yaml")
		}
	}
	f.Workbook = filepath.ToSlash(f.Workbook)
	file, err := workbookFile(f.Workbook)
	if err != nil {
		return source.Problems{{Place: source.Place{File: f.Path}, Message: "its workbook: " + describe(err), Fix: "name it, relative to this file, with workbook: PATH"}}
	}
	w, _, broken := workbook.ReadFile(file, blocks.Kinds(blocks.Options{}))
	var problems source.Problems
	for _, t := range f.Tests {
		if broken == nil {
			problems = append(problems, t.Check(w)...)
		}
		_, found := script(t)
		problems = append(problems, found...)
	}
	return problems
}
