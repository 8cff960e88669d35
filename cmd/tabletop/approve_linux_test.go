package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal and returns its two ends: where a person sits, and
// what a program reads.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

// TestApproveAsks answers at a terminal: yes, and the passphrase of the key.
func TestApproveAsks(t *testing.T) {
	for _, c := range []struct {
		typed string
		key   string
		code  int
		says  string
	}{
		{"yes\n", "ed25519", exitDone, ""},
		{"YES\ncorrect horse\n", "locked", exitDone, ""},
		{"yes\nwrong\n", "locked", exitNothingRan, "read the private key"},
		{"no\n", "ed25519", exitRefused, "nothing was approved: the answer was not yes"},
		{"\n", "ed25519", exitRefused, "nothing was approved"},
	} {
		d := newDesk(t, nil)
		person, program := openTerminal(t)
		if _, err := person.WriteString(c.typed); err != nil {
			t.Fatal(err)
		}
		var out, said bytes.Buffer
		code := run(context.Background(), []string{"approve", d.path("plan.json"), "--key", d.path("key_" + c.key), "--reason", "seen"}, program, &out, &said)
		if code != c.code || !strings.Contains(said.String(), c.says) {
			t.Errorf("%q: exit %d\n%s\n%s", c.typed, code, out.String(), said.String())
		}
		d.contains(said.String(), "Approve this? Write yes: ")
		if c.code == exitDone {
			if s := d.standing(); len(s.Plan) != 1 {
				t.Errorf("%q: %+v", c.typed, s)
			}
		}
	}
}

// A listener passes on what is written, and calls when it hears a word.
type listener struct {
	bytes.Buffer
	word string
	call func()
}

func (l *listener) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte(l.word)) {
		l.call()
	}
	return l.Buffer.Write(text)
}

// TestApproveIsInterrupted while it waits for an answer, and for a passphrase: the
// terminal then shows again what is typed.
func TestApproveIsInterrupted(t *testing.T) {
	for _, word := range []string{"Write yes", "Passphrase of"} {
		d := newDesk(t, nil)
		person, program := openTerminal(t)
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(cancel)
		said := &listener{word: word, call: cancel}
		if word == "Passphrase of" {
			if _, err := person.WriteString("yes\n"); err != nil {
				t.Fatal(err)
			}
			said.call = func() {
				go func() {
					for shows(t, program) {
						time.Sleep(time.Millisecond)
					}
					cancel()
				}()
			}
		}
		var out bytes.Buffer
		code := run(ctx, []string{"approve", d.path("plan.json"), "--key", d.path("key_locked"), "--reason", "seen"}, program, &out, said)
		if code != exitInterrupted {
			t.Errorf("%s: exit %d\n%s", word, code, said.String())
		}
		if !shows(t, program) {
			t.Errorf("%s: the terminal hides what is typed", word)
		}
	}
}

// shows reports whether a terminal shows what is typed.
func shows(t *testing.T, terminal *os.File) bool {
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Error(err)
		return false
	}
	return state.Lflag&unix.ECHO != 0
}
