package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// trapSockets makes the kernel kill this process when it opens a socket of the
// network. Sockets of the machine alone are refused rather than deadly: the C
// library asks for one when it looks up the name of the user.
func trapSockets() {
	const (
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		isEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		answer  = unix.BPF_RET | unix.BPF_K
		number  = 0  // offset of the call's number
		domain  = 16 // offset of its first argument
	)
	program := []unix.SockFilter{
		{Code: load, K: number},
		{Code: isEqual, K: uint32(unix.SYS_SOCKET), Jt: 1},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
		{Code: load, K: domain},
		{Code: isEqual, K: unix.AF_UNIX, Jt: 1},
		{Code: answer, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)},
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fail(err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter))); errno != 0 {
		fail(errno)
	}
	if os.Getenv(trapVariable) == "spring" { // to see that the trap works
		_, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "can't set the trap:", err)
	os.Exit(99)
}

// trapped runs the program with the trap set and returns how it ended.
func trapped(t *testing.T, how string, args ...string) error {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(t.TempDir(), "tabletop") // testscript goes by the name
	if err := os.Symlink(exe, named); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(named, args...)
	cmd.Env = append(os.Environ(), trapVariable+"="+how)
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(err.Error(), "signal") {
		t.Fatalf("%v\n%s", err, out)
	}
	return err
}

// TestRehearsalOpensNoSocket runs every example under a filter with which the
// kernel kills a process that opens a socket.
func TestRehearsalOpensNoSocket(t *testing.T) {
	auditPath := atRoot(t)
	for _, book := range exampleBooks(t) {
		if err := trapped(t, "set", "run", book, "--audit", auditPath); err != nil {
			t.Errorf("%s: %v", book, err)
		}
	}
	if err := trapped(t, "set", "test", "examples"); err != nil {
		t.Errorf("the tests of the examples: %v", err)
	}
	err := trapped(t, "spring", "version")
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGSYS {
		t.Errorf("a socket was opened and the process lived: %v", err)
	}
}
