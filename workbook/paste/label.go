package paste

import (
	"strconv"
	"strings"
)

// The groups that labels belong to.
const (
	groupWorkbook   = "workbook"
	groupParameters = "parameters"
	groupSignal     = "signal"
	groupSearch     = "search"
	groupWebhook    = "webhook"

	groupNotification = "notification"
	groupVisual       = "visual"
	groupOutlier      = "outlier"
	groupCall         = "call"
	groupReturn       = "return"
)

// A label is what the page writes before a value.
type label struct {
	group, field string
}

// labels are the page's, in lower case. A name alone belongs to whichever group
// is open; so do tags.
var labels = map[string][]label{
	"workbook":               {{groupWorkbook, "name"}},
	"workbook name":          {{groupWorkbook, "name"}},
	"folder":                 {{groupWorkbook, "folder"}},
	"stage":                  {{groupWorkbook, "stage"}},
	"tags":                   {{groupSignal, "tags"}, {groupWorkbook, "tags"}},
	"tag":                    {{groupSignal, "tags"}, {groupWorkbook, "tags"}},
	"name":                   {{groupSignal, "name"}, {groupParameters, "name"}, {groupWebhook, "name"}, {groupWorkbook, "name"}},
	"parameter name":         {{groupParameters, "name"}},
	"field type":             {{groupParameters, "type"}},
	"default value":          {{groupParameters, "default"}},
	"signal name":            {{groupSignal, "name"}},
	"detection name":         {{groupSignal, "name"}},
	"tactic":                 {{groupSignal, "tactic"}},
	"technique":              {{groupSignal, "technique"}},
	"sub-technique":          {{groupSignal, "subtechnique"}},
	"sub technique":          {{groupSignal, "subtechnique"}},
	"subtechnique":           {{groupSignal, "subtechnique"}},
	"confidence":             {{groupSignal, "confidence"}},
	"confidence level":       {{groupSignal, "confidence"}},
	"score":                  {{groupSignal, "score"}},
	"target":                 {{groupSignal, "target"}},
	"targets":                {{groupSignal, "target"}},
	"suspect":                {{groupSignal, "suspect"}},
	"suspects":               {{groupSignal, "suspect"}},
	"knowledge base":         {{groupSignal, "knowledge"}},
	"knowledge":              {{groupSignal, "knowledge"}},
	"stream":                 {{groupOutlier, "stream"}, {groupSearch, "stream"}},
	"filter":                 {{groupOutlier, "where"}, {groupSearch, "where"}},
	"filters":                {{groupOutlier, "where"}, {groupSearch, "where"}},
	"aggregate":              {{groupSearch, "aggregate"}},
	"rows":                   {{groupNotification, "rows"}, {groupSearch, "rows"}},
	"limit":                  {{groupSearch, "rows"}},
	"duration":               {{groupOutlier, "duration"}, {groupSearch, "duration"}},
	"to":                     {{groupNotification, "to"}},
	"cc":                     {{groupNotification, "cc"}},
	"bcc":                    {{groupNotification, "bcc"}},
	"subject":                {{groupNotification, "subject"}},
	"message":                {{groupNotification, "message"}},
	"type":                   {{groupVisual, "type"}},
	"primary":                {{groupVisual, "primary"}},
	"secondary":              {{groupVisual, "secondary"}},
	"type of column chart":   {{groupVisual, "style"}},
	"style":                  {{groupVisual, "style"}},
	"title":                  {{groupVisual, "title"}},
	"entity":                 {{groupOutlier, "entity"}},
	"threshold":              {{groupOutlier, "threshold"}},
	"all":                    {{groupOutlier, "all"}},
	"features":               {{groupOutlier, "features"}},
	"configuration name":     {{groupWebhook, "name"}},
	"integration name":       {{groupWebhook, "name"}},
	"request method":         {{groupWebhook, "method"}},
	"method":                 {{groupWebhook, "method"}},
	"url":                    {{groupWebhook, "url"}},
	"webhook url":            {{groupWebhook, "url"}},
	"header":                 {{groupWebhook, "headers"}},
	"headers":                {{groupWebhook, "headers"}},
	"payload":                {{groupWebhook, "payload"}},
	"webhook":                {{groupWebhook, ""}},
	"webhook configuration":  {{groupWebhook, ""}},
	"parameters":             {{groupParameters, ""}},
	"workbook parameters":    {{groupParameters, ""}},
	"workbook configuration": {{groupWorkbook, ""}},
}

