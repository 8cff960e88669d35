package events

import (
	"database/sql/driver"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
)

// soughtFunctions is that by which a value is looked for:
//
//	holds(value, within, x, …)  1 where one of x is the value, as indicator.Sought
//	                            has it, or has it somewhere within, else 0
func soughtFunctions() []scalar {
	var sought indicator.Sought
	known, any := "", false
	return []scalar{{"holds", -1, func(a []driver.Value) (driver.Value, error) {
		if value := workbook.Text(plain(a[0])); !any || value != known {
			known, any = strings.Clone(value), true // the argument's memory is SQLite's
			sought = indicator.Seek(known)
		}
		find := sought.In
		if plain(a[1]) == int64(1) {
			find = sought.Within
		}
		for _, x := range a[2:] {
			if v := plain(x); v != nil && find(workbook.Text(v)) {
				return int64(1), nil
			}
		}
		return int64(0), nil
	}}}
}
