package simulator

import (
	"strings"
	"testing"
)

func TestWebhooks(t *testing.T) {
	const (
		slackURL    = "https://hooks.slack.com/services/T00/B00/XXX"
		teamsURL    = "https://contoso.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d"
		workflowURL = "https://prod-1.westeurope.logic.azure.com/workflows/a/triggers/manual/paths/invoke?sig=x"
		jiraURL     = "https://contoso.atlassian.net/rest/api/2/issue"
	)
	for _, c := range []struct {
		method, url, body string
		status            int
		want              string
	}{
		{"POST", slackURL, `{"text":"hello"}`, 200, "ok"},
		{"POST", slackURL, `payload=%7B%22text%22%3A%22hello%22%7D`, 200, "ok"},
		{"POST", slackURL, `{"blocks":[{}]}`, 200, "ok"},
		{"POST", slackURL, `{"text":""}`, 400, "no_text"},
		{"POST", slackURL, `hello`, 400, "invalid_payload"},
		{"POST", "http://127.0.0.1:8080/services/T00/B00/XXX", `hello`, 400, "invalid_payload"},
		{"HEAD", slackURL, "", 200, ""},
		{"POST", teamsURL, `{"text":"hello"}`, 200, "1"},
		{"POST", teamsURL, `hello`, 400, "no JSON object"},
		{"POST", workflowURL, `{"type":"message"}`, 202, ""},
		{"POST", jiraURL, `{"fields":{"project":{"key":"SOC"},"issuetype":{"name":"Task"},"summary":"x"}}`, 201, `"key":"SOC-1"`},
		{"POST", jiraURL, `{"fields":{"project":"SOC"}}`, 400, `"errors":{"issuetype":"It is required.","summary":"It is required."}`},
		{"POST", jiraURL, `[]`, 400, "no JSON object"},
		{"POST", "https://hooks.chat.example/x", "anything", 200, "ok"},
		{"GET", "https://hooks.chat.example/x", "", 200, "ok"},
	} {
		status, text := ask(t, New(), c.method, c.url, c.body)
		if status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s %s: got %d %s, want %d %s", c.method, c.url, c.body, status, text, c.status, c.want)
		}
	}
	if status, text := ask(t, New(), "POST", jiraURL, "{}", "Authorization", ""); status != 401 {
		t.Errorf("Jira without a token: %d %s", status, text)
	}
}
