package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// What ends a conversation with a mail server for good: trying again would not
// change it.
var (
	errNoTLS  = errors.New("the server does not offer STARTTLS, and without it nothing is sent")
	errNoAuth = errors.New("the server offers no way to sign in that is known here: PLAIN or LOGIN")
)

// maxSpoken bounds what a mail server may say in one conversation, in bytes.
const maxSpoken = 1 << 20

// quitWithin bounds the wait for the server's last word, which changes nothing.
const quitWithin = time.Second

// A boundedConn ends where the other side says too much.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("the server said more than %d bytes", maxSpoken)
	}
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}

// A conversation is one with a mail server.
type conversation struct {
	request *request
	conn    net.Conn
	smtp    *smtp.Client
	// step is what the server was told last, for the reader.
	step string
	// limit ends the conversation by the clock: begin sets it anew.
	limit  *time.Timer
	cancel context.CancelCauseFunc
	// ended says that the end of the e-mail may have left: from there on the
	// server may have it.
	ended bool
}

// converse speaks with a mail server: once, for one letter. ctx ends it wherever
// it stands.
func (c *Client) converse(ctx context.Context, r *request) exchange {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &conversation{request: r, cancel: cancel}
	s.begin(r.line.connect, errNotReached)
	defer func() { s.limit.Stop() }()
	said, err := s.hold(ctx, c)
	if s.conn != nil {
		s.conn.Close()
	}
	var refused *textproto.Error
	switch {
	case err == nil:
		return exchange{answer: &Answer{Status: 250, Body: []byte(said), Whole: true}, left: s.ended, step: s.step}
	case errors.As(err, &refused):
		return exchange{answer: &Answer{Status: refused.Code, Body: []byte(refused.Msg), Whole: true}, left: s.ended, step: s.step, err: err}
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return exchange{left: s.ended, step: s.step, err: err}
}

// begin bounds what follows by the clock; why it is then ended.
func (s *conversation) begin(within time.Duration, why error) {
	if s.limit != nil {
		s.limit.Stop()
	}
	s.limit = time.AfterFunc(within, func() { s.cancel(why) })
}

// hold goes through the steps and returns what the server said last.
func (s *conversation) hold(ctx context.Context, c *Client) (string, error) {
	if err := s.open(ctx, c); err != nil {
		return "", err
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	for _, step := range []func() error{s.greet, s.secure, s.signIn} {
		if err := step(); err != nil {
			return "", err
		}
	}
	said, err := s.send()
	if err == nil {
		s.begin(quitWithin, errNoAnswer)
		_ = s.smtp.Quit()
	}
	return said, err
}

// open reaches the server.
func (s *conversation) open(ctx context.Context, c *Client) error {
	s.step = "the connection"
	r := s.request
	conn, err := c.dialer(r.line.connect)(ctx, "tcp", r.url.Host)
	if err != nil {
		return err
	}
	s.conn = &boundedConn{conn, maxSpoken}
	if r.letter.scheme == SchemeMailTLS {
		s.conn = overTLS(s.conn, s.tls())
	}
	return nil
}

// tls is how the server is known.
func (s *conversation) tls() *tls.Config {
	return &tls.Config{ServerName: s.request.letter.host, RootCAs: s.request.line.roots, MinVersion: tls.VersionTLS12}
}

func (s *conversation) greet() error {
	s.step = "the greeting"
	var err error
	if s.smtp, err = smtp.NewClient(s.conn, s.request.letter.host); err != nil {
		return err
	}
	s.smtp.SkipSMTPUTF8(true)
	s.step = "EHLO"
	return s.smtp.Hello(s.request.letter.domain())
}

// secure goes on with TLS, or not at all.
func (s *conversation) secure() error {
	if s.request.letter.scheme == SchemeMail {
		s.step = "STARTTLS"
		if offered, _ := s.smtp.Extension("STARTTLS"); !offered {
			return errNoTLS
		}
		if err := s.smtp.StartTLS(s.tls()); err != nil {
			return err
		}
	}
	s.begin(s.request.read, errNoAnswer)
	return nil
}

func (s *conversation) signIn() error {
	l := s.request.letter
	if l.user == "" {
		return nil
	}
	s.step = "AUTH"
	_, ways := s.smtp.Extension("AUTH")
	plain := l.scheme == SchemeMailPlain
	for _, way := range strings.Fields(ways) {
		switch {
		case strings.EqualFold(way, "PLAIN"):
			return s.smtp.Auth(smtp.PlainAuth("", l.user, l.password, l.host, plain))
		case strings.EqualFold(way, "LOGIN"):
			return s.smtp.Auth(smtp.LoginAuth(l.user, l.password, l.host, plain))
		}
	}
	return errNoAuth
}

// send hands the letter over. A question ends before.
func (s *conversation) send() (string, error) {
	l := s.request.letter
	if s.request.method == MethodNoop {
		s.step = "NOOP"
		return "the server took the user", s.smtp.Noop()
	}
	s.step = "MAIL FROM"
	if err := s.smtp.Mail("<" + l.from + ">"); err != nil {
		return "", err
	}
	for _, to := range l.recipients {
		s.step = "RCPT TO " + to
		if err := s.smtp.Rcpt("<" + to + ">"); err != nil {
			return "", err
		}
	}
	s.step = "DATA"
	w, err := s.smtp.Data()
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(w, l.text); err != nil {
		return "", err
	}
	s.step, s.ended = "the e-mail", true
	if err := w.Close(); err != nil {
		return "", err
	}
	said := ""
	if closed, ok := w.(*smtp.DataCloser); ok {
		said = closed.ServerResponse()
	}
	return said, nil
}
