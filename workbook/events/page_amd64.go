package events

import "golang.org/x/sys/cpu"

// classify marks text, whose length is that of out in blocks.
func classify(text []byte, first, second byte, out []block) {
	if !cpu.X86.HasAVX2 {
		classifyPortable(text, first, second, out)
		return
	}
	classifyAVX2(&text[0], len(out), first, second, &out[0])
}

// classifyAVX2 marks blocks×64 bytes at text; both text and out must have room
// for them.
//
//go:noescape
func classifyAVX2(text *byte, blocks int, first, second byte, out *block)
