package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
)

// errNoTerminal is returned where a question has nobody to answer it.
var errNoTerminal = errors.New("nobody can be asked: the standard input is no terminal")

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 4096

// ask puts a question to whoever sits at the terminal, and returns the line that
// they answer, without blanks around it.
func (c *console) ask(ctx context.Context, in io.Reader, question string) (string, error) {
	terminal, err := c.put(in, question)
	if err != nil {
		return "", err
	}
	line, err := await(ctx, func() ([]byte, error) { return readLine(terminal) })
	return strings.TrimSpace(string(line)), err
}

// askSecret is ask for what must not be seen.
func (c *console) askSecret(ctx context.Context, in io.Reader, question string) ([]byte, error) {
	terminal, err := c.put(in, question)
	if err != nil {
		return nil, err
	}
	before, err := term.GetState(terminal.Fd())
	if err != nil {
		return nil, fmt.Errorf("read from the terminal: %w", err)
	}
	secret, err := await(ctx, func() ([]byte, error) { return term.ReadPassword(terminal.Fd()) })
	if ctx.Err() != nil { // the terminal still hides what is typed
		_ = term.Restore(terminal.Fd(), before)
	}
	fmt.Fprintln(c.err)
	return secret, err
}

// put writes a question to a terminal.
func (c *console) put(in io.Reader, question string) (*os.File, error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return nil, errNoTerminal
	}
	if err := c.flush(); err != nil {
		return nil, fmt.Errorf("write the question: %w", err)
	}
	fmt.Fprint(c.err, clean(question))
	return f, nil
}

// readLine reads to the end of a line and not past it: what follows answers the
// next question.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < maxAnswer; {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			return line, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
		line = append(line, one[:n]...)
	}
	return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
}

// await waits for an answer until ctx ends. A terminal that is being read can't
// be called off: what reads it then ends with the program.
func await(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type answer struct {
		text []byte
		err  error
	}
	came := make(chan answer, 1)
	go func() {
		text, err := read()
		came <- answer{text, err}
	}()
	select {
	case a := <-came:
		return a.text, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
