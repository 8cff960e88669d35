package trigger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook/source"
)

func TestLoad(t *testing.T) {
	n := load(t)
	want := []string{
		"Trend Micro XDR: Block IP", "Trend Micro XDR: Block URL", "Trend Micro XDR: Block Domain", "Trend Micro XDR: Block Email",
		"Trend Micro XDR: Block FileHash", "Chat", "Firewall", "Off",
	}
	if diff := cmp.Diff(want, n.Names()); diff != "" {
		t.Error(diff)
	}
	var types []string
	for _, name := range want {
		i, _ := n.Find(name)
		types = append(types, i.TargetType())
	}
	if diff := cmp.Diff([]string{"ip", "url", "domain", "mailbox", "file_sha1", "none", "ip", "ip"}, types); diff != "" {
		t.Error(diff)
	}
	if i, suggestion := n.Find("trend micro xdr: block ip"); i != nil || suggestion != "did you mean Trend Micro XDR: Block IP?" {
		t.Errorf("found %v, suggestion %q", i, suggestion)
	}
	if d := n.Document(); d.Path == "" || len(d.Text) == 0 {
		t.Error("no document")
	}
}

func loadText(t testing.TB, text string) (*Integrations, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "integrations.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestLoadMistakes(t *testing.T) {
	const url = "url: https://h.example/x"
	for body, want := range map[string]string{
		"urls: https://h.example":                                       "did you mean url?",
		"url: ftp://h.example/":                                         "not one of http or https",
		"url: https:///x":                                               "no host",
		"url: https://$Host/x":                                          "$Host stands in the scheme, host or port",
		"url: https://h.example:$Port/x":                                "$Port stands in the scheme, host or port",
		"url: $Scheme://h.example/x":                                    "not one of http or https",
		"url: https://[tenant].h.example/x":                             "[tenant] stands in the scheme, host or port",
		"url: https://a:b@h.example/x":                                  "holds a user or password",
		"url: https://h.example/x#y":                                    "has a fragment",
		"url: 'https://h.example/a b'":                                  "blanks or control bytes",
		url + "\n    method: POTS":                                      `can't be "POTS"`,
		url + "\n    method: GET\n    payload: x":                       "carries no payload",
		url + "\n    payload: '{\"a\": }'\n    target: none":            "not the JSON it must be",
		url + "\n    payload: '{\"a\": \"$B}'\n    target: none":        "not the JSON it must be",
		url + "\n    payload: '{\"a\": 1$B}'\n    target: none":         "not the JSON it must be",
		url + "\n    payload: '{$A: 1}'\n    target: none":              "not the JSON it must be",
		url + "\n    payload: '{\"$A\" : 1}'\n    target: none":         "can't name a key",
		url + "\n    payload: '{\"a\": \"\\$B\"}'\n    target: none":    "a backslash before $B",
		url + "\n    payload: '{\"a\": \"\\u00$B\"}'\n    target: none": "not the JSON it must be",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$A\",\"targetvalue\":\"$B\"}'":                             "the key \"targetvalue\" stands twice",
		url + "\n    payload: '<a>$B</b>'\n    target: none":                                                                      "not XML",
		url + "\n    payload: '<a $B=\"c\"/>'\n    target: none":                                                                  "not XML",
		url + "\n    payload: '<a><!-- $B --></a>'\n    target: none":                                                             "stands where XML has no text",
		url + "\n    payload: '<a><![CDATA[$B]]></a>'\n    target: none":                                                          "can't have <![CDATA[",
		url + "\n    payload: '{\"a\": \"$B\"}'":                                                                                  "target: none",
		url + "\n    payload: '{\"a\": \"$B\"}'\n    target: some":                                                                `can't be "some"`,
		url + "\n    payload: '{\"a\": \"$B\"}'\n    target: {type: ip, column: $C}":                                              "the request never holds $C",
		url + "\n    payload: '{\"a\": \"$B\"}'\n    target: {type: host, column: $B}":                                            `can't be "host"`,
		url + "\n    payload: '{\"valueType\":\"host\",\"targetValue\":\"$B\"}'":                                                  `unknown valueType "host"`,
		url + "\n    payload: '{\"valueType\":\"$T\",\"targetValue\":\"$B\"}'":                                                    `unknown valueType "$T"`,
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\"}'\n    target: none":                                  "names a target of type ip",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":$B, \"n\":$N}'\n    target: none":                            "names a target of type ip",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\"}'\n    target: {type: url, column: $B}":               "names a target of type ip",
		url + "\n    payload: '{\"valueType\":\"ip\",\"targetValue\":\"$B\",\"d\":\"$C\"}'\n    target: {type: ip, column: $C}":   "targetValue of the payload is not $C",
		"url: https://api.xdr.trendmicro.com/v3.0/response/suspiciousObjects\n    payload: '[{\"ip\":\"$B\"}]'\n    target: none": "names a target of type ip",
		"url: https://api.xdr.trendmicro.com/v2.0/xdr/response/other\n    payload: '{\"x\":\"$B\"}'\n    target: none":            "acts on something",
		url + "\n    target: none\n    headers: '{\"A\": \"b\", \"a\": \"c\"}'":                                                   "stands twice",
		url + "\n    target: none\n    headers: '{\"A\": 1}'":                                                                     "must be a text in quotes",
		url + "\n    target: none\n    headers: '{\"A\": \"b\"} x'":                                                               "something stands after",
		url + "\n    target: none\n    headers: '[]'":                                                                             "not a JSON object",
		url + "\n    target: none\n    headers: '{\"$A\": \"b\"}'":                                                                "no valid name",
		url + "\n    target: none\n    headers: {Host: b}":                                                                        "set by the connection",
		url + "\n    target: none\n    headers: '{\"A\": \"b\\nc\"}'":                                                             "control bytes",
		url + "\n    target: none\n    max_actions: 0":                                                                            "1 or more",
		url + "\n    target: none\n    enabled: maybe":                                                                            "true or false",
	} {
		_, err := loadText(t, "integrations:\n  - name: A\n    "+body+"\n")
		var problems source.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot %v\nwant %q", body, err, want)
		}
	}
	if _, err := loadText(t, "integrations:\n  - {name: A, url: 'https://h.example', target: none}\n  - {name: A, url: 'https://h.example', target: none}\n"); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("two of one name: %v", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestProblemsHavePlaces(t *testing.T) {
	_, err := loadText(t, "integrations:\n  - name: A\n    url: https://h.example\n    target: none\n    payload: |\n      {\"a\": 1,\n       \"$Key\": 2}\n")
	if err == nil || !strings.Contains(err.Error(), ":7:9: a column can't name a key") {
		t.Error(err)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(filepath.Join("..", "..", "examples", "integrations.yaml")); err != nil {
			b.Fatal(err)
		}
	}
}
