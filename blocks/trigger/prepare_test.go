package trigger

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

func TestPrepareReports(t *testing.T) {
	known := workbook.Columns{Names: []string{"$srcip", "$DstIP"}, Known: true}
	for _, c := range []struct {
		text   string
		offset int
		in     workbook.Columns
		first  bool
		want   string
	}{
		{"Trend Micro XDR: Block IP", 0, known, false, "the payload of Trend Micro XDR: Block IP needs $SrcIP, which no block before gives\n    Trend Micro XDR: Block IP\n    ^\n    did you mean $srcip?"},
		{"Trend Micro XDR: Block IPs", 0, workbook.Columns{}, false, "did you mean Trend Micro XDR: Block IP?"},
		{"Trend Micro XDR: Block IP", 0, workbook.Columns{Known: true}, true, "a trigger needs rows"},
		{"_trigger api generic_webhook send_alert 'Chap'", 40, workbook.Columns{}, false, "workbook.yaml:1:41: no configuration \"Chap\""},
		{"_trigger api generic_webhook send_alert 'Chap' $X", 41, workbook.Columns{}, false, "did you mean Chat?"},
	} {
		p := workbook.NewPreparation(nil)
		p.In, p.First = c.in, c.first
		Prepare(source.NewText("workbook.yaml", c.text), c.offset, Options{Integrations: load(t), Vendor: simulator.New()}, p)
		if problems := p.Problems(); len(problems) != 1 || !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.text, problems, c.want)
		}
	}
}

func TestPrepareWithoutIntegrations(t *testing.T) {
	p := workbook.NewPreparation(nil)
	p.First = false
	if s := Prepare(source.NewText("w", "Chat"), 0, Options{IntegrationsPath: "x/integrations.yaml"}, p); s != nil {
		t.Error("prepared")
	}
	if got := p.Problems().Error(); !strings.Contains(got, "no integrations.yaml found") || !strings.Contains(got, "x/integrations.yaml") {
		t.Error(got)
	}
}

func TestPrepareGivesColumns(t *testing.T) {
	p := workbook.NewPreparation(nil)
	p.First, p.In = false, workbook.Columns{Names: []string{"$SrcIP"}, Known: true}
	Prepare(source.NewText("w", "_trigger x 'Trend Micro XDR: Block IP'"), 11, Options{Integrations: load(t), Vendor: simulator.New()}, p)
	want := workbook.Columns{Names: []string{"$SrcIP", StatusColumn, ResponseColumn}, Known: true}
	if diff := cmp.Diff(want, p.Out); diff != "" || p.Problems() != nil {
		t.Error(diff, p.Problems())
	}
}

func TestInterruptedRunReturnsWhatWasDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rows := table("$SrcIP", values{"203.0.113.7"})
	out, err := prepare(t, "Trend Micro XDR: Block IP", rows.Columns, simulator.New()).Run(ctx, rows, &workbook.Env{})
	if !errors.Is(err, context.Canceled) || len(out.Actions) != 0 {
		t.Errorf("got %v, %d actions", err, len(out.Actions))
	}
}

func TestKindInAWorkbook(t *testing.T) {
	k := Kind(Options{Integrations: load(t), Vendor: simulator.New()})
	p := workbook.NewPreparation(nil)
	node, err := source.Parse("workbook.yaml", []byte("- trigger\n"))
	if err != nil {
		t.Fatal(err)
	}
	if k.Prepare(workbook.Block{Body: node}, p) != nil || !strings.Contains(p.Problems().Error(), "must be the name of a configuration") {
		t.Error(p.Problems())
	}
}
