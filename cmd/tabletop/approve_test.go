package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// testKey is the text of a key of the plan's tests.
func testKey(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "blocks", "trigger", "plan", "testdata", "key_"+name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A desk is a folder with a plan that was just made, who may approve it, and
// their keys.
type desk struct {
	t      *testing.T
	folder string
}

func (d desk) path(name string) string { return filepath.Join(d.folder, name) }

func (d desk) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d desk) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// hostile is a target that would write to the terminal, and in two lines.
const hostile = "https://evil.example/\x1b[2J\u202e\na"

func newDesk(t *testing.T, change func(*plan.Plan)) desk {
	t.Helper()
	d := desk{t, t.TempDir()}
	for _, name := range []string{"ed25519", "ecdsa", "locked", "locked.pub", "ed25519.pub", "rsa", "short_rsa"} {
		d.write("key_"+name, testKey(t, name))
	}
	approvers := "needed: 2\napprovers:\n"
	for name, key := range map[string]string{"Anna": "ed25519", "Ben": "locked", "Kim": "rsa"} {
		approvers += "  - {name: " + name + ", user: " + strings.ToLower(name) + ", key: '" + strings.TrimSpace(testKey(t, key+".pub")) + "'}\n"
	}
	d.write("approvers.yaml", approvers)
	action := func(number int, kind, target, canonical string, v workbook.Verdict) plan.Action {
		a := plan.Of(workbook.Action{
			Number: number, Block: 3, Row: number, Integration: "Block " + kind, Type: kind, Target: target, Canonical: canonical, DNIF: workbook.DNIFWouldSend, Verdict: v,
			Request: &workbook.Request{Method: "POST", URL: "https://api.example/block", Body: "block " + target},
			Key:     plan.SHA256([]byte(target)), Effect: []string{"the target is blocked for 30 days"},
		}, workbook.Evidence{Events: 2, First: []workbook.Position{{File: "events/FIREWALL.ndjson", Line: 7}}})
		if v == workbook.NeedsApproval {
			a.Rule, a.Reason = "shared_host", "many sites share it"
		}
		return a
	}
	made := time.Now().Add(-time.Hour).Truncate(time.Second)
	p := &plan.Plan{
		Run: 12, Created: made, Expires: made.Add(plan.Lifetime), Planner: plan.Planner{User: "kim", Host: "desk"}, Reason: "incident 7", Ticket: "SEC-7", Folder: d.folder,
		Workbook: &plan.File{Path: "workbook.yaml", SHA256: plan.SHA256(nil)}, Integrations: &plan.File{Path: "integrations.yaml", SHA256: plan.SHA256(nil)},
		Approvers: &plan.File{Path: "approvers.yaml", SHA256: plan.SHA256([]byte(approvers))},
		Clock:     made, ClockFrom: "the newest event",
		Caps: []plan.Cap{{Integration: "Block ip", Digest: plan.SHA256(nil), Planned: 2, Most: 50}, {Integration: "Block url", Digest: plan.SHA256(nil), Planned: 1, Most: 0}},
		Actions: []plan.Action{
			action(1, "ip", "203.0.113.9", "203.0.113.9", workbook.WouldSend),
			action(2, "ip", "203.0.113.7", "203.0.113.7", workbook.NeedsApproval),
			action(3, "url", hostile, "https://evil.example/a", workbook.NeedsApproval),
			action(4, "ip", "10.0.0.1", "10.0.0.1", workbook.RefusedProtected),
		},
	}
	if change != nil {
		change(p)
	}
	text, err := plan.Write(p)
	if err != nil {
		t.Fatal(err)
	}
	d.write("plan.json", string(text))
	return d
}

// approve runs approve over the desk's plan, and expects its code.
func (d desk) approve(want int, args ...string) (stdout, stderr string) {
	d.t.Helper()
	code, stdout, stderr := tabletop(d.t, append([]string{"approve", d.path("plan.json")}, args...)...)
	if code != want {
		d.t.Fatalf("approve %q: exit %d, not %d\n%s%s", args, code, want, stdout, stderr)
	}
	return stdout, stderr
}

// contains looks for parts in a text whose lines may break anywhere.
func (d desk) contains(text string, parts ...string) {
	d.t.Helper()
	inOne := strings.Join(strings.Fields(text), " ")
	for _, part := range parts {
		if !strings.Contains(inOne, strings.Join(strings.Fields(part), " ")) {
			d.t.Errorf("%q is not said:\n%s", part, text)
		}
	}
}

