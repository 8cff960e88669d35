package audit

import "tabletop/workbook"

// termsBody is what a run depends on beside its files. Every field may lack.
type termsBody struct {
	Folder  text        `json:"folder,omitempty"`
	Window  text        `json:"window,omitempty"`
	Zone    text        `json:"zone,omitempty"`
	Year    int         `json:"year,omitempty"`
	MaxRows int         `json:"max_rows,omitempty"`
	Strict  bool        `json:"strict,omitempty"`
	Sources text        `json:"sources,omitempty"`
	Signals int64       `json:"signals_from,omitempty"`
	Of      int64       `json:"signals_of,omitempty"`
	Stores  text        `json:"stores,omitempty"`
	States  []stateBody `json:"store_states,omitempty"`
}

type stateBody struct {
	Name    text    `json:"name"`
	Rows    int64   `json:"rows"`
	Updated instant `json:"updated"`
	Run     int64   `json:"run"`
}

func newTerms(t *workbook.Terms) *termsBody {
	if t == nil {
		return nil
	}
	body := &termsBody{
		Folder: text(t.Folder), Window: text(t.Window), Zone: text(t.Zone), Year: t.Year, MaxRows: t.MaxRows, Strict: t.Strict,
		Sources: text(t.Sources), Signals: t.SignalsFrom, Of: t.SignalsOf, Stores: text(t.Stores),
	}
	for _, s := range t.StoreStates {
		body.States = append(body.States, stateBody{text(s.Name), s.Rows, instant{s.Updated}, s.Run})
	}
	return body
}

func (b *termsBody) terms() *workbook.Terms {
	if b == nil {
		return nil
	}
	t := &workbook.Terms{
		Folder: string(b.Folder), Window: string(b.Window), Zone: string(b.Zone), Year: b.Year, MaxRows: b.MaxRows, Strict: b.Strict,
		Sources: string(b.Sources), SignalsFrom: b.Signals, SignalsOf: b.Of, Stores: string(b.Stores),
	}
	for _, s := range b.States {
		t.StoreStates = append(t.StoreStates, workbook.StoreState{Name: string(s.Name), Rows: s.Rows, Updated: s.Updated.Time, Run: s.Run})
	}
	return t
}
