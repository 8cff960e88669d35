package guard

import (
	"fmt"
	"slices"
	"strings"
)

// windowsFolders are folders of Windows itself below a drive. What malware
// writes to without being an administrator (Temp, Tasks and the like below
// Windows) is no system folder.
var windowsFolders = []string{"windows", "winnt", "program files/windowsapps", "program files/windows defender", "programdata/microsoft/windows defender"}

// unixFolders are folders of the systems of Linux and macOS.
var unixFolders = []string{
	"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/etc", "/usr", "/nix/store", "/snap",
	"/system", "/library/apple", "/library/developer/commandlinetools",
}

// writableFolders lie in system folders, and everyone may write there.
var writableFolders = []string{
	"windows/temp", "windows/tasks", "windows/tracing", "windows/debug", "windows/system32/tasks", "windows/syswow64/tasks",
	"windows/system32/spool/drivers/color", "windows/system32/spool/printers", "windows/system32/spool/servers",
	"windows/system32/com/dmp", "windows/syswow64/com/dmp", "windows/system32/microsoft/crypto/rsa/machinekeys",
	"windows/registration/crmlog",
	"/usr/local", "/usr/tmp", "/system/volumes/data",
}

// systemPaths are those of the paths that lie in a system folder.
func systemPaths(paths []string) []string {
	var out []string
	for _, p := range paths {
		if InSystemFolder(p) {
			out = append(out, p)
		}
	}
	return out
}

// InSystemFolder reports whether a path of Windows, Linux or macOS lies in a
// folder of the system. Letter case, kinds of slashes, and a drive, device or
// variable in front do not count.
func InSystemFolder(path string) bool {
	folder, windows := plainPath(path)
	inFolder := func(f string) bool { return strings.HasPrefix(folder, f+"/") }
	if slices.ContainsFunc(writableFolders, inFolder) {
		return false
	}
	if windows {
		return slices.ContainsFunc(windowsFolders, inFolder)
	}
	return slices.ContainsFunc(unixFolders, inFolder)
}

// listed3 lists the first three of texts from events.
func listed3(texts []string) string {
	quoted := make([]string, 0, 3)
	for _, t := range texts[:min(len(texts), 3)] {
		quoted = append(quoted, Quote(t))
	}
	out := strings.Join(quoted, ", ")
	if more := len(texts) - len(quoted); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}
