package message

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
)

// Shown is a message as its reader sees it.
type Shown struct {
	From, To, Cc, Subject, Text string
	// Attached is the text of the table that is attached, Name its name; empty
	// where none is.
	Name, Attached string
}

// Read reads a message that Write wrote.
func Read(text string) (Shown, error) {
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return Shown{}, fmt.Errorf("read the e-mail: %w", err)
	}
	decode := func(name string) string {
		value := m.Header.Get(name)
		if decoded, err := (&mime.WordDecoder{}).DecodeHeader(value); err == nil {
			return decoded
		}
		return value
	}
	s := Shown{From: decode("From"), To: decode("To"), Cc: decode("Cc"), Subject: decode("Subject")}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return s, fmt.Errorf("read the e-mail: %w", err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		s.Text, err = decoded(m.Body, m.Header.Get("Content-Transfer-Encoding"))
		return s, err
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for first := true; ; first = false {
		p, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && !first:
			return s, nil
		case err != nil:
			return s, fmt.Errorf("read the e-mail: %w", err)
		}
		text, err := decoded(p, p.Header.Get("Content-Transfer-Encoding"))
		if err != nil {
			return s, err
		}
		if p.FileName() != "" {
			s.Name, s.Attached = p.FileName(), text
		} else {
			s.Text = text
		}
	}
}

// decoded reads a part of a message.
func decoded(from io.Reader, encoding string) (string, error) {
	switch encoding {
	case "quoted-printable":
		from = quotedprintable.NewReader(from)
	case "base64":
		from = base64.NewDecoder(base64.StdEncoding, from)
	}
	text, err := io.ReadAll(io.LimitReader(from, MaxBytes))
	if err != nil {
		return "", fmt.Errorf("read the e-mail: %w", err)
	}
	return string(text), nil
}

// Lines tells of the message in short: a line each for subject, text and table.
func (s Shown) Lines() []string {
	lines := []string{"Subject: " + s.Subject}
	if text := strings.Join(strings.Fields(s.Text), " "); text != "" {
		lines = append(lines, text)
	}
	if s.Name != "" {
		lines = append(lines, fmt.Sprintf("attached %s, %d bytes: %s", s.Name, len(s.Attached), strings.Join(strings.Split(strings.TrimSpace(s.Attached), "\n"), " | ")))
	}
	return lines
}
