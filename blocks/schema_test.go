package blocks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"tabletop/blocks"
	"tabletop/blocks/trigger"
)

//go:generate go test . -run ^TestSchemaIsFresh$ -update

const (
	schemaFile             = "../workbook/workbook.schema.json"
	integrationsSchemaFile = "trigger/integrations.schema.json"
)

var update = flag.Bool("update", false, "write the schemas anew")

func schemaText(t *testing.T) []byte {
	t.Helper()
	text, err := blocks.Schema(blocks.Kinds(blocks.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func integrationsSchemaText(t *testing.T) []byte {
	t.Helper()
	text, err := blocks.IntegrationsSchema()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSchemaIsFresh(t *testing.T) {
	for file, want := range map[string][]byte{schemaFile: schemaText(t), integrationsSchemaFile: integrationsSchemaText(t)} {
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what the types say; go generate ./blocks writes it anew (-types +file):\n%s", file, diff)
		}
	}
}

// compiled reads the schema as an editor would, and holds it to its own
// draft's rules on the way.
func compiled(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate holds YAML to the schema.
func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	value, err = jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestExamplesFollowTheSchema(t *testing.T) {
	files, err := filepath.Glob("../examples/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// These stand beside a workbook and are none.
	others := []string{"integrations.yaml", "guard.yaml", "sources.yaml"}
	files = slices.DeleteFunc(files, func(file string) bool {
		return slices.Contains(others, filepath.Base(file)) || strings.HasSuffix(file, ".test.yaml")
	})
	if len(files) < 5 {
		t.Fatalf("only %d workbooks in the examples", len(files))
	}
	schema := compiled(t, schemaText(t))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSchema(t *testing.T) {
	tests := []struct {
		name, workbook string
		valid          bool
	}{
		{"small", "workbook: a\nblocks:\n  - sql: SELECT 1", true},
		{"id and note", "workbook: a\nblocks:\n  - {text: t, id: first, note: n}", true},
		{"a key beside code", "workbook: a\nblocks:\n  - {code: drop $A, on_error: skip}", true},
		{"a bare null that is a word", "workbook: a\nblocks:\n  - {code: drop $A, on_error: null}", true},
		{"name that is a number", "workbook: 7\nblocks:\n  - text: t", true},
		{"parameter", "workbook: a\nparameters: {Vector: {default: HOST, description: d}}\nblocks:\n  - text: t", true},
		{"search", "workbook: a\nblocks:\n  - search: {stream: S, where: ['$A = 1'], aggregate: count, rows: 5, duration: 1d}", true},
		{"signal", "workbook: a\nblocks:\n  - signal: {name: n, tactic: t, technique: u, confidence: Low, score: 5, target: {host: $A}, suspect: {host: $B}}", true},
		{"alias", "workbook: a\nblocks:\n  - &again {text: t}\n  - *again", true},
		{"no name", "blocks:\n  - text: t", false},
		{"no blocks", "workbook: a", false},
		{"empty blocks", "workbook: a\nblocks: []", false},
		{"unknown key", "workbook: a\ncolour: red\nblocks:\n  - text: t", false},
		{"unknown kind", "workbook: a\nblocks:\n  - sqll: SELECT 1", false},
		{"two kinds", "workbook: a\nblocks:\n  - {sql: SELECT 1, text: t}", false},
		{"unknown key beside a kind", "workbook: a\nblocks:\n  - {sql: SELECT 1, on_errors: skip}", false},
		{"unknown key in a kind", "workbook: a\nblocks:\n  - search: {stream: S, wher: ['$A = 1']}", false},
		{"unknown stage", "workbook: a\nstage: live\nblocks:\n  - text: t", false},
		{"unknown on_error", "workbook: a\nblocks:\n  - {code: drop $A, on_error: ignore}", false},
		{"parameter that is no map", "workbook: a\nparameters: {Vector: HOST}\nblocks:\n  - text: t", false},
		{"tags that are no list", "workbook: a\ntags: x\nblocks:\n  - text: t", false},
		{"where that is no list", "workbook: a\nblocks:\n  - search: {where: $A = 1}", false},
		{"text that is a list", "workbook: a\nblocks:\n  - sql: [SELECT 1]", false},
	}
	schema := compiled(t, schemaText(t))
	for _, test := range tests {
		if err := validate(t, schema, []byte(test.workbook)); (err == nil) != test.valid {
			t.Errorf("%s: valid is %t, want %t: %v", test.name, err == nil, test.valid, err)
		}
	}
}

func TestIntegrationsFollowTheirSchema(t *testing.T) {
	schema := compiled(t, integrationsSchemaText(t))
	texts := map[string]string{}
	for _, name := range trigger.Ready() {
		texts[name], _ = trigger.ReadyText(name)
	}
	for _, file := range []string{"../examples/integrations.yaml", "trigger/testdata/integrations.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	for name, text := range texts {
		if err := validate(t, schema, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIntegrationsSchema(t *testing.T) {
	schema := compiled(t, integrationsSchemaText(t))
	for _, entry := range []string{
		"{name: a, url: 'https://h.example'}",
		"{name: a, url: 'https://h.example', headers: '{}', undo: none}",
		"{name: a, url: 'https://h.example', headers: {A: 1}, undo: {none: why}}",
		"{name: a, url: 'https://h.example', target: {type: ip, column: $A}, secrets: {t: {env: T}}}",
		"{name: a, url: 'https://h.example', success: {status: [200, 201], items: body, item: .ok}}",
	} {
		if err := validate(t, schema, []byte("integrations:\n  - "+entry)); err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
	for _, entry := range []string{
		"{name: a}",
		"{url: 'https://h.example'}",
		"{name: a, url: 'https://h.example', x: 1}",
		"{name: a, url: 'https://h.example', undo: sometimes}",
		"{name: a, url: 'https://h.example', target: {type: car, column: $A}}",
		"{name: a, url: 'https://h.example', target: {type: ip}}",
		"{name: a, url: 'https://h.example', rate: often}",
		"{name: a, url: 'https://h.example', headers: [A]}",
		"{name: a, url: 'https://h.example', secrets: {t: T}}",
		"{name: a, url: 'https://h.example', task: {id: body.id}}",
		"{name: a, url: 'https://h.example', validate: {url: 'https://h.example', method: POST}}",
		"{name: a, url: 'https://h.example', effect: one line}",
	} {
		if validate(t, schema, []byte("integrations:\n  - "+entry)) == nil {
			t.Errorf("%s is valid", entry)
		}
	}
}
