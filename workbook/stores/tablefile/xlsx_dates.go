package tablefile

import (
	"regexp"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tabletop/workbook"
)

// dates tells which styles of a workbook show numbers as dates.
type dates struct {
	file *excelize.File
	// from1904 is set in workbooks that count days from 1904.
	from1904 bool
	known    map[int]bool
}

func newDates(file *excelize.File) *dates {
	d := &dates{file: file, known: map[int]bool{}}
	if properties, err := file.GetWorkbookProps(); err == nil && properties.Date1904 != nil {
		d.from1904 = *properties.Date1904
	}
	return d
}

// is reports whether a style shows a date or a time.
func (d *dates) is(style int) bool {
	if style == 0 {
		return false
	}
	is, known := d.known[style]
	if !known {
		is = d.look(style)
		d.known[style] = is
	}
	return is
}

func (d *dates) look(style int) bool {
	s, err := d.file.GetStyle(style)
	if err != nil {
		return false
	}
	if s.CustomNumFmt != nil {
		return showsDate(*s.CustomNumFmt)
	}
	// The numbers of the formats built in, ECMA-376 part 1, 18.8.30.
	n := s.NumFmt
	return n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58
}

// notPlaces matches what a format shows as it stands, and its conditions.
var notPlaces = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[(?:[^hHmMsS\]][^\]]*)?\]`)

// showsDate reports whether a format of one's own has places for parts of a
// date or a time.
func showsDate(format string) bool {
	positive, _, _ := strings.Cut(notPlaces.ReplaceAllString(format, ""), ";")
	if strings.EqualFold(positive, "general") {
		return false
	}
	return strings.ContainsAny(strings.ToLower(positive), "ymdhs")
}

// value is a number, or the text of the date that its style shows.
func (d *dates) value(style int, number float64) workbook.Value {
	const lastDay = 2_958_466 // 31 December 9999, and a day
	if !d.is(style) || number < 0 || number >= lastDay {
		return number
	}
	t, err := excelize.ExcelDateToTime(number, d.from1904)
	if err != nil {
		return number
	}
	// A number of days is exact to some microseconds.
	t = t.Round(time.Millisecond)
	switch {
	case number < 1:
		return t.Format("15:04:05.999")
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02T15:04:05.999")
}
