package trigger

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

// TestRehearsalOpensNoSocket runs a trigger while every way of this process to
// dial is a trap, and with a vendor that sees every request there is.
func TestRehearsalOpensNoSocket(t *testing.T) {
	trap := func(context.Context, string, string) (net.Conn, error) {
		t.Error("a rehearsal dialled")
		return nil, errors.New("trapped")
	}
	transport, resolver := http.DefaultTransport, net.DefaultResolver
	http.DefaultTransport = &http.Transport{DialContext: trap, DialTLSContext: trap}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: trap}
	defer func() { http.DefaultTransport, net.DefaultResolver = transport, resolver }()

	vendor := &counting{vendor: simulator.New()}
	rows := table("$SrcIP", values{"203.0.113.7"}, values{"10.0.0.1"}, values{"203.0.113.8"}, values{"203.0.113.7"})
	out, err := prepare(t, "Trend Micro XDR: Block IP", rows.Columns, vendor).Run(t.Context(), rows, &workbook.Env{})
	if err != nil || len(out.Actions) != 4 {
		t.Fatal(err, out.Actions)
	}
	if vendor.requests != 2 {
		t.Errorf("%d requests reached the vendor, want 2", vendor.requests)
	}
}

// counting passes requests on to the simulator and counts them.
type counting struct {
	vendor   *simulator.Vendor
	requests int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return c.vendor.RoundTrip(r)
}

func TestSenderNeedsTheGuardsApproval(t *testing.T) {
	n, _ := load(t).Find("Trend Micro XDR: Block IP")
	r, err := n.fill(filler{map[string]int{"$SrcIP": 0}, values{"203.0.113.7"}, Shown})
	if err != nil {
		t.Fatal(err)
	}
	vendor := &counting{vendor: simulator.New()}
	other := guard.New().Judge(guard.TypeIP, "203.0.113.8").Approved
	for _, approved := range []guard.Approved{{}, other, guard.New().Judge(guard.TypeIP, "10.0.0.1").Approved} {
		if _, err := (rehearser{vendor}).hand(t.Context(), r, approved); err == nil || vendor.requests != 0 {
			t.Errorf("sent with the approval %+v", approved)
		}
	}
	if _, err := (rehearser{vendor}).hand(t.Context(), r, guard.New().Judge(guard.TypeIP, "203.0.113.7").Approved); err != nil || vendor.requests != 1 {
		t.Errorf("not sent with its approval: %v", err)
	}
}

func BenchmarkRehearse(b *testing.B) {
	rows := table("$SrcIP")
	for i := range 10_000 {
		ip := net.IPv4(203, byte(i>>16), byte(i>>8), byte(i)).String()
		rows.Rows = append(rows.Rows, workbook.Row{Values: values{ip}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prepare(b, "Trend Micro XDR: Block IP", rows.Columns, simulator.New()).Run(b.Context(), rows, &workbook.Env{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(rows.Rows))/b.Elapsed().Seconds(), "actions/s")
}
