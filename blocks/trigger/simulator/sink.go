package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// sink is the webhook of every other host. What it answers depends on whose
// webhook the address looks like; without one, it takes anything.
func (v *Vendor) sink(c call) answer {
	if len(c.text) > MaxBody {
		a := say(http.StatusRequestEntityTooLarge, kindText, "too large")
		a.note = "larger than 1 MB"
		return a
	}
	if c.request.Method != http.MethodPost {
		return say(http.StatusOK, kindText, "ok")
	}
	host, path := c.host(), c.request.URL.Path
	switch {
	case host == "hooks.slack.com" || strings.HasPrefix(path, "/services/T"):
		return slack(c)
	case strings.HasSuffix(host, ".webhook.office.com") || strings.Contains(path, "/IncomingWebhook/"):
		return teams(c, http.StatusOK, "1")
	case strings.HasSuffix(host, ".logic.azure.com") || strings.Contains(path, "/triggers/manual/paths/invoke"):
		return teams(c, http.StatusAccepted, "")
	case strings.HasPrefix(path, "/rest/api/") && strings.HasSuffix(path, "/issue"):
		return v.jira(c)
	}
	return taken(say(http.StatusOK, kindText, "ok"), "a webhook's message")
}

func taken(a answer, note string) answer {
	a.taken, a.note = true, note
	return a
}

func refused(status int, text string) answer {
	a := say(status, kindText, text)
	a.note = text
	return a
}

// object reads a body that should be a JSON object.
func (c call) object() (map[string]any, bool) {
	var body map[string]any
	err := json.Unmarshal(c.text, &body)
	return body, err == nil && body != nil
}

// slack is an incoming webhook of Slack: JSON, plain or as a form's payload,
// with something to say in it.
func slack(c call) answer {
	if form, err := url.ParseQuery(string(c.text)); err == nil && form.Has("payload") {
		c.text = []byte(form.Get("payload"))
	}
	body, ok := c.object()
	if !ok {
		return refused(http.StatusBadRequest, "invalid_payload")
	}
	for _, name := range []string{"text", "blocks", "attachments"} {
		if body[name] != nil && body[name] != "" {
			return taken(say(http.StatusOK, kindText, "ok"), "a message to Slack")
		}
	}
	return refused(http.StatusBadRequest, "no_text")
}

// teams is an incoming webhook of Microsoft Teams or a workflow behind one.
func teams(c call, status int, text string) answer {
	if _, ok := c.object(); !ok {
		return refused(http.StatusBadRequest, "the message is no JSON object")
	}
	return taken(say(status, kindText, text), "a message to Teams")
}

type jiraErrors struct {
	Messages []string          `json:"errorMessages"`
	Errors   map[string]string `json:"errors"`
}

// jira makes an issue: a project, a type of issue and a summary are needed.
func (v *Vendor) jira(c call) answer {
	wrong := func(status int, messages []string, fields map[string]string) answer {
		a := reply(status, jiraErrors{messages, fields})
		a.note = "no issue"
		return a
	}
	if c.request.Header.Get("Authorization") == "" {
		return wrong(http.StatusUnauthorized, []string{"You are not signed in."}, map[string]string{})
	}
	body, ok := c.object()
	fields, isMap := body["fields"].(map[string]any)
	if !ok || !isMap {
		return wrong(http.StatusBadRequest, []string{"The body is no JSON object with fields."}, map[string]string{})
	}
	missing := map[string]string{}
	for _, name := range []string{"project", "issuetype", "summary"} {
		if fields[name] == nil || fields[name] == "" {
			missing[name] = "It is required."
		}
	}
	if len(missing) > 0 {
		return wrong(http.StatusBadRequest, []string{}, missing)
	}
	v.issues++
	id := fmt.Sprint(10000 + v.issues)
	key := fmt.Sprintf("%s-%d", projectKey(fields["project"]), v.issues)
	return taken(reply(http.StatusCreated, map[string]string{
		"id": id, "key": key, "self": c.base() + c.request.URL.Path + "/" + id,
	}), "an issue, "+key)
}

func projectKey(project any) string {
	if fields, ok := project.(map[string]any); ok {
		if key, ok := fields["key"].(string); ok && key != "" && len(key) <= 32 {
			return key
		}
	}
	return "ISSUE"
}
