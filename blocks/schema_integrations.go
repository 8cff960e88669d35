package blocks

import "tabletop/blocks/trigger"

// IntegrationsSchema is the JSON Schema of integrations.yaml, made from the types
// that read it.
func IntegrationsSchema() ([]byte, error) {
	types := trigger.FileTypes()
	entry := schemaOf(types.Entry)
	properties := entry["properties"].(map[string]any)
	put := func(key string, schema map[string]any) {
		properties[key] = described(schema, properties[key].(map[string]any)["description"].(string))
	}
	headers := anyOf(text(), map[string]any{"type": "object", "additionalProperties": text()})
	none := map[string]any{"enum": []any{"none"}}
	undo := schemaOf(types.Undo)
	put("headers", headers)
	put("target", anyOf(none, schemaOf(types.Target)))
	put("undo", anyOf(none, undo))
	put("secrets", map[string]any{"type": "object", "additionalProperties": schemaOf(types.Secret)})
	for _, inner := range []any{undo, properties["task"], properties["ask"], properties["validate"]} {
		of := inner.(map[string]any)["properties"].(map[string]any)
		of["headers"] = described(anyOf(headers["anyOf"].([]any)...), of["headers"].(map[string]any)["description"].(string))
	}
	schema := schemaOf(types.File)
	list := schema["properties"].(map[string]any)["integrations"].(map[string]any)
	list["type"], list["items"], list["maxItems"] = "array", entry, trigger.MaxIntegrations
	return written(schema, "tabletop integrations")
}

func anyOf(schemas ...any) map[string]any { return map[string]any{"anyOf": schemas} }
