package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

func TestKindOf(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7": TypeIP, "2001:db8::1": TypeIP, "203.0.113.0/24": TypeIP, "010.0.0.5": TypeIP, "10.0.*": TypeIP, "203[.]0[.]113[.]7": TypeIP,
		"evil.example": TypeDomain, "evil[.]example": TypeDomain, "*.evil.example": TypeDomain,
		"https://evil.example/": TypeURL, "hxxp://evil[.]example/a": TypeURL, "evil.example/a": TypeURL, "http://u@evil.example/": TypeURL,
		"a@evil.example": TypeMailbox, "<>": TypeMailbox,
		strings.Repeat("aB", 16): TypeFileMD5, strings.Repeat("aB", 20): TypeFileSHA1, strings.Repeat("aB", 32): TypeFileSHA256, strings.Repeat("aB", 24): TypeDomain,
	} {
		if got := KindOf(text); got != want {
			t.Errorf("%q is of type %s, want %s", text, got, want)
		}
	}
}

// guardIn loads a guard.yaml beside other files.
func guardIn(t *testing.T, text string, files map[string]string) (*Guard, error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(folder, "guard.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

const withLists = `
ask:
  - {value: 45.83.12.0/24, reason: a partner}
allow:
  - {value: 45.83.12.9, reason: the partner said so}
  - {value: shop.github.io, reason: checked by hand}
  - {value: 10.0.0.0/8, reason: nothing of use}
  - {value: one.tenant.github.io, reason: a part of a tenant}
lists:
  - {file: cloud.json, level: ask, reason: a cloud, owner: network}
  - {file: ours.csv, level: never, reason: our own, expires: 2026-12-31}
  - {file: images.txt, level: never, reason: the gold image}
`

var listFiles = map[string]string{
	"cloud.json": `{"name": "Addresses of a cloud", "type": "cidr", "version": 3, "list": ["52.94.0.0/22", "2600:1f00::/24", "198.51.100.77"]}`,
	"ours.csv":   "\ufeffvalue,reason,owner,expires,ticket\n# comment\nintra.example,the intranet,web team,,X1\nboss@elsewhere.example,,,2026-06-30,\n",
	"images.txt": "# SHA-1 of our files\n3395856CE81F2B7382DEE72602F798B642F14140  # calc\n\n",
}

func TestIncludedLists(t *testing.T) {
	g, err := guardIn(t, withLists, listFiles)
	if err != nil {
		t.Fatal(err)
	}
	check(t, g, []judged{
		{TypeIP, "52.94.1.9", asks, RuleOwn, ""},
		{TypeIP, "2600:1f80::9", asks, RuleOwn, ""},
		{TypeIP, "198.51.100.77", asks, RuleOwn, ""},
		{TypeIP, "198.51.100.78", would, "", ""},
		{TypeDomain, "a.intra.example", refused, RuleOwn, ""},
		{TypeURL, "https://intra.example/x", refused, RuleOwn, ""},
		{TypeMailbox, "Boss@elsewhere.example", refused, RuleOwn, ""},
		{TypeFileSHA1, "3395856ce81f2b7382dee72602f798b642f14140", refused, RuleOwn, ""},
		// An entry of allow lifts what is asked for, for what it names alone.
		{TypeIP, "45.83.12.9", would, RuleAllowed, ""},
		{TypeIP, "45.83.12.8", asks, RuleOwn, ""},
		{TypeDomain, "shop.github.io", would, RuleAllowed, ""},
		{TypeDomain, "other.github.io", asks, RuleTenant, ""},
		{TypeDomain, "one.tenant.github.io", would, RuleAllowed, ""},
		{TypeDomain, "tenant.github.io", asks, RuleTenant, ""},
		{TypeDomain, "github.io", refused, RuleShared, ""},
		{TypeIP, "10.1.1.1", refused, RulePrivate, ""},
		{TypeIP, "45.83.12.9:80", workbook.Invalid, "", ""},
	})
	if r := g.Judge(TypeIP, "52.94.1.9").Reason; r != "52.94.1.9 is covered by 52.94.0.0/22 of the own list cloud.json: Addresses of a cloud (network)" {
		t.Errorf("reason %q", r)
	}
	if r := g.Judge(TypeIP, "198.51.100.78").Reason; r != noRule {
		t.Errorf("with a list of a cloud: %q", r)
	}
	if r := g.Judge(TypeDomain, "intra.example").Reason; !strings.HasSuffix(r, "the intranet (web team)") {
		t.Errorf("a CSV's own words: %q", r)
	}
	if j := g.Judge(TypeIP, "45.83.12.9"); !j.Approved.Covers(TypeIP, "45.83.12.9") || j.Reason != "45.83.12.9 is allowed by 45.83.12.9: the partner said so; without it: 45.83.12.9 is covered by 45.83.12.0/24 of the own list ask: a partner" {
		t.Errorf("allowed: %q", j.Reason)
	}
	july := g.At(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	check(t, july, []judged{{TypeMailbox, "boss@elsewhere.example", would, "", ""}, {TypeDomain, "intra.example", refused, RuleOwn, ""}})
	if got := strings.Join(july.Expired(), "\n"); got != "1 of the 2 entries of ours.csv expired and no longer hold" {
		t.Errorf("expired: %q", got)
	}
	check(t, g.At(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)), []judged{{TypeDomain, "intra.example", would, "", ""}})
	files := g.Files()
	if len(files) != 3 || files[2].Path != "images.txt" || files[2].Kind != "guard" || files[2].Root != events.Root([]byte(listFiles["images.txt"])) {
		t.Errorf("for the record: %+v", files)
	}
}

func TestIncludedListMistakes(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"none":          {"a.txt", "# nothing\n", "a.txt has no entries"},
		"no entry":      {"a.txt", "198.51.100.1\nhttp://x/\n", "a.txt:2:1: \"http://x/\" is no address"},
		"no column":     {"a.csv", "ip,why\n1.2.3.4,x\n", "names no column value"},
		"no date":       {"a.csv", "value,expires\n198.51.100.1,soon\n", "a.csv:2:1: \"soon\" is no date"},
		"ragged":        {"a.csv", "value,reason\n198.51.100.1\n", "wrong number of fields"},
		"pattern":       {"a.json", `{"type":"regex","list":["a.*"]}`, "type \"regex\" is not supported"},
		"no object":     {"a.json", `{"list": 1}`, "no MISP warning list"},
		"no text":       {"a.txt", "\xff\xfe1", "not UTF-8"},
		"not there":     {"b.txt", "", "a.txt"},
		"a wrong level": {"a.txt", "198.51.100.1\n", "level"},
	} {
		t.Run(name, func(t *testing.T) {
			written := c.file
			level := "never"
			switch name {
			case "not there":
				written = "a.txt"
			case "a wrong level":
				level = "always"
			}
			_, err := guardIn(t, "lists:\n  - {file: "+written+", level: "+level+", reason: r}\n", map[string]string{c.file: c.text})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A list is read whole or not at all.
func TestALongListIsNotCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.txt")
	if err := os.WriteFile(path, []byte("198.51.100.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxListBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := readBounded(path); err == nil || !strings.HasSuffix(err.Error(), "is larger than 64 MB") {
		t.Errorf("got %v", err)
	}
	if err := os.Truncate(path, maxListBytes); err != nil {
		t.Fatal(err)
	}
	if text, err := readBounded(path); err != nil || len(text) != maxListBytes {
		t.Errorf("at the bound: %d bytes, %v", len(text), err)
	}
}

// An indexed list finds what a look at each entry finds.
func TestListsFindWhatEachEntryCovers(t *testing.T) {
	label := rapid.SampledFrom([]string{"a", "b", "c"})
	host := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "labels"), ".") + ".example"
	})
	value := rapid.OneOf(host,
		rapid.Map(host, func(h string) string { return "U@" + h }),
		rapid.Map(host, func(h string) string { return "https://" + h + "/a" }),
		rapid.Map(host, func(h string) string { return "*://" + h + "/a*" }),
		rapid.Map(host, func(h string) string { return "u*@" + h }),
		rapid.Map(host, func(h string) string { return "a*" + h }),
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("45.83.%d.%d/%d", rapid.IntRange(0, 3).Draw(t, "b"), rapid.IntRange(0, 3).Draw(t, "c"), rapid.IntRange(20, 32).Draw(t, "bits"))
		}),
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("2600:%x::/%d", rapid.IntRange(0, 3).Draw(t, "b"), rapid.IntRange(28, 34).Draw(t, "bits"))
		}))
	rapid.Check(t, func(t *rapid.T) {
		l := &list{}
		for _, v := range rapid.SliceOfN(value, 0, 12).Draw(t, "entries") {
			var e entry
			if !e.read(v) {
				t.Fatalf("%q is read as nothing", v)
			}
			l.entries = append(l.entries, e)
		}
		l.index()
		s := subject{}
		switch asked := rapid.IntRange(0, 3).Draw(t, "kind"); asked {
		case 0:
			s.host, s.whole = host.Draw(t, "host"), rapid.Bool().Draw(t, "whole")
		case 1:
			s.mailbox = rapid.SampledFrom([]string{"u@", "u+x@", "ux@"}).Draw(t, "local") + host.Draw(t, "domain")
		case 2:
			s.url = host.Draw(t, "host") + rapid.SampledFrom([]string{"/", "/a", "/ab", "/a/b"}).Draw(t, "path")
		default:
			var e entry
			e.read(value.Filter(func(v string) bool { _, ok := parseNetwork(v); return ok }).Draw(t, "network"))
			s.address = e.network.Addr().Next()
		}
		var want, got []int
		for i, e := range l.entries {
			if e.covers(s) {
				want = append(want, i)
			}
		}
		for i := range l.candidates(s) {
			if l.entries[i].covers(s) {
				got = append(got, int(i))
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Fatalf("%+v: found %v, want %v of %+v", s, got, want, l.entries)
		}
	})
}

func BenchmarkJudgeWithALongList(b *testing.B) {
	var text strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&text, "host%d.example\n%d.%d.%d.0/24\n", i, 23+i>>16, i>>8&255, i&255)
	}
	folder := b.TempDir()
	for name, content := range map[string]string{"long.txt": text.String(), "guard.yaml": "lists:\n  - {file: long.txt, level: never, reason: r}\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	g, err := Load(filepath.Join(folder, "guard.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		g.Judge(TypeDomain, "some.host.of.interest.example")
		g.Judge(TypeIP, "45.83.12.7")
	}
}
