package main

import (
	"context"
	"slices"
)

// fewest looks for a small part of n things that still holds, by delta debugging
// (Zeller and Hildebrandt, 2002): parts of them, then all but a part, in parts ever
// smaller, until none of them can go. All n must hold. It asks at most so many
// times, and returns the smallest that it found by then, in order.
func fewest(ctx context.Context, n, most int, holds func(kept []int) bool) []int {
	kept := make([]int, n)
	for i := range kept {
		kept[i] = i
	}
	asked := 0
	try := func(part []int) bool {
		if asked >= most || ctx.Err() != nil {
			return false
		}
		asked++
		return holds(part)
	}
	if n > 0 && try(nil) {
		return nil
	}
	for parts := 2; len(kept) > 1 && asked < most && ctx.Err() == nil; {
		size := (len(kept) + parts - 1) / parts
		smaller := false
		for from := 0; from < len(kept); from += size {
			to := min(from+size, len(kept))
			if parts > 2 || len(kept) == 2 { // of two parts, each is what the other leaves
				if rest := slices.Concat(kept[:from], kept[to:]); try(rest) {
					kept, parts, smaller = rest, max(parts-1, 2), true
					break
				}
				continue
			}
			if try(kept[from:to]) {
				kept, parts, smaller = slices.Clone(kept[from:to]), 2, true
				break
			}
		}
		if smaller {
			continue
		}
		if size == 1 {
			break
		}
		parts = min(parts*2, len(kept))
	}
	return kept
}
