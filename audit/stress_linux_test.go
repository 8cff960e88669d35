package audit

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNoRoomForTheFile records in a process whose files may not grow further,
// as on a disk that is full.
func TestNoRoomForTheFile(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	first := mustRecord(t, log, 3)
	closeLog(t, log)
	// In blocks of 512 bytes, or of 1024: more than the file, less than the run.
	command := exec.Command("sh", "-c", `ulimit -f 400 && exec "$0"`, os.Args[0])
	command.Env = append(os.Environ(), writerPath+"="+path, writerRole+"=once")
	said, failed := ended(command)
	if !failed || !strings.Contains(said, "what was recorded before is kept") || !strings.Contains(said, "audit.db") {
		t.Errorf("failed %v, and said: %s", failed, said)
	}
	report := mustVerify(t, path)
	if !report.Whole() || report.Head.Sequence < first.Head.Sequence {
		t.Errorf("%d entries, %v", report.Entries, report.Breaks)
	}
	// Once there is room it goes on.
	log = newLog(t, path)
	mustRecord(t, log, 3)
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

// TestWhatCanNotBeWrittenIsRead gives an audit to a process that may read it and
// its folder and no more.
func TestWhatCanNotBeWrittenIsRead(t *testing.T) {
	folder, err := os.MkdirTemp("", "tabletop")
	must(t, err)
	t.Cleanup(func() {
		must(t, os.Chmod(folder, 0o700))
		must(t, os.RemoveAll(folder))
	})
	path := filepath.Join(folder, "audit.db")
	log := newLog(t, path)
	mustRecord(t, log, 3)
	closeLog(t, log)
	program, err := os.ReadFile(os.Args[0])
	must(t, err)
	tester := filepath.Join(folder, "tester")
	must(t, os.WriteFile(tester, program, 0o700))
	must(t, os.Chmod(tester, 0o555))
	must(t, os.Chmod(path, 0o444))
	must(t, os.Chmod(HeadFile(path), 0o444))
	must(t, os.Chmod(folder, 0o555))
	run := func(role string) (string, bool) {
		command := exec.Command(tester)
		command.Dir = "/"
		command.Env = append(os.Environ(), writerPath+"="+path, writerRole+"="+role)
		if os.Getuid() == 0 { // who may write everywhere
			command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		return ended(command)
	}
	before := contentsOf(t, folder)
	if said, failed := run("once"); !failed || !strings.Contains(said, "audit") || !strings.Contains(said, "writ") {
		t.Errorf("recording: failed %v, and said: %s", failed, said)
	}
	if said, failed := run("verify"); failed || strings.TrimSpace(said) != "16" {
		t.Errorf("verifying: failed %v, and said: %s", failed, said)
	}
	if contentsOf(t, folder) != before {
		t.Error("the folder was changed")
	}
}
