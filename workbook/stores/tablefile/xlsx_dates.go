package tablefile

import (
	"archive/zip"
	"math"
	"regexp"
	"strings"
	"time"

	"tabletop/workbook"
)

// dates tells which styles of a workbook show numbers as dates.
type dates struct {
	// styles are the numbers of the cells' formats, custom the formats of one's
	// own by theirs.
	styles []int
	custom map[int]string
	// from1904 is set in workbooks that count days from 1904.
	from1904 bool
	known    map[int]bool
}

// readDates reads the styles; a workbook may have none.
func readDates(archive *zip.Reader, b *book) (*dates, error) {
	d := &dates{custom: map[int]string{}, known: map[int]bool{}}
	d.from1904 = b.Properties.From1904 == "1" || strings.EqualFold(b.Properties.From1904, "true")
	if _, err := findPart(archive, "xl/styles.xml"); err != nil {
		return d, nil //nolint:nilerr // then no number is shown as a date
	}
	var styles struct {
		Custom []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := decodePart(archive, "xl/styles.xml", &styles); err != nil {
		return nil, err
	}
	for _, f := range styles.Custom {
		d.custom[f.ID] = f.Code
	}
	for _, c := range styles.Cells {
		d.styles = append(d.styles, c.Format)
	}
	return d, nil
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
	if style < 0 || style >= len(d.styles) {
		return false
	}
	n := d.styles[style]
	if format, ok := d.custom[n]; ok {
		return showsDate(format)
	}
	// The numbers of the formats built in, ECMA-376 part 1, 18.8.30.
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
	// Days are counted from the last one of 1899, and through a 29 February 1900
	// that there was not.
	first := time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	switch {
	case d.from1904:
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case number >= 61:
		first = first.AddDate(0, 0, -1)
	}
	whole, part := math.Modf(number)
	// A number of days is exact to some microseconds.
	t := first.AddDate(0, 0, int(whole)).Add(time.Duration(part * float64(24*time.Hour))).Round(time.Millisecond)
	switch {
	case number < 1:
		return t.Format("15:04:05.999")
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02T15:04:05.999")
}
