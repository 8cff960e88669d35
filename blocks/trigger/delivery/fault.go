package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"tabletop/blocks/trigger/guard"
)

// untrusted reports whether a host's certificate was refused: trying again
// would not change that.
func untrusted(err error) bool {
	var c *tls.CertificateVerificationError
	return errors.As(err, &c)
}

// describe says in a sentence's part what went wrong with a request. Nothing
// that the other side wrote stands in it, except in quotes.
func (r *request) describe(err error) string {
	var name *net.DNSError
	var record tls.RecordHeaderError
	var other x509.HostnameError
	var invalid x509.CertificateInvalidError
	var network *net.OpError
	var deadline interface{ Timeout() bool }
	switch {
	case errors.Is(err, errNoAnswer):
		return fmt.Sprintf("no whole answer came within %s", r.read)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s can't be looked up (%s)", name.Name, name.Err)
	case errors.Is(err, errNotReached), errors.As(err, &network) && network.Op == "dial" && network.Timeout():
		return fmt.Sprintf("%s could not be reached within %s", r.url.Host, r.line.connect)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refused the connection", r.url.Host)
	case errors.As(err, &other):
		return fmt.Sprintf("the certificate of %s is for another name", r.url.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s is not valid at this time", r.url.Host)
	case untrusted(err):
		return fmt.Sprintf("the certificate of %s is not trusted: name the authority behind it as ca in the configuration", r.url.Host)
	case errors.As(err, &record):
		return fmt.Sprintf("%s does not speak TLS", r.url.Host)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), strings.Contains(err.Error(), "server closed idle connection"):
		return "the connection was closed"
	case strings.Contains(err.Error(), "malformed"):
		return "what came back is not HTTP"
	case errors.As(err, &deadline) && deadline.Timeout():
		return fmt.Sprintf("%s could not be reached within %s", r.url.Host, r.line.connect)
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return guard.Quote(r.redaction.text(strings.TrimPrefix(err.Error(), "net/http: ")))
}
