package trigger

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook/source"
)

// DefaultTries is how often a request is tried where a configuration does not
// say otherwise. The timeouts are then those of package delivery, which are
// DNIF's (release notes 9.2.0).
const DefaultTries = 4

// What limits may be set to.
const (
	maxRate      = 100_000
	maxTries     = 20
	longestWait  = 15 * time.Minute
	longestReach = 5 * time.Minute
	maxRoots     = 1 << 20
)

// timeoutsNode and retryNode are limits as written.
type timeoutsNode struct {
	Connect source.Text `yaml:"connect" doc:"how long reaching the host may take, TLS included: 5s unless said otherwise"`
	Read    source.Text `yaml:"read" doc:"how long the answer may take from there: 25s unless said otherwise"`
}

type retryNode struct {
	Tries   *int        `yaml:"tries" doc:"how often a request is tried at most where the vendor is known not to have taken it, 4 unless said otherwise"`
	MaxWait source.Text `yaml:"max_wait" doc:"the longest wait between two tries, 60s unless said otherwise"`
}

// limits are how requests are sent.
type limits struct {
	rate, tries            int
	connect, read, maxWait time.Duration
	// idempotency is the header that gets a key of the action, empty for none.
	idempotency string
	// roots are the certificates that TLS trusts, with the SHA-256 of their file.
	roots       *x509.CertPool
	rootsDigest string
}

func (e entryNode) limits(node source.Node, headers []header, folder string) (limits, source.Problems) {
	l := limits{tries: DefaultTries, connect: delivery.DefaultConnect, read: delivery.DefaultRead, maxWait: delivery.DefaultMaxWait}
	var problems source.Problems
	if e.Rate != nil {
		l.rate = *e.Rate
		if l.rate < 1 || l.rate > maxRate {
			problems = append(problems, valueOf(node, "rate").Problem(fmt.Sprintf("rate must be 1 to %d requests in 60 s", maxRate), "leave it out where there is no limit"))
		}
	}
	if t := e.Timeouts; t != nil {
		l.connect, problems = duration(t.Connect, l.connect, "timeouts.connect", longestReach, problems)
		l.read, problems = duration(t.Read, l.read, "timeouts.read", longestReach, problems)
	}
	if r := e.Retry; r != nil {
		if r.Tries != nil {
			l.tries = *r.Tries
		}
		if l.tries < 1 || l.tries > maxTries {
			problems = append(problems, valueOf(node, "retry", "tries").Problem(fmt.Sprintf("retry.tries must be 1 to %d", maxTries), "1 tries once and not again"))
		}
		l.maxWait, problems = duration(r.MaxWait, l.maxWait, "retry.max_wait", longestWait, problems)
	}
	l.idempotency = e.Idempotency.Value
	if e.Idempotency.Set() {
		problems = append(problems, e.checkIdempotency(headers)...)
	}
	if e.CA.Set() {
		var problem *source.Problem
		if l.roots, l.rootsDigest, problem = readRoots(e.CA, folder); problem != nil {
			problems = append(problems, *problem)
		}
	}
	return l, problems
}

// duration reads a duration as in 5s; otherwise is that of a text which was not
// written.
func duration(text source.Text, otherwise time.Duration, name string, most time.Duration, problems source.Problems) (time.Duration, source.Problems) {
	if !text.Set() {
		return otherwise, problems
	}
	d, err := time.ParseDuration(strings.TrimSpace(text.Value))
	switch {
	case err != nil:
		return otherwise, append(problems, text.Problem(0, name+" is no duration", "write it as in 5s or 1m30s"))
	case d < time.Millisecond || d > most:
		return otherwise, append(problems, text.Problem(0, name+" must be from 1ms to "+most.String(), ""))
	}
	return d, problems
}

func (e entryNode) checkIdempotency(headers []header) source.Problems {
	name := e.Idempotency.Value
	switch {
	case !httpguts.ValidHeaderFieldName(name) || strings.Contains(name, "$"):
		return source.Problems{e.Idempotency.Problem(0, "idempotency_key must be the name of a header", "as in Idempotency-Key")}
	case ownHeaders[strings.ToLower(name)]:
		return source.Problems{e.Idempotency.Problem(0, "the header "+name+" is set by the connection itself", "as in Idempotency-Key")}
	}
	for _, h := range headers {
		if strings.EqualFold(h.name, name) {
			return source.Problems{e.Idempotency.Problem(0, "the header "+name+" stands among the headers too", "remove one of them")}
		}
	}
	return nil
}

// readRoots reads the certificates in a PEM file.
func readRoots(text source.Text, folder string) (*x509.CertPool, string, *source.Problem) {
	fail := func(message, fix string) (*x509.CertPool, string, *source.Problem) {
		p := text.Problem(0, message, fix)
		return nil, "", &p
	}
	f, err := os.Open(within(folder, text.Value))
	if err != nil {
		return fail("the certificates can't be read: "+err.Error(), "ca is a PEM file; its path is relative to this file's folder")
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, maxRoots+1))
	switch {
	case err != nil:
		return fail("the certificates can't be read: "+err.Error(), "")
	case len(pem) > maxRoots:
		return fail(fmt.Sprintf("the file of certificates has over %d bytes", maxRoots), "")
	case bytes.Contains(pem, []byte("PRIVATE KEY")):
		return fail("the file holds a private key", "ca needs certificates only: keep the key elsewhere")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fail("the file holds no certificate in PEM", "it begins with -----BEGIN CERTIFICATE-----")
	}
	digest := sha256.Sum256(pem)
	return roots, hex.EncodeToString(digest[:]), nil
}

// Policy is how the configuration's requests are sent, with Judge for their
// answers.
func (n *Integration) Policy() delivery.Policy {
	l := n.limits
	return delivery.Policy{Rate: l.rate, Connect: l.connect, Read: l.read, Tries: l.tries, MaxWait: l.maxWait, Judge: n.Judge, Roots: l.roots}
}

// UndoPolicy is Policy for inverse requests.
func (n *Integration) UndoPolicy() delivery.Policy {
	p := n.Policy()
	p.Judge = n.JudgeUndo
	return p
}

// IdempotencyHeader is the header that gets a key of the action, false where the
// configuration asks for none.
func (n *Integration) IdempotencyHeader(plan, action string) (delivery.Header, bool) {
	if n.limits.idempotency == "" {
		return delivery.Header{}, false
	}
	return delivery.Header{Name: n.limits.idempotency, Value: IdempotencyKey(plan, action)}, true
}

// IdempotencyKey is equal for two requests exactly when they carry out the same
// action of the same plan: 32 hexadecimal digits, of the plan's SHA-256 and the
// action's Key.
func IdempotencyKey(plan, action string) string {
	digest := sha256.Sum256([]byte("tabletop idempotency key\x00" + plan + "\x00" + action))
	return hex.EncodeToString(digest[:16])
}
