package source

import (
	"bytes"
	"encoding/json"
)

// JSON writes a value that is data, not configuration, as JSON. A plain number
// keeps its literal where JSON writes it so too, null, true and false stay what
// they are, and every other scalar is a text, so that 007 keeps its zeros and
// "3389" in quotes is no number. Maps keep the order of their keys.
func (n Node) JSON() []byte {
	var b bytes.Buffer
	n.writeJSON(&b)
	return b.Bytes()
}

func (n Node) writeJSON(b *bytes.Buffer) {
	switch {
	case n.IsMap():
		b.WriteByte('{')
		for i, pair := range n.Pairs() {
			if i > 0 {
				b.WriteByte(',')
			}
			writeText(b, pair.Key.Value)
			b.WriteByte(':')
			pair.Value.writeJSON(b)
		}
		b.WriteByte('}')
	case n.IsList():
		b.WriteByte('[')
		for i, item := range n.Items() {
			if i > 0 {
				b.WriteByte(',')
			}
			item.writeJSON(b)
		}
		b.WriteByte(']')
	default:
		n.writeScalar(b)
	}
}

func (n Node) writeScalar(b *bytes.Buffer) {
	y := n.target()
	if y == nil || y.ShortTag() == "!!null" {
		b.WriteString("null")
		return
	}
	switch tag := y.ShortTag(); {
	case (tag == "!!int" || tag == "!!float") && json.Valid([]byte(y.Value)),
		tag == "!!bool" && (y.Value == "true" || y.Value == "false"):
		b.WriteString(y.Value)
	default:
		writeText(b, y.Value)
	}
}

func writeText(b *bytes.Buffer, text string) {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text always has a form in JSON
	}
	b.Write(quoted)
}
