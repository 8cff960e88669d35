package events

import (
	"bytes"
	"cmp"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"tabletop/workbook"
)

// writeDatabase makes an MMDB file of networks and what they hold.
func writeDatabase(t testing.TB, kind string, networks map[string]mmdbtype.DataType) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true, DisableIPv4Aliasing: true, BuildEpoch: 1})
	if err != nil {
		t.Fatal(err)
	}
	// A smaller network comes behind the one that holds it.
	names := slices.SortedFunc(maps.Keys(networks), func(a, b string) int {
		return cmp.Compare(netip.MustParsePrefix(a).Bits(), netip.MustParsePrefix(b).Bits())
	})
	for _, network := range names {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(n, networks[network]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func cityDatabase(t testing.TB) string {
	t.Helper()
	place := func(code, city string) mmdbtype.Map {
		return mmdbtype.Map{
			"country": mmdbtype.Map{"iso_code": mmdbtype.String(code), "geoname_id": mmdbtype.Uint32(7)},
			"city":    mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(city)}},
			"subdivisions": mmdbtype.Slice{
				mmdbtype.Map{"iso_code": mmdbtype.String(code + "-1")}, mmdbtype.Map{"iso_code": mmdbtype.String(code + "-2")},
			},
			"location":   mmdbtype.Map{"latitude": mmdbtype.Float64(52.5), "accuracy": mmdbtype.Uint16(20)},
			"is_anycast": mmdbtype.Bool(true),
		}
	}
	return writeDatabase(t, "GeoLite2-City", map[string]mmdbtype.DataType{
		"192.0.2.0/24": place("DE", "Berlin"), "192.0.2.128/25": place("FR", "Paris"), "2001:db8::/32": place("IN", "Pune"),
		"203.0.113.0/24": mmdbtype.Map{"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("US")}},
	})
}

func networkDatabase(t testing.TB) string {
	t.Helper()
	return writeDatabase(t, "DBIP-ASN-Lite (compat=GeoLite2-ASN)", map[string]mmdbtype.DataType{
		"192.0.2.0/24": mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example Net")},
	})
}

const fourEvents = `{"SrcIP":"192.0.2.1","DstIP":"192.0.2.200"}
{"SrcIP":"2001:db8::1","DstIP":"::ffff:192.0.2.9"}
{"SrcIP":"203.0.113.5","DstIP":"text","SrcASN":"own"}
{"SrcIP":"10.0.0.1"}
`

func TestMMDB(t *testing.T) {
	set := withSources(t, `sources:
  - files: ['*.ndjson']
    stream: FIREWALL
    enrich:
      mmdb:
        - file: geo/city.mmdb
        - {file: asn.mmdb, on: SrcIP}
        - {file: geo/city.mmdb, on: $SrcIP, columns: {Region: 'subdivisions[1].iso_code', $Lat: location.latitude, Near: location.accuracy, Any: is_anycast, Map: location, None: no.such}}
`, map[string]string{"fw.ndjson": fourEvents, "geo/city.mmdb": cityDatabase(t), "asn.mmdb": networkDatabase(t), "unused.mmdb": "x"})
	want := [][]any{
		{"DE", "Berlin", "64500", "Example Net", "FR", "Paris", "DE-2", "52.5", "20", "true", nil, nil},
		{"IN", "Pune", nil, nil, "DE", "Berlin", "IN-2", "52.5", "20", "true", nil, nil},
		{"US", nil, "own", nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
	}
	got := columnsOf(t, set, "FIREWALL", "$SrcCN", "$SrcLOC", "$SrcASN", "$SrcISP", "$DstCN", "$DstLOC", "$Region", "$Lat", "$Near", "$Any", "$Map", "$None")
	for _, row := range got {
		for i, v := range row {
			if v != nil {
				row[i] = workbook.Text(v)
			}
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	survey, err := set.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"FIREWALL"}, survey.StreamNames()); diff != "" {
		t.Error("databases are no events:", diff)
	}
}

// What the answer depends on stands in the record, with its root as it was read.
func TestHashNamesWhatIsLookedUpIn(t *testing.T) {
	list := "net,site\n192.0.2.0/24,lab\n"
	set := withSources(t, `sources:
  - files: ['*.ndjson']
    enrich:
      mmdb: {file: city.mmdb}
      join: [{file: nets.csv, on: SrcIP, match: cidr, columns: {Site: site}}, {file: nets.csv, on: DstIP, match: cidr, columns: {DstSite: site}}]
`, map[string]string{"fw.ndjson": fourEvents, "city.mmdb": cityDatabase(t), "nets.csv": list})
	before, err := set.Hash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, f := range before {
		root, size, err := hashFile(t.Context(), filepath.Join(filepath.Dir(set.Path), "events", filepath.Base(f.Path)), f.Bytes, nil)
		if err != nil || root != f.Root || size != f.Bytes || f.Bytes == 0 {
			t.Errorf("%+v: %s %d %v", f, root, size, err)
		}
		kinds = append(kinds, f.Kind+" "+filepath.Base(f.Path))
	}
	if diff := gocmp.Diff([]string{" fw.ndjson", "sources sources.yaml", "mmdb city.mmdb", "list nets.csv"}, kinds); diff != "" {
		t.Error(diff)
	}
	// The root is that of what was read, whatever the file holds later.
	if err := os.WriteFile(filepath.Join(set.Path, "nets.csv"), []byte("net,site\n192.0.2.0/24,other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := set.Hash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	again, err := Open(set.Path, Options{Sources: []string{filepath.Join(set.Path, SourcesName)}})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := again.Hash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if changed[3].Root == before[3].Root || changed[2].Root != before[2].Root {
		t.Error("a changed list must change its root, and no other")
	}
}

func TestMMDBMistakes(t *testing.T) {
	whole := cityDatabase(t)
	for _, tt := range []struct{ name, enrich, database, want string }{
		{"no database", "mmdb: {file: a.mmdb}", "text", "no whole MMDB database"},
		{"empty", "mmdb: {file: a.mmdb}", "", "no whole MMDB database"},
		{"cut off", "mmdb: {file: a.mmdb}", whole[:len(whole)/2], "no whole MMDB database"},
		{"missing", "mmdb: {file: b.mmdb}", whole, "no such file"},
		{"a folder", "mmdb: {file: .}", whole, "it is no file"},
		{"unknown type", "mmdb: {file: a.mmdb}", writeDatabase(t, "Weather", nil), `"Weather"`},
		{"no key", "mmdb: {file: a.mmdb, columns: {A: b}}", whole, "write on: $SrcIP"},
		{"no address", "mmdb: {file: a.mmdb, on: Host}", whole, "whose names end in IP"},
		{"no field", "mmdb: {file: a.mmdb, on: SrcIP, columns: {A: ' '}}", whole, "no field of a database"},
		{"mistyped", "mmdb: {file: a.mmdb, key: SrcIP}", whole, "key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := sourcesOf(t, "sources: [{files: ['*'], enrich: {"+tt.enrich+"}}]")
			if err := os.WriteFile(filepath.Join(folder, "a.mmdb"), []byte(tt.database), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(folder, Options{Sources: []string{filepath.Join(folder, SourcesName)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Error(err)
			}
		})
	}
}

// A column remembers no more answers than it may, and many may ask it at once.
func TestMMDBAnswersAreBounded(t *testing.T) {
	d, err := parseDatabase([]byte(cityDatabase(t)))
	if err != nil {
		t.Fatal(err)
	}
	f := &databaseField{database: d, paths: fieldPaths("country.iso_code")}
	f.known = map[uintptr]workbook.Value{}
	for n := range uintptr(keptAnswers) {
		f.known[n+1<<40] = "x"
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 100 {
				if f.find("192.0.2.1") != "DE" || f.find("192.0.2.201") != "FR" || f.find("198.51.100.1") != nil {
					t.Error("a wrong answer")
				}
			}
		})
	}
	wait.Wait()
	if len(f.known) > 2 {
		t.Error(len(f.known))
	}
}

// A broken database is refused or has no answer; it neither panics nor hangs.
func FuzzMMDB(f *testing.F) {
	city := cityDatabase(f)
	f.Add([]byte(city), []byte{192, 0, 2, 1})
	f.Add([]byte(networkDatabase(f)), []byte{192, 0, 2, 1})
	f.Add([]byte(city[:len(city)-40]), []byte{192, 0, 2, 1})
	f.Fuzz(func(t *testing.T, text, address []byte) {
		d, err := parseDatabase(text)
		if err != nil {
			return
		}
		at, ok := netip.AddrFromSlice(address)
		if !ok {
			at = netip.IPv4Unspecified()
		}
		for _, c := range geoColumns {
			field := &databaseField{database: d, paths: fieldPaths(c.fields...)}
			v := field.find(at.String())
			if again := field.find(at.String()); v != again {
				t.Fatalf("%v, then %v", v, again)
			}
			if text, ok := v.(string); ok && len(text) > 3*maxFieldBytes {
				t.Fatal(len(text))
			}
		}
	})
}
