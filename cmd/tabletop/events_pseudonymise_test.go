package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/events/pseudonym"
)

const exerciseKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func pseudonymiser(t *testing.T) *pseudonym.Pseudonymiser {
	t.Helper()
	key, err := pseudonym.ParseKey(exerciseKey)
	if err != nil {
		t.Fatal(err)
	}
	return pseudonym.New(key, knownNames(), nil)
}

// sameJudgement holds that the guard says of a pseudonym what it says of the
// name.
func sameJudgement(t interface {
	Helper()
	Errorf(string, ...any)
}, p *pseudonym.Pseudonymiser, kind string, column pseudonym.Kind, target string,
) {
	t.Helper()
	other := p.Value(column, target)
	was, is := guard.New().Judge(kind, target), guard.New().Judge(kind, other)
	if was.Verdict != is.Verdict || was.Rule != is.Rule {
		t.Errorf("%s %q is %s by %q, its pseudonym %q is %s by %q (%s)", kind, target, was.Verdict, was.Rule, other, is.Verdict, is.Rule, is.Reason)
	}
}

// TestTheGuardSaysTheSameOfAddresses goes through both ends of every protected
// range, every name server with its neighbours, and many others.
func TestTheGuardSaysTheSameOfAddresses(t *testing.T) {
	p := pseudonymiser(t)
	var targets []netip.Addr
	for _, network := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "::/128", "::1/128",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2000::/3", "2001::/32", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32",
		"2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		r := netip.MustParsePrefix(network)
		first, last := r.Addr(), r.Addr().AsSlice()
		for i := r.Bits(); i < r.Addr().BitLen(); i++ {
			last[i/8] |= 1 << (7 - i%8)
		}
		end, _ := netip.AddrFromSlice(last)
		targets = append(targets, first, first.Prev(), first.Next(), end, end.Next(), end.Prev())
	}
	for _, a := range guard.NameServers() {
		targets = append(targets, a, a.Prev(), a.Next())
		if a.Is4() {
			b := a.As4()
			targets = append(targets, netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3]}))
			targets = append(targets, netip.AddrFrom16([16]byte{0x00, 0x64, 0xff, 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}))
		}
	}
	for _, a := range targets {
		if a.IsValid() {
			sameJudgement(t, p, guard.TypeIP, pseudonym.IP, a.String())
			sameJudgement(t, p, guard.TypeURL, pseudonym.URL, "http://"+netip.AddrPortFrom(a, 80).String()+"/x")
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")
		if rapid.Bool().Draw(t, "long") {
			raw = append(rapid.SampledFrom([][]byte{{0x20, 0x02}, {0x20, 0x01, 0, 0}, {0x20, 0x01}, {0x2a}, {0xfd}, {0}, {0xfe, 0x80}, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}}).Draw(t, "range"), raw...)
			raw = append(raw, rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "rest")...)[:16]
		}
		a, _ := netip.AddrFromSlice(raw)
		sameJudgement(t, p, guard.TypeIP, pseudonym.IP, a.String())
	})
}

