package query

import (
	"context"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// A Sighting is a stream whose events hold a value.
type Sighting struct {
	Stream  string        `json:"stream"`
	Events  int64         `json:"events"`
	Example *TrailExample `json:"example"`
}

// Sightings looks for a value in all events, whatever their time, stream by
// stream.
func Sightings(ctx context.Context, o Options, clock Clock, sought Sought) ([]Sighting, error) {
	src := Source{Every: true}
	tree := &Select{From: []Source{src}, Limit: -1, Offset: -1}
	f, err := (&Statement{tree: tree}).follow(ctx, o, clock, sought, nil)
	if err != nil {
		return nil, err
	}
	every := f.sources(tree)[0]
	hit := f.hit(every.columns)
	stream := &Column{Name: streamColumn}
	tree.Items = []Item{{Expr: stream, Alias: streamColumn}, {Expr: &Call{Name: "count", Star: true}, Alias: "n"}}
	tree.Where, tree.Groups = hit, []Expr{stream}
	result, err := f.run(ctx, tree, maxSightings, true)
	if err != nil && !tooMany(err) {
		return nil, err
	}
	var out []Sighting
	for _, row := range result.Table.Rows {
		name := strings.ToUpper(workbook.Text(row.Values[0]))
		one := followed{Source: Source{Stream: name}}
		for _, column := range f.columnsOf(&events.Scan{Stream: name}) {
			one.columns = append(one.columns, &Column{Name: column})
		}
		example, err := f.example(ctx, []Source{one.Source}, one.columns, Window{}, f.hit(one.columns), nil, true)
		if err != nil {
			return nil, err
		}
		out = append(out, Sighting{name, whole(row.Values[1]), example})
	}
	return out, nil
}

// maxSightings bounds the streams in which a value is looked for.
const maxSightings = 200
