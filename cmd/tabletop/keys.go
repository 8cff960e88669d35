package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
)

func keysCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Sign the head of the audit with an SSH key",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Example: `  tabletop keys sign --key ~/.ssh/id_ed25519
  tabletop keys list`,
	}
	cmd.AddCommand(keysSignCommand(c), keysListCommand(c))
	return cmd
}

func keysSignCommand(c *console) *cobra.Command {
	r, path := &record{}, ""
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Verify the audit and sign its head",
		Long: `sign verifies the audit and, where it is whole, adds a signature over its head
to the file of heads beside it. Whoever rewrites both later can't make the
signature anew: verify --signers asks for it. It proves most where the key is
not one that the machine can use by itself, such as a security key, or one of
another person.

Signatures are those of ssh-keygen -Y sign -n tabletop.`,
		Example: `  tabletop keys sign --key ~/.ssh/id_ed25519
  tabletop keys sign --key ~/.ssh/id_ed25519_sk.pub   # held by an SSH agent
  tabletop verify --signers ~/.ssh/id_ed25519.pub`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return nothingRan(fmt.Errorf("--key names the SSH key to sign with: a private one, or a .pub file whose key an agent holds"))
			}
			return r.read(cmd.Context(), func(reader *audit.Reader) error {
				return c.signHead(cmd.Context(), cmd.InOrStdin(), reader, r, path)
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&path, "key", "", "the SSH key to sign with")
	return cmd
}

// signHead signs what was verified.
func (c *console) signHead(ctx context.Context, in io.Reader, reader *audit.Reader, r *record, path string) error {
	report, err := reader.Verify(ctx)
	switch {
	case err != nil:
		return err
	case !report.Whole():
		return failure{exitNotHeld, fmt.Errorf("%s does not hold, and is not signed: tabletop verify tells why", r.path)}
	case report.Head.Sequence == 0:
		return nothingRan(fmt.Errorf("%s holds no entry to sign yet", r.path))
	}
	key, err := c.openKey(in, path)
	if err != nil {
		return nothingRan(err)
	}
	signer, done, err := key.signer(ctx)
	if err != nil {
		return nothingRan(err)
	}
	defer done()
	if err := audit.SignHead(audit.HeadFile(r.path), report.Head, time.Now(), headSigner{signer}); err != nil {
		return err
	}
	by := plan.Fingerprint(signer.PublicKey())
	if r.output == "json" {
		c.json(signedJSON{report.Head.Sequence, by, audit.HeadFile(r.path)})
		return nil
	}
	c.line("signed the head of entry ", fmt.Sprint(report.Head.Sequence), " in ", clean(audit.HeadFile(r.path)))
	c.line("by ", by)
	return nil
}

func keysListCommand(c *console) *cobra.Command {
	r, signers := &record{}, ""
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the signatures of heads",
		Example: `  tabletop keys list
  tabletop keys list --signers auditors.pub -o json`,
		Args: exactly(0, "no arguments"),
		RunE: func(_ *cobra.Command, _ []string) error {
			if err := outputForm(r.output, "text", "json"); err != nil {
				return err
			}
			return c.signatures(r, signers)
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&signers, "signers", "", "a file of public SSH keys: say which signatures are by others")
	return cmd
}

// signatures lists those in the file of heads; whether the heads are those of
// the audit is for verify to say.
func (c *console) signatures(r *record, signers string) error {
	heads, err := audit.ReadHeads(audit.HeadFile(r.path))
	if err != nil {
		return nothingRan(err)
	}
	verifier, err := openSigners(signers)
	if err != nil {
		return nothingRan(err)
	}
	type listed struct {
		Entry int64  `json:"entry"`
		Time  string `json:"time"`
		By    string `json:"by"`
		Error string `json:"error,omitempty"`
	}
	list := []listed{}
	for _, h := range heads.Known {
		if h.Signature == "" {
			continue
		}
		by, err := verifier.VerifyHead(audit.HeadText(h), h.Signature)
		l := listed{h.Sequence, h.Time.UTC().Format(time.RFC3339), by, ""}
		if err != nil {
			l.Error = err.Error()
		}
		list = append(list, l)
	}
	if r.output == "json" {
		c.json(list)
		return nil
	}
	if len(list) == 0 {
		c.line("no head is signed: tabletop keys sign does it")
	}
	for _, l := range list {
		c.fact("entry #", fmt.Sprint(l.Entry), "  ", l.Time, "  ", clean(l.By), "  ", clean(l.Error))
	}
	return nil
}

// A headSigner signs heads with an SSH key.
type headSigner struct{ ssh.Signer }

var _ audit.HeadSigner = headSigner{}

// SignHead signs the text of a head.
func (s headSigner) SignHead(text string) (string, error) {
	return plan.SignText(text, s.Signer, rand.Reader)
}

// headSigners are the keys whose signatures count; nil for all.
type headSigners map[string]bool

var _ audit.HeadVerifier = headSigners{}

// VerifyHead checks a signature and names the key that made it.
func (s headSigners) VerifyHead(text, signature string) (string, error) {
	key, err := plan.VerifyText(text, signature)
	if err != nil {
		return "", err
	}
	by := plan.Fingerprint(key)
	if s != nil && !s[by] {
		return by, fmt.Errorf("%w: %s", audit.ErrUnlisted, by)
	}
	return by, nil
}

// openSigners reads a file of public keys, one a line; empty lines and those
// that begin with # are passed over. Where no file is named all keys count.
func openSigners(path string) (headSigners, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readSmall("the signers", path)
	if err != nil {
		return nil, err
	}
	signers := headSigners{}
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := plan.ParseKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		signers[plan.Fingerprint(key)] = true
	}
	if len(signers) == 0 {
		return nil, fmt.Errorf("%s names no key: copy the lines of .pub files into it", path)
	}
	return signers, lines.Err()
}
