package trigger

import "tabletop/workbook/source"

// A trendRule is what is known of one path of Trend Micro's response API: how
// what it did is taken back, how its answer is read, how its task is followed.
type trendRule struct {
	undo    string
	success successTexts
	task    taskTexts
}

type successTexts struct{ body, items, item string }

type taskTexts struct {
	id, path, state string
	done, failed    []string
}

// What Trend Micro's automation guides say of its answers. A v3.0 item that
// repeats a task is a success: the vendor names the task that is there already.
var (
	trendV2 = trendRule{
		success: successTexts{body: "body.actionId != nil"},
		task: taskTexts{
			id: "body.actionId", path: "/v2.0/xdr/response/getTask?actionId=[task]", state: "body.data.taskStatus",
			done: []string{"success", "finished"}, failed: []string{"failed", "timeout", "skipped"},
		},
	}
	trendV3 = trendRule{
		success: successTexts{
			items: "body",
			item:  `.status in [200, 201, 202] or .status == 400 and error_code(#) == "TaskError" and header(#, "Operation-Location") != nil`,
		},
		task: taskTexts{
			id: `last_segment(header(first(body), "Operation-Location"))`, path: "/v3.0/response/tasks/[task]", state: "body.status",
			done: []string{"succeeded"}, failed: []string{"failed", "rejected", "canceled"},
		},
	}
)

// trendRuleOf finds the rule for a path.
func trendRuleOf(path string) (trendRule, bool) {
	rule := trendV3
	switch path {
	case trendBlock:
		rule = trendV2
		rule.undo = trendRestore
	case trendSuspect:
		rule.undo = trendUnsuspect
	case trendIsolate:
		rule.undo = trendRejoin
	case trendRestore:
		rule = trendV2
	case trendUnsuspect, trendRejoin:
	default:
		return trendRule{}, false
	}
	return rule, true
}

// impliedText is a text that nobody wrote, with a place of its own.
func impliedText(text string) source.Text {
	return source.NewText("what a Trend Micro URL implies", text)
}

func (t successTexts) node() *successNode {
	node := &successNode{}
	for text, field := range map[string]*source.Text{t.body: &node.Body, t.items: &node.Items, t.item: &node.Item} {
		if text != "" {
			*field = impliedText(text)
		}
	}
	return node
}

// implied fills in what the URL of a Trend Micro configuration implies and the
// file does not say. The undo is nil where nothing is implied.
func (n *Integration) implied(e *entryNode) (undo *undoNode) {
	if !isTrend(n.Host()) {
		return nil
	}
	base := n.endpoint.scheme + "://" + n.endpoint.host
	if e.Validate == nil {
		e.Validate = &validateNode{
			URL:     impliedText(base + "/v3.0/healthcheck/connectivity"),
			Success: &successNode{Status: []source.Text{impliedText("200")}, Body: impliedText(`body.status == "available"`)},
		}
	}
	rule, ok := trendRuleOf(n.endpoint.path())
	if !ok {
		return nil
	}
	if e.Success == nil {
		e.Success = rule.success.node()
	}
	if e.Task == nil {
		e.Task = &taskNode{
			ID: impliedText(rule.task.id), URL: impliedText(base + rule.task.path), State: impliedText(rule.task.state),
			Done: rule.task.done, Failed: rule.task.failed,
		}
	}
	if e.Ask == nil {
		e.Ask = n.impliedAsk(base)
	}
	if rule.undo != "" && !e.Undo.Exists() {
		undo = &undoNode{URL: impliedText(base + rule.undo), Payload: e.Payload, Format: e.Format, Success: rule.success.node()}
	}
	return undo
}

// impliedAsk asks Trend Micro's list of suspicious objects, which both versions
// of the API write to. It comes in pages.
func (n *Integration) impliedAsk(base string) *askNode {
	field := ""
	for name, kind := range suspectFields {
		if kind == n.target.kind {
			field = name
		}
	}
	if field == "" {
		return nil
	}
	return &askNode{
		URL:   impliedText(base + "/v3.0/threatintel/suspiciousObjects"),
		Taken: impliedText("any(body.items, same(." + field + ", target) or same(." + field + ", canonical))"),
		Next:  impliedText("body.nextLink"),
	}
}

// trendEffects words what a target's type is blocked by, as Trend Micro's pages
// have it.
var trendEffects = map[string]string{
	"ip":          "blocks new connections to the address, not those already open and not inbound ones",
	"url":         "blocks the URL",
	"domain":      "blocks the domain",
	"mailbox":     "blocks the sender by a Block Sender task",
	"file_sha1":   "blocks executables with the hash (PE, ELF, Mach-O) at endpoints",
	"file_sha256": "blocks executables with the hash (PE, ELF, Mach-O) at endpoints",
	TypeEndpoint:  "cuts the endpoint off from the network, but for the vendor's own management",
}

const trendAccepted = "sent means that the server accepted the command, not that products enforce it"

// impliedEffect says in a line each what a Trend Micro request brings about, how
// long it lasts and what its limits are.
func (n *Integration) impliedEffect() []string {
	if !isTrend(n.Host()) {
		return nil
	}
	switch n.endpoint.path() {
	case trendBlock, trendSuspect:
		return []string{
			trendEffects[n.target.kind],
			"the entry shows as High, Block/Quarantine and never expires",
			"10,000 entries a type: past that the ones closest to expiry are dropped",
			"an entry of Trend Micro's Exception List wins over the block",
			trendAccepted,
		}
	case trendIsolate:
		return []string{trendEffects[n.target.kind], "it lasts until the endpoint is restored", trendAccepted}
	case trendRestore, trendUnsuspect:
		return []string{"takes back an earlier block", trendAccepted}
	case trendRejoin:
		return []string{"takes back an earlier isolation", trendAccepted}
	}
	return nil
}
