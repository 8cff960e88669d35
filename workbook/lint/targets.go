package lint

import (
	"fmt"
	"strings"

	"tabletop/workbook/findings"
)

// typeOf is the type of the targets that a function gives, for those that give
// nothing else.
var typeOf = map[string]string{
	"domain": "domain", "mailbox": "mailbox", "ip": "ip",
	"md5": "file_md5", "find_md5": "file_md5", "sha1": "file_sha1", "find_sha1": "file_sha1", "sha256": "file_sha256", "find_sha256": "file_sha256",
}

// targets holds the type of what a trigger is aimed at against the function that
// gives its column.
func (l *linter) targets() {
	types := map[string]bool{}
	for _, kind := range typeOf {
		types[kind] = true
	}
	by := map[string]string{}
	for _, d := range l.deeds {
		if d.Fresh || d.untold || d.All && d.Star {
			clear(by)
		}
		if t := d.Trigger; t != nil && types[t.Type] {
			function := by[strings.ToLower(plain(t.Column))]
			if given := typeOf[function]; given != "" && given != t.Type {
				l.warn(d, d.Spot, findings.OtherType,
					fmt.Sprintf("%s is aimed at a target of type %s, and %s() gives %s a value of type %s", t.Configuration, t.Type, function, t.Column, given),
					"write type: "+given+" in its target, or aim it at another column")
			}
		}
		for _, name := range d.Makes {
			by[strings.ToLower(plain(name.Name))] = name.By
		}
	}
}
