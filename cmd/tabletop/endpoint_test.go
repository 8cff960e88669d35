package main

import (
	"fmt"
	"strings"
	"testing"
)

// What is meant for a simulator is not asked of the host itself, nor recorded as
// if it had been.
func TestAnEndpointForAnotherHostReachesNothing(t *testing.T) {
	s := newSite(t)
	before := s.arrivedAt("/")
	elsewhere := []string{"--endpoint", "https://api.example.com=http://127.0.0.1:9"}
	for _, verb := range []string{"validate", "enable", "disable"} {
		s.says(2, `"own" sends to `+s.url+", for which there is no --endpoint", append([]string{"integrations", verb, "--all"}, elsewhere...)...)
	}
	if n := s.arrivedAt("/") - before; n > 0 {
		t.Errorf("%d requests reached the host itself", n)
	}
	if list := s.do(append([]string{"integrations", "list"}, elsewhere...)...); !strings.Contains(list, "Not Validated  no") {
		t.Errorf("the real state is told as the simulator's:\n%s", list)
	}
	if list := s.do("integrations", "list"); !strings.Contains(list, "Validated   yes") {
		t.Errorf("the real state was changed:\n%s", list)
	}
}

// A simulated run is settled by the simulator or not at all.
func TestResumeOfASimulatedRunStaysOnThisMachine(t *testing.T) {
	s := newSite(t)
	to := []string{"--endpoint", s.url + "=" + s.url}
	s.do(append([]string{"integrations", "validate", "own"}, to...)...)
	s.do(append([]string{"integrations", "enable", "own"}, to...)...)
	s.do("plan", ".", "--to", "plan.json")
	s.serve("1:reset-after")
	run := s.applied(1, "plan.json", to...)
	s.serve()
	before := s.arrivedAt("/")
	s.says(3, "there is no --endpoint", "resume", fmt.Sprint(run), "--endpoint", "https://api.example.com=http://127.0.0.1:9")
	if n := s.arrivedAt("/") - before; n > 0 {
		t.Errorf("%d requests reached the host itself", n)
	}
	s.is(run, "unknown", "sent", "sent")
}
