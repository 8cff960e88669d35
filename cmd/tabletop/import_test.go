package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// A writtenBook is a workbook as its file has it.
type writtenBook struct {
	Workbook string           `yaml:"workbook"`
	Stage    string           `yaml:"stage"`
	Tags     []string         `yaml:"tags"`
	Blocks   []map[string]any `yaml:"blocks"`
}

// writtenHooks are integrations as their file has them.
type writtenHooks struct {
	Integrations []map[string]string `yaml:"integrations"`
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, text)
	}
}

// page writes a block as DNIF's page shows it, under its label.
func page(block map[string]any, labelled bool) string {
	for kind, body := range block {
		label := map[string]string{"sql": "SQL Block", "code": "Code Block", "dql": "DQL Block", "signal": "Signal Block", "search": "Search Block"}[kind]
		if !labelled {
			label = ""
		}
		fields, ok := body.(map[string]any)
		if !ok {
			return label + "\n" + body.(string)
		}
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			title := strings.ToUpper(name[:1]) + name[1:]
			switch value := fields[name].(type) {
			case map[string]any:
				lines = append(lines, title)
				for _, key := range slices.Sorted(maps.Keys(value)) {
					lines = append(lines, fmt.Sprintf("%s %v", strings.ToUpper(key[:1])+key[1:], value[key]))
				}
			case []any:
				for _, v := range value {
					lines = append(lines, fmt.Sprintf("%s: %v", map[string]string{"where": "Filter"}[name], v))
				}
			default:
				lines = append(lines, fmt.Sprintf("%s: %v", title, value))
			}
		}
		return label + "\n" + strings.Join(lines, "\n")
	}
	return ""
}

// TestImportGivesTheExamplesBack pastes the blocks of every example in every
// order, with labels and without, and gets the example back, without a mistake.
func TestImportGivesTheExamplesBack(t *testing.T) {
	var hooks writtenHooks
	readYAML(t, filepath.Join(checkout, "examples/integrations.yaml"), &hooks)
	paths, err := filepath.Glob(filepath.Join(checkout, "examples/*/*.yaml"))
	if err != nil || len(paths) < 8 {
		t.Fatal(err, paths)
	}
	for _, path := range paths {
		var want writtenBook
		if readYAML(t, path, &want); len(want.Blocks) == 0 {
			continue
		}
		t.Run(want.Workbook, func(t *testing.T) {
			for i, order := range orders(len(want.Blocks)) {
				checkImport(t, want, hooks.Integrations, order, i)
			}
		})
	}
}

// checkImport pastes the blocks of a workbook in an order and reads them back.
func checkImport(t *testing.T, want writtenBook, hooks []map[string]string, order []int, turn int) {
	t.Helper()
	var parts, blocks []string
	for _, b := range want.Blocks {
		b = maps.Clone(b)
		delete(b, "note")
		block, _ := yaml.Marshal(b)
		blocks = append(blocks, string(block))
	}
	for _, i := range order {
		b := maps.Clone(want.Blocks[i])
		delete(b, "note")
		_, fields := b["search"]
		parts = append(parts, page(b, fields || turn%2 == 0))
	}
	for i, h := range hooks {
		hook := []string{"Request Method: " + h["method"], "URL\n" + h["url"], "Headers\n" + h["headers"], "Payload\n" + h["payload"]}
		if turn%2 == 1 { // no labels, as where a page leaves them out
			hook = []string{h["payload"], h["url"], h["method"], h["headers"]}
		}
		parts = append(parts, "Configuration Name: "+h["name"]+"\n"+strings.Join(hook, "\n"))
		if turn%3 == 1 && i == 0 { // webhooks around the blocks
			parts = append(parts[len(parts)-1:], parts[:len(parts)-1]...)
		}
	}
	pasted := "Workbook name: " + want.Workbook + "\nStage: " + want.Stage + "\nTags: " + strings.Join(want.Tags, ", ") + "\n\n" + strings.Join(parts, "\n\n")
	folder := filepath.Join(t.TempDir(), "new")
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"import", "-", "--to", folder}, strings.NewReader(pasted), &out, &errs)
	if code != exitDone {
		t.Fatalf("exit %d: %s\nof\n%s", code, errs.String(), pasted)
	}
	var got writtenBook
	readYAML(t, filepath.Join(folder, "workbook.yaml"), &got)
	var gotBlocks []string
	for _, b := range got.Blocks {
		block, _ := yaml.Marshal(b)
		gotBlocks = append(gotBlocks, string(block))
	}
	slices.Sort(blocks)
	slices.Sort(gotBlocks)
	if diff := cmp.Diff(strings.ReplaceAll(strings.Join(blocks, "\n"), "|-\n", "|\n"), strings.ReplaceAll(strings.Join(gotBlocks, "\n"), "|-\n", "|\n")); diff != "" {
		t.Errorf("%v: %s", order, diff)
	}
	got.Blocks, want.Blocks = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var gotHooks writtenHooks
	readYAML(t, filepath.Join(folder, "integrations.yaml"), &gotHooks)
	if diff := cmp.Diff(hooks, gotHooks.Integrations); diff != "" {
		t.Error(diff)
	}
}

// orders lists the orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, rest := range orders(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(rest), i, n-1))
		}
	}
	return out
}
