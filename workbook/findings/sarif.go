package findings

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// The parts of SARIF 2.1.0 that code hosts read.
type (
	// A Log is a SARIF file.
	Log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool       tool     `json:"tool"`
		ColumnKind string   `json:"columnKind"`
		Results    []result `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		Version         string      `json:"version"`
		Rules           []sarifRule `json:"rules"`
	}
	message struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID      string  `json:"id"`
		Name    string  `json:"name"`
		Short   message `json:"shortDescription"`
		Full    message `json:"fullDescription"`
		Help    message `json:"help"`
		Default struct {
			Level Severity `json:"level"`
		} `json:"defaultConfiguration"`
	}
	result struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Severity          `json:"level"`
		Message      message           `json:"message"`
		Locations    []location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Fixes        []fix             `json:"fixes,omitempty"`
	}
	location struct {
		Physical physical `json:"physicalLocation"`
	}
	physical struct {
		Artifact artifact `json:"artifactLocation"`
		Region   *region  `json:"region,omitempty"`
	}
	artifact struct {
		URI    string `json:"uri"`
		BaseID string `json:"uriBaseId,omitempty"`
	}
	region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	fix struct {
		Description message  `json:"description"`
		Changes     []change `json:"artifactChanges"`
	}
	change struct {
		Artifact     artifact      `json:"artifactLocation"`
		Replacements []replacement `json:"replacements"`
	}
	replacement struct {
		Deleted  region  `json:"deletedRegion"`
		Inserted message `json:"insertedContent"`
	}
)

// SARIF writes problems down for a code host. Files below root, the folder that
// the command runs in, are named relative to it, as code hosts need them.
func SARIF(found source.Problems, version, root string) Log {
	d := driver{Name: "tabletop", Version: version, Rules: []sarifRule{}}
	index := map[string]int{}
	for i, r := range Rules() {
		rule := sarifRule{ID: r.Code, Name: r.Name, Short: message{r.Summary}, Full: message{r.Why}, Help: message{r.Why + " " + r.Mend}}
		rule.Default.Level = r.Severity
		d.Rules, index[r.Code] = append(d.Rules, rule), i
	}
	results := []result{}
	alike := map[string]int{}
	for _, p := range found {
		at := artifactOf(p.File, root)
		text := p.Message
		if p.Fix != "" {
			text += ". " + p.Fix
		}
		r := result{
			RuleID: CodeOf(p), RuleIndex: index[CodeOf(p)], Level: SeverityOf(p), Message: message{text},
			Locations: []location{{physical{Artifact: at, Region: regionOf(p.Place, p.LineText, "")}}},
		}
		// What stays the same when lines are added above: the code, the line's text
		// and how many such there were.
		key := CodeOf(p) + "\x00" + at.URI + "\x00" + strings.TrimSpace(p.LineText)
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, alike[key]))
		alike[key]++
		r.Fingerprints = map[string]string{"tabletop/v1": hex.EncodeToString(sum[:16])}
		if p.Edit != nil && p.Edit.File == p.File {
			deleted := regionOf(p.Edit.Place, p.LineText, p.Edit.Old)
			r.Fixes = []fix{{message{cmp.Or(p.Fix, "mend it")}, []change{{at, []replacement{{*deleted, message{p.Edit.New}}}}}}}
		}
		results = append(results, r)
	}
	return Log{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []run{{Tool: tool{d}, ColumnKind: "utf16CodeUnits", Results: results}},
	}
}

// artifactOf names a file: relative to root where it lies below it, by its whole
// path as a URI elsewhere.
func artifactOf(file, root string) artifact {
	path := file
	if filepath.IsAbs(file) {
		if below, err := filepath.Rel(root, file); err == nil {
			path = below
		}
	}
	path = filepath.ToSlash(filepath.Clean(path))
	if strings.HasPrefix(path, "../") || path == ".." {
		whole := file
		if !filepath.IsAbs(whole) {
			whole = filepath.Join(root, file)
		}
		whole = filepath.ToSlash(whole)
		if !strings.HasPrefix(whole, "/") {
			whole = "/" + whole
		}
		return artifact{URI: (&url.URL{Scheme: "file", Path: whole}).String()}
	}
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return artifact{URI: strings.Join(parts, "/"), BaseID: "%SRCROOT%"}
}

// regionOf is a place as SARIF counts it, in UTF-16 code units; nil for a file as
// a whole. old, where it is not empty, is the text that stands there.
func regionOf(p source.Place, line, old string) *region {
	if p.Line < 1 {
		return nil
	}
	r := &region{StartLine: p.Line, StartColumn: max(p.Column, 1)}
	if at := byteAt(line, p.Column); at > 0 {
		r.StartColumn = units(line[:at]) + 1
	}
	if old != "" {
		r.EndLine, r.EndColumn = p.Line, r.StartColumn+units(old)
	}
	return r
}

func units(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// Words lists the rules for a reader, as Markdown or as lines for a terminal.
func Words(markdown bool) []string {
	var out []string
	for _, r := range Rules() {
		mends := ""
		if r.Mends {
			mends = " (--fix)"
		}
		if markdown {
			out = append(out, fmt.Sprintf("| %s | %s | %s%s |", r.Code, r.Severity, r.Summary, mends))
			continue
		}
		width := utf8.RuneCountInString(string(Warning))
		out = append(out, fmt.Sprintf("%s  %-*s  %s%s", r.Code, width, r.Severity, r.Summary, mends))
	}
	return slices.Clip(out)
}
