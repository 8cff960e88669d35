package lookout

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/events"
)

var day = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// proposals proposes from files of events.
func proposals(t testing.TB, files map[string]string) *Proposals {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := events.Open(folder, events.Options{Untimed: true})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Propose(context.Background(), set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// repeated writes an event a line, n times, with %d counted up from 1.
func repeated(n int, line string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(line, "%d", fmt.Sprint(i+1)) + "\n")
	}
	return b.String()
}

// holds compares what was proposed, one "kind value" a line.
func holds(t *testing.T, p *Proposals, want ...string) {
	t.Helper()
	var got []string
	for _, one := range p.List {
		got = append(got, one.Kind+" "+one.Value)
		if one.Reason == "" {
			t.Errorf("%s has no reason", one.Value)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("proposed\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestNetworksOnTheInternet(t *testing.T) {
	text := repeated(9, `{"SrcIP":"45.83.12.%d","DstIP":"52.94.1.9"}`) + repeated(9, `{"SrcIP":"45.83.12.9","DstIP":"93.184.%d.9"}`) +
		// Scanned by one who meets nothing but these.
		repeated(9, `{"SrcIP":"91.240.118.5","DstIP":"45.83.12.%d"}`) +
		// Connections of private addresses say nothing.
		repeated(90, `{"SrcIP":"10.0.0.%d","DstIP":"52.94.1.9"}`)
	p := proposals(t, map[string]string{"FIREWALL.ndjson": text})
	holds(t, p, "address 45.83.12.0/24")
	if r := p.List[0].Reason; r != "9 addresses of it seen in 27 connections; its neighbourhood takes part in 27 of 27 connections between public addresses, with 3 other networks" {
		t.Errorf("reason %q", r)
	}
	holds(t, proposals(t, map[string]string{"FIREWALL.ndjson": repeated(900, `{"SrcIP":"91.240.118.5","DstIP":"45.83.12.%d"}`)}))
}

func TestZeekAsItIsLogged(t *testing.T) {
	text := repeated(30, `{"id.orig_h":"10.0.0.%d","id.orig_p":4000,"id.resp_h":"10.0.0.200","id.resp_p":53}`) +
		repeated(2, `{"id.orig_h":"10.0.0.%d","id.orig_p":4000,"id.resp_h":"10.0.0.201","id.resp_p":389}`) +
		repeated(2, `{"id.orig_h":"10.0.0.%d","id.orig_p":4000,"id.resp_h":"10.0.0.201","id.resp_p":88}`) +
		repeated(9, `{"id.orig_h":"10.0.0.7","id.orig_p":4000,"id.resp_h":"10.0.0.202","id.resp_p":53}`)
	p := proposals(t, map[string]string{"conn.ndjson": text})
	holds(t, p, "server 10.0.0.200", "server 10.0.0.201")
	if r := p.List[1].Reason; r != "asked for tickets (Kerberos, port 88) by 2 machines in 2 events, as domain controllers are; asked for a directory (LDAP, ports 389, 636 and 3268) by 2 machines in 2 events, as domain controllers are" {
		t.Errorf("reason %q", r)
	}
}

func TestNameServersOutside(t *testing.T) {
	asked := func(server string, n int) string {
		return repeated(n, `{"SrcIP":"10.0.0.%d","DstIP":"`+server+`","DstPort":"53"}`)
	}
	text := asked("45.83.12.53", 40) + asked("8.8.8.8", 40) +
		asked("91.240.118.5", 2) + // by too few
		asked("91.240.118.7", 40) + `{"SrcIP":"91.240.118.7","DstIP":"10.0.0.9","DstPort":"445"}` + "\n" + // it comes in too
		repeated(50, `{"SrcIP":"10.0.0.66","DstIP":"91.240.118.6","DstPort":"53.0"}`) // one machine's tunnel
	holds(t, proposals(t, map[string]string{"FIREWALL.ndjson": text}), "server 45.83.12.53")
}

func TestTranslatedAndDevices(t *testing.T) {
	text := repeated(3, `{"SrcIP":"10.0.0.%d","NATSrcIP":"45.83.12.1","DevSrcIP":"10.0.0.254"}`) +
		// Of what comes in, the source stays.
		repeated(30, `{"SrcIP":"91.240.118.5","NATSrcIP":"91.240.118.5","DevSrcIP":"-"}`)
	p := proposals(t, map[string]string{"FIREWALL.ndjson": text})
	holds(t, p, "address 45.83.12.1", "server 10.0.0.254")
	if r := p.List[0].Reason; r != "stands for 3 private addresses behind NAT in 3 events" {
		t.Errorf("reason %q", r)
	}
}

func TestWaysOut(t *testing.T) {
	text := repeated(6, `{"User":"u%d","SrcIP":"45.83.12.1","Status":"SUCCESS"}`) +
		repeated(6, `{"User":"u%d","SrcIP":"91.240.118.5","Status":"SUCCESS"}`) + repeated(60, `{"User":"x%d","SrcIP":"91.240.118.5","Status":"FAILED"}`) +
		repeated(6, `{"User":"u1","SrcIP":"91.240.118.6","Status":"SUCCESS"}`)
	holds(t, proposals(t, map[string]string{"AUTHENTICATION.ndjson": text}), "address 45.83.12.1")
	// Anyone writes what he likes where no one signs in.
	holds(t, proposals(t, map[string]string{"FIREWALL.ndjson": text}))
}

func TestDomains(t *testing.T) {
	mail := repeated(50, `{"Sender":"s%d@news.example","Recipient":"Anna <anna@corp.example.org>, bo@corp.example.org"}`) +
		repeated(20, `{"Sender":"anna@corp.example.org","Recipient":"x@partner.example"}`) +
		repeated(20, `{"Sender":"x@partner.example","Recipient":"[\"c@branch.example\",\"d@gmail.com\"]"}`) +
		repeated(5, `{"Sender":"","Recipient":"e@gmail.com"}`) + repeated(5, `{"Sender":"<>","Recipient":"f@host.local"}`)
	machines := repeated(3, `{"System":"ws%d.machines.example","User":"U%d@Login.Example","Domain":"_ldap._tcp.dc._msdcs.ad.example"}`) +
		repeated(9, `{"System":"10.0.0.1","User":"a@b.example","Domain":"_ldap._tcp.ad.example"}`) + repeated(9, `{"System":"dc.corp.local"}`)
	p := proposals(t, map[string]string{"EMAIL.ndjson": mail, "PROCESS.ndjson": machines})
	holds(t, p, "domain example.org", "domain branch.example", "domain ad.example", "domain login.example", "domain machines.example")
	if r := p.List[0].Reason; r != "recipient of 50 and sender of 20 of 100 mails" {
		t.Errorf("reason %q", r)
	}
}

func TestMostOfKind(t *testing.T) {
	p := proposals(t, map[string]string{"A.ndjson": repeated(250, `{"DevSrcIP":"10.0.0.%d"}`)})
	if p.Of(KindServer) != MostOfKind || p.Left[KindServer] != 200 {
		t.Errorf("%d proposed, %d left", p.Of(KindServer), p.Left[KindServer])
	}
	if text := string(p.YAML("a", day)); !strings.Contains(text, "# 200 more were left out") {
		t.Error("the text does not say what was left out")
	}
}

// loads writes proposals and loads them as a guard: each value is refused, and
// there are as many entries as proposals.
func loads(t *testing.T, p *Proposals, name string) {
	t.Helper()
	text := p.YAML(name, day)
	path := filepath.Join(t.TempDir(), "guard.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := guard.Load(path)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if g.OwnLists() != len(p.List) {
		t.Fatalf("%d entries of %d proposals in\n%s", g.OwnLists(), len(p.List), text)
	}
	for _, one := range p.List {
		kind := guard.KindOf(one.Value)
		j := g.Judge(kind, one.Value)
		if !j.Protected || !strings.Contains(j.Reason, one.Value) {
			t.Errorf("%s %s is %s by %s: %s", kind, one.Value, j.Verdict, j.Rule, j.Reason)
		}
		if j.Rule == guard.RuleOwn && !strings.Contains(j.Reason, one.Reason) {
			t.Errorf("%s is refused for %q, not for %q", one.Value, j.Reason, one.Reason)
		}
	}
}

func TestProposalsLoadAndAreTheSame(t *testing.T) {
	files := map[string]string{
		"FIREWALL.ndjson": repeated(60, `{"SrcIP":"10.0.0.%d","DstIP":"10.0.1.%d","DstPort":53,"NATSrcIP":"45.83.12.%d","DevSrcIP":"10.0.2.%d"}`),
		"EMAIL.ndjson":    repeated(5, `{"Sender":"a@x.example","Recipient":"b@d%d.example"}`),
	}
	first := proposals(t, files)
	loads(t, first, "events\n- x: \"\x1b")
	for range 3 {
		if again := proposals(t, files); string(again.YAML("e", day)) != string(first.YAML("e", day)) {
			t.Fatal("the same events gave other proposals")
		}
	}
	loads(t, &Proposals{}, "e")
}

// FuzzProposals holds for whatever events hold: what is proposed loads, and is
// exactly what the guard then refuses.
func FuzzProposals(f *testing.F) {
	f.Add("a@corp.example", "10.0.0.1", "WS1.corp.example")
	f.Add("\"x\\n- value: y\"@b.example", "45.83.12.1\n", "# x: y")
	f.Add("a@\u2028ü.example, <b@c.example>", "::ffff:10.0.0.1", "{a: b}.example")
	f.Fuzz(func(t *testing.T, mailbox, address, name string) {
		line := func(values ...string) string {
			var cells []string
			for _, v := range values {
				cells = append(cells, `"`+strings.ReplaceAll(strings.ToValidUTF8(v, "?"), `"`, `""`)+`"`)
			}
			return strings.Join(cells, ",") + "\n"
		}
		text := line("Sender", "Recipient", "SrcIP", "DstIP", "DstPort", "NATSrcIP", "DevSrcIP", "User", "System", "Status", "Domain")
		for i := range 12 {
			inner := fmt.Sprintf("10.0.0.%d", i+1)
			text += line("x@y.example", mailbox, inner, address, "53", address, address, fmt.Sprint(i)+mailbox, fmt.Sprint(i)+name, "SUCCESS", "_ldap._tcp."+name)
		}
		loads(t, proposals(t, map[string]string{"AUTHENTICATION.csv": text}), mailbox+address+name)
	})
}

func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "a: b # c", "\"\\\x00\x7f\u0085\u2028\ufeff\U0001f600", "\xff", "%", "'\n\r\t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "guard.yaml")
		if err := os.WriteFile(path, []byte("never:\n  - {value: ours.example, reason: "+Quote("r"+text)+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := guard.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Join(strings.Fields("r"+text), " ")
		got := strings.TrimPrefix(g.Judge(guard.TypeDomain, "ours.example").Reason, "ours.example is covered by ours.example of the own list never: ")
		if utf8.ValidString(text) && got != want {
			t.Fatalf("%q came back as %q", want, got)
		}
	})
}
