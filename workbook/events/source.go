package events

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"tabletop/workbook/source"
)

// SourcesName is the file that maps raw logs to streams and columns.
const SourcesName = "sources.yaml"

// maxFiles bounds the files of one folder of events.
const maxFiles = 10_000

// mappings is sources.yaml as written.
type mappings struct {
	Sources []sourceNode `yaml:"sources,required" doc:"the raw logs and what their fields mean"`
}

type sourceNode struct {
	Stream source.Text            `yaml:"stream" doc:"the stream that the files hold"`
	Files  []source.Text          `yaml:"files,required" doc:"file names, with * and ?"`
	Format source.Text            `yaml:"format" doc:"the files' format where it can't be told from their content"`
	Fields map[string]source.Node `yaml:"fields" doc:"column: field, {const: text} or {template: text with {field}}"`
	Time   source.Node            `yaml:"time" doc:"the field that holds the event's time"`
	Zone   source.Text            `yaml:"tz" doc:"the zone of times without one, as in Asia/Kolkata"`
}

// A rule is a source of sources.yaml, checked.
type rule struct {
	stream string
	globs  []source.Text
	used   []bool
	format string
	fields map[string]expression
	time   expression
	zone   *time.Location
}

// A file is a file of events with the rule that covers it.
type file struct {
	// path is where the file lies, name how it is called in output.
	path, name string
	rule       *rule
	// streamName is the stream of events that name none themselves.
	streamName string
	format     string
	// guessed says that nothing but the content told the format.
	guessed bool
	// size is the file's when it was surveyed: what is written to it later is
	// not read, so that rows never come from bytes that the record does not
	// cover.
	size int64
	// holds are the streams that the file has events of; the survey tells.
	holds map[string]bool
}

// readRules reads the sources file of a folder; nil where there is none.
func readRules(path string) ([]*rule, error) {
	node, _, err := source.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m mappings
	problems := source.Decode(node, &m)
	var rules []*rule
	for _, s := range m.Sources {
		r, more := s.check()
		problems = append(problems, more...)
		rules = append(rules, r)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return rules, nil
}

func (s sourceNode) check() (*rule, source.Problems) {
	r := &rule{stream: strings.ToUpper(s.Stream.Value), globs: s.Files, format: s.Format.Value, fields: map[string]expression{}}
	r.used = make([]bool, len(s.Files))
	var problems source.Problems
	for _, glob := range s.Files {
		if _, err := filepath.Match(glob.Value, ""); err != nil {
			problems = append(problems, glob.Problem(0, "broken file pattern", "use * for any text and ? for one character"))
		}
	}
	if r.format != "" && !slices.Contains(FormatNames(), r.format) {
		problems = append(problems, s.Format.Problem(0, "unknown format "+r.format, source.DidYouMean(r.format, FormatNames())))
	}
	for name, node := range s.Fields {
		e, more := parseExpression(node)
		problems = append(problems, more...)
		r.fields[name] = e
	}
	if s.Time.Exists() {
		e, more := parseExpression(s.Time)
		problems = append(problems, more...)
		r.time = e
	}
	if s.Zone.Set() {
		zone, err := time.LoadLocation(s.Zone.Value)
		if err != nil {
			problems = append(problems, s.Zone.Problem(0, "unknown time zone "+s.Zone.Value, "a name of the tz database, as in Europe/Berlin, or UTC"))
		}
		r.zone = zone
	}
	return r, problems
}

// find lists the files of events at path, a file or a folder, in the order of
// their names, each with its rule.
func find(at string, rules []*rule) ([]*file, error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, err
	}
	var files []*file
	add := func(p, name string) error {
		if len(files) == maxFiles {
			return fmt.Errorf("more than %d files of events in %s", maxFiles, at)
		}
		f := &file{path: p, name: filepath.ToSlash(name), streamName: stem(name)}
		f.rule = choose(rules, f.name)
		if f.rule != nil {
			f.format = f.rule.format
		}
		files = append(files, f)
		return nil
	}
	if !info.IsDir() {
		return files, add(at, filepath.Base(at))
	}
	err = filepath.WalkDir(at, func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && p != at
		if entry.IsDir() {
			if hidden {
				return filepath.SkipDir
			}
			return nil
		}
		stat, err := os.Stat(p)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(at, p)
		if err != nil || hidden || relative == SourcesName || !stat.Mode().IsRegular() {
			return err
		}
		return add(p, filepath.Join(filepath.Base(at), relative))
	})
	return files, err
}

// choose returns the first rule that names a file, by its path below the
// folder of events or by its name alone.
func choose(rules []*rule, name string) *rule {
	below := name
	if _, rest, ok := strings.Cut(name, "/"); ok {
		below = rest
	}
	for _, r := range rules {
		for i, glob := range r.globs {
			for _, candidate := range []string{name, below, filepath.Base(name)} {
				if ok, _ := filepath.Match(glob.Value, candidate); ok {
					r.used[i] = true
					return r
				}
			}
		}
	}
	return nil
}

// stem is the name of the stream that a file gives by its own name.
func stem(name string) string {
	base := filepath.Base(name)
	for _, compressed := range []string{".gz", ".zst"} {
		base = strings.TrimSuffix(base, compressed)
	}
	base = strings.TrimSuffix(base, filepath.Ext(base))
	return strings.ToUpper(base)
}
