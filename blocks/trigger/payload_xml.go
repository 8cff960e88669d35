package trigger

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"tabletop/workbook/source"
)

// The marks that stand for a place while XML is checked; no name may hold them.
const (
	markBegin = "\ue000"
	markEnd   = "\ue001"
)

// compileXML reads a template that must be XML whatever is filled in: each place
// is in the text of an element or attribute.
func compileXML(text source.Text, s scanner) (template, source.Problems) {
	parts := s.scan(text.Value).encodeAll(encodeXML)
	if strings.ContainsAny(text.Value, markBegin+markEnd) {
		return nil, source.Problems{text.Problem(0, "the payload holds characters of private use", "remove them")}
	}
	for _, forbidden := range []string{"<!DOCTYPE", "<![CDATA["} {
		if i := strings.Index(text.Value, forbidden); i >= 0 && !parts.constant() {
			return nil, source.Problems{text.Problem(i, "a payload with columns can't have "+forbidden+" too", "write the text with &lt; and &amp; instead")}
		}
	}
	var b strings.Builder
	for i, p := range parts {
		if p.literal != "" {
			b.WriteString(p.literal)
		} else {
			fmt.Fprintf(&b, "%s%d%s", markBegin, i, markEnd)
		}
	}
	seen, err := xmlText(b.String())
	if err != nil {
		return nil, source.Problems{text.Problem(0, "the payload is not XML: "+strings.NewReplacer(markBegin, "$", markEnd, "").Replace(err.Error()), "mend it, or write format: text beside it if it is none")}
	}
	for i, p := range parts {
		if p.literal == "" && strings.Count(seen, fmt.Sprintf("%s%d%s", markBegin, i, markEnd)) != 1 {
			return nil, source.Problems{text.Problem(p.offset, p.name()+" stands where XML has no text", "columns stand in the text of elements and attributes")}
		}
	}
	return parts, nil
}

// xmlText returns the texts of all elements and attributes.
func xmlText(text string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	var b strings.Builder
	elements := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if elements == 0 {
				return "", errors.New("no element in it")
			}
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			b.Write(token)
		case xml.StartElement:
			elements++
			for _, a := range token.Attr {
				b.WriteString(a.Value)
			}
		}
	}
}
