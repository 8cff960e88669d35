package delivery

import "tabletop/workbook"

// A Report is what Deliver came to.
type Report struct {
	// Verdicts counts the outcomes.
	Verdicts map[workbook.Verdict]int
	// Stops are the queues that did not come to their end, in the order of the
	// queues.
	Stops []Stop
	// Unrecorded are outcomes that the ledger did not take.
	Unrecorded []Outcome
}

// A Cause is why a queue stopped.
type Cause string

// The causes.
const (
	CauseFailures    Cause = "failures"    // MaxFailures in a row were not sent
	CauseInterrupted Cause = "interrupted" // the context ended
	CauseLedger      Cause = "ledger"      // the ledger did not take an entry
)

// A Stop is a queue that did not come to its end.
type Stop struct {
	Integration string
	Cause       Cause
	// Reason is one sentence.
	Reason string
	// NotBegun are the numbers of the actions that have no intent, in order.
	// Nothing of them was sent.
	NotBegun []int
}
