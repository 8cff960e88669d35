package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"tabletop/workbook/scenario"
)

// A proving is the command test with its flags.
type proving struct {
	output  string
	filter  string
	update  bool
	yes     bool
	timeout time.Duration
}

func testCommand(c *console) *cobra.Command {
	t := &proving{}
	cmd := &cobra.Command{
		Use:   "test [PATH…]",
		Short: "Run the tests of workbooks",
		Long: `test runs the tests that lie beside workbooks in files *.test.yaml: each gives
events, a clock, parameters and the vendor's answers, and says which rows,
signals and actions must come, and what must not be acted on. PATH is such a
file, a workbook's file, or a folder, which is searched with those below it; the
folder that one stands in where none is named.

Each test runs in a folder and a record of its own; nothing is sent, and the
audit is not touched. What differs is shown cell by cell, then which blocks gave
rows in any test and which verdicts came. It exits 3 where a test fails, 2 where
a file of tests has mistakes.

--update writes what came in the place of what was expected, once it has been
shown and you agree. What must not be acted on is never changed.

A file of tests:

  workbook: workbook.yaml
  tests:
    - name: three knocks are one block
      now: 2026-01-30T12:00:00Z
      events:
        FIREWALL:                      # rows, or the path of a file
          - {$SrcIP: 203.0.113.7, $DstPort: 3389, $CNAMTime: -10m}
      set: {Vector: HOST}
      answers: [{requests: 1, fault: 429}]   # or timeout, status with body
      expect:
        blocks:
          1: {values: [{$SrcIP: 203.0.113.7}]}   # or rows, ordered, columns
        signals: [{name: rdp, target: {host: 10.20.0.11}}]
        actions: {failed: [203.0.113.7]}       # {} for none
        requests: [{target: 203.0.113.7, status: 429}]
        must_not_act: [10.0.0.0/8]`,
		Example: `  tabletop test
  tabletop test examples/malicious-url --run 'commas'
  tabletop test examples -o junit > report.xml
  tabletop test workbook.yaml --update --yes`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return t.run(cmd.Context(), c, cmd.InOrStdin(), args)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&t.output, "output", "o", "text", "text, json or junit")
	f.StringVar(&t.filter, "run", "", "only tests whose name matches this `pattern`")
	f.BoolVar(&t.update, "update", false, "write what came in the place of what was expected, after showing it")
	f.BoolVar(&t.yes, "yes", false, "update without asking")
	f.DurationVar(&t.timeout, "timeout", time.Minute, "the most `time` that one test may take")
	cmd.AddCommand(testRecordCommand(c))
	return cmd
}

func (t *proving) run(ctx context.Context, c *console, in io.Reader, paths []string) error {
	if err := outputForm(t.output, "text", "json", "junit"); err != nil {
		return err
	}
	filter, err := regexp.Compile(t.filter)
	switch {
	case err != nil:
		return nothingRan(fmt.Errorf("--run %s: no pattern: %w", t.filter, err))
	case t.timeout <= 0:
		return nothingRan(errors.New("--timeout must be more than nothing"))
	case t.yes && !t.update:
		return nothingRan(errors.New("--yes agrees to what --update writes: add --update"))
	case t.update && t.output != "text":
		return nothingRan(fmt.Errorf("--update shows what it would write: leave out -o %s", t.output))
	}
	trials, err := t.trials(paths, filter)
	if err != nil {
		return err
	}
	t.start(ctx, trials)
	failed := 0
	for i, one := range trials {
		<-one.done
		if t.output == "text" {
			if i == 0 || trials[i-1].file != one.file {
				c.line(c.strong(clean(one.file.Path)))
			}
			c.trial(one)
			_ = c.flush()
		}
		if !one.passed() {
			failed++
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.trials(trials, t.output)
	if t.update && failed > 0 {
		return t.rewrite(ctx, c, in, trials)
	}
	if failed > 0 {
		return failure{exitNotHeld, nil}
	}
	return nil
}

// trials lists the tests that a filter lets through, file by file.
func (t *proving) trials(paths []string, filter *regexp.Regexp) ([]*trial, error) {
	files, err := testFiles(paths)
	if err != nil {
		return nil, err
	}
	read, err := readTests(files)
	if err != nil {
		return nil, err
	}
	var trials []*trial
	for _, f := range read {
		for _, test := range f.Tests {
			if filter.MatchString(test.Name.Value) {
				trials = append(trials, &trial{file: f, test: test, done: make(chan struct{})})
			}
		}
	}
	if len(trials) == 0 {
		return nil, nothingRan(fmt.Errorf("--run %s: none of the tests has such a name", t.filter))
	}
	return trials, nil
}

// A trial is a test that is run, or was.
type trial struct {
	file *scenario.File
	test *scenario.Test
	// done is closed once the rest is there.
	done chan struct{}
	played
	// mistake is why nothing ran.
	mistake     error
	differences []scenario.Difference
	seconds     float64
}

func (t *trial) passed() bool { return t.mistake == nil && len(t.differences) == 0 }
