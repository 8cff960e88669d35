package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tabletop/audit"
	"tabletop/workbook"
)

// said is all that a page says, as a reader has it before the eyes.
func said(t failer, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range each(root) {
		if n.Type == html.TextNode && n.Parent.Data != "style" {
			b.WriteString(n.Data)
		}
	}
	return flat(b.String())
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in %s", part, text)
		}
	}
}

func TestAReportSaysWhatHappened(t *testing.T) {
	b := newBench(t)
	for mode, s := range b.stories(t, plainText) {
		page, ticket := said(t, inHTML(t, s, Standard)), flat(strings.ReplaceAll(inMarkdown(t, s, Standard), "`", ""))
		var parts []string
		switch mode {
		case "plan":
			parts = []string{
				"Run 1, 2026-01-31 12:00:00 UTC: xuser on xhost rehearsed xworkbook and wrote down in a plan what would be sent.",
				"It read 9 events in 1 file; its clock stood at 2026-01-31 12:00:00 UTC (xclock). 5 blocks ran, 1 signal was raised, and 3 actions came of it.",
				"Its plan was taken up by run 2 (xmode of run).", "DNIF itself would send 3 requests, 1 to protected targets.", "Of 3 actions, 1 would be sent, 1 repeats an earlier request and 1 xverdict. Nothing was sent.",
				"1 of 2", "xvalue", "xwarning of a block", "because so", "event store xstore, xmode: 0 rows before, 1 after; 1 added, 0 removed, 1 replaced by xkey",
				"xseverity, score 5", "xtext of sql", "xtext of code", "2026-01-31 12:00:00 UTC to 2026-01-31 13:00:00 UTC", "xfile:2", "xrule", s.Run.Head.Hash, s.Run.Planned.SHA256,
			}
		case "apply":
			parts = []string{
				"xuser on xhost took up the plan that run 1 had made: xworkbook. It was approved by xapprover. Of 3 actions, 1 was sent, 1 is of unknown outcome and 1 xverdict.",
				"the verdicts at triggers are those of run 2", "Sent means that the vendor accepted the command", "3 events: xfile:2, xother file:3 and 1 more",
				"xmethod xurl", "xheader: xvalue of header", "xbody", "status 202", "xapproves", "for themselves a3", "xtask", "xrule", s.Run.Plan,
			}
		case "simulate":
			parts = []string{
				"with a simulator on this machine in the vendor's place.", "1 was sent to the simulator", "1 is of unknown outcome", "Nothing left this machine.", "status 202, simulated", "xendpoint",
			}
		case "resume":
			parts = []string{"xuser on xhost carried out xresume.", "It settled 1 action of run 2.", "a2 of run 2", "xseen"}
		}
		holds(t, page, parts...)
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "because so" }) // which is because *so* there
		holds(t, strings.ToLower(ticket), lower(parts)...)
	}
}

func lower(list []string) []string {
	var out []string
	for _, text := range list {
		out = append(out, strings.ToLower(text))
	}
	return out
}

func TestAFailedRunIsTold(t *testing.T) {
	b := newBench(t)
	blocks := b.blocks(plainText)[:3]
	blocks[2].Failed, blocks[2].Output = errors.New("no such column"), workbook.Output{}
	page := said(t, inHTML(t, b.story(t, b.record(t, b.info(plainText, workbook.ModeRehearse), blocks)), Standard))
	holds(t, page, "Block 3 failed, and the run ended there: no such column.", "failed: the run ended here", "Run 1, a rehearsal, failed")
	if strings.Contains(page, "at the end") || strings.Contains(page, "left out 2 of 2") {
		t.Errorf("rows go on behind the block that failed: %s", page)
	}
	run, err := b.log.Begin(b.ctx, b.info(plainText, workbook.ModeRehearse))
	if err != nil {
		t.Fatal(err)
	}
	holds(t, said(t, inHTML(t, b.story(t, run), Standard)), "The run has no end: it is still going on, or its program died")
}

// TestAReportIsBounded draws a run of many long rows and actions.
func TestAReportIsBounded(t *testing.T) {
	long := strings.Repeat("<", 3_000)
	s := Story{Run: audit.Run{Number: 1, Mode: workbook.ModeRehearse, Status: workbook.Completed}}
	for index := 1; index <= 300; index++ {
		block := audit.Block{Index: index, Kind: "sql", Text: long, RowsOut: 400, Columns: slices.Repeat([]string{long}, 60)}
		for n := 1; n <= 100; n++ {
			block.Rows = append(block.Rows, audit.Row{Number: n, Row: workbook.Row{Values: slices.Repeat([]workbook.Value{long}, 60), From: n}})
		}
		s.Run.Blocks = append(s.Run.Blocks, block)
	}
	for n := 1; n <= 2_000; n++ {
		request := &workbook.Request{Method: "POST", URL: long, Headers: map[string]string{long: long}, Body: strings.Repeat(long, 10)}
		s.Run.Actions = append(s.Run.Actions, workbook.Action{
			Number: n, Block: 300, Row: 1, Verdict: workbook.RefusedProtected, Target: fmt.Sprint(n, long), Rule: fmt.Sprint("rule ", n), Request: request,
		})
	}
	for name, text := range map[string]string{"page": inHTML(t, s, Standard), "ticket": inMarkdown(t, s, Standard)} {
		// A < takes four bytes in HTML, and what stands around texts is ours.
		if most := 6 * reportBytes; len(text) > most {
			t.Errorf("the %s has %d bytes, over %d", name, len(text), most)
		}
		if strings.Contains(text, "1,500 more actions") {
			t.Errorf("the %s shows as many actions as the limits allow, whatever their size", name)
		}
		holds(t, brief(text), " more actions are not shown here", "240 more blocks are not shown here", "100 more blocks are not shown here", "20 more columns are not shown here", "(3000 bytes)")
	}
	few := inHTML(t, s, Limits{Rows: 1, Actions: 2})
	holds(t, brief(few), "1,998 more actions are not shown here", "399 more rows are not shown here")
	none := inHTML(t, s, Limits{})
	holds(t, brief(none), "2,000 more actions are not shown here", "400 more rows are not shown here")
}

