package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// firstFiles are the files of a new workbook; NAME stands where its name goes,
// FOLDER where its folder goes.
//
//go:embed first
var firstFiles embed.FS

// firstPlaces are where the files go in the new folder.
var firstPlaces = []struct{ from, to string }{
	{"workbook.yaml", "workbook.yaml"},
	{"integrations.yaml", "integrations.yaml"},
	{"guard.yaml", "guard.yaml"},
	{"workbook.test.yaml", "workbook.test.yaml"},
	{"AUTHENTICATION.ndjson", "events/AUTHENTICATION.ndjson"},
}

func initCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "init NAME",
		Short: "Lay out the folder of a new workbook",
		Long: `init makes a folder of that name with a workbook that runs: an SQL, a code, a
signal and a trigger block, each with words on what it does, events for it, the
webhook that it calls, a guard's own lists, and a test. Change it into yours.

A folder that is there is used only where it is empty; nothing is overwritten.`,
		Example: `  tabletop init failed-sign-ins
  tabletop check failed-sign-ins
  tabletop run failed-sign-ins`,
		Args: exactly(1, "the name of the new workbook, which its folder gets too"),
		RunE: func(_ *cobra.Command, args []string) error { return c.layOut(args[0]) },
	}
}

// newName fits names that stand in YAML, in a path and in a terminal as
// they are.
var newName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$`) })

func (c *console) layOut(folder string) error {
	name := filepath.Base(filepath.Clean(folder))
	if !newName().MatchString(name) || strings.HasSuffix(name, " ") || strings.HasSuffix(name, ".") {
		return nothingRan(fmt.Errorf("%s is no name for a workbook: write letters, digits, blanks, ., - and _, at most 80, a letter or a digit first", clean(name)))
	}
	if err := emptyFolder(folder); err != nil {
		return nothingRan(err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "events"), 0o755); err != nil {
		return nothingRan(err)
	}
	shown := filepath.ToSlash(filepath.Clean(folder))
	if strings.Contains(shown, " ") {
		shown = "'" + shown + "'"
	}
	for _, place := range firstPlaces {
		text, err := firstFiles.ReadFile("first/" + place.from)
		if err != nil {
			return err
		}
		text = []byte(strings.NewReplacer("NAME'", name+"'", "FOLDER", shown).Replace(string(text)))
		path := filepath.Join(folder, filepath.FromSlash(place.to))
		if err := writeNew(path, text, 0o644); err != nil {
			return err
		}
		c.line(clean(filepath.ToSlash(path)))
	}
	c.remark("")
	c.remark("Go on with")
	for _, next := range []string{"check " + shown, "run " + shown, "docs blocks"} {
		c.remark("  tabletop %s", clean(next))
	}
	return nil
}

// emptyFolder reports an error where something is in the way of a new folder.
func emptyFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is there already and is no folder: choose another name", folder)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is there already and holds %s: choose another name, or an empty folder", folder, clean(entries[0].Name()))
	}
	return nil
}
