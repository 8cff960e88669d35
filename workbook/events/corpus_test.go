package events

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every real file opens as what it is, with as many events as it has, and with
// times that can be. The counts are those of SOURCES.md beside the files, and
// where that gives none, of grep and wc.
func TestEveryRealFile(t *testing.T) {
	corpus := os.Getenv("TABLETOP_CORPUS")
	if corpus == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return
	}
	tests := []struct {
		file, format, mapping string
		events, noTime        int64
		oldest, newest        string
	}{
		{"zeek/rdp.log.gz", "zeek", "", 4122, 0, "2018-03-24T17:15:20Z", "2018-03-24T17:31:05Z"},
		{"zeek/rdp-ctu13.json.gz", "ndjson", "", 2227, 0, "2011-08-13T11:43:55Z", "2011-08-15T05:39:17Z"},
		{"zeek/http.log.gz", "zeek", "", 4896, 0, "2009-11-18T09:14:13Z", "2009-11-19T07:56:02Z"},
		{"zeek/dns.log.gz", "zeek", "", 5124, 0, "2009-11-18T08:08:00Z", "2009-11-19T07:56:08Z"},
		{"zeek/conn.log.gz", "zeek", "", 8462, 0, "2009-11-18T08:00:03Z", "2009-11-19T07:59:07Z"},
		{"zeek/dns-large.log.gz", "zeek", "", 53615, 0, "2018-03-24T17:15:20Z", "2018-03-24T17:36:30Z"},
		{"zeek/smtp.log.gz", "zeek", "", 1188, 0, "2018-03-24T17:15:21Z", "2018-03-24T17:27:16Z"},
		{"zeek/apt29-day1-combined.log", "ndjson", "", 2140, 0, "2020-04-30T00:06:38Z", "2020-04-30T00:45:00Z"},
		{"zeek/apt29-day1-combined.log", "ndjson", "zeek", 2140, 0, "2020-04-30T00:06:38Z", "2020-04-30T00:45:00Z"},
		{"windows/rdp_interactive_taskmanager_lsass_dump.zip", "ndjson", "", 5489, 0, "2020-09-22T08:37:48Z", "2020-09-22T08:39:44Z"},
		{"windows/rdp_interactive_taskmanager_lsass_dump.zip", "ndjson", "windows", 5489, 0, "2020-09-22T08:37:48Z", "2020-09-22T08:39:44Z"},
		{"windows/metasploit_sharpdump_lsass_memory_dump.zip", "ndjson", "", 59707, 0, "2023-09-05T09:51:51Z", "2023-09-05T10:03:30Z"},
		{"network/suricata-eve.json.gz", "ndjson", "", 1183, 0, "2018-10-30T08:56:07Z", "2018-10-30T10:21:35Z"},
		{"network/suricata-eve.json.gz", "ndjson", "suricata", 1183, 0, "2018-10-30T08:56:07Z", "2018-10-30T10:21:35Z"},
		{"network/az_net_flows.csv", "csv", "", 460, 460, "", ""},
		{"network/az_net_flows.csv", "csv", "azure-nsg", 460, 0, "2019-02-12T13:00:07Z", "2019-02-14T12:29:02Z"},
		{"network/auth.log", "syslog", "", 7121, 0, "2016-03-27T13:06:56Z", "2016-04-20T14:14:29Z"},
		{"urls/unit42-captcha-phishing.txt", "lines", "", 7278, 7278, "", ""},
		{"urls/unit42-scam-urls.txt", "lines", "", 4457, 4457, "", ""},
		{"urls/blackbook.csv", "csv", "", 18151, 18151, "", ""},
		{"hashes/eset-stantinko.sha1", "lines", "", 1053, 1053, "", ""},
		{"email/sublime", "mail", "", 8, 0, "2019-10-21T18:23:24Z", "2021-03-03T22:51:49Z"},
		{"email/spamassassin", "mail mbox lines", "", 125, 3, "1991-05-24T10:40:25Z", "2023-04-25T02:15:31Z"},
	}
	listed := map[string]bool{}
	for _, tt := range tests {
		listed[tt.file] = true
		t.Run(tt.file+" "+tt.mapping, func(t *testing.T) {
			o := Options{Zone: time.UTC, Year: 2016}
			if tt.mapping != "" {
				o.Sources = []string{filepath.Join(sourcesOf(t, "sources: [{files: ['*'], mapping: "+tt.mapping+"}]"), SourcesName)}
			}
			set, err := Open(filepath.Join(corpus, tt.file), o)
			if err != nil {
				t.Fatal(err)
			}
			checkRealFile(t, set, tt.format)
			survey, err := set.Survey(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var count, noTime int64
			var oldest time.Time
			for _, s := range survey.Streams {
				count, noTime = count+s.Events, noTime+s.NoTime
				if oldest.IsZero() || s.Oldest.Before(oldest) {
					oldest = s.Oldest
				}
			}
			newest, _ := survey.Newest(nil)
			if tt.events >= 0 && (count != tt.events || noTime != tt.noTime) {
				t.Errorf("%d events, %d without a time, want %d and %d", count, noTime, tt.events, tt.noTime)
			}
			if survey.Undecodable != 0 {
				t.Errorf("%d undecodable: %v", survey.Undecodable, survey.Bad)
			}
			if got := brief(oldest) + " " + brief(newest); got != tt.oldest+" "+tt.newest {
				t.Errorf("from %s, want from %s %s", got, tt.oldest, tt.newest)
			}
		})
	}
	eachRealFile(t, corpus, func(name string) {
		if !listed[name] && !listed[filepath.ToSlash(filepath.Dir(name))] && !strings.HasPrefix(name, "email/spamassassin/") {
			t.Errorf("%s is not looked at", name)
		}
	})
}

func brief(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

// checkRealFile looks at what is told of each file.
func checkRealFile(t *testing.T, set *Set, format string) {
	t.Helper()
	found, err := set.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Files {
		if f.Problem != "" || f.Reason == "" || !strings.Contains(" "+format+" ", " "+f.Format+" ") {
			t.Errorf("%s: %s (%s), want %s; %s", f.Name, f.Format, f.Reason, format, f.Problem)
		}
		if f.Events == 0 && f.Bytes > 1 || f.Undecodable > 0 {
			t.Errorf("%s: %d events, %d undecodable", f.Name, f.Events, f.Undecodable)
		}
	}
}

// eachRealFile names the files of events, without the suites of tests.
func eachRealFile(t *testing.T, corpus string, visit func(name string)) {
	t.Helper()
	err := filepath.WalkDir(corpus, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(corpus, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case name == "suites":
			return filepath.SkipDir
		case entry.IsDir() || name == "SOURCES.md":
			return nil
		}
		visit(name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
