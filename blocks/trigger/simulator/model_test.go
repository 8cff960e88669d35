package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A modelled entry is what a naive list holds of one.
type modelled struct {
	kind, target, task string
	expires            time.Time
}

// A model is the list as it is told in words: the newest change is last.
type model struct {
	entries []modelled
	tasks   int
}

func (m *model) find(kind, target string) int {
	return slices.IndexFunc(m.entries, func(e modelled) bool { return e.kind == kind && e.target == target })
}

func (m *model) remove(i int) { m.entries = slices.Delete(m.entries, i, i+1) }

// put adds an entry anew; where its type is full, the one closest to its expiry
// goes, or else the oldest.
func (m *model) put(e modelled, capacity int) {
	if i := m.find(e.kind, e.target); i >= 0 {
		m.remove(i)
	}
	first, count := -1, 0
	for i, other := range m.entries {
		if other.kind != e.kind {
			continue
		}
		count++
		if first < 0 || sooner(other.expires, m.entries[first].expires) {
			first = i
		}
	}
	if count >= capacity {
		m.remove(first)
	}
	m.entries = append(m.entries, e)
}

func sooner(a, b time.Time) bool {
	return !a.IsZero() && (b.IsZero() || a.Before(b))
}

func (m *model) begin() string {
	m.tasks++
	return fmt.Sprintf("%08d", firstTask+m.tasks-1)
}

// TestListIsANaiveList holds the vendor's list against a naive one under any
// requests, in any order, over time.
func TestListIsANaiveList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		v := New()
		v.Clock = func() time.Time { return now }
		v.Capacity = rapid.IntRange(1, 4).Draw(t, "capacity")
		m := &model{}
		kinds := map[string]func(int) string{
			"ip":     func(n int) string { return fmt.Sprintf("203.0.113.%d", n) },
			"domain": func(n int) string { return fmt.Sprintf("d%d.example", n) },
		}
		target := func(t *rapid.T) (string, string) {
			kind := rapid.SampledFrom([]string{"ip", "domain"}).Draw(t, "kind")
			return kind, kinds[kind](rapid.IntRange(1, 6).Draw(t, "target"))
		}
		post := func(t *rapid.T, path, text string) (int, string) {
			a := v.answer(simulated(t, "POST", path, text))
			return a.status, string(a.body)
		}
		t.Repeat(map[string]func(*rapid.T){
			"block": func(t *rapid.T) {
				kind, name := target(t)
				_, text := post(t, pathBlock, body(kind, name))
				want := ""
				if i := m.find(kind, name); i >= 0 && m.entries[i].task != "" {
					want = m.entries[i].task
				} else {
					want = m.begin()
					m.put(modelled{kind, name, want, time.Time{}}, v.Capacity)
				}
				if !strings.Contains(text, want) {
					t.Fatalf("block %s: %s, want task %s", name, text, want)
				}
			},
			"block two by v3.0": func(t *rapid.T) {
				var items, wants []string
				for range 2 {
					kind, name := target(t)
					items = append(items, fmt.Sprintf(`{%q:%q}`, kind, name))
					if i := m.find(kind, name); i >= 0 && m.entries[i].task != "" {
						wants = append(wants, m.entries[i].task)
						continue
					}
					number := m.begin()
					wants = append(wants, number)
					m.put(modelled{kind, name, number, time.Time{}}, v.Capacity)
				}
				_, text := post(t, pathBlockV3, "["+strings.Join(items, ",")+"]")
				if i, j := strings.Index(text, wants[0]), strings.LastIndex(text, wants[1]); i < 0 || j < i {
					t.Fatalf("block %v: %s, want tasks %v", items, text, wants)
				}
			},
			"restore": func(t *rapid.T) {
				kind, name := target(t)
				status, text := post(t, pathRestore, body(kind, name))
				i := m.find(kind, name)
				if (status == 200) != (i >= 0) {
					t.Fatalf("restore %s: %d %s", name, status, text)
				}
				if i >= 0 {
					m.remove(i)
					m.begin()
				}
			},
			"edit": func(t *rapid.T) {
				kind, name := target(t)
				days := rapid.IntRange(1, 3).Draw(t, "days")
				post(t, pathObjects, fmt.Sprintf(`[{%q:%q,"daysToExpiration":%d}]`, kind, name, days))
				m.put(modelled{kind, name, "", now.AddDate(0, 0, days)}, v.Capacity)
			},
			"delete": func(t *rapid.T) {
				kind, name := target(t)
				post(t, pathObjects+"/delete", fmt.Sprintf(`[{%q:%q}]`, kind, name))
				if i := m.find(kind, name); i >= 0 {
					m.remove(i)
				}
			},
			"a day passes": func(*rapid.T) {
				now = now.Add(24 * time.Hour)
				m.entries = slices.DeleteFunc(m.entries, func(e modelled) bool { return !e.expires.IsZero() && !e.expires.After(now) })
			},
			"": func(t *rapid.T) { m.compare(t, v.State()) },
		})
	})
}

func (m *model) compare(t *rapid.T, s State) {
	var got, want []string
	for _, b := range s.SuspiciousObjects {
		got = append(got, fmt.Sprint(b.Type, " ", b.Target.Target, " ", b.Task, " ", b.Expires))
	}
	for _, e := range m.entries {
		expires := "never"
		if !e.expires.IsZero() {
			expires = stamp(e.expires)
		}
		want = append(want, fmt.Sprint(e.kind, " ", e.target, " ", e.task, " ", expires))
	}
	if !slices.Equal(got, want) || s.Tasks != m.tasks {
		t.Fatalf("got  %v, %d tasks\nwant %v, %d tasks", got, s.Tasks, want, m.tasks)
	}
}

// simulated is a call that needs no connection.
func simulated(t *rapid.T, method, path, text string) call {
	r, err := http.NewRequest(method, base+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	return call{request: r, text: []byte(text)}
}
