package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Bounds on looking for workbooks: the entries of a folder, the files that are
// looked into, and how far.
const (
	mostEntries   = 2000
	mostLookedAt  = 200
	workbookStart = 4 << 10
)

// workbooks offers the files in a folder that are workbooks, the folders that
// hold a workbook.yaml, and with a / behind them the folders that may lead to
// one.
func workbooks(_ *cobra.Command, _ []string, word string) []string {
	at := word[:strings.LastIndexAny(word, "/"+string(filepath.Separator))+1]
	folder := at
	if folder == "" {
		folder = "."
	}
	entries := entriesOf(folder)
	looked := 0
	var out []string
	for _, e := range entries {
		path := at + e.Name()
		if clean(path) != path || !strings.HasPrefix(path, word) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		info, err := os.Stat(path) // a link counts as what it leads to
		switch ext := filepath.Ext(path); {
		case err != nil || looked == mostLookedAt:
		case info.IsDir():
			looked++
			if isWorkbook(filepath.Join(path, "workbook.yaml")) {
				out = append(out, path)
				continue
			}
			out = append(out, path+"/")
		case info.Mode().IsRegular() && (ext == ".yaml" || ext == ".yml"):
			looked++
			if isWorkbook(path) {
				out = append(out, path)
			}
		}
	}
	return out
}

// entriesOf lists a folder up to a bound, nothing where it can't be read.
func entriesOf(folder string) []os.DirEntry {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(mostEntries)
	return entries
}

// isWorkbook reports whether a file names a workbook near its beginning.
func isWorkbook(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start, err := io.ReadAll(io.LimitReader(f, workbookStart))
	return err == nil && namesWorkbook().Match(start)
}

func namesWorkbook() *regexp.Regexp { return regexp.MustCompile(`(?m)^workbook[ \t]*:`) }