// brief keeps what TestAReportIsBounded may look for, so that a failure prints no
// megabytes.
func brief(text string) string {
	var out []string
	seen := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		at := strings.Index(line, "not shown here")
		if b := strings.Index(line, "(3000 bytes)"); at < 0 {
			at = b
		}
		if at < 0 {
			continue
		}
		if part := line[max(at-40, 0):min(at+20, len(line))]; !seen[part] && len(out) < 200 {
			seen[part] = true
			out = append(out, part)
		}
	}
	return strings.Join(out, "\n")
}

// TestRowsBehindActionsAreShown cuts the rows of a block: those that actions lead
// to stay.
func TestRowsBehindActionsAreShown(t *testing.T) {
	block := audit.Block{Index: 1, Kind: "dql", RowsOut: 100, Columns: []string{"$a"}}
	for n := 1; n <= 100; n++ {
		block.Rows = append(block.Rows, audit.Row{Number: n, Row: workbook.Row{Values: []workbook.Value{int64(n)}}})
	}
	s := Story{Run: audit.Run{Blocks: []audit.Block{block}, Actions: []workbook.Action{{Number: 1, Block: 1, Row: 90}, {Number: 2, Block: 1, Row: 40}}}}
	p := newPage(s, Limits{Rows: 3, Actions: 10})
	var shown []int
	for _, row := range p.Blocks[0].Rows {
		shown = append(shown, row.Number)
	}
	if !slices.Equal(shown, []int{1, 40, 90}) || !p.Actions[0].From.Shown {
		t.Errorf("the rows shown are %v, row 90 is linked: %t", shown, p.Actions[0].From.Shown)
	}
}

func TestTheFlowSaysWhatIsLeftOut(t *testing.T) {
	row := func(events int64) audit.Row {
		return audit.Row{Row: workbook.Row{Evidence: workbook.Evidence{Events: events}}}
	}
	s := Story{Run: audit.Run{
		Files: []workbook.EventFile{{Path: "a", Events: 100}, {Path: "list", Kind: workbook.KindList}},
		Blocks: []audit.Block{
			{Index: 1, Kind: "text"},
			{Index: 2, Kind: "sql", RowsOut: 2, Rows: []audit.Row{row(3), row(4)}},
			{Index: 3, Kind: "code", RowsIn: 2, RowsOut: 1},
			{Index: 4, Kind: "dql", Text: "_fetch * from event", RowsIn: 1, RowsOut: 3, Rows: []audit.Row{row(1)}},
			{Index: 5, Kind: "dql", Text: "_limit 3", RowsIn: 3, RowsOut: 3},
		},
	}}
	f := newPage(s, Standard).Flow
	var got []string
	for _, step := range f.Steps {
		got = append(got, fmt.Sprintf("%d: %s; %s", step.Index, step.Came(), step.Dropped))
	}
	want := []string{"2: events; 93 of 100 events behind no row", "3: 2 rows; 1 of 2", "4: events; 1 row not read; ", "5: 3 rows; "}
	if !slices.Equal(got, want) {
		t.Errorf("the flow is %q, not %q", got, want)
	}
	for i, b := range f.Boxes {
		if b.Y+b.Height > f.Height || b.X+b.Width > f.Width || i > 0 && b.Y < f.Boxes[i-1].Y+f.Boxes[i-1].Height {
			t.Errorf("box %d lies over another or outside: %+v", i, b)
		}
	}
	if len(f.Boxes) != 5 || len(f.Arrows) != 5 || len(f.Sides) != 3 {
		t.Errorf("%d boxes, %d arrows, %d sides", len(f.Boxes), len(f.Arrows), len(f.Sides))
	}
}

// TestTheSameRecordGivesTheSameReport writes each form twice.
func TestTheSameRecordGivesTheSameReport(t *testing.T) {
	b := newBench(t)
	for mode, s := range b.stories(t, plainText) {
		again := b.story(t, s.Run.Number)
		again.Maker, again.Applied = s.Maker, s.Applied
		if mode == "apply" { // settled since by the run that resumes
			s = again
		}
		if inHTML(t, s, Standard) != inHTML(t, again, Standard) || inMarkdown(t, s, Standard) != inMarkdown(t, again, Standard) {
			t.Errorf("%s: two reports differ", mode)
		}
	}
}
