package events

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tabletop/workbook"
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
	Stream  source.Text            `yaml:"stream" doc:"the stream that the files hold"`
	Files   []source.Text          `yaml:"files,required" doc:"file names, with * and ?"`
	Format  source.Text            `yaml:"format" doc:"the files' format where it can't be told from their content"`
	CSV     source.Node            `yaml:"csv" doc:"delimiter and quote of delimited text where they can't be told from its content"`
	When    source.Node            `yaml:"when" doc:"the events that the source is for: {field: name, is: [text]}, or a list of those, which must all hold"`
	Mapping source.Text            `yaml:"mapping" doc:"a built-in mapping; what stands beside it comes on top"`
	Fields  map[string]source.Node `yaml:"fields" doc:"column: field, {const: text}, {template: text with {field}}, {first: [a, b]}, {regex: pattern, field: name, group: 1}, {lower: name} or {upper: name}"`
	Time    source.Node            `yaml:"time" doc:"the field that holds the event's time"`
	Zone    source.Text            `yaml:"tz" doc:"the zone of times without one, as in Asia/Kolkata"`
	Year    source.Text            `yaml:"year" doc:"the year of the file's first event, where times name none (default by when the file was changed last)"`
	Enrich  source.Node            `yaml:"enrich" doc:"columns computed from others: types, join and mmdb"`
	// before are the conditions of the sources that name this one's mapping.
	before []source.Node
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
	year   int
	// when tells the events that the rule is for; all where it is empty.
	when conditions
	// cases are the rules of which the first that is for an event counts (see
	// ruleFor). fields and time of a rule with cases choose among them.
	cases []*rule
	// dispatch tells which of the cases an event is for.
	dispatch *dispatch
	// comma and quote are what the source says of delimited text.
	comma, quote *byte
	// conflict says what rules for the same file disagree on.
	conflict string
	// named is what the source names of its events.
	named []*named
	// sides are the files that the rule looks up in: they hold no events.
	sides []*sideFile
}

// A file is a file of events with the rule that covers it.
type file struct {
	// path is where the file lies, name how it is called in output. member is
	// the file's name in the zip at path, "" where it is none's.
	path, name, member string
	rule               *rule
	// streamName is the stream of events that name none themselves.
	streamName string
	format     string
	// reason says why the file has its format.
	reason string
	// dialect is how delimited text is written.
	dialect dialect
	// guessed says that nothing but the content told the format.
	guessed bool
	// asked says that the user names this very file, which is then no other's
	// to leave out.
	asked bool
	// sniffed says that format and streamName are final.
	sniffed bool
	// uneven says that the file's quotes do not pair, so that it can't be cut.
	uneven bool
	// inOrder says that it can't be cut without being read.
	inOrder bool
	// size is the file's when it was surveyed: what is written to it later is
	// not read, so that rows never come from bytes that the record does not
	// cover.
	size int64
	// sized says that size is known, as which it may be 0.
	sized bool
	// years place times without a year; wall is now, untimed says that no one asks
	// for a time, so that one without a zone is none.
	years yearTable
	// rawTimes are the fields that may hold the time where nothing else tells it,
	// once timesKnown.
	rawTimes   []string
	timesKnown bool
	wall       time.Time
	untimed    bool
	// progress is told of the bytes that are read of the file.
	progress *Progress
	// holds are the streams that the file has events of; the survey tells.
	holds map[string]bool
}

// readRules reads the sources file of a folder; nil where there is none.
func readRules(path string, stores func(string) (workbook.Table, error)) ([]*rule, *sideFile, error) {
	node, text, err := source.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	itself := &sideFile{name: filepath.ToSlash(path), kind: workbook.KindSources, bytes: int64(len(text)), root: func() string { return Root(text) }}
	if itself.full, err = filepath.Abs(path); err != nil {
		return nil, nil, err
	}
	var m mappings
	problems := source.Decode(node, &m)
	var rules []*rule
	lists := newListCache(filepath.Dir(path), stores)
	for _, s := range m.Sources {
		r, more := s.check(lists, 0)
		problems = append(problems, more...)
		if len(problems) == 0 {
			r.named = s.named(r)
		}
		rules = append(rules, r)
	}
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return rules, itself, nil
}

