package blocks

import (
	"bytes"
	"encoding/json"
	"reflect"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Schema is the JSON Schema of workbook files, made from the types that read
// them, for editors that complete and check YAML.
func Schema(kinds []workbook.Kind) ([]byte, error) {
	var blocks []any
	for _, k := range kinds {
		properties := map[string]any{
			k.Name: described(schemaOf(reflect.TypeOf(k.Config)), k.Doc),
			"id":   described(text(), "a name for the block"),
			"note": described(text(), "a remark for the reader"),
		}
		if k.Beside != nil {
			for _, f := range source.Fields(reflect.TypeOf(k.Beside)) {
				properties[f.Name] = schemaOfField(f)
			}
		}
		blocks = append(blocks, map[string]any{
			"type": "object", "required": []string{k.Name}, "additionalProperties": false, "properties": properties,
		})
	}
	schema := schemaOf(workbook.FileType())
	list := schema["properties"].(map[string]any)["blocks"].(map[string]any)
	list["type"], list["items"], list["minItems"], list["maxItems"] = "array", map[string]any{"oneOf": blocks}, 1, workbook.MaxBlocks
	return written(schema, "tabletop workbook")
}

// written is the text of a schema.
func written(schema map[string]any, title string) ([]byte, error) {
	schema["$schema"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", title
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(schema)
	return out.Bytes(), err
}

// text is the schema of a scalar: YAML's numbers and truth values are texts to
// a workbook.
func text() map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean"}}
}

func described(schema map[string]any, doc string) map[string]any {
	schema["description"] = doc
	return schema
}

// schemaOf describes what source.Decode takes for a type.
func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t == nil, t == reflect.TypeFor[source.Node]():
		return map[string]any{}
	case t == reflect.TypeFor[source.Text]():
		return text()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for _, f := range source.Fields(t) {
			properties[f.Name] = schemaOfField(f)
			if f.Required {
				required = append(required, f.Name)
			}
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	}
	return text()
}

func schemaOfField(f source.Field) map[string]any {
	schema := schemaOf(f.Type)
	if len(f.Enum) > 0 {
		values := []any{}
		for _, v := range f.Enum {
			values = append(values, v)
			if v == "null" { // which YAML reads as nothing at all
				values = append(values, nil)
			}
		}
		schema = map[string]any{"enum": values}
	}
	return described(schema, f.Doc)
}
