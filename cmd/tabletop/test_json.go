package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"tabletop/workbook/scenario"
)

// The object that test -o json prints.
type trialsObject struct {
	Tests    []trialObject `json:"tests"`
	Coverage []*coverage   `json:"coverage"`
	Totals   totalsObject  `json:"totals"`
}

type trialObject struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Name     string `json:"name"`
	Workbook string `json:"workbook"`
	Passed   bool   `json:"passed"`
	// Mistake is why nothing ran, empty where something did.
	Mistake     string                `json:"mistake,omitempty"`
	Differences []scenario.Difference `json:"differences"`
	Seconds     float64               `json:"seconds"`
}

type totalsObject struct {
	Tests  int `json:"tests"`
	Passed int `json:"passed"`
	Failed int `json:"failed"`
}

func trialsJSON(list []*trial) trialsObject {
	o := trialsObject{Tests: []trialObject{}, Coverage: notNil(coverageOf(list))}
	for _, t := range list {
		one := trialObject{
			File: t.file.Path, Line: t.test.Name.Place(0).Line, Name: t.test.Name.Value, Workbook: t.file.Workbook,
			Passed: t.passed(), Differences: notNil(t.differences), Seconds: rounded(t.seconds),
		}
		if t.mistake != nil {
			one.Mistake = describe(t.mistake)
		}
		o.Tests = append(o.Tests, one)
		o.Totals.Tests++
		if one.Passed {
			o.Totals.Passed++
		} else {
			o.Totals.Failed++
		}
	}
	return o
}

func rounded(seconds float64) float64 { return math.Round(seconds*1e3) / 1e3 }

// The elements of JUnit's report, as build servers read it.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Seconds  string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
	seconds  float64
}

type junitCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Seconds string      `xml:"time,attr"`
	Failure *junitStory `xml:"failure,omitempty"`
	Error   *junitStory `xml:"error,omitempty"`
}

type junitStory struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// trialsJUnit writes JUnit's report; texts are clean, since XML has no form for
// control characters.
func trialsJUnit(list []*trial) string {
	var all []junitSuite
	for i, t := range list {
		if i == 0 || list[i-1].file != t.file {
			all = append(all, junitSuite{Name: clean(t.file.Path)})
		}
		one := junitCase{Name: clean(t.test.Name.Value), Class: clean(t.file.Workbook), Seconds: fmt.Sprintf("%.3f", t.seconds)}
		switch {
		case t.mistake != nil:
			one.Error = &junitStory{Message: "nothing ran", Text: cleanLines(describe(t.mistake))}
		case !t.passed():
			one.Failure = &junitStory{Message: plural(len(t.differences), "difference", "differences"), Text: junitText(t.differences)}
		}
		all[len(all)-1].add(one, t.seconds)
	}
	return junitReport(all)
}

// add takes a case into the suite.
func (s *junitSuite) add(one junitCase, seconds float64) {
	s.Cases = append(s.Cases, one)
	s.Tests++
	if one.Error != nil {
		s.Errors++
	}
	if one.Failure != nil {
		s.Failures++
	}
	s.seconds += seconds
	s.Seconds = fmt.Sprintf("%.3f", s.seconds)
}

// junitReport writes suites with their sums.
func junitReport(suites []junitSuite) string {
	all := junitSuites{Suites: suites}
	for _, s := range suites {
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err) // structures of texts and numbers always have a form
	}
	return xml.Header + string(text)
}

func junitText(list []scenario.Difference) string {
	var b strings.Builder
	for _, d := range list {
		row := ""
		if d.Row > 0 {
			row = fmt.Sprintf(" row %d", d.Row)
		}
		fmt.Fprintf(&b, "%s%s, %s: expected %s, got %s\n", clean(d.Where), row, clean(d.What), clean(d.Expected), clean(d.Got))
	}
	return b.String()
}
