package trigger

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// Limits on the value of a secret, in bytes. One that is shorter could not be
// struck out of answers without making them unreadable.
const (
	minSecret = 8
	maxSecret = 64 << 10
)

// secretNode says where a secret comes from.
type secretNode struct {
	Env  source.Text `yaml:"env" doc:"the environment variable that has it"`
	File source.Text `yaml:"file" doc:"the file that has it, readable by its owner alone; relative to this file's folder"`
}

// A secretSource is where a secret comes from: one of the two.
type secretSource struct {
	variable, file string
	// written is the file's path as the configuration has it.
	written string
}

// compileSecrets reads where secrets come from, each by its name.
func (n *Integration) compileSecrets(node source.Node, folder string) source.Problems {
	used := n.SecretNames()
	n.sources = map[string]secretSource{}
	if !node.Exists() {
		return nil
	}
	if !node.IsMap() {
		return source.Problems{node.Problem("secrets must be a map", "as in secrets: {token: {env: NAME}}")}
	}
	var problems source.Problems
	for _, pair := range node.Pairs() {
		name := pair.Key.Value
		var s secretNode
		more := source.Decode(pair.Value, &s)
		problems = append(problems, more...)
		if more.Err() != nil {
			continue
		}
		if _, twice := n.sources[name]; twice {
			problems = append(problems, pair.Key.Problem(0, name+" stands twice", "remove one of them"))
		}
		switch {
		case !slices.Contains(used, name):
			problems = append(problems, pair.Key.Problem(0, "no part of the configuration holds ["+name+"]", source.DidYouMean(name, used)))
		case s.Env.Set() == s.File.Set():
			problems = append(problems, pair.Key.Problem(0, "the secret "+name+" must come from one place", "write {env: NAME} or {file: path}"))
		case s.Env.Set() && (identifier(s.Env.Value) != len(s.Env.Value) || s.Env.Value == ""):
			problems = append(problems, s.Env.Problem(0, guard.Quote(s.Env.Value)+" is no name of an environment variable", "letters, digits and _ only; the value itself never stands here"))
		case s.File.Set() && (s.File.Value == "" || !oneLine(s.File.Value)):
			problems = append(problems, s.File.Problem(0, "the path of the file must be one line with something in it", ""))
		}
		from := secretSource{variable: s.Env.Value}
		if s.File.Set() {
			from = secretSource{file: within(folder, s.File.Value), written: s.File.Value}
		}
		n.sources[name] = from
	}
	return problems
}

// within is a path that a configuration in folder names.
func within(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// SecretNames lists the secrets that the configuration's requests hold, sorted.
func (n *Integration) SecretNames() []string {
	names := map[string]bool{}
	n.forms(func(r form) {
		r.templates(func(t template, _ string) {
			for _, p := range t {
				if p.secret != "" {
					names[p.secret] = true
				}
			}
		})
	})
	return slices.Sorted(maps.Keys(names))
}

// forms visits all requests of the configuration.
func (n *Integration) forms(do func(form)) {
	do(n.form())
	if n.undo.form != nil {
		do(*n.undo.form)
	}
	if n.task != nil {
		r := n.task.form
		r.endpoint.parts = slices.DeleteFunc(slices.Clone(r.endpoint.parts), func(p part) bool { return p.secret == taskName })
		do(r)
	}
	if n.ask != nil {
		do(n.ask.form)
	}
	do(n.validate.form)
}

// source is where a secret comes from.
func (n *Integration) source(name string) secretSource {
	if s, ok := n.sources[name]; ok {
		return s
	}
	return secretSource{variable: "TABLETOP_SECRET_" + strings.ToUpper(name)}
}

// Secret reads the value of a secret: from the environment as lookup knows it
// (os.LookupEnv), or from the file that the configuration names. Its error never
// holds the value.
func (n *Integration) Secret(name string, lookup func(string) (string, bool)) (string, error) {
	from := n.source(name)
	value, place := "", "the environment variable "+from.variable
	if from.file != "" {
		place = "the file " + from.file
		text, err := readSecret(from.file)
		if err != nil {
			return "", fmt.Errorf("read the secret [%s] of %s: %w", name, n.Name, err)
		}
		value = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	} else if found, ok := lookup(from.variable); ok {
		value = found
	} else {
		return "", fmt.Errorf("the secret [%s] of %s is not set: put it into %s", name, n.Name, place)
	}
	switch {
	case len(value) < minSecret:
		return "", fmt.Errorf("the secret [%s] of %s has %d bytes in %s: a secret has %d or more", name, n.Name, len(value), place, minSecret)
	case len(value) > maxSecret:
		return "", fmt.Errorf("the secret [%s] of %s has over %d bytes in %s", name, n.Name, maxSecret, place)
	case !utf8.ValidString(value):
		return "", fmt.Errorf("the secret [%s] of %s is not UTF-8 text in %s", name, n.Name, place)
	}
	return value, nil
}

// Secrets reads all secrets of the configuration. Its error names every one
// that can't be read.
func (n *Integration) Secrets(lookup func(string) (string, bool)) (map[string]string, error) {
	values := map[string]string{}
	var failed []error
	for _, name := range n.SecretNames() {
		value, err := n.Secret(name, lookup)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		values[name] = value
	}
	return values, errors.Join(failed...)
}

// DummySecret stands for a secret where requests go to a simulator.
func DummySecret(name string) (string, error) { return "simulated-" + name, nil }

// readSecret reads a file that its owner alone can read.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return "", err
	}
	if err := ownersAlone(path, info); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+3))
	return string(text), err
}
