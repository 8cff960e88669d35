package reconcile

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// An Action is one that the audit says was, or would have been, sent.
type Action struct {
	// ID names it for other commands, as 1/a2.
	ID     string
	Target Target
	Time   time.Time
	// Task is the vendor's name for it, where one is known.
	Task string
	// TakenBack says that it was undone.
	TakenBack bool
	// Doubt says why it may not have arrived, empty where nothing does.
	Doubt string
}

// A RecordKind is what a record is of.
type RecordKind int

// A task is something that the vendor did or does; an entry stands on its list of
// what is blocked.
const (
	Task RecordKind = iota
	Entry
)

// A State is how far a task is.
type State int

// The states. An Open one may yet become either of the others.
const (
	Open State = iota
	Done
	Failed
)

// A Record is what a vendor's export says of one target.
type Record struct {
	Kind RecordKind
	// Place is where it stands, for people.
	Place  string
	Target Target
	// Task is the vendor's number of the task, of an entry that of what put it there.
	Task string
	// Undoes says that the task takes a block back.
	Undoes bool
	State  State
	// Status is the state in the vendor's word, with its error.
	Status string
	// Time is when the task was made or the entry changed last; zero where the file
	// does not tell. Expires is zero for never.
	Time, Expires time.Time
	// Idle says why a block has no effect, empty where it has.
	Idle string
	// Protected says why the target must not be blocked, empty where it may be.
	Protected string
}

// blocks reports whether the record is of a block that was taken, and did not end
// without one.
func (r Record) blocks() bool { return !r.Undoes && (r.Kind == Entry || r.State != Failed) }

// said is the record in a few words.
func (r Record) said() string {
	var b strings.Builder
	switch {
	case r.Kind == Entry:
		b.WriteString("on the list")
	case r.Task == "":
		b.WriteString("a task")
	default:
		b.WriteString("task " + r.Task)
	}
	if r.Kind == Task && r.Status != "" {
		b.WriteString(" (" + r.Status + ")")
	}
	if !r.Time.IsZero() {
		b.WriteString(", " + moment(r.Time))
	}
	if r.Idle != "" {
		b.WriteString(", without effect: " + r.Idle)
	}
	return b.String()
}

// byTime puts records in the order of their times, and those without at the end.
func byTime(records []Record) {
	slices.SortStableFunc(records, func(a, b Record) int {
		if a.Time.IsZero() != b.Time.IsZero() {
			if a.Time.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Task, b.Task), cmp.Compare(a.Place, b.Place))
	})
}

// named gives records that name no target the target of the action whose task
// they name; the others are nameless.
func named(records []Record, actions []Action) (with []Record, nameless []string) {
	byTask := map[string]Target{}
	for _, a := range actions {
		if a.Task != "" {
			byTask[a.Task] = a.Target
		}
	}
	for _, r := range records {
		if r.Target.Text == "" {
			target, ok := byTask[r.Task]
			if !ok {
				nameless = append(nameless, r.Place)
				continue
			}
			r.Target = target
		}
		with = append(with, r)
	}
	slices.Sort(nameless)
	return with, nameless
}

// once leaves one record of each task; the pages of an export may overlap. What
// ended is newer than what is open.
func once(records []Record) (kept []Record, repeated int) {
	type task struct {
		Target
		number string
		kind   RecordKind
		undoes bool
	}
	at := map[task]int{}
	byTime(records)
	for _, r := range records {
		if r.Kind == Entry || r.Task == "" {
			kept = append(kept, r)
			continue
		}
		key := task{r.Target, r.Task, r.Kind, r.Undoes}
		i, again := at[key]
		if !again {
			at[key] = len(kept)
			kept = append(kept, r)
			continue
		}
		repeated++
		if kept[i].State == Open {
			kept[i].State, kept[i].Status = r.State, r.Status
		}
	}
	return kept, repeated
}

// moment writes a time for people.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
