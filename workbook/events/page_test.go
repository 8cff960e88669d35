package events

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestPageMarksEveryByte holds the marks of this processor, and the portable
// ones, against a look at every byte.
func TestPageMarksEveryByte(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		letter := rapid.OneOf(rapid.SampledFrom([]byte("\"\\,\n\r\x00\x1f \x7f\x80\xffa#]-\x0b`\xfe")), rapid.Byte())
		length := rapid.SampledFrom([]int{0, 1, 63, 64, 65, 128, 200, 321}).Draw(rt, "length") // left alone, lengths are mostly below a block's
		text := rapid.SliceOfN(letter, length, length).Draw(rt, "text")
		first, second := rapid.SampledFrom([]byte(`",a`)).Draw(rt, "first"), rapid.SampledFrom([]byte("\\\"\xff")).Draw(rt, "second")
		var p page
		p.load(text, first, second)
		want := make([]block, (len(text)+blockBytes-1)/blockBytes)
		for i, c := range text {
			b, bit := &want[i/blockBytes], uint64(1)<<(i%blockBytes)
			if c == first {
				b.first |= bit
			}
			if c == second {
				b.second |= bit
			}
			if c == '\n' {
				b.newline |= bit
			} else if c < ' ' || c >= 0x80 {
				b.odd |= bit
			}
		}
		if diff := cmp.Diff(want, p.blocks, cmp.AllowUnexported(block{}), cmp.Transformer("nil", func(b []block) []block { return append([]block{}, b...) })); diff != "" {
			rt.Fatalf("%q\n%s", text, diff)
		}
		whole := len(text) / blockBytes
		portable := make([]block, whole)
		classifyPortable(text[:whole*blockBytes], first, second, portable)
		if diff := cmp.Diff(want[:whole], portable, cmp.AllowUnexported(block{})); diff != "" && whole > 0 {
			rt.Fatalf("%q\n%s", text, diff)
		}
		if i := rapid.IntRange(0, len(text)).Draw(rt, "from"); i < len(text) {
			end, odd, seconds := p.lineEnd(i)
			wantEnd, wantOdd, wantSecond := lineEndPlain(text, i, second)
			if end != wantEnd || odd != wantOdd || seconds != wantSecond || p.hasOdd(i, end) != wantOdd {
				rt.Fatalf("%q from %d: %d %v %v, want %d %v %v", text, i, end, odd, seconds, wantEnd, wantOdd, wantSecond)
			}
			next := i
			for next < len(text) && text[next] != first {
				next++
			}
			if got := p.next(i); got != next {
				rt.Fatalf("%q: next from %d is %d, want %d", text, i, got, next)
			}
		}
	})
}

func lineEndPlain(text []byte, i int, second byte) (end int, odd, seconds bool) {
	for end = i; end < len(text) && text[end] != '\n'; end++ {
		odd = odd || text[end] < ' ' || text[end] >= 0x80
		seconds = seconds || text[end] == second
	}
	return end, odd, seconds
}

func BenchmarkPage(b *testing.B) {
	text := make([]byte, chunkSize)
	for i := range text {
		text[i] = `{"a":"bcdefghijklmnop",`[i%23]
	}
	var p page
	b.SetBytes(chunkSize)
	for b.Loop() {
		p.load(text, '"', '\\')
	}
}
