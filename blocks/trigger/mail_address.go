package trigger

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	"tabletop/workbook/indicator"
)

// maxAddress bounds a mailbox with the name before it, in bytes.
const maxAddress = 320

// readAddress reads exactly one mailbox, alone or as in Name <a@b>, in its
// canonical form. Its error is the rest of a sentence.
func readAddress(text string) (netmail.Address, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxAddress {
		return netmail.Address{}, fmt.Errorf("is longer than %d bytes", maxAddress)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return netmail.Address{}, errors.New("holds control bytes, which could make another header of it")
	}
	address, err := netmail.ParseAddress(text)
	if err != nil {
		return netmail.Address{}, errors.New("is not exactly one mailbox")
	}
	mailbox, ok := indicator.Mailbox(address.Address)
	if !ok {
		return netmail.Address{}, errors.New("is not exactly one mailbox")
	}
	return netmail.Address{Name: address.Name, Address: mailbox}, nil
}
