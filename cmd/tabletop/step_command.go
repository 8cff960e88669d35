package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A stepCommand is a line that somebody gives to a run that has stopped.
type stepCommand struct {
	verb, argument string
	// text is the line as it was given.
	text string
	at   breakpoint
}

// A stepVerb is a word that begins a command, with what it takes and does.
type stepVerb struct{ word, short, takes, meaning string }

// stepVerbs lists the commands.
func stepVerbs() []stepVerb {
	return []stepVerb{
		{"next", "n", "", "run this block"},
		{"guess", "g", "N | TARGET… | none", "say how many rows will come, or who will be blocked"},
		{"who", "", "NAME", "whose guesses the next ones are"},
		{"row", "r", "N", "look at a row that comes in, and the events behind it"},
		{"back", "b", "[BLOCK]", "go back a block, or to one: in a run of its own"},
		{"set", "", "NAME VALUE", "change a parameter: in a run of its own, up to here"},
		{"skip", "s", "", "leave this block out; its rows pass on"},
		{"break", "", "[BLOCK | rows > N]", "stop there too; without a place, list the breaks"},
		{"continue", "c", "", "run on to the next break, or to the end"},
		{"help", "h", "", "list the commands"},
		{"quit", "q", "", "leave the run, which stays recorded"},
	}
}

// parseStep reads a command; an empty line runs the block.
func parseStep(line string, list []workbook.Block) (stepCommand, error) {
	word, argument, _ := strings.Cut(strings.TrimSpace(line), " ")
	c := stepCommand{verb: word, argument: strings.TrimSpace(argument), text: line}
	if word == "" {
		c.verb = "next"
		return c, nil
	}
	var words []string
	for _, v := range stepVerbs() {
		if words = append(words, v.word); v.short != "" && v.short == word {
			c.verb = v.word
		}
	}
	if !slices.Contains(words, c.verb) {
		return c, fmt.Errorf("unknown command %s: %s", word, source.DidYouMean(word, words))
	}
	return c, c.check(list)
}

// check checks what stands behind a command's word.
func (c *stepCommand) check(list []workbook.Block) (err error) {
	needs := func(what string) error { return fmt.Errorf("%s lacks %s", c.verb, what) }
	switch c.verb {
	case "next", "skip", "continue", "help", "quit":
		if c.argument != "" {
			return fmt.Errorf("%s takes nothing behind it, and there is %s", c.verb, c.argument)
		}
	case "guess":
		if c.argument == "" {
			return needs("what is guessed: a number of rows, the targets that will be blocked, or none")
		}
	case "who":
		if c.argument == "" {
			return needs("a name")
		}
	case "row":
		if n, wrong := strconv.Atoi(c.argument); wrong != nil || n < 1 {
			return needs("the number of a row, from 1")
		}
	case "set":
		if name, _, ok := strings.Cut(c.argument, " "); !ok || name == "" {
			return needs("a parameter and its value, as in set Vector EMAIL")
		}
	case "back":
		if _, ok := blockNamed(c.argument, list); !ok && c.argument != "" {
			return fmt.Errorf("the workbook has no block %s", c.argument)
		}
	case "break":
		if c.argument != "" {
			c.at, err = breakAt(c.argument, list)
		}
	}
	return err
}

// A breakpoint is where a run stops: before a block, or before any into which as
// many come.
type breakpoint struct {
	text  string
	block int
	// of is rows, signals or actions.
	of, compare string
	number      int
}

var breakCondition = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(rows|signals|actions)\s*(>=|<=|!=|=|>|<)\s*([0-9]{1,9})$`)
})

// breakAt reads a breakpoint.
func breakAt(text string, list []workbook.Block) (breakpoint, error) {
	text = strings.TrimSpace(text)
	if n, ok := blockNamed(text, list); ok {
		return breakpoint{text: text, block: n}, nil
	}
	m := breakCondition().FindStringSubmatch(text)
	if m == nil {
		return breakpoint{}, fmt.Errorf("no break: %s is neither a block, by its number or id, nor as rows > 100, signals = 0 or actions >= 5", text)
	}
	n, err := strconv.Atoi(m[3])
	return breakpoint{text: text, of: m[1], compare: m[2], number: n}, err
}

// met reports whether a run stops before a block.
func (p breakpoint) met(b workbook.Block, in workbook.Table, env *workbook.Env) bool {
	if p.block > 0 {
		return p.block == b.Index
	}
	n := len(in.Rows)
	switch p.of {
	case "signals":
		n = len(env.Signals)
	case "actions":
		n = len(env.Actions)
	}
	switch p.compare {
	case ">":
		return n > p.number
	case ">=":
		return n >= p.number
	case "<":
		return n < p.number
	case "<=":
		return n <= p.number
	case "=":
		return n == p.number
	}
	return n != p.number
}

// A commandSource gives commands one after the other, io.EOF behind the last.
type commandSource interface {
	next(ctx context.Context, prompt string, list []workbook.Block) (stepCommand, error)
	// question puts a question and takes the line that answers it; empty where
	// nobody is asked.
	question(ctx context.Context, text string) (string, error)
}

// A typed source is somebody at a keyboard, or what is piped in.
type typed struct {
	c  *console
	in io.Reader
}

func (t *typed) next(ctx context.Context, prompt string, list []workbook.Block) (stepCommand, error) {
	for {
		line, err := t.question(ctx, prompt)
		if err != nil {
			return stepCommand{}, err
		}
		command, err := parseStep(line, list)
		if err == nil {
			return command, nil
		}
		t.c.problem(err.Error())
	}
}

func (t *typed) question(ctx context.Context, text string) (string, error) {
	if err := t.c.flush(); err != nil {
		return "", fmt.Errorf("write the question: %w", err)
	}
	fmt.Fprint(t.c.err, clean(text))
	line, err := await(ctx, func() ([]byte, error) { return readTyped(t.in) })
	return strings.TrimSpace(string(line)), err
}

// readTyped reads a line and not past it; io.EOF says that there is none.
func readTyped(r io.Reader) ([]byte, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < maxAnswer; {
		n, err := r.Read(one)
		switch {
		case n == 1 && one[0] == '\n', errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case err != nil && n == 0:
			return nil, err
		}
		line = append(line, one[:n]...)
	}
	return nil, fmt.Errorf("the line is longer than %d bytes", maxAnswer)
}

// A scripted source is a file of commands. They are shown as they are taken, so
// that the output reads as a transcript.
type scripted struct {
	show     func(line string)
	commands []stepCommand
}

func (s *scripted) next(context.Context, string, []workbook.Block) (stepCommand, error) {
	if len(s.commands) == 0 {
		return stepCommand{}, io.EOF
	}
	next := s.commands[0]
	s.commands = s.commands[1:]
	s.show(next.text)
	return next, nil
}

func (s *scripted) question(context.Context, string) (string, error) { return "", nil }
