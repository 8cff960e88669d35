package tablefile

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// A sheetCell is what a sheet says of a cell: its form (s for a text that is
// shared, str and inlineStr for texts, b for truths, e for errors, n or nothing
// for numbers), its style, whether a formula made it, and what is stored.
type sheetCell struct {
	form    string
	style   int
	formula bool
	text    string
}

// sheetRows reads a sheet row by row.
type sheetRows struct {
	decoder *xml.Decoder
	// number is that of the row that was read last, 0 before the first, cells its
	// cells by the number of the column from 1.
	number int
	cells  map[int]sheetCell
}

func newSheetRows(sheet io.Reader) *sheetRows { return &sheetRows{decoder: xml.NewDecoder(sheet)} }

// next reads the next row; false behind the last. A sheet that is cut off is an
// error.
func (k *sheetRows) next() (bool, error) {
	for {
		token, err := k.decoder.Token()
		if errors.Is(err, io.EOF) {
			return false, errors.New("the sheet does not end")
		}
		if err != nil {
			return false, err
		}
		switch element := token.(type) {
		case xml.StartElement:
			if element.Name.Local == "row" {
				return true, k.read(element)
			}
		case xml.EndElement:
			if element.Name.Local == "sheetData" || element.Name.Local == "worksheet" {
				return false, nil
			}
		}
	}
}

// A richText is a text in runs; how they are spoken is not part of it.
type richText struct {
	Text string `xml:"t"`
	Runs []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (t richText) String() string {
	text := t.Text
	for _, run := range t.Runs {
		text += run.Text
	}
	return unescaped(text)
}

func (k *sheetRows) read(start xml.StartElement) error {
	number := k.number + 1
	if text := attribute(start, "r"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < number {
			return fmt.Errorf("row %.20s stands out of order", text)
		}
		number = n
	}
	k.number, k.cells = number, map[int]sheetCell{}
	var row struct {
		Cells []struct {
			At      string    `xml:"r,attr"`
			Form    string    `xml:"t,attr"`
			Style   int       `xml:"s,attr"`
			Formula *struct{} `xml:"f"`
			Value   string    `xml:"v"`
			Inline  richText  `xml:"is"`
		} `xml:"c"`
	}
	if err := k.decoder.DecodeElement(&row, &start); err != nil {
		return err
	}
	column := 0
	for _, c := range row.Cells {
		column++
		if c.At != "" {
			var err error
			if column, err = columnOf(c.At); err != nil {
				return err
			}
		}
		found := sheetCell{form: c.Form, style: c.Style, formula: c.Formula != nil, text: c.Value}
		switch c.Form {
		case "inlineStr":
			found.text = c.Inline.String()
		case "str":
			found.text = unescaped(c.Value)
		}
		k.cells[column] = found
	}
	return nil
}

// maxSheetColumns is the most columns of a sheet, ECMA-376 part 1, 18.3.1.13.
const maxSheetColumns = 16_384

// columnOf is the number of the column of a cell by its name, as 28 of AB7.
func columnOf(name string) (int, error) {
	column, i := 0, 0
	for ; i < len(name) && column <= maxSheetColumns; i++ {
		c := name[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	if _, err := strconv.ParseUint(name[i:], 10, 32); err != nil || column == 0 || column > maxSheetColumns {
		return 0, fmt.Errorf("%.20q is no cell", name)
	}
	return column, nil
}

// unescaped puts characters in the place of _x000D_ and the like, in which the
// format writes what XML can't hold.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escapedCharacter.ReplaceAllStringFunc(text, func(found string) string {
		n, err := strconv.ParseUint(found[2:6], 16, 16)
		if err != nil {
			return found
		}
		return string(rune(n))
	})
}

var escapedCharacter = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// readSharedTexts reads the texts that cells share; a workbook may have none.
func readSharedTexts(archive *zip.Reader) ([]string, error) {
	const name = "xl/sharedStrings.xml"
	part, err := findPart(archive, name)
	if err != nil {
		return nil, nil //nolint:nilerr // a cell that points to one will tell
	}
	content, err := part.Open()
	if err != nil {
		return nil, fmt.Errorf("broken XLSX: %s: %w", name, err)
	}
	defer content.Close()
	var texts []string
	decoder := xml.NewDecoder(content)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("broken XLSX: %s: %w", name, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "si" {
			continue
		}
		var text richText
		if err := decoder.DecodeElement(&text, &start); err != nil {
			return nil, fmt.Errorf("broken XLSX: %s: %w", name, err)
		}
		texts = append(texts, text.String())
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// A book is what a workbook says of its sheets.
type book struct {
	Properties struct {
		From1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []struct {
		Name string `xml:"name,attr"`
		ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		// Strict files have another name for the same space.
		Strict string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
	} `xml:"sheets>sheet"`
}

func readBook(archive *zip.Reader) (*book, error) {
	b := &book{}
	return b, decodePart(archive, "xl/workbook.xml", b)
}

func (b *book) names() []string {
	var names []string
	for _, s := range b.Sheets {
		names = append(names, s.Name)
	}
	return names
}

// part finds the part of the archive that holds a sheet.
func (b *book) part(archive *zip.Reader, sheet string) (*zip.File, error) {
	var relations struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := decodePart(archive, "xl/_rels/workbook.xml.rels", &relations); err != nil {
		return nil, err
	}
	for _, s := range b.Sheets {
		for _, r := range relations.List {
			if s.Name != sheet || r.ID != s.ID+s.Strict {
				continue
			}
			target := strings.TrimPrefix(r.Target, "/")
			if !strings.HasPrefix(r.Target, "/") {
				target = path.Join("xl", r.Target)
			}
			return findPart(archive, target)
		}
	}
	return nil, fmt.Errorf("broken XLSX: the sheet %.100s is not in it", sheet)
}

func findPart(archive *zip.Reader, name string) (*zip.File, error) {
	for _, part := range archive.File {
		if strings.EqualFold(strings.ReplaceAll(part.Name, `\`, "/"), name) {
			return part, nil
		}
	}
	return nil, fmt.Errorf("no XLSX file: it has no %.200s", name)
}

// mostDescription is the most bytes of the parts that describe a workbook.
const mostDescription = 16 << 20

func decodePart(archive *zip.Reader, name string, into any) error {
	part, err := findPart(archive, name)
	if err != nil {
		return err
	}
	content, err := part.Open()
	if err != nil {
		return fmt.Errorf("broken XLSX: %s: %w", name, err)
	}
	defer content.Close()
	if err := xml.NewDecoder(io.LimitReader(content, mostDescription)).Decode(into); err != nil {
		return fmt.Errorf("broken XLSX: %s: %w", name, err)
	}
	return nil
}
