// Package delivery sends requests to vendors. In go messages whose targets the
// guard approved, in the order of a plan; out comes for each what became of it:
// sent, failed or unknown. Before a byte of a message leaves, a Ledger has made
// the intent durable; after the answer, it is given the outcome.
//
// A message is sent again only where it is known that the vendor did not take
// it, or where the vendor says to come back. Where bytes left and no answer
// came, the outcome is unknown, and nothing here sends that message again:
//
//	what happened                                     verdict   sent again
//	name not found, connection refused, not reached
//	  in time, TLS or proxy failed, nothing written   failed    up to Tries
//	certificate not trusted                           failed    no
//	429, 503, 425                                     failed    up to Tries
//	bytes left, then reset, closed, timed out, or
//	  an answer that is not HTTP                      unknown   never
//	408, 502, 504, 101                                unknown   never
//	answer whose body breaks off, grows past
//	  MaxResponse or can't be read                    by Judge, unknown where it
//	                                                  fails an answer of 2xx
//	any other answer, a redirect among them           by Judge  never
//
// An e-mail goes to one mail server, once for all of its recipients:
//
//	what happened                                     verdict   sent again
//	the server not reached, no STARTTLS, certificate
//	  not trusted, the connection lost before the
//	  end of the e-mail left                          failed    as above; without
//	                                                            STARTTLS never
//	4xx to any step                                   failed    up to Tries
//	5xx to any step, of one recipient too             failed    never
//	the end left, and no answer came                  unknown   never
//	2xx to the end                                    sent      never
//
// 425 is sent again since RFC 8470 has a server send it only for a request that
// it did not process. 408 is not: gateways send it also where the server behind
// them was slow.
package delivery

import (
	"context"
	"crypto/x509"
	"net/http"
	"time"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// MaxResponse is how much of an answer is kept, in bytes.
const MaxResponse = 64 << 10

// A Header is one header of a message.
type Header struct{ Name, Value string }

// A Message is one request, secrets filled in.
type Message struct {
	// Action is the number of the plan's action.
	Action  int
	Method  string
	URL     string
	Headers []Header
	Body    string
	// Type and Target are what the message is aimed at, Approved the guard's
	// approval of exactly that.
	Type, Target string
	Approved     guard.Approved
	// Secrets are the values that must not appear anywhere, by name.
	Secrets map[string]string
}

// A Call is a question to a vendor that changes nothing there: what became of a
// task, what stands in a list, whether an endpoint is there.
type Call struct {
	// Method is GET or HEAD, or NOOP for a mail server.
	Method  string
	URL     string
	Headers []Header
	// Secrets are the values that must not appear anywhere, by name.
	Secrets map[string]string
}

// The values that a Policy's fields have where they are zero.
const (
	DefaultConnect = 5 * time.Second
	DefaultRead    = 25 * time.Second
	DefaultTries   = 1
	DefaultMaxWait = 60 * time.Second
)

// A Policy is how the messages of one configuration are sent.
type Policy struct {
	// Integration names the configuration: all that goes out under one name
	// shares one Rate. Deliver puts in the queue's name where it is empty.
	Integration string
	// Rate is the most requests within any 60 s; 0 is no limit.
	Rate int
	// Connect bounds reaching the host, TLS included; Read the time from there
	// to the end of the answer.
	Connect, Read time.Duration
	// Tries is the most that a message is tried, MaxWait the longest wait
	// between two, whatever a Retry-After says.
	Tries   int
	MaxWait time.Duration
	// Judge judges an answer, whole or not, as it came: secrets may stand in it,
	// and are struck out of what Judge returns. Where it needs the body and the
	// answer is not whole, it says Unknown. Nil takes every 2xx for sent.
	Judge func(Answer) Judgement
	// Roots are the certificates that TLS trusts, nil for the system's.
	Roots *x509.CertPool
}

// An Answer is what a vendor said.
type Answer struct {
	Status  int
	Headers http.Header
	Body    []byte
	// Whole says that the body came to its end and within MaxResponse.
	Whole bool
}

// A Judgement is what an answer means.
type Judgement struct {
	// Verdict is Sent, Failed, or Unknown where the answer does not tell.
	Verdict workbook.Verdict
	// Reason is one sentence; Task names the vendor's task, where it has one.
	Reason string
	Task   string
}

// An Outcome is what became of a message.
type Outcome struct {
	Action   int
	Verdict  workbook.Verdict
	Reason   string
	Response *workbook.Response
	// Attempts counts the requests that were tried.
	Attempts int
	Task     string
}

// A Ledger makes outcomes and intents durable: all of one call or none. It is
// called from several goroutines. An error ends the sending.
type Ledger interface {
	Write(ctx context.Context, outcomes []Outcome, intents []int) error
}
