package guard

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// The bounds of the lists that guard.yaml includes, together for entries, each
// for bytes.
const (
	MaxListed    = 1_000_000
	maxListBytes = 64 << 20
	// maxListProblems bounds what is told of one file.
	maxListProblems = 10
)

// included is a file of entries as guard.yaml names it.
type included struct {
	File    source.Text `yaml:"file,required" doc:"a CSV with a column value, a file of one value a line, or a MISP warning list in JSON; relative to guard.yaml"`
	Level   source.Text `yaml:"level,required" enum:"never,ask" doc:"how much its entries weigh"`
	Reason  source.Text `yaml:"reason,required" doc:"why, in a few words; a CSV's column reason may say it better"`
	Owner   string      `yaml:"owner" doc:"who answers for the list"`
	Added   source.Text `yaml:"added" doc:"the date of the list, YYYY-MM-DD"`
	Expires source.Text `yaml:"expires" doc:"the last day on which the list holds, YYYY-MM-DD"`
}

// A list is an included file, looked up by what its entries name.
type list struct {
	// name is the file as guard.yaml writes it, path where it lies.
	name    string
	path    string
	level   level
	file    workbook.EventFile
	entries []entry
	// byText finds entries by domain, mailbox (as mailboxKey has it) or hash, under
	// finds those that are a domain or lie under it, byNetwork those of a network;
	// bits are the prefix lengths that occur, of IPv4 and of IPv6. patterns are
	// the entries that only trying tells.
	byText    map[string][]int32
	under     map[string][]int32
	byNetwork map[netip.Prefix][]int32
	bits      [2][]int
	patterns  []int32
}

// readLists reads the files that guard.yaml includes.
func readLists(folder string, written []included) ([]*list, source.Problems) {
	var lists []*list
	var problems source.Problems
	total := 0
	for _, w := range written {
		expires, more := date(w.Expires)
		if w.Expires.Set() {
			expires = expires.AddDate(0, 0, 1)
		}
		_, addedProblems := date(w.Added)
		problems = append(append(problems, more...), addedProblems...)
		if !w.File.Set() || !w.Level.Set() {
			continue // told already
		}
		l, more := w.read(folder, expires)
		problems = append(problems, more...)
		if total += len(l.entries); total > MaxListed {
			return nil, append(problems, w.File.Problem(0, fmt.Sprintf("the lists have more than %d entries", MaxListed), "name networks and domains instead of single addresses and hosts"))
		}
		lists = append(lists, l)
	}
	return lists, problems
}

func (w included) read(folder string, expires time.Time) (*list, source.Problems) {
	path := w.File.Value
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, filepath.FromSlash(path))
	}
	l := &list{name: filepath.ToSlash(w.File.Value), path: path, level: never}
	if w.Level.Value == "ask" {
		l.level = ask
	}
	text, err := readBounded(path)
	if err != nil {
		return l, source.Problems{w.File.Problem(0, err.Error(), "name a file beside guard.yaml")}
	}
	l.file = workbook.EventFile{Path: l.name, Kind: workbook.KindGuard, Bytes: int64(len(text)), Root: events.Root(text)}
	lines, err := listed(l.name, text)
	if err != nil {
		return l, source.Problems{{Place: source.Place{File: l.name}, Message: err.Error()}}
	}
	standard := entry{list: l.name, reason: oneLine(w.Reason.Value), owner: oneLine(w.Owner), expires: expires}
	var problems source.Problems
	for _, line := range lines {
		e, problem := line.entry(standard)
		if problem != "" {
			if len(problems) < maxListProblems {
				problems = append(problems, source.Problem{Place: source.Place{File: l.name, Line: line.number, Column: 1}, Message: problem})
			}
			continue
		}
		l.entries = append(l.entries, e)
	}
	if len(lines) == 0 {
		problems = append(problems, w.File.Problem(0, l.name+" has no entries", "fill it, or take it out of lists"))
	}
	l.index()
	if len(l.patterns) > MaxEntries {
		problems = append(problems, w.File.Problem(0, fmt.Sprintf("%s has more than %d URLs and patterns", l.name, MaxEntries), "name domains and networks instead"))
	}
	return l, problems
}

// readBounded reads a regular file of at most maxListBytes.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New(path + " is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// A list that is cut would protect less than it says.
	text, err := io.ReadAll(io.LimitReader(f, maxListBytes+1))
	if err == nil && len(text) > maxListBytes {
		err = fmt.Errorf("%s is larger than %d MB", path, maxListBytes>>20)
	}
	return text, err
}