// sides are the fields of a target and of a suspect.
var sides = map[string][]string{
	"target":  {"host", "user", "resource", "port"},
	"suspect": {"host", "user", "object", "process", "hash", "url", "action"},
}

var (
	// decoration is what Markdown and lists put before a line.
	decoration = compiled(`^(?:[\s>|]|#{1,6}\s|[-*+•]\s|\d{1,3}\\?[.)]\s)*`)
	// field is a label with its value behind a mark, or alone.
	field = compiled(`^([A-Za-z][A-Za-z -]{0,30}?)\s*(?:[:=|\t]\s*(.*))?$`)
	// blockLabel is the label of a block, and what follows it.
	blockLabel = compiled(`(?i)^(?:block\s+\d+\s*[:.–-]?\s*)?(sql|dql|code|python|search|signal|text|visual|outlier|call|return|notification|ai)\s+block(?:\s+with\s+_?trigger(?:\s+query)?)?\s*(?:$|[:|–-]\s*(.*)$)`)
	// bareLabel is a kind alone in its line.
	bareLabel = compiled(`(?i)^(sql|dql|python|signal|search)\s*:?$`)
	number    = compiled(`(?i)^[\s#>*-]*(?:block\s+)?(\d{1,3})\b`)
)

// undecorated is a line without what Markdown and lists set before it.
func undecorated(line string) string {
	line = strings.NewReplacer("**", "", `\_`, "_").Replace(line) // pages set labels in bold
	line = line[len(decoration.FindString(line)):]
	return strings.TrimSpace(line)
}

// blockLabelOf reads the label of a block: its kind, its number or 0, and what
// follows it in the line.
func blockLabelOf(line string) (kind string, count int, rest string, ok bool) {
	if len(line) > maxLabelLine {
		return "", 0, "", false
	}
	plain := undecorated(line)
	m := blockLabel.FindStringSubmatch(plain)
	if m == nil {
		if m = bareLabel.FindStringSubmatch(plain); m == nil {
			return "", 0, "", false
		}
		m = append(m, "")
	}
	if n := number.FindStringSubmatch(line); n != nil {
		count, _ = strconv.Atoi(n[1])
	}
	kind = strings.ToLower(m[1])
	if kind == "python" {
		kind = "code"
	}
	return kind, count, strings.Trim(m[2], " |"), true
}

// maxLabelLine is the longest line that is looked at for a label before it: a
// query may stand behind one.
const maxLabelLine = 16 << 10

// fieldOf reads a label with its value; the value is empty where the label
// stands alone.
func fieldOf(line string) (known []label, value string, ok bool) {
	if len(line) > maxLabelLine || beginsPipe.MatchString(line) {
		return nil, "", false
	}
	m := field.FindStringSubmatch(undecorated(line))
	if m == nil {
		return nil, "", false
	}
	known, ok = labels[strings.ToLower(m[1])]
	return known, fieldValue(m[2]), ok
}

// fieldValue is a value out of the cell of a table that it may stand in.
func fieldValue(written string) string {
	return strings.TrimSpace(strings.TrimSuffix(written, " |"))
}

// pageWords are sentences of the page that tell a reader what to do, and hold
// nothing of a workbook.
var pageWords = compiled(`(?i)^(?:in the configuration box\b|identify the content of\b|ensure you enable the integration\b|below is an example\b|listed below are\b|in the above (?:figure|screen)\b|examples?:?$|configurations?:?$)|\bblocks the resource i\.e`)

// workbookNamed is how the page names a workbook in a sentence.
var workbookNamed = compiled(`(?i)\ba workbook named (.{1,200}?) is executed\b`)
