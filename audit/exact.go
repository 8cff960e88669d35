package audit

import "fmt"

// These take a column's value only in the type that was written. SQLite keeps
// any type in any column, and database/sql would turn one into another: a kind
// stored as a BLOB would hash like the text, and be missing from every view.

type exactInt int64

func (i *exactInt) Scan(stored any) error {
	v, ok := stored.(int64)
	if !ok {
		return fmt.Errorf("a %T where a whole number belongs", stored)
	}
	*i = exactInt(v)
	return nil
}

type exactText string

func (t *exactText) Scan(stored any) error {
	v, ok := stored.(string)
	if !ok {
		return fmt.Errorf("a %T where a text belongs", stored)
	}
	*t = exactText(v)
	return nil
}

// exactBytes are valid until the next row.
type exactBytes []byte

func (b *exactBytes) Scan(stored any) error {
	v, ok := stored.([]byte)
	if !ok {
		return fmt.Errorf("a %T where bytes belong", stored)
	}
	*b = v
	return nil
}

// exactOption is a text that may be null.
type exactOption struct{ text *string }

func (o *exactOption) Scan(stored any) error {
	o.text = nil
	if stored == nil {
		return nil
	}
	var t exactText
	err := t.Scan(stored)
	s := string(t)
	o.text = &s
	return err
}
