package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// Heads are what a file of heads holds.
type Heads struct {
	// File is the name of the file.
	File  string
	Known []KnownHead
	// Unread are the lines that are no heads, at most MaxBreaks of them.
	Unread []string
	// Torn counts lines that end within a head: whoever wrote them was stopped.
	Torn int
}

// tornHead matches the beginning of a head.
var tornHead = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+(:[0-9a-f]{0,63})?$`) })

const (
	// maxHeads bounds the lines of a file of heads: a run is one.
	maxHeads = 1_000_000
	// maxHeadLine bounds a line, in bytes; the longest signature is half of it.
	maxHeadLine = 64 << 10
)

// ReadHeads reads a file of heads. One that lacks is an fs.ErrNotExist.
func ReadHeads(file string) (Heads, error) {
	heads := Heads{File: filepath.Base(file)}
	f, err := os.Open(file)
	if err != nil {
		return heads, fmt.Errorf("read the heads: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return heads, &fs.PathError{Op: "read", Path: file, Err: errors.New("is a folder; name a file of heads")}
	}
	reader := bufio.NewReaderSize(f, maxHeadLine)
	for number := 1; ; number++ {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || number > maxHeads {
			return heads, fmt.Errorf("read the heads: %s has a line longer than %d bytes or more than %d lines, so it is no file of heads", file, maxHeadLine, maxHeads)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return heads, fmt.Errorf("read the heads: %w", err)
		}
		heads.add(strings.TrimSpace(string(line)), number)
		if err != nil {
			return heads, nil
		}
	}
}

// add takes a line in.
func (h *Heads) add(line string, number int) {
	head, err := parseHeadLine(line)
	from := fmt.Sprintf("%s, line %d", h.File, number)
	switch {
	case line == "":
	case err == nil:
		head.From = from
		h.Known = append(h.Known, head)
	case tornHead().MatchString(line):
		h.Torn++
	case len(h.Unread) < MaxBreaks:
		h.Unread = append(h.Unread, from)
	}
}
