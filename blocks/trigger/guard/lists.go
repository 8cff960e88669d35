package guard

import (
	"fmt"
	"path/filepath"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// RuleOwn covers what an own list names.
const RuleOwn = "own_list"

// MaxEntries is the most entries that one own list may have.
const MaxEntries = 10_000

// listFile is guard.yaml as written.
type listFile struct {
	Never []listEntry `yaml:"never" doc:"what no action may be aimed at: one's own addresses, networks, domains, mailboxes and hashes"`
	Ask   []listEntry `yaml:"ask" doc:"what needs an approval each time; a private network named here counts as workstations"`
	Allow []listEntry `yaml:"allow" doc:"what needs no approval although a rule asks for one; it lifts nothing that is never let through"`
	Mail  []listEntry `yaml:"mail" doc:"domains, with all under them, and mailboxes to which notifications may go; no e-mail goes anywhere else"`
	Lists []included  `yaml:"lists" doc:"files of further entries: CSV, a value a line, or a MISP warning list"`
}

type listEntry struct {
	Value   source.Text `yaml:"value,required" doc:"an address, a network (CIDR), a domain with all under it, a mailbox, a file's hash, a URL with all under its path, or a pattern of a host, a mailbox or a URL in which * is any text"`
	Reason  source.Text `yaml:"reason,required" doc:"why, in a few words"`
	Owner   string      `yaml:"owner" doc:"who answers for the entry"`
	Added   source.Text `yaml:"added" doc:"the date of the entry, YYYY-MM-DD"`
	Expires source.Text `yaml:"expires" doc:"the last day on which the entry holds, YYYY-MM-DD"`
}

// Load makes a guard of the rules that hold everywhere and the own lists in the
// file at path. Its error is source.Problems where the file has mistakes, else
// that of reading it.
func Load(path string) (*Guard, error) {
	node, text, err := source.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the guard's lists: %w", err)
	}
	return compile(node, workbook.Document{Path: path, Text: text})
}

// Recorded makes a guard of a guard.yaml whose text a record kept. The lists
// that it includes are read from where they lie now. Its error is as that of
// Load.
func Recorded(document workbook.Document) (*Guard, error) {
	node, err := source.Parse(document.Path, document.Text)
	if err != nil {
		return nil, fmt.Errorf("read the guard's lists: %w", err)
	}
	return compile(node, document)
}

// compile checks a guard.yaml as written.
func compile(node source.Node, document workbook.Document) (*Guard, error) {
	var file listFile
	problems := source.Decode(node, &file)
	g := New()
	g.document = document
	var more source.Problems
	g.never, more = parseEntries(file.Never, "never")
	problems = append(problems, more...)
	g.ask, more = parseEntries(file.Ask, "ask")
	problems = append(problems, more...)
	g.allow, more = parseEntries(file.Allow, "allow")
	problems = append(problems, more...)
	g.mail, more = parseMail(file.Mail)
	problems = append(problems, more...)
	g.lists, more = readLists(filepath.Dir(document.Path), file.Lists)
	problems = append(problems, more...)
	if problems.Err() != nil {
		return nil, problems
	}
	return g, nil
}

func parseEntries(written []listEntry, list string) ([]entry, source.Problems) {
	var entries []entry
	var problems source.Problems
	for i, w := range written {
		if i == MaxEntries {
			problems = append(problems, w.Value.Problem(0, fmt.Sprintf("more than %d entries in %s", MaxEntries, list), "name networks and domains instead of single addresses and hosts"))
			break
		}
		e := entry{list: list, reason: oneLine(w.Reason.Value), owner: oneLine(w.Owner)}
		if w.Value.Set() && !e.read(w.Value.Value) {
			problems = append(problems, w.Value.Problem(0, Quote(w.Value.Value)+noEntry, entryForms))
		}
		if w.Reason.Set() && e.reason == "" {
			problems = append(problems, w.Reason.Problem(0, "the reason is empty", "say why the entry is there"))
		}
		expires, expiresProblems := date(w.Expires)
		if w.Expires.Set() {
			e.expires = expires.AddDate(0, 0, 1)
		}
		_, addedProblems := date(w.Added)
		problems = append(append(problems, expiresProblems...), addedProblems...)
		entries = append(entries, e)
	}
	return entries, problems
}

// date reads a day of UTC.
func date(t source.Text) (time.Time, source.Problems) {
	if !t.Set() {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, t.Value)
	if err != nil {
		return time.Time{}, source.Problems{t.Problem(0, Quote(t.Value)+" is no date", "write it as 2026-12-31")}
	}
	return day, nil
}

// own finds the first entry that covers a subject, of never before ask, and
// words it.
func (g *Guard) own(s subject) finding {
	if e, ok := g.covering(g.never, s, never); ok {
		return refuse(RuleOwn, e.sentence(s.text()))
	}
	if e, ok := g.covering(g.ask, s, ask); ok {
		return askFor(RuleOwn, e.sentence(s.text()))
	}
	return finding{}
}

// covering finds the first entry that covers a subject and has not expired, in
// guard.yaml itself and then in the lists of a level.
func (g *Guard) covering(entries []entry, s subject, of level) (entry, bool) {
	for _, e := range entries {
		if g.holds(e) && e.covers(s) {
			return e, true
		}
	}
	for _, l := range g.lists {
		if l.level != of {
			continue
		}
		for i := range l.candidates(s) {
			if e := l.entries[i]; g.holds(e) && e.covers(s) {
				return e, true
			}
		}
	}
	return entry{}, false
}

// OwnLists counts the entries of own lists of level never that hold, those of
// included files among them: 0 says that nobody told the guard what is one's
// own.
func (g *Guard) OwnLists() int {
	count := 0
	for _, e := range g.never {
		if g.holds(e) {
			count++
		}
	}
	for _, l := range g.lists {
		if l.level != never {
			continue
		}
		for _, e := range l.entries {
			if g.holds(e) {
				count++
			}
		}
	}
	return count
}

// Expired lists the entries of own lists that no longer hold, in words.
func (g *Guard) Expired() []string {
	var expired []string
	for _, entries := range [][]entry{g.never, g.ask, g.allow, g.mail} {
		for _, e := range entries {
			if !g.holds(e) {
				expired = append(expired, fmt.Sprintf("%s of the own list %s expired on %s and no longer holds", e.value, e.list, e.lastDay()))
			}
		}
	}
	for _, l := range g.lists {
		gone := 0
		for _, e := range l.entries {
			if !g.holds(e) {
				gone++
			}
		}
		if gone > 0 {
			expired = append(expired, fmt.Sprintf("%d of the %d entries of %s expired and no longer hold", gone, len(l.entries), l.name))
		}
	}
	return expired
}
