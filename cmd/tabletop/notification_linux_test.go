package main

import "testing"

// TestNotificationsOpenNoSocketInARehearsal runs and plans e-mails under a filter
// with which the kernel kills a process that opens a socket of the network.
func TestNotificationsOpenNoSocketInARehearsal(t *testing.T) {
	_, office := newMailSite(t)
	for _, args := range [][]string{{"run", "."}, {"plan", ".", "--to", "plan.json"}} {
		if err := trapped(t, "set", args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if n := len(office.arrived()); n > 0 {
		t.Errorf("%d e-mails arrived", n)
	}
}
