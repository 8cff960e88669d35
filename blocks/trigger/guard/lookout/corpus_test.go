package lookout

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/events"
)

// corpus opens a file of the third-party data that TABLETOP_CORPUS names; nil
// where it is not set.
func corpus(t *testing.T, path string) *events.Set {
	t.Helper()
	folder := os.Getenv("TABLETOP_CORPUS")
	if folder == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return nil
	}
	set, err := events.Open(filepath.Join(folder, filepath.FromSlash(path)), events.Options{Untimed: true})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// What real logs show, as they are logged: name servers and domain controllers,
// and of what attackers do, nothing.
func TestProposalsOfRealEvents(t *testing.T) {
	for path, want := range map[string]string{
		"zeek/conn.log.gz":                                   "192.168.1.1",
		"zeek/rdp.log.gz":                                    "",
		"zeek/rdp-ctu13.json.gz":                             "147.32.84.165",
		"zeek/apt29-day1-combined.log":                       "10.0.0.4",
		"network/az_net_flows.csv":                           "",
		"network/auth.log":                                   "",
		"network/suricata-eve.json.gz":                       "",
		"email/sublime":                                      "sublimesecurity.com tyrellcorp.io",
		"email/spamassassin":                                 "example.com jmason.org",
		"urls/blackbook.csv":                                 "",
		"hashes/eset-stantinko.sha1":                         "",
		"windows/rdp_interactive_taskmanager_lsass_dump.zip": "172.18.38.5",
	} {
		set := corpus(t, path)
		if set == nil {
			return
		}
		p, err := Propose(context.Background(), set)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var got []string
		for _, one := range p.List {
			got = append(got, one.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: proposed %q, want %q", path, got, want)
		}
		loads(t, p, path)
	}
}

// Sysmon's own names of columns, and its lists of hashes in one cell.
func TestLookAtRealEvents(t *testing.T) {
	set := corpus(t, "windows/rdp_interactive_taskmanager_lsass_dump.zip")
	if set == nil {
		return
	}
	const hash = "03829f72b93b3da8a5778a295948f2f967a8ad9a"
	seen := look(t, set, hash).Seen(hash)
	if seen.Hosts == 0 || len(seen.Paths) != 1 || !guard.InSystemFolder(seen.Paths[0]) {
		t.Errorf("%+v", seen)
	}
}