func TestTheGuardSaysTheSameOfNames(t *testing.T) {
	p := pseudonymiser(t)
	hosts := append(guard.SharedDomains(),
		"example.com", "a.b.example.co.uk", "www.example.com", "com", "co.uk", "github.io", "me.github.io", "a.me.github.io", "WS-022", "localhost", "printer.local",
		"x.corp", "5.0.0.10.in-addr.arpa", "mail.google.com", "www.github.com", "*.example.com", "a_b.example.com", "bücher.example", "xn--bcher-kva.example", "city.kawasaki.jp",
		"a..example.com", "example.com.", strings.Repeat("a", 64)+".example.com", "-a.example.com", "server.acme", "10.0.0.5", "0x7f.1", "2130706433", "8.8.8.8", "010.0.0.5",
		strings.Repeat("abcdefgh.", 30)+"example.com")
	for _, host := range hosts {
		sameJudgement(t, p, guard.TypeDomain, pseudonym.Host, host)
		for _, form := range []string{"http://%s/", "https://%s:8443/a/b.exe?c=d", "%s/path", "http://user:pw@%s/x", "http://%s/*", "http://%s/a*b", "http://%s/%%zz", "http://%s/a b"} {
			sameJudgement(t, p, guard.TypeURL, pseudonym.URL, fmt.Sprintf(form, host))
		}
		for _, form := range []string{"anna@%s", "postmaster@%s", "Anna Lund <anna@%s>", "a..b@%s", "@%s", "*@%s", "anna+news@%s"} {
			sameJudgement(t, p, guard.TypeMailbox, pseudonym.Mail, fmt.Sprintf(form, host))
		}
	}
	for _, text := range []string{"<>", "hxxp://evil[.]example[.]com/x", "a@b.com, c@d.com", "http://[::1]/", "http://[2001:db8::1]:80/x", "https://x.sharepoint.com", strings.Repeat("a", 65) + "@example.com"} {
		sameJudgement(t, p, guard.TypeURL, pseudonym.URL, text)
		sameJudgement(t, p, guard.TypeMailbox, pseudonym.Mail, text)
	}
}

// TestExamplesPseudonymised runs every workbook of the examples over their events
// and over copies with other names: blocks, groups, signals and verdicts are the
// same, and no name is left.
func TestExamplesPseudonymised(t *testing.T) {
	auditPath := atRoot(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(exerciseKey), 0o600); err != nil {
		t.Fatal(err)
	}
	books := exampleBooks(t)
	for n, book := range books {
		t.Run(filepath.ToSlash(book), func(t *testing.T) {
			events := filepath.Join(filepath.Dir(book), "events")
			to := filepath.Join(t.TempDir(), "events")
			code, out, remarks := tabletop(t, "events", "pseudonymise", events, "--key", key, "--to", to, "-o", "json")
			if code != 0 {
				t.Fatalf("exit %d\n%s", code, remarks)
			}
			var report pseudonym.Report
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Files {
				if f.Replaced < 100 || f.Undecodable != 0 {
					t.Errorf("%+v", f)
				}
			}
			was, is := outcome(t, book, events, fmt.Sprintf("%s%d-was", auditPath, n)), outcome(t, book, to, fmt.Sprintf("%s%d-is", auditPath, n))
			if diff := cmp.Diff(was, is); diff != "" {
				t.Error(diff)
			}
			code, inspected, remarks := tabletop(t, "events", to, "-o", "json")
			if code != 0 {
				t.Fatal(remarks)
			}
			for _, name := range []string{"lena", "tobias", "priya", "example.com", "example.org", "渡辺"} {
				if strings.Contains(inspected, name) {
					t.Errorf("%s is left in the samples of the columns", name)
				}
			}
		})
	}
}

// outcome is what a run gives, without the names.
func outcome(t *testing.T, book, events, auditPath string) []string {
	t.Helper()
	code, out, remarks := tabletop(t, "run", book, "--events", events, "--audit", auditPath, "-o", "json", "--keep-rows", "100000")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, remarks)
	}
	var o runObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	lines := []string{fmt.Sprint(o.Now, o.Status, o.Totals)}
	for _, b := range o.Blocks {
		lines = append(lines, fmt.Sprint(b.Index, b.Kind, b.RowsIn, b.RowsOut, b.Columns))
		for i, row := range b.Rows {
			lines = append(lines, fmt.Sprint(shape(row), b.Evidence[i].Events, positions(b.Evidence[i])))
		}
	}
	for _, s := range o.Signals {
		lines = append(lines, fmt.Sprint(s.Block, s.Row, s.Score, s.Severity, s.Occurrences))
	}
	for _, a := range o.Actions {
		lines = append(lines, fmt.Sprint(a.Number, a.Block, a.Row, a.Type, a.DNIF, a.Verdict, a.Rule, a.SameAs))
	}
	return lines
}

