package trigger

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed ready/*.yaml
var readyFiles embed.FS

// Ready lists the ready-made configurations, each a file of integrations to copy.
func Ready() []string {
	entries, err := fs.ReadDir(readyFiles, "ready")
	if err != nil {
		panic(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// ReadyText is the YAML of a ready-made configuration.
func ReadyText(name string) (string, bool) {
	text, err := fs.ReadFile(readyFiles, "ready/"+name+".yaml")
	return string(text), err == nil
}
