package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// TestHelpExamplesRun runs every line of every command's examples, as a shell
// would, in a folder that holds what the examples speak of. A line that fails in
// another way than its scene says is an error; a line that is not run does not
// exist.
func TestHelpExamplesRun(t *testing.T) {
	var out bytes.Buffer
	staged := scenes()
	seen := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "tabletop ")
		lines := exampleLines(cmd.Example)
		if len(lines) > 0 && cmd.Runnable() {
			t.Run(name, func(t *testing.T) { staged[name].play(t, lines) })
			delete(staged, name)
			seen += len(lines)
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(rootCommand(newConsole(&out, &out)))
	for name := range staged {
		t.Errorf("a scene is set for %s, which has no examples", name)
	}
	if seen < 100 {
		t.Errorf("%d examples", seen)
	}
}

// exampleLines takes examples apart; a line that ends in \ goes on in the next.
func exampleLines(example string) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(example, "\\\n", " "), "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return lines
}

// A scene is what a command's examples need beside the examples folder and a
// workbook that blocks three addresses at a vendor on this machine.
type scene struct {
	// set prepares the folder; before, each line.
	set    func(t *testing.T, s *site)
	before func(t *testing.T, s *site, line string)
	// exits are the codes of lines that end otherwise than with 0.
	exits map[string]int
	// more are arguments that stand for whoever sits at the terminal, or for the
	// network: they go to the end of a line's first command.
	more func(line string) []string
	// instead are parts of lines that can't be here: times to come, ports.
	instead map[string]string
	// until ends a command that would not end by itself, once it has told where
	// it listens; it may ask there.
	until bool
}

// play runs the lines one after the other in one folder.
func (g scene) play(t *testing.T, lines []string) {
	examples, err := filepath.Abs(filepath.Join(checkout, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"id_ed25519": testKey(t, "ed25519"), "id_ed25519.pub": testKey(t, "ed25519.pub")}
	keys["id_ed25519_sk.pub"] = keys["id_ed25519.pub"]
	s := newSite(t)
	if err := os.CopyFS("examples", os.DirFS(examples)); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	for name, key := range keys {
		s.write(filepath.Join(home, ".ssh", name), key)
	}
	if g.set != nil {
		g.set(t, s)
	}
	// Places of other machines lie below the folder; the port is the vendor's.
	places := []string{"/var/log/", "var/log/", "/mnt/", "mnt/", "http://127.0.0.1:8080", s.url, "127.0.0.1:8080", "127.0.0.1:0"}
	for from, to := range g.instead {
		places = append([]string{from, to}, places...)
	}
	for _, line := range lines {
		if g.before != nil {
			g.before(t, s, line)
		}
		commands := shellWords(t, strings.NewReplacer(places...).Replace(line))
		if g.more != nil {
			commands[0].args = append(commands[0].args, g.more(line)...)
		}
		if code, said := g.pipe(t, commands); code != g.exits[line] {
			t.Errorf("%s\nexits %d, not %d:\n%s", line, code, g.exits[line], said)
		}
	}
}

// A shellCommand is one command of a line with the files of < and >.
type shellCommand struct {
	args     []string
	from, to string
}

// shellWords reads a line as a shell does, as far as examples go: quotes, |, <,
// >, # and names with * or ~/.
func shellWords(t *testing.T, line string) []shellCommand {
	t.Helper()
	commands := []shellCommand{{}}
	var word strings.Builder
	var quote rune
	begun, plain := false, true
	into := ""
	end := func() {
		if !begun {
			return
		}
		c := &commands[len(commands)-1]
		text := word.String()
		if rest, ok := strings.CutPrefix(text, "~/"); ok && plain {
			text = filepath.Join(os.Getenv("HOME"), rest)
		}
		found := []string{text}
		if matches, err := filepath.Glob(text); plain && strings.Contains(text, "*") && err == nil && len(matches) > 0 {
			found = matches
		}
		switch into {
		case "<":
			c.from = text
		case ">":
			c.to = text
		default:
			c.args = append(c.args, found...)
		}
		word.Reset()
		begun, plain, into = false, true, ""
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun, plain = r, true, false
		case r == '#' && !begun:
			end()
			return commands
		case r == ' ':
			end()
		case r == '|':
			end()
			commands = append(commands, shellCommand{})
		case r == '<' || r == '>':
			end()
			into = string(r)
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	end()
	if quote != 0 || len(commands[len(commands)-1].args) == 0 {
		t.Errorf("no line of a shell: %s", line)
	}
	return commands
}

// pipe runs the commands of a line, each on the output of the one before.
func (g scene) pipe(t *testing.T, commands []shellCommand) (code int, said string) {
	t.Helper()
	var input []byte
	for _, c := range commands {
		var err error
		if c.from != "" {
			if input, err = os.ReadFile(c.from); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs bytes.Buffer
		failed := g.command(t, c.args, input, &out, &errs)
		said += errs.String()
		if failed != 0 {
			return failed, said + out.String()
		}
		if c.to != "" {
			if err := os.WriteFile(c.to, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		input = out.Bytes()
	}
	return 0, said
}

// command runs one command: the program in this process, and of the others what
// they do.
func (g scene) command(t *testing.T, args []string, input []byte, out, errs *bytes.Buffer) int {
	t.Helper()
	switch args[0] {
	case "tabletop":
		if g.until {
			return served(t, args[1:], errs)
		}
		nobodyIsAsked(t, args)
		return run(context.Background(), args[1:], bytes.NewReader(input), out, errs)
	case "gzip":
		w := gzip.NewWriter(out)
		if _, err := w.Write(input); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return 0
	case "ssh-keygen": // -Y sign -n tabletop -f KEY FILE
		file := args[len(args)-1]
		desk{t, filepath.Dir(file)}.sign(filepath.Base(file), "ed25519")
		return 0
	case "curl": // -s URL
		return asked(t, args[len(args)-1], out)
	}
	t.Errorf("%q is a command that the test does not know", args)
	return 0
}

// served runs a command until it has told its address, asks it there, and
// interrupts it.
func served(t *testing.T, args []string, errs *bytes.Buffer) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	from, to := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, strings.NewReader(""), to, errs)
		_ = to.Close()
	}()
	var at string
	if _, err := fmt.Fscanln(from, &at); err == nil {
		go func() { _, _ = io.Copy(io.Discard, from) }()
		var answer bytes.Buffer
		asked(t, "http://"+strings.TrimPrefix(at, "http://")+"/_simulator/list", &answer)
	}
	cancel()
	return <-ended
}

// asked gets a page of the simulator.
func asked(t *testing.T, url string, out io.Writer) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return exitFailed
	}
	defer answer.Body.Close()
	if _, err := io.Copy(out, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Error(answer.Status, err)
	}
	return exitDone
}

// nobodyIsAsked stops a test before a command that connects finds a
// configuration of somebody else's host.
func nobodyIsAsked(t *testing.T, args []string) {
	t.Helper()
	connects := args[1] == "apply" || args[1] == "resume" || args[1] == "integrations" && len(args) > 2 && args[2] == "validate"
	text, err := os.ReadFile("integrations.yaml")
	if connects && err == nil && strings.Contains(string(text), "https://") && !slices.Contains(args, "--endpoint") {
		t.Fatalf("%q would connect to a host that is not of this machine", args)
	}
}
