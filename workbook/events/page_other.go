//go:build !amd64

package events

// classify marks text, whose length is that of out in blocks.
func classify(text []byte, first, second byte, out []block) {
	classifyPortable(text, first, second, out)
}
