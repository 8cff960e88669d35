package trigger

import (
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Recorded reads configurations whose text a record kept, where the file itself
// may be another by now. Its error is as that of Load.
func Recorded(document workbook.Document) (*Integrations, error) {
	node, err := source.Parse(document.Path, document.Text)
	if err != nil {
		return nil, err
	}
	return compileFile(node, document)
}
