package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version of this program.
const release = "0.1.0"

// version names the release and, where the build knows it, the commit.
func version() string {
	v := release
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += "+" + s.Value[:12]
		}
		if s.Key == "vcs.modified" && s.Value == "true" {
			v += ".modified"
		}
	}
	return v
}

func versionCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Tell the version of this program",
		Example: "  tabletop version",
		Args:    exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			c.line("tabletop ", version(), " ", runtime.Version(), " ", runtime.GOOS, "/", runtime.GOARCH)
			return nil
		},
	}
}
