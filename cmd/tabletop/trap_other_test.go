//go:build !linux

package main

// trapSockets needs Linux's filters of system calls; elsewhere nothing calls
// it.
func trapSockets() { panic("sockets can be trapped on Linux only") }
