package trigger

import (
	"strings"

	"tabletop/workbook/source"
)

// The formats of a payload. A form is name=value&name=value.
const (
	formatJSON = "json"
	formatText = "text"
	formatXML  = "xml"
	formatForm = "form"
)

// detectFormat tells the format of a payload from the way it begins.
func detectFormat(payload, contentType string) string {
	payload = strings.TrimSpace(payload)
	switch {
	case strings.HasPrefix(payload, "{"), strings.HasPrefix(payload, "["):
		return formatJSON
	case strings.HasPrefix(payload, "<"):
		return formatXML
	case strings.HasPrefix(strings.ToLower(contentType), "application/x-www-form-urlencoded"):
		return formatForm
	}
	return formatText
}

// compilePayload reads a payload's template in its format.
func compilePayload(text source.Text, format string, s scanner) (template, source.Problems) {
	switch format {
	case formatJSON:
		return compileJSON(text, s)
	case formatXML:
		return compileXML(text, s)
	case formatForm:
		return s.scan(text.Value).encodeAll(encodeQuery), nil
	}
	return s.scan(text.Value).encodeAll(encodeNothing), nil
}
