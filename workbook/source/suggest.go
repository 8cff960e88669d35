package source

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the candidate most like word, or "" where none is near: at
// most one edit in three characters, letter case aside.
func Nearest(word string, candidates []string) string {
	best, distance := "", len(word)/3+1
	for _, c := range candidates {
		d := edits(strings.ToLower(word), strings.ToLower(c))
		if d < distance || d == distance && best == "" && d <= len(word)/3 {
			best, distance = c, d
		}
	}
	return best
}

// DidYouMean words the nearest candidate as a question; where none is near it
// lists the candidates as long as they are few.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	if len(candidates) == 0 || len(candidates) > 16 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(candidates))
	list := "known: " + sorted[0]
	for i, name := range sorted[1:] {
		if len(list)+len(name) > maxListed {
			return fmt.Sprintf("%s and %d more", list, len(sorted)-i-1)
		}
		list += ", " + name
	}
	return list
}

// maxListed is about how long a list of candidates may be, in bytes.
const maxListed = 100

// edits counts the insertions, deletions, substitutions and swaps of
// neighbours that turn a into b.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 1 << 10
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
