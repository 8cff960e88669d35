// Package blocks is the table of the kinds of block. In go what the kinds need
// from outside (events, configurations, a guard, a vendor); out comes the table
// that package workbook parses and prepares with. A new kind is a file of its
// own and a line in Kinds.
package blocks

import (
	"tabletop/blocks/code"
	"tabletop/blocks/query"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
	"tabletop/workbook/stores"
)

// Options are what the kinds of block need from outside.
type Options struct {
	Query   query.Options
	Trigger trigger.Options
	// Stores are the event stores as the run sees them; nil while a workbook is
	// only checked.
	Stores *stores.Session
}

// Kinds lists every kind of block that a workbook may hold.
func Kinds(o Options) []workbook.Kind {
	return []workbook.Kind{
		query.SQL(o.Query),
		query.Search(o.Query),
		DQL(o),
		code.Kind(),
		Signal(),
		trigger.Kind(o.Trigger),
		Text(),
		Visual(),
		Outlier(o.Query),
		Call(),
		Return(),
		trigger.Notification(o.Trigger),
	}
}
