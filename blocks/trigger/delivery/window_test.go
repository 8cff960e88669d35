package delivery

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWindow holds the window against the list of all requests.
func TestWindow(t *testing.T) {
	type request struct {
		end  time.Time
		open bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.IntRange(1, 8).Draw(rt, "rate")
		w := &window{rate: rate}
		now := newClock().now
		var all []request
		counts := func(at time.Time) int {
			n := 0
			for _, r := range all {
				if r.open || at.Sub(r.end) < period {
					n++
				}
			}
			return n
		}
		under := func() (open []int) {
			for i, r := range all {
				if r.open {
					open = append(open, i)
				}
			}
			return open
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"pass", "enter", "enter", "leave", "leave", "wait"}).Draw(rt, "step") {
			case "pass":
				now = now.Add(rapid.SampledFrom([]time.Duration{0, 1, time.Second, 30 * time.Second, period - 1, period, period + 1}).Draw(rt, "time"))
			case "enter":
				free := counts(now) < rate
				if d := w.delay(now); (d == 0) != free {
					rt.Fatalf("the delay is %s with %d of %d requests", d, counts(now), rate)
				}
				if d := w.enter(now); (d == 0) != free {
					rt.Fatalf("entering waits %s with %d of %d requests", d, counts(now), rate)
				}
				if free {
					all = append(all, request{open: true})
				}
			case "leave":
				if open := under(); len(open) > 0 {
					i := rapid.SampledFrom(open).Draw(rt, "request")
					w.leave(now)
					all[i] = request{end: now}
				}
			case "wait":
				d := w.delay(now)
				if d == 0 || len(under()) > 0 {
					continue
				}
				if counts(now.Add(d-1)) < rate || counts(now.Add(d)) >= rate {
					rt.Fatalf("a wait of %s is not the shortest", d)
				}
				now = now.Add(d)
			}
		}
	})
}

// TestWindowHolds lets requests through as the window says, with any times
// under way, and counts those that reach the vendor within any 60 s.
func TestWindowHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.IntRange(1, 6).Draw(rt, "rate")
		w := &window{rate: rate}
		now := newClock().now
		var arrivals []time.Time
		seconds := rapid.IntRange(0, 90)
		for range rapid.IntRange(1, 40).Draw(rt, "requests") {
			now = now.Add(time.Duration(seconds.Draw(rt, "pause")/8) * time.Second)
			for d := w.enter(now); d > 0; d = w.enter(now) {
				now = now.Add(d)
			}
			there := time.Duration(seconds.Draw(rt, "there")) * time.Second
			arrivals = append(arrivals, now.Add(there))
			now = now.Add(there + time.Duration(seconds.Draw(rt, "back"))*time.Second)
			w.leave(now)
		}
		for i := rate; i < len(arrivals); i++ {
			if arrivals[i].Sub(arrivals[i-rate]) < period {
				rt.Fatalf("%d requests arrived within %s", rate+1, arrivals[i].Sub(arrivals[i-rate]))
			}
		}
	})
}

func TestWindowsAreOfConfigurations(t *testing.T) {
	clock := newClock()
	c := client(t, clock)
	a, b := c.window(Policy{Integration: "a", Rate: 1}), c.window(Policy{Integration: "b", Rate: 1})
	if a.enter(clock.now) != 0 || b.enter(clock.now) != 0 {
		t.Error("one configuration waits for another")
	}
	if c.window(Policy{Integration: "a", Rate: 1}).enter(clock.now) == 0 {
		t.Error("the second request of a configuration does not wait")
	}
	if c.window(Policy{Integration: "a", Rate: 2}).enter(clock.now) != 0 {
		t.Error("a higher rate does not count")
	}
	if c.window(Policy{Integration: "c"}) != nil {
		t.Error("no rate has a window")
	}
}
