package workbook

// A Verdict is what tabletop says of an action, in the same words everywhere.
type Verdict string

// The verdicts. A rehearsal gives WouldSend, Deduplicated, NeedsApproval,
// RefusedProtected, RefusedDisabled, Invalid or Failed; the others come from
// sending.
const (
	WouldSend        Verdict = "would_send"
	Sent             Verdict = "sent"
	Deduplicated     Verdict = "deduplicated"
	NeedsApproval    Verdict = "needs_approval"
	RefusedProtected Verdict = "refused_protected"
	RefusedCap       Verdict = "refused_cap"
	RefusedDisabled  Verdict = "refused_disabled"
	Invalid          Verdict = "invalid"
	Failed           Verdict = "failed"
	Unknown          Verdict = "unknown"
	Undone           Verdict = "undone"
)

// Verdicts lists every verdict in the order in which totals name them.
var Verdicts = []Verdict{WouldSend, Sent, Deduplicated, NeedsApproval, RefusedProtected, RefusedCap, RefusedDisabled, Invalid, Failed, Unknown, Undone}

// A DNIFAnswer is what DNIF itself, which has no guard, no cap and no
// deduplication, would do with a row.
type DNIFAnswer string

// DNIF's answers. DNIFUnpublished is a row with a hole in the request, of which
// DNIF does not publish what becomes.
const (
	DNIFWouldSend   DNIFAnswer = "would_send"
	DNIFNoRequest   DNIFAnswer = "no_request"
	DNIFUnpublished DNIFAnswer = "unpublished"
)

// An Action is one request that a row of a trigger would make, with the two
// answers to it.
type Action struct {
	// Number counts the run's actions from 1; Block and Row count from 1. Row is
	// 0 where the block dropped the row after it had acted on it, or acted on all
	// of its rows at once.
	Number int `json:"action"`
	Block  int `json:"block"`
	Row    int `json:"row"`
	// Run is the run that Block and Row are of, where that is one of a called
	// workbook; 0 for the run itself. Numbers count through all runs of a rehearsal.
	Run int64 `json:"of_run,omitempty"`

	Integration string `json:"integration"`
	// Type is ip, url, domain, mailbox, file_sha1, another of the vendor's,
	// recipients for an e-mail, or none for a request that names no target.
	Type string `json:"type"`
	// Target is the target as the row has it, Canonical the form in which it
	// was judged.
	Target    string `json:"target"`
	Canonical string `json:"canonical,omitempty"`

	DNIF    DNIFAnswer `json:"dnif"`
	Verdict Verdict    `json:"verdict"`
	// Reason says in a sentence why the verdict is what it is; Rule names the
	// guard's rule behind it.
	Reason string `json:"reason"`
	Rule   string `json:"rule"`
	// Protected says that a rule of level never covers the target.
	Protected bool `json:"protected,omitempty"`
	// SameAs is the number of the action whose request this one repeats.
	SameAs int `json:"same_as,omitempty"`
	// SameRun is the run that has that action, where it is another one of the
	// rehearsal; 0 for the action's own.
	SameRun int64 `json:"same_as_run,omitempty"`
	// Key is equal for two actions exactly when the second repeats the first.
	Key string `json:"-"`

	Request  *Request  `json:"request,omitempty"`
	Response *Response `json:"response,omitempty"`

	// Effect says in a line each what the request brings about, how long it
	// lasts and what its limits are.
	Effect []string `json:"effect,omitempty"`
	// Values are the columns that the request is filled with, as text, by their
	// names with $; nil where nobody plans to send it.
	Values map[string]string `json:"-"`
	// Undo is the inverse request; nil where there is none or nobody plans.
	// CannotUndo says why there is none.
	Undo       *Request `json:"-"`
	CannotUndo string   `json:"-"`
	// Attempts counts how often the request was sent or tried, Task names what
	// the vendor does about it. SettledBy is the run that found out the verdict,
	// 0 for the action's own.
	Attempts  int    `json:"attempts,omitempty"`
	Task      string `json:"task,omitempty"`
	SettledBy int64  `json:"settled_by,omitempty"`
}

// A Request is what would go, or went, to the vendor; secrets stand in it as
// [name]. An e-mail's method is MAIL, its headers are those of the envelope, and
// its body is the text that RFC 5322 describes.
type Request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// A Response is the vendor's answer, its body up to 64 KiB.
type Response struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// Totals counts actions by their two answers.
type Totals struct {
	// DNIFWouldSend counts the requests that DNIF would send, Protected those
	// among them whose target a rule of level never covers.
	DNIFWouldSend int
	Protected     int
	ByVerdict     map[Verdict]int
}

// Count totals actions.
func Count(actions []Action) Totals {
	t := Totals{ByVerdict: map[Verdict]int{}}
	for _, a := range actions {
		t.ByVerdict[a.Verdict]++
		if a.DNIF != DNIFWouldSend {
			continue
		}
		t.DNIFWouldSend++
		if a.Protected {
			t.Protected++
		}
	}
	return t
}
