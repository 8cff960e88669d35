package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// leastKeyBytes is the shortest key that is taken.
	leastKeyBytes = 32
	// MaxKeyText is more than the text of any key, in bytes.
	MaxKeyText = 4096
)

// A Key decides all pseudonyms: whoever has it can tell which name became which
// by trying names, so it is kept like the events themselves.
type Key struct{ secret []byte }

// ParseKey reads a key of at least 32 bytes, written in hexadecimal or base64.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if len(text) > MaxKeyText {
		return Key{}, fmt.Errorf("the key is longer than %d characters", MaxKeyText)
	}
	secret, err := hex.DecodeString(text)
	if err != nil {
		secret, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil {
		secret, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	if err != nil {
		return Key{}, errors.New("the key is neither hexadecimal nor base64: --new-key makes one")
	}
	if len(secret) < leastKeyBytes {
		return Key{}, fmt.Errorf("the key has %d bytes, and needs %d: --new-key makes one", len(secret), leastKeyBytes)
	}
	return Key{secret}, nil
}

// NewKey makes the text of a key from random bytes.
func NewKey(random io.Reader) (string, error) {
	secret := make([]byte, leastKeyBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	return hex.EncodeToString(secret), nil
}

// digest is HMAC-SHA256 of a text for one purpose.
func (k Key) digest(purpose, text string) [sha256.Size]byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return [sha256.Size]byte(h.Sum(nil))
}
