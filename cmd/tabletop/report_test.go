package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tabletop/blocks/trigger/simulator"
)

// A readPage is a report as a browser finds it.
type readPage struct {
	// text is all that it says, blanks made one.
	text     string
	elements []string
	// ids and links are what it names, and what it leads to.
	ids, links []string
}

func readReport(t *testing.T, page string) readPage {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var r readPage
	var text strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style":
			text.WriteString(n.Data)
		case n.Type == html.ElementNode:
			r.elements = append(r.elements, n.Data)
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				r.ids = append(r.ids, a.Val)
			case "href", "src":
				r.links = append(r.links, a.Val)
			}
		}
	}
	r.text = oneLine(text.String())
	return r
}

// check holds what every report holds.
func (r readPage) check(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.text, part) {
			t.Errorf("%q is not in %s", part, r.text)
		}
	}
	for _, link := range r.links {
		if to, within := strings.CutPrefix(link, "#"); !within || !slices.Contains(r.ids, to) {
			t.Errorf("a link leads to %s", link)
		}
	}
	for _, element := range []string{"script", "img", "link", "form", "iframe"} {
		if slices.Contains(r.elements, element) {
			t.Errorf("the page has a %s", element)
		}
	}
}

// TestReportsOfTheExamples reads the report of each example.
func TestReportsOfTheExamples(t *testing.T) {
	path := atRoot(t)
	for i, example := range publishedExamples {
		s := &drill{}
		s.run(t, "run", "examples/"+example, "--audit", path)
		shown := s.run(t, "show", numberOf(int64(i+1)), "--audit", path, "-o", "json")
		page := readReport(t, s.run(t, "report", numberOf(int64(i+1)), "--audit", path))
		ticket := s.run(t, "report", numberOf(int64(i+1)), "--audit", path, "-o", "md")
		page.check(t, "Nothing was sent.", " rehearsed ")
		var o runObject
		if err := json.Unmarshal([]byte(shown), &o); err != nil {
			t.Fatal(err)
		}
		page.check(t, o.Workbook, o.Audit.Hash)
		for _, a := range o.Actions {
			page.check(t, a.Target, string(a.Verdict), oneLine(a.Reason), oneLine(a.Request.Body))
			if !slices.Contains(page.ids, "a"+numberOf(int64(a.Number))) || !strings.Contains(ticket, a.Target) {
				t.Errorf("%s: action %d lacks", example, a.Number)
			}
		}
		if !slices.Contains(page.elements, "svg") || len(o.Actions) == 0 || !strings.Contains(ticket, o.Audit.Hash) {
			t.Errorf("%s: %d actions, elements %v", example, len(o.Actions), page.elements)
		}
	}
}

// TestReportsOfASentPlan follows a plan from its rehearsal to its undoing, and one
// action that no answer came to.
func TestReportsOfASentPlan(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	private, public := testKey(t, "ed25519"), testKey(t, "ed25519.pub")
	vendor := simulator.New()
	s := &drill{folder: folder}
	stop := s.serve(t, vendor)
	defer stop()
	t.Chdir(folder)
	approveWith := []string{"--key", approverKey(t, private, public), "--reason", "seen by two", "--yes"}
	to := []string{"--endpoint", "https://api.xdr.trendmicro.com=" + s.url}
	with := append([]string{"--all", "--integrations", "examples/integrations.yaml"}, to...)
	s.run(t, append([]string{"integrations", "validate"}, with...)...)
	s.run(t, append([]string{"integrations", "enable"}, with...)...)
	s.run(t, "plan", "examples/malicious-url", "--to", "plan.json", "--reason", "a drill", "--ticket", "SOC-1")
	s.run(t, append([]string{"approve", "plan.json", "--all-targets"}, approveWith...)...)
	sent := s.applied(t, "plan.json", to)
	report := func(run string) readPage { return readReport(t, s.run(t, "report", run)) }
	report("1").check(t, "wrote down in a plan what would be sent.", "Its plan was taken up by run 2 (simulate).", "SOC-1", "plan.json")
	report("2").check(t, "took up the plan that run 1 had made: Threat Malicious URL", "It was approved by Anna.", "seen by two", sent.Plan,
		"Of 5 actions, 3 were sent to the simulator, 1 repeats an earlier request and 1 is refused for a protected target.",
		"5 events: events/THREAT.csv:297", "row 4 of block 2", "private_address")

	s.run(t, "undo", "2", "--to", "undo.json", "--reason", "the drill is over")
	s.run(t, append([]string{"approve", "undo.json"}, approveWith...)...)
	s.applied(t, "undo.json", to)
	report("2").check(t, "3 were sent and taken back since", "undone", "Found out byrun 4")
	report("3").check(t, "wrote down in a plan how to undo run 2: Threat Malicious URL.", "Of 3 actions, 3 would be sent.")
	report("4").check(t, "It settled 3 actions of run 2.", "a5 of run 2", "events/THREAT.csv:297")
	s.run(t, "resume", "4")
	report("5").check(t, "carried out resume run 4", "It found out nothing new.")
}
