package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// An arrivedMail is an e-mail as a mail server took it.
type arrivedMail struct {
	from, text string
	to         []string
}

// A postOffice is a mail server on this machine, with TLS by STARTTLS and a user
// soc, whose certificate lies in ca.pem.
type postOffice struct {
	address string

	mutex sync.Mutex
	mails []arrivedMail
	// drop closes the connection once an e-mail arrived, instead of an answer;
	// refuse is an answer.
	drop   bool
	refuse *smtp.SMTPError
}

const mailPassword = "a-password-of-the-test"

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "post office"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	o := &postOffice{}
	server := smtp.NewServer(o)
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.address = listener.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return o
}

// NewSession begins a conversation.
func (o *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &counter{office: o, conn: c}, nil
}

// arrived lists the e-mails that were taken so far, those before a dropped
// connection among them.
func (o *postOffice) arrived() []arrivedMail {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.mails
}

func (o *postOffice) answers(drop bool, refuse *smtp.SMTPError) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.drop, o.refuse = drop, refuse
}

// A counter is where one conversation is held.
type counter struct {
	office *postOffice
	conn   *smtp.Conn
	mail   arrivedMail
	known  bool
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if c.known = user == "soc" && password == mailPassword; c.known {
			return nil
		}
		return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "not you"}
	}), nil
}

func (c *counter) Mail(from string, _ *smtp.MailOptions) error {
	if c.mail.from = from; !c.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	return nil
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.mail.to = append(c.mail.to, to)
	return nil
}

func (c *counter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.office.mutex.Lock()
	defer c.office.mutex.Unlock()
	if c.office.refuse != nil {
		return c.office.refuse
	}
	c.mail.text = string(text)
	c.office.mails = append(c.office.mails, c.mail)
	if c.office.drop {
		c.conn.Conn().Close()
		return errors.New("dropped")
	}
	return nil
}

func (c *counter) Reset()        { c.mail = arrivedMail{} }
func (c *counter) Logout() error { return nil }
