package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tabletop/blocks/trigger/plan"
)

// An approvalKey is the key that --key names: its public half, and how to come to
// sign with it.
type approvalKey struct {
	// public is nil for a locked file of an old form, which hides it.
	public ssh.PublicKey
	signer func(ctx context.Context) (ssh.Signer, func(), error)
}

// openKey reads the file of a key: a private one, or a public one whose private
// half an SSH agent holds. A passphrase is asked for only when it signs.
func (c *console) openKey(in io.Reader, path string) (approvalKey, error) {
	text, err := readSmall("the key", path)
	if err != nil {
		return approvalKey{}, err
	}
	if !bytes.Contains(text, []byte("PRIVATE KEY-----")) {
		public, err := plan.ParseKey(string(text))
		if err != nil {
			return approvalKey{}, fmt.Errorf("%s: %w", path, err)
		}
		return approvalKey{public, func(ctx context.Context) (ssh.Signer, func(), error) {
			return agentSigner(ctx, os.Getenv("SSH_AUTH_SOCK"), public)
		}}, nil
	}
	if err := onlyOwn(path); err != nil {
		return approvalKey{}, err
	}
	return approvalKey{plan.PublicKeyOf(text), func(ctx context.Context) (ssh.Signer, func(), error) {
		signer, err := plan.NewSigner(text, func() ([]byte, error) {
			return c.askSecret(ctx, in, "Passphrase of "+path+": ")
		})
		if errors.Is(err, errNoTerminal) {
			return nil, nil, fmt.Errorf("%s has a passphrase, and the standard input is no terminal to ask for it: load the key into an SSH agent, and name its .pub file", path)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		return signer, func() {}, nil
	}}, nil
}

// readSmall reads a file that is no larger than what is signed may be; what says
// in an error what is read.
func readSmall(what, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, plan.MaxStatementBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if len(text) > plan.MaxStatementBytes {
		return nil, fmt.Errorf("read %s: %s is larger than %d bytes", what, path, plan.MaxStatementBytes)
	}
	return text, nil
}

// onlyOwn refuses a private key that others can read, as ssh does: an approval by
// it would prove little.
func onlyOwn(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("others than you can read %s (mode %04o): chmod 600 it", path, info.Mode().Perm())
	}
	return nil
}

// agentSigner finds a key among those of the SSH agent that listens at socket, a
// file of this machine. What it returns is closed once it has signed.
func agentSigner(ctx context.Context, socket string, public ssh.PublicKey) (ssh.Signer, func(), error) {
	if socket == "" {
		return nil, nil, errors.New("the private half of a .pub file is an SSH agent's, and none runs: SSH_AUTH_SOCK is not set")
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the SSH agent: %w", err)
	}
	hang := context.AfterFunc(ctx, func() { _ = connection.Close() })
	done := func() {
		hang()
		_ = connection.Close()
	}
	signers, err := agent.NewClient(connection).Signers()
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("ask the SSH agent for its keys: %w", err)
	}
	var held []string
	for _, s := range signers {
		if bytes.Equal(s.PublicKey().Marshal(), public.Marshal()) {
			return s, done, nil
		}
		held = append(held, plan.Fingerprint(s.PublicKey()))
	}
	done()
	if held == nil {
		return nil, nil, errors.New("the SSH agent holds no keys: load yours with ssh-add")
	}
	return nil, nil, fmt.Errorf("the SSH agent does not hold the key %s, but %s: load yours with ssh-add", plan.Fingerprint(public), strings.Join(held, ", "))
}
