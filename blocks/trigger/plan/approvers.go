package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"tabletop/workbook/source"
)

// MaxApprovers is the most entries that approvers.yaml may have.
const MaxApprovers = 1000

// Approvers are the people who may approve, as approvers.yaml names them.
type Approvers struct {
	// Path is the file's, SHA256 the hash of its bytes.
	Path   string
	SHA256 string
	// Needed is how many people must approve a plan, and each target that needs
	// an approval of its own.
	Needed int
	People []Approver
}

// An Approver is one key of a person.
type Approver struct {
	// Name is how the person is called, User what the operating system calls
	// them where they plan.
	Name string
	User string
	Key  ssh.PublicKey
	// Expires is the first moment at which the key counts no more; zero for one
	// that does not expire.
	Expires time.Time
}

// expired reports whether the key counts no more.
func (a Approver) expired(now time.Time) bool { return !a.Expires.IsZero() && !now.Before(a.Expires) }

// approversFile is approvers.yaml as written.
type approversFile struct {
	Needed    source.Text    `yaml:"needed" doc:"how many people must approve, 1 where nothing is said"`
	Approvers []approverNode `yaml:"approvers,required" doc:"who may approve"`
}

type approverNode struct {
	Name    source.Text `yaml:"name,required" doc:"the person"`
	Key     source.Text `yaml:"key,required" doc:"the line of their .pub file"`
	User    source.Text `yaml:"user,required" doc:"their name in the operating system, by which they can't approve what they planned"`
	Expires source.Text `yaml:"expires" doc:"the last day on which the key counts, YYYY-MM-DD"`
}

// LoadApprovers reads approvers.yaml at path. Its error is source.Problems where
// the file has mistakes, else that of reading it.
func LoadApprovers(path string) (*Approvers, error) {
	text, err := readBounded(path, source.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("read the approvers: %w", err)
	}
	return ParseApprovers(path, text)
}

// ParseApprovers reads the text of an approvers.yaml that name names, and tells
// every mistake in it.
func ParseApprovers(name string, text []byte) (*Approvers, error) {
	node, err := source.Parse(name, text)
	if err != nil {
		return nil, err
	}
	var file approversFile
	problems := source.Decode(node, &file)
	a := &Approvers{Path: name, SHA256: SHA256(text), Needed: 1}
	keys := peopleByKey{}
	for i, w := range file.Approvers {
		if i == MaxApprovers {
			problems = append(problems, w.Name.Problem(0, fmt.Sprintf("more than %d approvers", MaxApprovers), "remove those who no longer approve"))
			break
		}
		person, found := w.approver()
		found = append(found, keys.add(w, person)...)
		problems = append(problems, found...)
		if len(found) == 0 && person.Key != nil {
			a.People = append(a.People, person)
		}
	}
	if problems.Err() == nil && len(a.People) == 0 {
		problems = append(problems, node.Problem("nobody may approve", "name at least one approver: {name: Anna, user: anna, key: 'ssh-ed25519 …'}"))
	}
	problems = append(problems, a.readNeeded(file.Needed, problems.Err() == nil)...)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return a, nil
}

// readNeeded reads how many must approve; whole says that the people are known.
func (a *Approvers) readNeeded(t source.Text, whole bool) source.Problems {
	if !t.Set() {
		return nil
	}
	n, err := strconv.Atoi(t.Value)
	if err != nil || n < 1 {
		return source.Problems{t.Problem(0, "needed must be a whole number from 1", "write how many people must approve")}
	}
	people := map[string]bool{}
	for _, p := range a.People {
		people[person(p)] = true
	}
	if whole && n > len(people) {
		return source.Problems{t.Problem(0, fmt.Sprintf("%d people must approve, and the file names %d", n, len(people)), "name more people, or lower the number")}
	}
	a.Needed = n
	return nil
}

// approver reads one entry. Texts that lack were told of already.
func (w approverNode) approver() (Approver, source.Problems) {
	a := Approver{Name: w.Name.Value, User: w.User.Value}
	var problems source.Problems
	for _, t := range []struct {
		source.Text
		what string
	}{{w.Name, "name"}, {w.User, "user"}} {
		if t.Set() && !isName(t.Value) {
			problems = append(problems, t.Problem(0, "the "+t.what+" must be 1 to 100 characters that can be printed", ""))
		}
	}
	if w.Key.Set() {
		key, err := ParseKey(w.Key.Value)
		if err != nil {
			problems = append(problems, w.Key.Problem(0, err.Error(), ""))
		}
		a.Key = key
	}
	if w.Expires.Set() {
		day, err := time.Parse(time.DateOnly, w.Expires.Value)
		if err != nil {
			problems = append(problems, w.Expires.Problem(0, strconv.Quote(w.Expires.Value)+" is no date", "write it as 2026-12-31"))
		}
		a.Expires = day.AddDate(0, 0, 1)
	}
	return a, problems
}

func isName(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && len(s) <= 100 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// peopleByKey finds entries that contradict each other: a key of two entries, a
// name with two users, a user with two names. A person may have several keys.
type peopleByKey map[string]Approver

func (known peopleByKey) add(w approverNode, a Approver) source.Problems {
	if a.Key == nil || a.Name == "" || a.User == "" {
		return nil
	}
	key := "key " + Fingerprint(a.Key)
	if first, ok := known[key]; ok {
		return source.Problems{w.Key.Problem(0, "the key of "+first.Name+" stands here a second time", "remove one of the two")}
	}
	known[key] = a
	name, user := "name "+strings.ToLower(a.Name), "user "+person(a)
	if first, ok := known[name]; ok && person(first) != person(a) {
		return source.Problems{w.User.Problem(0, a.Name+" is the user "+first.User+" above", "give two people two names, and one person one user")}
	}
	if first, ok := known[user]; ok && !strings.EqualFold(first.Name, a.Name) {
		return source.Problems{w.Name.Problem(0, "the user "+a.User+" is "+first.Name+" above", "give two people two users, and one person one name")}
	}
	known[name], known[user] = a, a
	return nil
}

// person is the same for all keys of one person.
func person(a Approver) string { return strings.ToLower(a.User) }

// By finds the approver whose key it is.
func (a *Approvers) By(key ssh.PublicKey) (Approver, bool) {
	want := Fingerprint(key)
	for _, p := range a.People {
		if Fingerprint(p.Key) == want {
			return p, true
		}
	}
	return Approver{}, false
}

// MayApprove finds the approver whose key it is. Its error says why they can't
// approve the plan at a time: nobody knows the key, it has expired, or they made
// the plan themselves.
func (a *Approvers) MayApprove(p *Plan, key ssh.PublicKey, now time.Time) (Approver, error) {
	by, known := a.By(key)
	switch {
	case !known:
		return by, fmt.Errorf("%s does not name the key %s", a.Path, Fingerprint(key))
	case a.planned(p, by):
		return by, fmt.Errorf("%s made the plan, and nobody approves a plan of their own", by.Name)
	case by.expired(now):
		return by, fmt.Errorf("the key of %s counted until %s", by.Name, by.Expires.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	return by, nil
}

// planned reports whether a person made the plan, by their user or by any of
// their keys.
func (a *Approvers) planned(p *Plan, by Approver) bool {
	if strings.EqualFold(by.User, p.Planner.User) {
		return true
	}
	for _, other := range a.People {
		if person(other) == person(by) && Fingerprint(other.Key) == p.Planner.Key {
			return true
		}
	}
	return false
}
