// Package reconcile holds what somebody else did against what a record says they
// would have done. In go plain lists: the actions or signals that are expected,
// and those that a vendor's or DNIF's own export names; out come findings, each
// with its reason, in an order that does not hang on that of the lists.
//
// What is the same target, and what is protected, the caller says: nothing is
// looked up, and no clock is read.
package reconcile

import (
	"cmp"
	"slices"
	"time"
)

// A Kind is what was found out of something expected or found.
type Kind string

// The kinds. Each thing that is expected is There, Missing or Gone; each that is
// found and belongs to nothing expected is Unexpected or Twice. Protected comes
// beside these: a target that must never be blocked, expected or not.
const (
	Protected  Kind = "protected"
	Missing    Kind = "missing"
	Unexpected Kind = "unexpected"
	Twice      Kind = "twice"
	// Gone was there, and has expired, was evicted or was taken back.
	Gone  Kind = "gone"
	There Kind = "there"
)

// Kinds lists them, those that matter most first.
var Kinds = []Kind{Protected, Missing, Unexpected, Twice, Gone, There}

// Holds reports whether a kind is no reason to look further: a block that ended
// is told, and may be all right.
func (k Kind) Holds() bool { return k == There || k == Gone }

// A Target is what an action is aimed at: its type, in the words of the guard, and
// its text in the form in which equal targets are equal.
type Target struct{ Type, Text string }

// A Finding is what was found out of one target, or one signal, at one time.
type Finding struct {
	Kind Kind `json:"finding"`
	// Type and Target are those of a target; of a signal, signal and its name.
	Type   string `json:"type"`
	Target string `json:"target"`
	// Reason says in a sentence why; it may hold text of files.
	Reason string `json:"reason"`
	// Time is when it was expected, or where nothing was, found; zero where the
	// file tells none.
	Time time.Time `json:"-"`
	// Expected names what the audit says, as 1/a2; Found are the places of records.
	Expected []string `json:"expected"`
	Found    []string `json:"found"`
}

// Options say what belongs together.
type Options struct {
	// Within is how far the times of what is expected and of what was found may lie
	// apart; below 0 they may lie anywhere.
	Within time.Duration
	// From and Until bound what is reported: what was expected or found at From or
	// later and before Until. Where both are zero, it is the time of all that is
	// expected, and Within to either side.
	From, Until time.Time
	// AsOf is when the export was made: what expired until then is gone.
	AsOf time.Time
	// Listed says that the records hold the vendor's whole list of what is blocked,
	// so that what is not on it is not blocked.
	Listed bool
}

// A Report is what came of it.
type Report struct {
	Findings []Finding
	// From and Until are the time that was looked at, zero for no bound.
	From, Until time.Time
	// Expected counts what is expected in that time, Found what was found in it;
	// Outside what was found, belongs to nothing expected and lies out of it.
	Expected, Found, Outside int
	// Nameless are the places of records that name no target and no task of an
	// action.
	Nameless []string
	// Repeated counts records that name a task which another record names too.
	Repeated int
}

// Count counts the findings of a kind.
func (r Report) Count(k Kind) int {
	n := 0
	for _, f := range r.Findings {
		if f.Kind == k {
			n++
		}
	}
	return n
}

// Holds reports whether all that is expected is or was there, and nothing else.
func (r Report) Holds() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Kind.Holds() })
}

// sorted puts the findings into their order.
func sorted(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Kinds, a.Kind), slices.Index(Kinds, b.Kind)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Target, b.Target),
			a.Time.Compare(b.Time), slices.Compare(a.Expected, b.Expected), slices.Compare(a.Found, b.Found), cmp.Compare(a.Reason, b.Reason),
		)
	})
	return findings
}
