package trigger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// Digest is the SHA-256, in hexadecimal, of everything in the configuration that
// decides what is sent and how its answers are read: its values, with what a
// Trend Micro URL implies, but neither comments nor the order of keys, nor
// whether it is enabled, nor the words of its effect. A file of certificates
// counts by its contents, a secret by where it comes from.
func (n *Integration) Digest() string { return n.digest }

// The structures below are what is hashed, as JSON. Their first field changes
// when what stands in them changes its meaning.
type digested struct {
	Form        int
	Name        string
	Request     digestedForm
	TargetType  string
	Target      string
	MaxActions  int
	Rate        int
	Connect     string
	Read        string
	Tries       int
	MaxWait     string
	Idempotency string
	Roots       string
	Success     digestedSuccess
	Undo        *digestedForm
	UndoSuccess digestedSuccess
	CannotUndo  string
	Task        []string
	TaskForm    *digestedForm
	Done        []string
	Failed      []string
	Ask         []string
	AskForm     *digestedForm
	Validate    digestedForm
	Valid       digestedSuccess
	Secrets     [][3]string
	Plugin      [2]string
	Sender      string `json:",omitempty"`
}

type digestedForm struct {
	Method, URL, Format string
	Headers             [][2]string
	Payload             string
}

type digestedSuccess struct {
	Status            []int
	Body, Items, Item string
}

const digestForm = 1

func (n *Integration) computeDigest() string {
	l := n.limits
	d := digested{
		Form: digestForm, Name: n.Name, Request: n.form().digested(), TargetType: n.target.kind, Target: n.target.written,
		MaxActions: n.MaxActions, Rate: l.rate, Connect: l.connect.String(), Read: l.read.String(), Tries: l.tries, MaxWait: l.maxWait.String(),
		Idempotency: l.idempotency, Roots: l.rootsDigest, Success: n.success.digested(),
		UndoSuccess: n.undo.success.digested(), CannotUndo: n.undo.reason,
		Validate: n.validate.form.digested(), Valid: n.validate.success.digested(), Plugin: [2]string{n.plugin.name, n.plugin.function},
	}
	if n.isMail() {
		d.Sender = n.sender.String()
	}
	if n.undo.form != nil {
		d.Undo = pointer(n.undo.form.digested())
	}
	if n.task != nil {
		d.TaskForm, d.Task = pointer(n.task.form.digested()), []string{n.task.id.text, n.task.state.text}
		d.Done, d.Failed = slices.Sorted(slices.Values(n.task.done)), slices.Sorted(slices.Values(n.task.failed))
	}
	if n.ask != nil {
		d.AskForm, d.Ask = pointer(n.ask.form.digested()), []string{n.ask.taken.text, n.ask.next.source()}
	}
	for _, name := range n.SecretNames() {
		s := n.source(name)
		d.Secrets = append(d.Secrets, [3]string{name, s.variable, s.written})
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	digest := sha256.Sum256(append([]byte("tabletop configuration\x00"), text...))
	return hex.EncodeToString(digest[:])
}

func pointer[T any](value T) *T { return &value }

func (r form) digested() digestedForm {
	d := digestedForm{Method: r.method, URL: r.endpoint.parts.text(), Payload: r.payload.text(), Format: r.format}
	for _, h := range r.headers {
		d.Headers = append(d.Headers, [2]string{strings.ToLower(h.name), h.value.text()})
	}
	slices.SortFunc(d.Headers, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return d
}

func (r successRule) digested() digestedSuccess {
	status := slices.Clone(r.status)
	slices.Sort(status)
	return digestedSuccess{Status: slices.Compact(status), Body: r.body.source(), Items: r.items.source(), Item: r.item.source()}
}

// source is the text of an expression, empty where there is none.
func (e *expression) source() string {
	if e == nil {
		return ""
	}
	return e.text
}

// text writes a template so that no two that fill differently read alike: each
// part with its length.
func (t template) text() string {
	parts, err := json.Marshal(t.words())
	if err != nil {
		panic(err)
	}
	return string(parts)
}

// words lists the parts: literals, then the names of places behind a mark.
func (t template) words() [][2]string {
	var words [][2]string
	for _, p := range t {
		switch {
		case p.literal != "" && len(words) > 0 && words[len(words)-1][0] == "literal":
			words[len(words)-1][1] += p.literal
		case p.literal != "":
			words = append(words, [2]string{"literal", p.literal})
		case p.secret != "":
			words = append(words, [2]string{"secret", p.secret})
		case p.parameter != "":
			words = append(words, [2]string{"column", p.parameter})
		default:
			words = append(words, [2]string{"column", p.field})
		}
	}
	return words
}
