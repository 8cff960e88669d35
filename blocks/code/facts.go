package code

import "tabletop/workbook"

// Facts are what each statement reads, makes and takes away.
func (s statements) Facts() []workbook.Facts {
	var out []workbook.Facts
	for _, one := range s.list {
		out = append(out, one.facts())
	}
	return out
}

func (s *statement) facts() workbook.Facts {
	f := workbook.Facts{Spot: s.spot}
	named := func(name string) workbook.Named { return workbook.Named{Name: name, Spot: s.spot} }
	switch s.does {
	case drop:
		for _, name := range s.columns {
			f.Drops = append(f.Drops, named(name))
		}
		return f
	case rename:
		if len(s.columns) == 2 {
			f.Reads, f.Drops = []workbook.Named{named(s.columns[0])}, []workbook.Named{named(s.columns[0])}
			f.Makes = []workbook.Named{named(s.columns[1])}
		}
		return f
	}
	if s.expression == nil { // a mistake, which was told
		return workbook.Facts{Spot: s.spot, All: true, Star: true}
	}
	for _, name := range s.expression.columns {
		f.Reads = append(f.Reads, named(name))
	}
	if s.does == assign {
		f.Makes = []workbook.Named{named(s.columns[0])}
		f.Makes[0].By = s.expression.calls
		return f
	}
	if s.text == "where false" {
		p := s.spot.Problem("where false keeps no row", "write a condition on a column")
		f.Never = &p
	}
	return f
}

// Facts are that Python may read, make and drop any column.
func (python) Facts() []workbook.Facts { return []workbook.Facts{{All: true, Star: true}} }