// shape is a row with its texts as the numbers of their first place in it.
func shape(row []workbook.Value) []string {
	var out []string
	for _, v := range row {
		if text, ok := v.(string); ok {
			v = slices.Index(row, workbook.Value(text))
		}
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func positions(e workbook.Evidence) []int64 {
	var out []int64
	for _, p := range e.First {
		out = append(out, p.Line)
	}
	return out
}

// TestCorpusPseudonymised copies real events and asks both copies the same.
func TestCorpusPseudonymised(t *testing.T) {
	for name, questions := range map[string][]string{
		"zeek/rdp.log.gz":          {"SELECT `$id.orig_h`, COUNT(*) FROM RDP GROUP BY `$id.orig_h`", "SELECT $cookie, COUNT(*) FROM RDP GROUP BY $cookie"},
		"zeek/http.log.gz":         {"SELECT $host, COUNT(*) FROM HTTP GROUP BY $host", "SELECT $uri, COUNT(*) FROM HTTP GROUP BY $uri", "SELECT $referrer, COUNT(*) FROM HTTP GROUP BY $referrer"},
		"zeek/dns.log.gz":          {"SELECT $query, COUNT(*) FROM DNS GROUP BY $query", "SELECT $answers, COUNT(*) FROM DNS GROUP BY $answers"},
		"zeek/smtp.log.gz":         {"SELECT $mailfrom, COUNT(*) FROM SMTP GROUP BY $mailfrom", "SELECT $helo, COUNT(*) FROM SMTP GROUP BY $helo"},
		"zeek/rdp-ctu13.json.gz":   {"SELECT `$id.orig_h`, $cookie, COUNT(*) FROM `RDP-CTU13` GROUP BY `$id.orig_h`, $cookie"},
		"network/az_net_flows.csv": {"SELECT $VMName, $VMIPAddress, COUNT(*) FROM AZ_NET_FLOWS GROUP BY $VMName, $VMIPAddress", "SELECT $AllExtIPs, COUNT(*) FROM AZ_NET_FLOWS GROUP BY $AllExtIPs"},
		"network/auth.log":         {"SELECT $host, COUNT(*) FROM AUTH GROUP BY $host", "SELECT $message, COUNT(*) FROM AUTH GROUP BY $message"},
		"urls/blackbook.csv":       {"SELECT $Domain, COUNT(*) FROM BLACKBOOK GROUP BY $Domain"},
		"windows/rdp_interactive_taskmanager_lsass_dump.zip": {"SELECT $Hostname, COUNT(*) FROM `RDP_INTERACTIVE_TASKMANAGER_LSASS_DUMP_2020-09-22043748` GROUP BY $Hostname"},
	} {
		from := corpus(t, name)
		if from == "" {
			return
		}
		folder := t.TempDir()
		key := filepath.Join(folder, "key")
		if err := os.WriteFile(key, []byte(exerciseKey), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, remarks := tabletop(t, "events", "pseudonymise", from, "--key", key, "--to", filepath.Join(folder, "to"))
		if code != 0 {
			t.Errorf("%s: exit %d %s %s", name, code, out, remarks)
			continue
		}
		to := filepath.Join(folder, "to")
		if filepath.Ext(from) != ".zip" {
			to = filepath.Join(to, filepath.Base(from))
		}
		for _, question := range questions {
			if was, is := groupSizes(t, question, from), groupSizes(t, question, to); len(was) == 0 || !slices.Equal(was, is) {
				t.Errorf("%s: %s: %d groups became %d\n%v\n%v", name, question, len(was), len(is), was[:min(len(was), 10)], is[:min(len(is), 10)])
			}
		}
	}
}

// groupSizes are the last column of a question's answer, sorted.
func groupSizes(t *testing.T, question, events string) []string {
	t.Helper()
	code, out, remarks := tabletop(t, "query", question, "--events", events, "-o", "ndjson")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, remarks)
	}
	var sizes []string
	for line := range strings.Lines(out) {
		sizes = append(sizes, line[strings.LastIndexByte(line, ':'):])
	}
	sort.Strings(sizes)
	return sizes
}
