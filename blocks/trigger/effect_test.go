package trigger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEffect(t *testing.T) {
	for name, want := range map[string][]string{
		"trend-v2|Trend Micro XDR: Block IP":                {"not those already open and not inbound ones", "High, Block/Quarantine and never expires", "10,000 entries", "Exception List wins", "accepted"},
		"trend-v2|Trend Micro XDR: Block FileHash":          {"PE, ELF, Mach-O", "never expires", "10,000 entries", "Exception List wins", "accepted"},
		"trend-v3|Trend Micro Vision One: Block Sender":     {"Block Sender task", "never expires", "10,000 entries", "Exception List wins", "accepted"},
		"trend-v3|Trend Micro Vision One: Isolate Endpoint": {"cuts the endpoint off", "until the endpoint is restored", "accepted"},
		"slack|Slack: Tell the channel":                     {"posts a message", "until somebody deletes it"},
	} {
		file, configuration, _ := strings.Cut(name, "|")
		effect := ready(t, file, configuration).Effect()
		if len(effect) != len(want) {
			t.Errorf("%s: %q", name, effect)
			continue
		}
		for i := range want {
			if !strings.Contains(effect[i], want[i]) || len(effect[i]) > 100 {
				t.Errorf("%s: %q, want %q", name, effect[i], want[i])
			}
		}
	}
	trend := func(lines string) *Integration {
		n, err := loadText(t, "integrations:\n  - name: A\n"+lines)
		if err != nil {
			t.Fatal(err)
		}
		return n.list[0]
	}
	base := "    url: https://api.mea.xdr.trendmicro.com"
	for lines, want := range map[string][]string{
		base + "/v2.0/xdr/response/restoreBlock\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$A\"}'\n":                   {"takes back an earlier block", trendAccepted},
		base + "/v3.0/response/endpoints/restore\n    payload: '[{\"agentGuid\":\"$A\"}]'\n":                                       {"takes back an earlier isolation", trendAccepted},
		base + "/v3.0/other\n    target: none\n":                                                                                   nil,
		base + "/v2.0/xdr/response/block\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$A\"}'\n    effect: [own words]\n": {"own words"},
	} {
		n := trend(lines)
		if diff := cmp.Diff(want, n.Effect()); diff != "" {
			t.Errorf("%s: %s", lines, diff)
		}
		if n.Undo() != strings.Contains(lines, "/block") || !strings.HasSuffix(n.validate.form.endpoint.parts.with(""), "/v3.0/healthcheck/connectivity") {
			t.Errorf("%s: undo %t", lines, n.Undo())
		}
		if n.Origin() != "https://api.mea.xdr.trendmicro.com" || !strings.HasPrefix(n.URL(), n.Origin()+"/v") {
			t.Error(n.Origin(), n.URL())
		}
	}
	if url := entry(t, "url: 'https://h.example/${A}b/[key]'").URL(); url != "https://h.example/${A}b/[key]" {
		t.Error(url)
	}
}
