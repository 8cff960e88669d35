package guard

import (
	"strings"
	"testing"
)

func TestSystemFolders(t *testing.T) {
	for path, want := range map[string]bool{
		`C:\Windows\System32\kernel32.dll`:                     true,
		`c:/WINDOWS/explorer.exe`:                              true,
		`D:\Windows\x.exe`:                                     true,
		`\Device\HarddiskVolume3\Windows\System32\svchost.exe`: true,
		`\\?\C:\Windows\x.exe`:                                 true,
		`\\?\GLOBALROOT\Device\HarddiskVolume1\Windows\a.dll`:  true,
		`\??\C:\Windows\system32\conhost.exe`:                  true,
		`\SystemRoot\System32\drivers\a.sys`:                   true,
		`%SystemRoot%\system32\a.dll`:                          true,
		`"C:\Windows\a.exe"`:                                   true,
		`C:\Windows\Temp\..\System32\a.exe`:                    true,
		`C:\Program Files\WindowsApps\a\b.exe`:                 true,
		`C:\Users\a\..\..\Windows\a.exe`:                       true,
		`C:\Windows\Temp\evil.exe`:                             false,
		`C:\Windows\Tasks\evil.exe`:                            false,
		`C:\Windows\..\Users\evil.exe`:                         false,
		`C:\WindowsX\evil.exe`:                                 false,
		`C:\Windows`:                                           false,
		`C:\Users\a\Windows\evil.exe`:                          false,
		`C:\Program Files\Vendor\a.exe`:                        false,
		`\\server\share\Windows\a.exe`:                         false,
		`System32\a.exe`:                                       false,
		"/usr/bin/ls":                                          true,
		"/bin/sh":                                              true,
		"/lib/x86_64-linux-gnu/libc.so.6":                      true,
		"/etc/passwd":                                          true,
		"/usr/local/bin/evil":                                  false,
		"/usr/../tmp/evil":                                     false,
		"/tmp/usr/bin/evil":                                    false,
		"/home/a/bin/evil":                                     false,
		"/opt/vendor/a":                                        false,
		"/System/Library/CoreServices/Finder.app/Finder":       true,
		"/System/Volumes/Data/Users/a/evil":                    false,
		"/Library/Apple/System/a":                              true,
		"/Applications/a.app/a":                                false,
		"/Users/a/Library/evil":                                false,
		"evil.exe":                                             false,
		"":                                                     false,
		"-":                                                    false,
	} {
		if got := InSystemFolder(path); got != want {
			t.Errorf("InSystemFolder(%q) = %v", path, got)
		}
	}
}

// Slashes, quotes and blanks around, and the letter case of ASCII say nothing.
func FuzzSystemFolder(f *testing.F) {
	f.Add(`C:\Windows\System32\a.dll`)
	f.Add("//?/\\..\x00/device/")
	f.Add("/usr/bin/../lib/a")
	f.Fuzz(func(t *testing.T, path string) {
		upper := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}, path)
		if InSystemFolder(path) != InSystemFolder(` "`+strings.Trim(strings.TrimSpace(upper), `"'`)+`" `) {
			t.Errorf("%q is another folder in capitals and quotes", path)
		}
	})
}
