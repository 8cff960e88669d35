package code

import (
	"tabletop/workbook"
	"tabletop/workbook/source"
)

func preparePython(text source.Text, p *workbook.Preparation) workbook.Step { return nil }
