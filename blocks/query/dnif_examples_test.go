package query

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/workbook/events"
	"tabletop/workbook/stores"
)

// exampleEvents have the columns that DNIF's examples read.
const exampleEvents = `{"$Stream":"FIREWALL","$CNAMTime":1768046400000,"$SrcIP":"10.35.38.1","$SrcPort":"1","$DstIP":"8.8.8.8","$DstPort":"23","$PStatus":"PAD","$EvtLen":77,"$SrcCN":"US","$DstCN":"US","$SrcISP":"Cloud","$Proto":"TCP","$App":"a","$RXLen":1,"$User":"abc","$System":"s","$Action":"PACKET_BLOCKED","$Encryption":"Not encrypted","$SourceName":"FORTIGATE","$LogEvent":"devname=fw srcip=1.1.1.1 dstip=2.2.2.2","$DevSrcIP":"1","$LogType":"t","$LogID":"60"}
{"$Stream":"AUTHENTICATION","$CNAMTime":1768046300000,"$User":"ana","$Reason":"INVALID_PASSWORD","$SrcIP":"10.35.38.1"}
{"$Stream":"CLOUDTRAIL","$CNAMTime":1768046300000,"$UserAgent":"console.amazonaws.com","$SourceName":"AWS-CLOUDTRAIL","$SrcIP":"1.2.3.4","$LogEvent":"{\"type\":\"x\",\"userIdentity\":{\"type\":\"Root\"},\"requestParameters\":{\"filterSet\":{\"items\":[{\"name\":\"n\"}]}}}"}
{"$Stream":"THREAT","$CNAMTime":1768046300000,"$SourceName":"ZSCALER"}
{"$Stream":"SYSMON-PROCESS","$CNAMTime":1768046300000,"$CommandLine":"x.pdf.exe","$System":"s"}
`

// TestDNIFExamples runs the examples of DNIF's pages, in their order and over
// the same event stores.
func TestDNIFExamples(t *testing.T) {
	text, err := os.ReadFile("testdata/dnif-examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{clock: fixtureClock.Now, zone: fixtureClock.Zone}
	path := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(path, []byte(exampleEvents), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.options.Events, err = events.Open(path, events.Options{Wall: s.clock}); err != nil {
		t.Fatal(err)
	}
	file, err := stores.Open(filepath.Join(t.TempDir(), "stores.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if s.options.Stores, err = file.Begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	for name, lines := range map[string][]string{
		"src_ports":             {"$SrcPort", "1"},
		"maliciousDB_evt_store": {"$MaliciousIP | $Engine", "10.35.38.1 | e"},
		"DstPrt_cnt":            {"$DstPort | count_unique", "23 | 1"},
		"virustotal":            {"$SrcIP | $Country", "10.35.38.1 | TR"},
		"user_store":            {"$PStatus | $EvtLen", "PAD | 77"},
	} {
		if _, err := s.options.Stores.Write(context.Background(), name, stores.StackReplace, "", tableOf(lines), 0, s.clock); err != nil {
			t.Fatal(err)
		}
	}
	// some give rows only where the fixture would need another world
	empty := 0
	count := 0
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		count++
		got, _, err := s.ask(line)
		if err != nil {
			t.Errorf("%s\n%v", line, err)
			continue
		}
		if len(got.Rows) == 0 {
			empty++
		}
		for _, statement := range statements(line, nil) {
			printsAndParses(t, statement)
		}
	}
	if count < 100 || empty > count/3 {
		t.Errorf("of %d examples %d gave no rows", count, empty)
	}
}
