package tablefile

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A kind is what a sheet says of a cell beside its value: its form (s, str and
// inlineStr for texts, b for truths, e for errors, n or nothing for numbers), its
// style, and whether a formula made it.
type kind struct {
	form    string
	style   int
	formula bool
	// number is what is stored of a number or a truth: the library gives no more
	// than fifteen digits of it.
	number string
}

// kinds reads the kinds of a sheet's cells row by row, beside the library's
// reader of values, which drops them.
type kinds struct {
	decoder *xml.Decoder
	// next is the row that was read last and number its own; 0 before the first.
	number int
	next   map[int]kind
	ended  bool
}

func newKinds(sheet io.Reader) *kinds { return &kinds{decoder: xml.NewDecoder(sheet)} }

// row gives the kinds of a row, by the number of the column from 1. Rows must be
// asked for in their order.
func (k *kinds) row(number int) (map[int]kind, error) {
	for !k.ended && k.number < number {
		if err := k.advance(); err != nil {
			return nil, err
		}
	}
	if k.number == number {
		return k.next, nil
	}
	return nil, nil
}

// end makes sure that the sheet ends where its last row was read.
func (k *kinds) end(last int) error {
	for !k.ended {
		if err := k.advance(); err != nil {
			return err
		}
		if !k.ended && k.number > last && len(k.next) > 0 {
			return fmt.Errorf("row %d stands out of order", k.number)
		}
	}
	return nil
}

// advance reads the next row.
func (k *kinds) advance() error {
	for {
		token, err := k.decoder.Token()
		if errors.Is(err, io.EOF) {
			return errors.New("the sheet does not end")
		}
		if err != nil {
			return err
		}
		switch element := token.(type) {
		case xml.StartElement:
			if element.Name.Local == "row" {
				return k.read(element)
			}
		case xml.EndElement:
			if element.Name.Local == "sheetData" || element.Name.Local == "worksheet" {
				k.ended = true
				return nil
			}
		}
	}
}

func (k *kinds) read(start xml.StartElement) error {
	number := k.number + 1
	if text := attribute(start, "r"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < number {
			return fmt.Errorf("row %.20s stands out of order", text)
		}
		number = n
	}
	k.number, k.next = number, map[int]kind{}
	var row struct {
		Cells []struct {
			At      string    `xml:"r,attr"`
			Form    string    `xml:"t,attr"`
			Style   int       `xml:"s,attr"`
			Formula *struct{} `xml:"f"`
			Value   string    `xml:"v"`
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
			if column, _, err = excelize.CellNameToCoordinates(c.At); err != nil {
				return err
			}
		}
		found := kind{form: c.Form, style: c.Style, formula: c.Formula != nil}
		if c.Form == "" || c.Form == "n" || c.Form == "b" {
			found.number = strings.TrimSpace(c.Value)
		}
		k.next[column] = found
	}
	return nil
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// sheetPart finds the part of the archive that holds a sheet.
func sheetPart(archive *zip.Reader, sheet string) (*zip.File, error) {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			// Strict files have another name for the same space.
			Strict string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := decodePart(archive, "xl/workbook.xml", &book); err != nil {
		return nil, err
	}
	if err := decodePart(archive, "xl/_rels/workbook.xml.rels", &relations); err != nil {
		return nil, err
	}
	for _, s := range book.Sheets {
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
