package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// talk takes commands until one lets the block run, or leaves the run.
func (w *walker) talk(ctx context.Context, b workbook.Block, in workbook.Table) (workbook.Stop, error) {
	var stop workbook.Stop
	for {
		command, err := w.lines.next(ctx, fmt.Sprintf("[%d/%d] ", b.Index, len(w.blocks)), w.blocks)
		if errors.Is(err, io.EOF) {
			return w.ended(stop)
		}
		if err != nil {
			return stop, err
		}
		switch command.verb {
		case "next":
			return stop, w.askFirst(ctx, b, &stop)
		case "continue":
			w.running = true
			return stop, nil
		case "skip":
			stop.Skip, stop.By = true, w.who
			return stop, nil
		case "quit":
			return stop, w.leave(nil, "by "+w.who)
		case "back":
			if l := w.backFrom(b, command.argument); l != nil {
				return stop, w.leave(l, l.why)
			}
		case "set":
			if l := w.setting(b, command.argument); l != nil {
				return stop, w.leave(l, l.why)
			}
		case "guess":
			w.guess(b, command.argument, &stop)
		case "who":
			w.who = command.argument
		case "row":
			w.row(in, command.argument)
		case "break":
			w.breakAt(command)
		case "help":
			w.help()
		}
	}
}

// ended is what becomes of a run whose commands have ended: a script lets it run
// on, somebody who goes away leaves it.
func (w *walker) ended(stop workbook.Stop) (workbook.Stop, error) {
	if _, isScript := w.lines.(*scripted); !isScript {
		return stop, w.leave(nil, "by "+w.who)
	}
	w.running, w.breaks = true, nil
	return stop, nil
}

// leave ends the run, for another where l is not nil.
func (w *walker) leave(l *leaving, why string) error {
	w.leaving = l
	return fmt.Errorf("%w: %s", workbook.ErrLeft, why)
}

// backFrom is the run to go back in; nil where there is nowhere to go.
func (w *walker) backFrom(b workbook.Block, to string) *leaving {
	n := b.Index - 1
	if to != "" {
		n, _ = blockNamed(to, w.blocks)
	}
	if n < 1 || n >= b.Index {
		w.say("there is no way back from block %d to block %d", b.Index, max(n, 0))
		return nil
	}
	return &leaving{why: fmt.Sprintf("back to block %d", n), until: n}
}

// setting is the run in which a parameter has another value; nil where there is
// no such parameter.
func (w *walker) setting(b workbook.Block, argument string) *leaving {
	name, value, _ := strings.Cut(argument, " ")
	value = strings.TrimSpace(value)
	var names []string
	for _, p := range w.program.Workbook.Parameters {
		names = append(names, p.Name)
		if p.Name == name {
			return &leaving{why: "{" + name + "} is now " + value, until: b.Index, name: name, value: value}
		}
	}
	w.say("the workbook has no parameter %s: %s", name, source.DidYouMean(name, names))
	return nil
}

// acts reports whether a block makes requests, of which targets can be guessed.
func acts(b workbook.Block) bool {
	return b.Kind.Name == "trigger" || b.Kind.Name == "notification" || b.Kind.Name == "dql" && strings.Contains(b.Text(), "_trigger")
}

// guess takes what somebody thinks will come of a block: the last guess of each
// counts.
func (w *walker) guess(b workbook.Block, said string, stop *workbook.Stop) {
	if b.Kind.Silent {
		w.say("this block passes its rows on and blocks nobody: there is nothing to guess")
		return
	}
	g := workbook.Guess{Who: w.who, Of: workbook.GuessTargets, Said: said}
	number, isNumber := strings.CutSuffix(strings.TrimSuffix(said, "s"), " row")
	if !isNumber {
		number = said
	}
	if n, err := strconv.Atoi(number); err == nil && n >= 0 {
		g.Of, g.Said = workbook.GuessRows, strconv.Itoa(n)
	} else if !acts(b) {
		w.say("this block blocks nobody: guess how many rows will come, as in guess 5")
		return
	}
	kept := stop.Guesses[:0:0]
	for _, other := range stop.Guesses {
		if other.Who != g.Who || other.Of != g.Of {
			kept = append(kept, other)
		}
	}
	stop.Guesses = append(kept, g)
}

// askFirst asks for a guess where none was made, before a block runs.
func (w *walker) askFirst(ctx context.Context, b workbook.Block, stop *workbook.Stop) error {
	if len(stop.Guesses) > 0 || b.Kind.Silent {
		return nil
	}
	question := "how many rows will pass? (a number, or nothing) "
	if acts(b) {
		question = "who will be blocked? (targets, none, or nothing) "
	}
	said, err := w.lines.question(ctx, question)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if said != "" {
		w.guess(b, said, stop)
	}
	return err
}

// breakAt adds a break, or lists those there are.
func (w *walker) breakAt(command stepCommand) {
	if command.argument != "" {
		w.breaks = append(w.breaks, command.at)
		return
	}
	if len(w.breaks) == 0 {
		w.say("no breaks: break 3 or break rows > 100 makes one")
	}
	for _, at := range w.breaks {
		w.say("break at %s", at.text)
	}
}

// help lists the commands.
func (w *walker) help() {
	for _, v := range stepVerbs() {
		lead := strings.TrimSpace(v.word + " " + v.takes)
		if v.short != "" {
			lead = v.short + ", " + lead
		}
		w.say("  %-32s%s", lead, v.meaning)
	}
}