// standing counts what lies beside the plan, as apply will.
func (d desk) standing() plan.Standing {
	d.t.Helper()
	p, sum, err := plan.Load(d.path("plan.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	approvers, err := plan.LoadApprovers(d.path("approvers.yaml"))
	if err != nil {
		d.t.Fatal(err)
	}
	approvals, refused, err := plan.FindApprovals(d.path("plan.json"))
	if err != nil || len(refused) > 0 {
		d.t.Fatal(refused, err)
	}
	return plan.Check(p, sum, approvers, approvals, time.Now())
}

func TestApprove(t *testing.T) {
	d := newDesk(t, nil)
	out, _ := d.approve(exitDone, "--key", d.path("key_ed25519"), "--reason", "seen in SEC-7", "--target", "203.0.113.7", "--yes")
	d.contains(out,
		"made by kim on desk at ", "because: incident 7", "ticket SEC-7",
		"would send 3 requests", "     2  Block ip", "     1  Block url  over the cap of 0", "     1  not sent: refused_protected",
		"a1  ip 203.0.113.9",
		"2 targets need an approval of their own", "a2  approving  ip 203.0.113.7", "a3  not approving  url",
		"shared_host: many sites share it", "the target is blocked for 30 days", "because of 2 events: events/FIREWALL.ndjson:7",
		`action 2 ip "203.0.113.7"`, "reason seen in SEC-7",
		"approved by Anna, key SHA256:", "plan.json.anna.approval",
		"the plan is approved by 1 of 2 people: Anna",
		`action 2, ip "203.0.113.7", is approved by 1 of 2`, `action 3, url "https://evil.example/a", is approved by nobody`)
	for _, line := range strings.Split(out, "\n") {
		if strings.ContainsAny(line, "\x1b\u202e") || utf8.RuneCountInString(line) > narrow && !strings.Contains(line, d.folder) && !strings.HasPrefix(line, "plan ") {
			t.Errorf("the line %q", line)
		}
	}
	s := d.standing()
	if len(s.Refused) > 0 || len(s.Plan) != 1 || s.Plan[0].Name != "Anna" || len(s.Targets[0].By) != 1 || len(s.Targets[1].By) != 0 || s.Plan[0].Reason != "seen in SEC-7" {
		t.Errorf("%+v", s)
	}
	if info, err := os.Stat(d.path("plan.json.anna.approval")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	d.approve(exitDone, "--key", d.path("key_ed25519"), "--reason", "and this", "--all-targets", "--yes")
	if s := d.standing(); len(s.Plan) != 1 || len(s.Targets[1].By) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestApproveRefuses(t *testing.T) {
	why := []string{"--reason", "seen", "--yes"}
	for name, c := range map[string]struct {
		change func(*plan.Plan)
		spoil  func(desk)
		args   []string
		key    string
		code   int
		says   string
	}{
		"one's own plan":      {args: why, key: "rsa", code: exitRefused, says: "Kim made the plan, and nobody approves a plan of their own"},
		"a key of nobody":     {args: why, key: "ecdsa", code: exitRefused, says: "approvers.yaml does not name the key"},
		"a short key":         {args: why, key: "short_rsa", code: exitRefused, says: "approvers.yaml does not name the key"},
		"no approvers":        {args: why, change: func(p *plan.Plan) { p.Approvers = nil }, code: exitRefused, says: "the plan names no approvers"},
		"changed approvers":   {args: why, spoil: func(d desk) { d.write("approvers.yaml", d.read("approvers.yaml")+"# x\n") }, code: exitRefused, says: "is not what it was when the plan was made"},
		"approvers are gone":  {args: why, spoil: func(d desk) { _ = os.Remove(d.path("approvers.yaml")) }, code: exitNothingRan, says: "approvers.yaml, does not lie there: name a copy with --approvers"},
		"broken approvers":    {args: why, spoil: func(d desk) { d.write("approvers.yaml", "x: 1\n") }, code: exitNothingRan, says: "unknown key x"},
		"an expired plan":     {args: why, change: func(p *plan.Plan) { p.Created, p.Expires = p.Created.Add(-plan.Lifetime), p.Created }, code: exitRefused, says: "the plan expired at"},
		"a broken plan":       {args: why, spoil: func(d desk) { d.write("plan.json", d.read("plan.json")+" ") }, code: exitNothingRan, says: "not as this program writes it"},
		"a key that is open":  {args: why, spoil: func(d desk) { _ = os.Chmod(d.path("key_ed25519"), 0o644) }, code: exitNothingRan, says: "chmod 600 it"},
		"a passphrase":        {args: why, key: "locked", code: exitNothingRan, says: "has a passphrase, and the standard input is no terminal"},
		"no agent":            {args: why, key: "ed25519.pub", code: exitNothingRan, says: "SSH_AUTH_SOCK is not set"},
		"no key":              {args: why, key: "approvers.yaml", code: exitNothingRan, says: "this is no SSH public key"},
		"a key that is gone":  {args: why, key: "gone", code: exitNothingRan, says: "key_gone: does not exist"},
		"a target of nothing": {args: append([]string{"--target", "x"}, why...), code: exitNothingRan, says: `no action of the plan has the number or the target "x"`},
		"a protected target":  {args: append([]string{"--target", "10.0.0.1"}, why...), code: exitNothingRan, says: "its verdict is refused_protected"},
		"two kinds of target": {args: append([]string{"--target", "x", "--all-targets"}, why...), code: exitNothingRan, says: "exclude each other"},
		"no reason":           {args: []string{"--yes"}, code: exitNothingRan, says: "--reason is missing"},
		"two lines of reason": {args: []string{"--yes", "--reason", "a\nb"}, code: exitNothingRan, says: "the reason holds the character"},
		"nobody to ask":       {args: []string{"--reason", "seen"}, code: exitNothingRan, says: "the standard input is no terminal to ask on"},
		"a file that exists":  {args: append([]string{"--to", "DESK/plan.json"}, why...), code: exitNothingRan, says: "exists already"},
		"signed and a reason": {args: append([]string{"--signed", "x"}, why...), code: exitNothingRan, says: "--signed goes without"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("SSH_AUTH_SOCK", "")
			d := newDesk(t, c.change)
			if c.spoil != nil {
				c.spoil(d)
			}
			key := "key_" + c.key
			switch c.key {
			case "":
				key = "key_ed25519"
			case "approvers.yaml":
				key = c.key
			}
			args := []string{"--key", d.path(key)}
			for _, a := range c.args {
				args = append(args, strings.Replace(a, "DESK", d.folder, 1))
			}
			_, said := d.approve(c.code, args...)
			d.contains(said, c.says)
			if found, err := filepath.Glob(d.path("*.approval")); err != nil || len(found) > 0 {
				t.Errorf("written all the same: %q, %v", found, err)
			}
		})
	}
}

// TestApproveElsewhere reads the approvers where the approver has them.
func TestApproveElsewhere(t *testing.T) {
	d := newDesk(t, func(p *plan.Plan) { p.Folder = filepath.Join(p.Folder, "gone") })
	d.approve(exitDone, "--key", d.path("key_ed25519"), "--reason", "seen", "--yes", "--approvers", d.path("approvers.yaml"), "--to", d.path("plan.json.mine.approval"))
	if s := d.standing(); len(s.Plan) != 1 {
		t.Errorf("%+v", s)
	}
}

// TestApproveByAgent signs by a key that an SSH agent holds.
func TestApproveByAgent(t *testing.T) {
	d := newDesk(t, nil)
	// The path of a socket is short.
	folder, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "s")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	keys := agent.NewKeyring()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(keys, connection) // until the other side hangs up
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", socket)
	_, said := d.approve(exitNothingRan, "--key", d.path("key_ed25519.pub"), "--reason", "seen", "--yes")
	d.contains(said, "the SSH agent holds no keys")
	for _, name := range []string{"ecdsa", "ed25519"} {
		key, err := ssh.ParseRawPrivateKey([]byte(testKey(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	_, said = d.approve(exitNothingRan, "--key", d.path("key_locked.pub"), "--reason", "seen", "--yes")
	d.contains(said, "the SSH agent does not hold the key")
	d.approve(exitDone, "--key", d.path("key_ed25519.pub"), "--reason", "seen", "--yes")
	if s := d.standing(); len(s.Plan) != 1 || s.Plan[0].Name != "Anna" {
		t.Errorf("%+v", s)
	}
}

// TestApproveSigned takes a signature that was made elsewhere: by the ssh-keygen
// of this machine, else as it would make it.
func TestApproveSigned(t *testing.T) {
	d := newDesk(t, nil)
	statement, _ := d.approve(exitDone, "--reason", "seen", "--all-targets", "--print")
	d.write("statement", statement)
	d.sign("statement", "ed25519")
	out, _ := d.approve(exitDone, "--signed", d.path("statement"), "--yes")
	d.contains(out, "approved by Anna", "a2  approving", "a3  approving")
	if s := d.standing(); len(s.Refused) > 0 || len(s.Targets[0].By) != 1 || len(s.Targets[1].By) != 1 {
		t.Errorf("%+v", s)
	}
	for name, change := range map[string]string{"a reason": "reason seen by all", "another plan": "plan " + plan.SHA256(nil)} {
		word, _, _ := strings.Cut(change, " ")
		lines := strings.Split(statement, "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, word+" ") {
				lines[i] = change
			}
		}
		d.write("changed", strings.Join(lines, "\n"))
		d.write("changed.sig", d.read("statement.sig"))
		_, said := d.approve(exitNothingRan, "--signed", d.path("changed"), "--yes")
		d.contains(said, "the signature is not over this text")
		d.sign("changed", "ed25519")
		if name == "another plan" {
			_, said = d.approve(exitRefused, "--signed", d.path("changed"), "--yes")
			d.contains(said, "approves another plan")
		}
	}
	d.write("own", statement)
	d.sign("own", "rsa")
	_, said := d.approve(exitRefused, "--signed", d.path("own"), "--yes")
	d.contains(said, "Kim made the plan")
}

// sign signs a file into one with .sig behind its name.
func (d desk) sign(name, key string) {
	d.t.Helper()
	_ = os.Remove(d.path(name + ".sig"))
	if keygen, err := exec.LookPath("ssh-keygen"); err == nil {
		cmd := exec.CommandContext(context.Background(), keygen, "-q", "-Y", "sign", "-n", plan.Namespace, "-f", d.path("key_"+key), d.path(name))
		if said, err := cmd.CombinedOutput(); err != nil {
			d.t.Fatalf("%v: %s", err, said)
		}
		return
	}
	signer, err := plan.NewSigner([]byte(d.read("key_"+key)), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	signature, err := plan.SignText(d.read(name), signer, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	d.write(name+".sig", signature)
}
