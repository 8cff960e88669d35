package delivery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A mailbag is what one e-mail came to at a mail server.
type mailbag struct {
	from string
	to   []string
	text string
}

// A mailServer is one on this machine. What its steps answer may be set before
// the first e-mail.
type mailServer struct {
	address string
	roots   *x509.CertPool
	// answer gives the error of a step: AUTH, MAIL, RCPT or DATA; the step gets
	// what came with it. A test's own error closes the connection.
	answer func(step, with string) error

	mu    sync.Mutex
	bags  []mailbag
	steps int
}

var errDrop = errors.New("the connection is dropped")

// serveMail starts a mail server, with TLS by STARTTLS where secure is set.
func serveMail(t testing.TB, secure bool, answer func(step, with string) error) *mailServer {
	t.Helper()
	return serveMailOver(t, secure, answer, func(l net.Listener, _ *tls.Config) net.Listener { return l })
}

// serveMailOver is serveMail with something around its listener.
func serveMailOver(t testing.TB, secure bool, answer func(step, with string) error, around func(net.Listener, *tls.Config) net.Listener) *mailServer {
	t.Helper()
	s := &mailServer{answer: answer}
	server := smtp.NewServer(s)
	server.Domain, server.MaxRecipients, server.ErrorLog = "mail.example.org", 200, unheard{}
	server.AllowInsecureAuth = !secure
	if secure {
		server.TLSConfig, s.roots = certificate(t)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(around(listener, server.TLSConfig))
	}()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return s
}

type unheard struct{}

func (unheard) Printf(string, ...any) {}
func (unheard) Println(...any)        {}

// certificate makes one for this machine, which signs itself.
func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example.org"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// NewSession begins a conversation.
func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{server: s, conn: c}, nil
}

// received lists the e-mails that were taken, and how many steps were asked.
func (s *mailServer) received() ([]mailbag, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bags, s.steps
}

type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
	bag    mailbag
}

func (s *mailSession) step(step, with string) error {
	s.server.mu.Lock()
	s.server.steps++
	s.server.mu.Unlock()
	if s.server.answer == nil {
		return nil
	}
	err := s.server.answer(step, with)
	if errors.Is(err, errDrop) {
		s.conn.Conn().Close()
	}
	return err
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error { return s.step("AUTH", user+" "+password) }), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.bag.from = from
	return s.step("MAIL", from)
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.bag.to = append(s.bag.to, to)
	return s.step("RCPT", to)
}

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.bag.text = string(text)
	if err := s.step("DATA", s.bag.text); err != nil {
		return err
	}
	s.server.mu.Lock()
	s.server.bags = append(s.server.bags, s.bag)
	s.server.mu.Unlock()
	return nil
}

func (s *mailSession) Reset()        { s.bag = mailbag{} }
func (s *mailSession) Logout() error { return nil }

// listenMail serves one connection with whatever talk writes, and returns its
// address.
func listenMail(t testing.TB, talk func(write func(string) bool)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		talk(func(text string) bool {
			_, err := io.WriteString(conn, text)
			return err == nil
		})
	}()
	t.Cleanup(func() {
		listener.Close()
		<-ended
	})
	return listener.Addr().String()
}
