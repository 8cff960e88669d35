package events

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook/source"
)

func TestBuiltInMappingsAreSources(t *testing.T) {
	for _, name := range MappingNames() {
		text, ok := Mapping(name)
		if !ok {
			t.Fatal(name)
		}
		file := filepath.Join(t.TempDir(), SourcesName)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		rules, _, err := readRules(file, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, r := range rules {
			if len(r.globs) == 0 || len(r.cases) == 0 && (r.stream == "" || r.time == nil || len(r.fields) == 0) {
				t.Errorf("%s: a source without files, stream, time or fields", name)
			}
		}
		node, err := source.Parse(name, []byte(text))
		if err != nil || text[0] != '#' {
			t.Error(name, node, err)
		}
	}
	for _, name := range []string{"", "..", "none", "../mapping", "mappings/zeek"} {
		if text, ok := Mapping(name); ok {
			t.Errorf("%q is a mapping: %s", name, text)
		}
	}
}

// zeekLog writes a Zeek log of one event.
func zeekLog(path, fields, event string) string {
	return "#separator \\x09\n#unset_field\t-\n#empty_field\t(empty)\n#path\t" + path + "\n#fields\t" + fields + "\n" + event + "\n"
}

// Each built-in mapping turns an event of its kind into the columns of a stream.
func TestBuiltInMappings(t *testing.T) {
	sysmon := `"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"pc1","@timestamp":"2026-01-01T00:00:00Z",`
	security := `"Channel":"Security","Hostname":"dc1","EventTime":"2026-01-01T00:00:00Z",`
	beat := `{"@timestamp":"2026-01-01T00:00:00.000Z","host":{"name":"pc2"},"event":{"code":"4625"},"winlog":{"channel":"Security","event_id":`
	for _, tt := range []struct {
		name, mapping, event, stream string
		columns                      []string
		want                         []any
	}{
		{
			"a.log", "zeek-conn", zeekLog("conn", "ts\tid.orig_h\tid.resp_h\tid.resp_p\tproto\torig_bytes", "1700000000.5\t192.0.2.1\t192.0.2.2\t3389\ttcp\t-"), "FIREWALL",
			[]string{"$SrcIP", "$DstIP", "$DstPort", "$Proto", "$TXLen"},
			[]any{"192.0.2.1", "192.0.2.2", "3389", "tcp", nil},
		},
		{
			"a.json", "zeek-conn", `{"ts":1700000000.5,"id":{"orig_h":"192.0.2.1","resp_p":22},"id_resp_h":"192.0.2.2"}`, "FIREWALL",
			[]string{"$SrcIP", "$DstIP", "$DstPort"},
			[]any{"192.0.2.1", "192.0.2.2", int64(22)},
		},
		{
			"a.log", "zeek-rdp", zeekLog("rdp", "ts\tid.orig_h\tid.resp_p\tcookie\tresult", "1700000000.5\t192.0.2.1\t3389\tann\tencrypted"), "FIREWALL",
			[]string{"$SrcIP", "$DstPort", "$User", "$Status", "$App"},
			[]any{"192.0.2.1", "3389", "ann", "encrypted", "rdp"},
		},
		{
			"a.log", "zeek-http", zeekLog("http", "ts\tmethod\thost\turi\tid.resp_h", "1700000000.5\tGET\tnews.example.com:8080\t/a?b\t192.0.2.2"), "PROXY",
			[]string{"$URL", "$Domain", "$Action"},
			[]any{"http://news.example.com:8080/a?b", "news.example.com", "GET"},
		},
		{
			"a.log", "zeek-http", zeekLog("http", "ts\tmethod\thost\turi\tid.resp_h", "1700000000.5\tGET\t-\t/a\t192.0.2.2"), "PROXY",
			[]string{"$URL", "$Domain"},
			[]any{"http://192.0.2.2/a", nil},
		},
		{
			"a.log", "zeek-http", zeekLog("http", "ts\tmethod\thost\turi\tid.resp_h", "1700000000.5\tGET\t192.0.2.9\thttp://192.0.2.9/x\t192.0.2.2"), "PROXY",
			[]string{"$URL", "$Domain"},
			[]any{"http://192.0.2.9/x", nil},
		},
		{
			"a.log", "zeek-http", zeekLog("http", "ts\tmethod\thost\turi\tid.resp_h", "1700000000.5\tCONNECT\tmail.example.com:443\tmail.example.com:443\t192.0.2.2"), "PROXY",
			[]string{"$URL", "$Domain"},
			[]any{nil, "mail.example.com"},
		},
		{
			"a.log", "zeek-dns", zeekLog("dns", "ts\tquery\tqtype_name\trcode_name", "1700000000.5\tx.example.com\tA\tNXDOMAIN"), "DNS",
			[]string{"$Domain", "$QueryType", "$Status"},
			[]any{"x.example.com", "A", "NXDOMAIN"},
		},
		{
			"a.log", "zeek-ssl", zeekLog("ssl", "ts\tserver_name\tversion", "1700000000.5\tx.example.com\tTLSv12"), "PROXY",
			[]string{"$Domain", "$Version", "$URL"},
			[]any{"x.example.com", "TLSv12", nil},
		},
		{"a.json", "zeek-ssl", `{"ts":1700000000,"server_name":"192.0.2.1"}`, "PROXY", []string{"$Domain"}, []any{nil}},
		{
			"a.json", "zeek-files", `{"ts":1700000000,"tx_hosts":["192.0.2.1","192.0.2.3"],"rx_hosts":[],"filename":"a.exe","md5":"00","sha1":"11"}`, "FILE",
			[]string{"$SrcIP", "$DstIP", "$File", "$Hash", "$MD5"},
			[]any{"192.0.2.1", nil, "a.exe", "11", "00"},
		},
		{
			"a.log", "zeek-files", zeekLog("files", "ts\ttx_hosts\tmd5", "1700000000\t192.0.2.1,192.0.2.3\t00"), "FILE",
			[]string{"$SrcIP", "$Hash"},
			[]any{"192.0.2.1", "00"},
		},
		{
			"a.json", "zeek-smtp", `{"ts":1700000000,"mailfrom":"a@example.com","from":"Ann <b@example.com>","rcptto":["c@example.com","d@example.com"]}`, "EMAIL",
			[]string{"$Sender", "$Recipient"},
			[]any{"a@example.com", "c@example.com"},
		},
		{
			"a.json", "zeek", `{"@stream":"dns","ts":1700000000,"query":"x.example.com","id_orig_h":"192.0.2.1"}`, "DNS",
			[]string{"$SrcIP", "$Domain"},
			[]any{"192.0.2.1", "x.example.com"},
		},
		{
			"a.json", "zeek", `{"_path":"http","ts":1700000000,"host":"example.com","uri":"/","method":"CONNECT"}`, "PROXY",
			[]string{"$URL", "$Domain"},
			[]any{nil, "example.com"},
		},
		{
			"a.json", "suricata", `{"timestamp":"2026-01-01T00:00:00.1+0100","event_type":"alert","src_ip":"192.0.2.1","dest_port":22,"alert":{"signature":"ET x","action":"allowed"},"http":{"hostname":"example.com","url":"/a"}}`, "THREAT",
			[]string{"$SrcIP", "$DstPort", "$Threat", "$Status", "$Action", "$URL"},
			[]any{"192.0.2.1", int64(22), "ET x", "allowed", "THREAT_DETECTED", "http://example.com/a"},
		},
		{
			"a.json", "suricata", `{"timestamp":"2026-01-01T00:00:00.1+0100","event_type":"flow","src_ip":"192.0.2.1","flow":{"bytes_toserver":5,"state":"new"}}`, "FIREWALL",
			[]string{"$SrcIP", "$TXLen", "$Status"},
			[]any{"192.0.2.1", int64(5), "new"},
		},
		{
			"a.json", "sysmon", "{" + sysmon + `"EventID":1,"Image":"C:\\a.exe","User":"X\\ann","Hashes":"MD5=0a,SHA1=1B,SHA256=2c,IMPHASH=3d"}`, "PROCESS",
			[]string{"$System", "$Process", "$User", "$Hash", "$MD5"},
			[]any{"pc1", `C:\a.exe`, `X\ann`, "1B", "0a"},
		},
		{
			"a.json", "sysmon", "{" + sysmon + `"EventID":"3","SourceIp":"192.0.2.1","DestinationIp":"192.0.2.2","DestinationPort":"3389"}`, "FIREWALL",
			[]string{"$SrcIP", "$DstIP", "$DstPort"},
			[]any{"192.0.2.1", "192.0.2.2", "3389"},
		},
		{"a.json", "sysmon", "{" + sysmon + `"EventID":11,"TargetFilename":"C:\\b.txt"}`, "SYSMON", []string{"$File", "$System"}, []any{`C:\b.txt`, "pc1"}},
		{
			"a.json", "sysmon", "{" + sysmon + `"EventID":16,"Configuration":"C:\\c.xml","ConfigurationFileHash":"SHA1=00"}`, "SYSMON-CONFIG",
			[]string{"$ConfigurationFileHash", "$Hash", "$Action"},
			[]any{"SHA1=00", "SHA1=00", "CONFIG_CHANGED"},
		},
		{"a.json", "sysmon", "{" + sysmon + `"EventID":22,"QueryName":"x.example.com"}`, "DNS", []string{"$Domain"}, []any{"x.example.com"}},
		{
			"a.json", "windows-security", "{" + security + `"EventID":4624,"TargetUserName":"ann","IpAddress":"192.0.2.1","IpPort":"-","LogonType":"10","WorkstationName":"-"}`, "AUTHENTICATION",
			[]string{"$User", "$SrcIP", "$SrcPort", "$SrcHost", "$Action", "$Status", "$System"},
			[]any{"ann", "192.0.2.1", nil, nil, "LOGIN", "SUCCESS", "dc1"},
		},
		{
			"a.json", "windows-security", beat + `4625,"computer_name":"pc2.example.com","event_data":{"TargetUserName":"bob","IpAddress":"-"}}}`, "AUTHENTICATION",
			[]string{"$User", "$SrcIP", "$Status", "$System"},
			[]any{"bob", nil, "FAILED", "pc2.example.com"},
		},
		{
			"a.json", "windows-security", "{" + security + `"EventID":4688,"NewProcessName":"C:\\a.exe","SubjectUserName":"PC1$","TargetUserName":"-"}`, "PROCESS",
			[]string{"$Process", "$User"},
			[]any{`C:\a.exe`, "PC1$"},
		},
		{
			"a.json", "windows", beat + `"5156","event_data":{"SourceAddress":"192.0.2.1","DestPort":"3389","Protocol":"6"}}}`, "FIREWALL",
			[]string{"$SrcIP", "$DstPort", "$Proto", "$SourceName"},
			[]any{"192.0.2.1", "3389", "6", "Windows"},
		},
		{
			"a.csv", "azure-nsg", "FlowStartTime,FlowDirection,VMIPAddress,PublicIPs,SrcIP,DestIP,DestPort\n2026-01-01 00:00:00.000,I,10.0.0.1,\"['192.0.2.1', '192.0.2.2']\",,,3389.0\n", "FIREWALL",
			[]string{"$SrcIP", "$DstIP", "$DstPort"},
			[]any{"192.0.2.1", "10.0.0.1", "3389"},
		},
		{
			"a.csv", "azure-nsg", "FlowStartTime,FlowDirection,VMIPAddress,PublicIPs,SrcIP,DestIP,DestPort\n2026-01-01 00:00:00.000,O,10.0.0.1,['2001:db8::1'],,,443.0\n", "FIREWALL",
			[]string{"$SrcIP", "$DstIP", "$DstPort"},
			[]any{"10.0.0.1", "2001:db8::1", "443"},
		},
		{
			"a.json", "email", `{"sender":"a@example.com","recipient":"b@example.com","urls":["http://example.com/x","http://example.org/"],"attachment_names":["a.exe"],"attachment_sha1":["00","11"],"originating_ip":"[192.0.2.1]","received_time":"2026-01-01T00:00:00Z"}`, "EMAIL",
			[]string{"$Sender", "$Recipient", "$URL", "$File", "$Hash", "$SrcIP", "$Vector"},
			[]any{"a@example.com", "b@example.com", "http://example.com/x", "a.exe", "00", "192.0.2.1", "EMAIL"},
		},
		{
			"access.log", "squid", "1700000000.123    180 192.0.2.1 TCP_MISS/200 411 GET http://user@news.example.com:8080/a?b=1 ann DIRECT/192.0.2.9 text/html\n", "PROXY",
			[]string{"$SrcIP", "$Status", "$RXLen", "$Action", "$URL", "$Domain", "$User", "$DstIP"},
			[]any{"192.0.2.1", "200", "411", "GET", "http://user@news.example.com:8080/a?b=1", "news.example.com", "ann", "192.0.2.9"},
		},
		{
			"access.log", "squid", "1700000000.123 180 192.0.2.1 TCP_TUNNEL/200 4 CONNECT mail.example.com:443 - HIER_DIRECT/mail.example.com -\n", "PROXY",
			[]string{"$URL", "$Domain", "$User", "$DstIP", "$Action"},
			[]any{nil, "mail.example.com", nil, nil, "CONNECT"},
		},
		{
			"access.log", "squid", "1700000000.123 180 192.0.2.1 TCP_MISS/200 4 GET http://192.0.2.7/ - NONE/- -\n", "PROXY",
			[]string{"$URL", "$Domain"},
			[]any{"http://192.0.2.7/", nil},
		},
	} {
		set := withSources(t, "sources:\n  - {files: ['a*'], mapping: "+tt.mapping+"}\n", map[string]string{tt.name: tt.event})
		if diff := cmp.Diff([][]any{tt.want}, columnsOf(t, set, tt.stream, tt.columns...)); diff != "" {
			t.Errorf("%s: %s\n%s", tt.mapping, tt.event, diff)
		}
		survey, err := set.Survey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st := survey.Streams[tt.stream]; st == nil || st.NoTime > 0 {
			t.Errorf("%s gives no time: %s", tt.mapping, tt.event)
		}
	}
}

func TestWhatStandsBesideAMappingComesOnTop(t *testing.T) {
	set := withSources(t, `sources:
  - files: ['a*']
    mapping: zeek-rdp
    stream: remote
    fields: {User: {upper: cookie}, $Site: {const: berlin}}
    enrich: {types: [SrcIP]}
`, map[string]string{"a.json": `{"ts":1700000000,"id.orig_h":"10.0.0.1","cookie":"ann","result":"ok"}`})
	want := [][]any{{"10.0.0.1", "PRIVATE", "ANN", "berlin", "ok"}}
	if diff := cmp.Diff(want, columnsOf(t, set, "REMOTE", "$SrcIP", "$SrcType", "$User", "$Site", "$Status")); diff != "" {
		t.Error(diff)
	}
}