// check makes a rule of a source, or says what is wrong with it.
func (s sourceNode) check(lists *listCache, depth int) (*rule, source.Problems) {
	if s.Mapping.Set() {
		return s.checkMapping(lists, depth)
	}
	r := &rule{stream: strings.ToUpper(s.Stream.Value), globs: s.Files, format: s.Format.Value, fields: map[string]expression{}}
	r.used = make([]bool, len(s.Files))
	problems := append(s.checkFiles(), s.checkFields(r)...)
	for _, n := range append(slices.Clone(s.before), s.When) {
		when, more := parseConditions(n)
		problems = append(problems, more...)
		r.when = append(r.when, when...)
	}
	comma, quote, more := parseDialect(s.CSV)
	problems = append(problems, more...)
	r.comma, r.quote = comma, quote
	if s.CSV.Exists() && r.format == "" {
		r.format = "csv"
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
	if s.Year.Set() {
		year, err := strconv.Atoi(s.Year.Value)
		if err != nil || year < LeastYear || year > MostYear {
			problems = append(problems, s.Year.Problem(0, "no year: "+s.Year.Value, fmt.Sprintf("a number from %d to %d", LeastYear, MostYear)))
		}
		r.year = year
	}
	return r, append(problems, r.enrich(s.Enrich, lists)...)
}

// The years that a source or Options may name.
const (
	LeastYear = 1970
	MostYear  = 2261
)

// checkMapping makes one rule of all sources of a built-in mapping.
func (s sourceNode) checkMapping(lists *listCache, depth int) (*rule, source.Problems) {
	parts, problems := s.builtIn(depth)
	whole := &rule{globs: s.Files, used: make([]bool, len(s.Files))}
	for _, part := range parts {
		r, more := part.check(lists, depth+1)
		problems = append(problems, more...)
		whole.sides = append(whole.sides, r.sides...)
		if len(r.cases) > 0 {
			whole.cases = append(whole.cases, r.cases...)
		} else {
			whole.cases = append(whole.cases, r)
		}
	}
	return whole, unique(problems)
}

// unique leaves out problems that stand at the same place with the same words:
// each source of a mapping meets them anew.
func unique(problems source.Problems) source.Problems {
	var kept source.Problems
	for _, p := range problems {
		if !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func (s sourceNode) checkFiles() source.Problems {
	var problems source.Problems
	for _, glob := range s.Files {
		if _, err := filepath.Match(glob.Value, ""); err != nil {
			problems = append(problems, glob.Problem(0, "broken file pattern", "use * for any text and ? for one character"))
		}
	}
	if f := s.Format.Value; f != "" && !slices.Contains(FormatNames(), f) {
		problems = append(problems, s.Format.Problem(0, "unknown format "+f, source.DidYouMean(f, FormatNames())))
	}
	return problems
}

// checkFields takes the columns, each with its $. Two that differ in no more
// than letter case would be one for a query.
func (s sourceNode) checkFields(r *rule) source.Problems {
	var problems source.Problems
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		node := s.Fields[name]
		e, more := parseExpression(node)
		problems = append(problems, more...)
		if r.field(strings.ToLower(columnName(name))) != nil {
			problems = append(problems, node.Problem(columnName(name)+" stands twice", "remove one of them"))
		}
		r.fields[columnName(name)] = e
	}
	return problems
}

// find lists the files of events at path, a file or a folder, in the order of
// their names, each with its rule, and the files of a folder that can't be any.
func find(at string, rules []*rule) (files []*file, left []LeftOut, err error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, nil, err
	}
	one := func(p, name, member string) error {
		if len(files) == maxFiles {
			return fmt.Errorf("more than %d files of events in %s", maxFiles, at)
		}
		if joined(rules, p) {
			return nil
		}
		f := &file{path: p, name: filepath.ToSlash(name), member: member, streamName: stem(name)}
		f.asked = !info.IsDir() && member == "" || namedAlone(rules, f.name)
		f.rule = choose(rules, f.name)
		if f.rule != nil {
			f.format = f.rule.format
			if f.rule.conflict != "" {
				return fmt.Errorf("the sources in %s give %s two %s", SourcesName, f.name, f.rule.conflict)
			}
		}
		files = append(files, f)
		return nil
	}
	add := func(p, name string) error {
		members, isZip, err := zipNames(p)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !isZip {
			return one(p, name, "")
		}
		for _, member := range members {
			if err := one(p, name+"/"+member, member); err != nil {
				return err
			}
		}
		return nil
	}
	if !info.IsDir() {
		err := add(at, filepath.Base(at))
		return files, nil, err
	}
	root := at + string(filepath.Separator) // else a link to a folder would not be followed
	err = filepath.WalkDir(root, func(p string, entry fs.DirEntry, err error) error {
		relative, outside := filepath.Rel(at, p)
		if p == root || outside != nil {
			return errors.Join(err, outside)
		}
		name := filepath.ToSlash(filepath.Join(filepath.Base(at), relative))
		switch hidden := strings.HasPrefix(entry.Name(), "."); {
		case hidden && entry.IsDir():
			return filepath.SkipDir
		case hidden || relative == SourcesName || isDatabase(relative):
			return nil
		case err == nil && entry.IsDir():
			return nil
		case err == nil:
			err = regular(p)
		}
		if err == nil {
			err = add(p, name)
		}
		reason := noFile(err)
		if reason == "" {
			return err
		}
		if namedAlone(rules, name) {
			return fmt.Errorf("%s, which %s names, holds no events: %s", name, SourcesName, reason)
		}
		choose(rules, name) // its pattern is no mistake
		left = append(left, LeftOut{name, reason})
		return nil
	})
	return files, left, err
}

// choose returns the rule of a file, nil where none names it.
func choose(rules []*rule, name string) *rule {
	of := fitting(rules, name)
	if len(of) == 0 {
		return nil
	}
	return combine(of)
}

// fitting lists the rules of a file: the first that names it, and where that one
// is for some of its events only, those behind it.
func fitting(rules []*rule, name string) []*rule {
	var of []*rule
	for _, r := range rules {
		if !r.names(name) {
			continue
		}
		of = append(of, r)
		if r.forAll() {
			break
		}
	}
	return of
}

// forAll reports whether every event of a file finds its rule here.
func (r *rule) forAll() bool {
	if len(r.cases) == 0 {
		return len(r.when) == 0
	}
	return slices.ContainsFunc(r.cases, (*rule).forAll)
}

// names reports whether one of the rule's patterns fits a file, by its path
// below the folder of events or by its name alone.
func (r *rule) names(file string) bool {
	for i, glob := range r.globs {
		if fits(glob.Value, file) {
			r.used[i] = true
			return true
		}
	}
	return false
}

// fits reports whether a pattern fits a file, by its path, its path below the
// folder of events, or its name alone.
func fits(glob, file string) bool {
	below := file
	if _, rest, ok := strings.Cut(file, "/"); ok {
		below = rest
	}
	return slices.ContainsFunc([]string{file, below, filepath.Base(file)}, func(candidate string) bool {
		ok, _ := filepath.Match(glob, candidate)
		return ok
	})
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

// isDatabase tells the files of an audit that was written into the folder of
// events, and databases of addresses.
func isDatabase(name string) bool {
	for _, ending := range []string{".db", ".db-wal", ".db-shm", ".mmdb"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}
