package guard

import (
	"path"
	"strings"
)

// plainPath writes a path with forward slashes, in lower case and without . and
// ..; one of Windows comes back below its drive without a first slash.
func plainPath(text string) (plain string, windows bool) {
	p := strings.ToLower(strings.Trim(strings.TrimSpace(text), `"'`))
	slashed := strings.ReplaceAll(p, `\`, "/")
	for _, prefix := range []string{"//?/", "//./", "/??/"} {
		if rest, ok := strings.CutPrefix(slashed, prefix); ok {
			return below(strings.TrimPrefix(rest, "globalroot/")), true
		}
	}
	for _, variable := range []string{"%systemroot%/", "%windir%/", "/systemroot/"} {
		if rest, ok := strings.CutPrefix(slashed, variable); ok {
			return strings.TrimPrefix(path.Clean("/windows/"+rest), "/"), true
		}
	}
	switch {
	case len(slashed) > 2 && slashed[1] == ':' && slashed[2] == '/', strings.HasPrefix(slashed, "/device/"), strings.HasPrefix(p, `\`):
		return below(slashed), true
	}
	return path.Clean("/" + strings.TrimLeft(p, "/")), false
}

// below cuts the drive or device off a path of Windows.
func below(slashed string) string {
	slashed = strings.TrimLeft(slashed, "/")
	if rest, ok := strings.CutPrefix(slashed, "device/"); ok {
		slashed = rest
	}
	drive, rest, _ := strings.Cut(slashed, "/")
	if strings.HasSuffix(drive, ":") || strings.HasPrefix(drive, "harddiskvolume") {
		slashed = rest
	}
	return strings.TrimPrefix(path.Clean("/"+slashed), "/")
}
