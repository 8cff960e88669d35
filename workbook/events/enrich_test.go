package events

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEnrich(t *testing.T) {
	set := withSources(t, `sources:
  - files: ['fw.ndjson']
    stream: FIREWALL
    fields: {SrcIP: src}
    enrich:
      types: [SrcIP, $DstIP]
      join:
        - {file: lists/nets.csv, on: $SrcIP, match: cidr, columns: {Site: site, Owner: owner}}
        - {file: lists/people.csv, on: Owner, key: name, columns: {$OwnerMail: mail}}
        - {file: lists/names.csv, on: $Host, match: suffix, columns: {Zone: zone}}
`, map[string]string{
		"fw.ndjson": `{"src":"10.1.2.3","dstip":"192.0.2.1","Host":"a.b.Example.com."}
{"src":"10.1.9.9","DstIP":"::1","Host":"example.com"}
{"src":"2001:db8::7","DstIP":"169.254.1.1","Host":"notexample.com"}
{"src":"::ffff:10.1.2.3","DstIP":"text","Host":"com"}
{"src":"198.51.100.1","Site":"own","Host":""}
`,
		"lists/nets.csv":   "\ufeffnet,site,owner\n10.0.0.0/8,all,ann\n10.1.2.0/24,lab,bob\n10.1.2.77/16,branch,\n2001:db8::/32,six,ann\n,blank,x\n",
		"lists/people.csv": "mail,name\nann@example.com,ann\nbob@example.com,bob\nsecond@example.com,ann\n",
		"lists/names.csv":  "name,zone\n*.example.com,outer\n.b.example.com,inner\n",
	})
	want := [][]any{
		{"PRIVATE", "PUBLIC", "lab", "bob", "bob@example.com", "inner"},
		{"PRIVATE", "PRIVATE", "branch", nil, nil, "outer"},
		{"PUBLIC", "PRIVATE", "six", "ann", "ann@example.com", nil},
		{"PRIVATE", nil, "lab", "bob", "bob@example.com", nil},
		{"PUBLIC", nil, "own", nil, nil, nil},
	}
	got := columnsOf(t, set, "FIREWALL", "$SrcType", "$DstType", "$Site", "$Owner", "$OwnerMail", "$Zone")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	survey, err := set.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"FIREWALL"}, survey.StreamNames()); diff != "" {
		t.Error("lists are no events:", diff)
	}
}

// The longest suffix is found as if every key were tried.
func TestSuffixesAsIfEachWereTried(t *testing.T) {
	label := rapid.SampledFrom([]string{"a", "b", "ab", "com", "-", ""})
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "labels"), ".")
	})
	rapid.Check(t, func(t *rapid.T) {
		l := &lookupList{match: "suffix", rows: map[string][]string{}}
		for _, key := range rapid.SliceOfN(name, 0, 6).Draw(t, "keys") {
			if err := l.add(key, []string{key}); err != nil {
				t.Fatal(err)
			}
		}
		value := name.Draw(t, "value")
		best := ""
		for key := range l.rows {
			v := suffixKey(value)
			if key != "" && (v == key || strings.HasSuffix(v, "."+key)) && len(key) > len(best) {
				best = key
			}
		}
		row, ok := l.find(value)
		if ok != (best != "") || ok && suffixKey(strings.TrimPrefix(row[0], ".")) != best {
			t.Fatalf("%q in %v: got %v %v, want %q", value, l.rows, row, ok, best)
		}
	})
}
