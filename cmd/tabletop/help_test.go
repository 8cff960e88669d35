package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// TestHelpFits reads the help of every command that is ours: its lines fit, and it
// ends in examples.
func TestHelpFits(t *testing.T) {
	var out bytes.Buffer
	root := rootCommand(newConsole(&out, &out))
	seen := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		seen++
		if cmd.Runnable() && cmd.Example == "" {
			t.Errorf("%s has no examples", cmd.CommandPath())
		}
		out.Reset()
		cmd.SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if utf8.RuneCountInString(line) > narrow {
				t.Errorf("%s --help: %d columns: %s", cmd.CommandPath(), utf8.RuneCountInString(line), line)
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	if seen < 20 {
		t.Errorf("%d commands", seen)
	}
}

// TestMessagesFit tells mistakes whose words are long.
func TestMessagesFit(t *testing.T) {
	for _, args := range [][]string{
		{"run", "gone"},
		{"query", "SELECT", "1"},
		{"query", "SELECT $a FROM X WHERE", "--events", "gone"},
		{"query", "SELECT $a FROM X", "--events", "gone", "--max-rows", "0"},
		{"events", "pseudonymise", "."},
		{"events", "pseudonymise", ".", "--key", "k", "--to", "./out"},
		{"stores", "import", "x", "y", "--mode", "key_replace"},
		{"run", "x", "--now", "yesterday", "--tz", "Nowhere/City"},
		{"run", "x", "--fail-on", "protectd"},
		{"events", "cat", "x:0"},
		{"query", "SELECT 1", "--event", "x"},
	} {
		code, _, said := tabletop(t, args...)
		if code == exitDone {
			t.Errorf("%q is done", args)
		}
		for _, line := range strings.Split(said, "\n") {
			if utf8.RuneCountInString(line) > narrow {
				t.Errorf("%q: %d columns: %s", args, utf8.RuneCountInString(line), line)
			}
		}
	}
}
