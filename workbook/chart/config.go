package chart

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Config is what stands behind the key visual.
type Config struct {
	Type      source.Text `yaml:"type,required" enum:"bar,column,line,area,pie,donut,timeline,metric,radial,word cloud,geomap" doc:"what to draw; radial, word cloud and geomap are drawn as bars"`
	Primary   source.Text `yaml:"primary,required" doc:"the column of the categories, of a timeline the times, of a metric the value"`
	Secondary source.Node `yaml:"secondary" doc:"the column of the values, or a list of several; without one the rows are counted"`
	Style     source.Text `yaml:"style" enum:"default,stacked,grouped,group,donut" doc:"how several values of a category stand: stacked, or grouped side by side (the default)"`
	Title     source.Text `yaml:"title" doc:"what stands above the picture"`
}

// Read reads a chart from the YAML of a block and tells every mistake in it.
func Read(node source.Node) (Spec, source.Problems) { return read(node, workbook.Columns{}) }

// Check is Read with the columns of the rows that will come in.
func Check(node source.Node, in workbook.Columns) (Spec, source.Problems) { return read(node, in) }

// Recorded reads a chart from the text of a block as a run recorded it.
func Recorded(text string) (Spec, error) {
	node, err := source.Parse("the recorded block", []byte(text))
	if err != nil {
		return Spec{}, err
	}
	s, problems := Read(node)
	return s, problems.Err()
}

func read(node source.Node, in workbook.Columns) (Spec, source.Problems) {
	var c Config
	problems := source.Decode(node, &c)
	if !node.IsMap() {
		return Spec{}, problems
	}
	sound := len(problems) == 0
	s := Spec{Type: c.Type.Value, Primary: c.Primary.Value, Title: c.Title.Value}
	add := func(p source.Problem) { problems = append(problems, p) }
	column := func(t source.Text) {
		switch {
		case !t.Set(): // which was told
		case t.Value == "":
			add(t.Problem(0, "a column has no name", "write it as in $SrcIP"))
		case in.Known && workbook.ColumnIndex(in.Names, t.Value) < 0:
			add(t.Problem(0, "unknown column "+t.Value, source.DidYouMean(t.Value, in.Names)))
		}
	}
	column(c.Primary)
	secondary, more := secondaryOf(c.Secondary)
	problems = append(problems, more...)
	for _, t := range secondary {
		column(t)
		s.Secondary = append(s.Secondary, t.Value)
	}
	if len(secondary) > MostSeries {
		add(c.Secondary.Problem(fmt.Sprintf("%d columns of values: at most %d can be told apart", len(secondary), MostSeries), "draw them in two blocks"))
	}
	round := s.Type == Pie || s.Type == Donut
	if round && len(secondary) > 1 {
		add(c.Secondary.Problem("a "+s.Type+" has one column of values", "bar with style: stacked shows several"))
	}
	if sound { // else the type may be none, and fit nothing
		problems = append(problems, s.styled(c.Style)...)
	}
	return s, problems
}

// secondaryOf reads a column, or a list of columns.
func secondaryOf(node source.Node) ([]source.Text, source.Problems) {
	if !node.Exists() {
		return nil, nil
	}
	items := []source.Node{node}
	if node.IsList() {
		items = node.Items()
	}
	var out []source.Text
	for _, item := range items {
		t, ok := item.Text()
		if !ok {
			return nil, source.Problems{item.Problem("secondary must be a column, or a list of columns", "as in secondary: $Count(1)")}
		}
		out = append(out, t)
	}
	return out, nil
}

// styled takes the style over, where the type has it.
func (s *Spec) styled(style source.Text) source.Problems {
	switch style.Value {
	case "", "default":
		return nil
	case "group":
		s.Style = Grouped
	default:
		s.Style = style.Value
	}
	fit := []string{Bar, Column, Area, Timeline, Radial, WordCloud, Geomap}
	if s.Style == DonutStyle {
		fit = []string{Pie, Donut}
	}
	if !slices.Contains(fit, s.Type) {
		return source.Problems{style.Problem(0, "a "+s.Type+" can't be "+s.Style, "the style "+s.Style+" is for "+strings.Join(fit, ", "))}
	}
	return nil
}
