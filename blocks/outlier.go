package blocks

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"tabletop/blocks/outlier"
	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// OutlierConfig is what stands behind the key outlier.
type OutlierConfig struct {
	Entity    source.Text   `yaml:"entity" doc:"the column of what may stand apart, $SrcIP unless said otherwise"`
	Stream    source.Text   `yaml:"stream" doc:"the stream to look at, FIREWALL unless said otherwise"`
	Where     []source.Text `yaml:"where" doc:"filters as in a search"`
	Duration  source.Text   `yaml:"duration" doc:"the span before the clock, the last five minutes unless said otherwise"`
	Features  []source.Text `yaml:"features" doc:"numbers about each entity: count (the default), or one of sum, min, max, avg, count_unique and a column"`
	Threshold source.Text   `yaml:"threshold" doc:"how far out an outlier is, in robust standard deviations; 3.5 unless said otherwise"`
	All       bool          `yaml:"all" doc:"true gives the other entities as well"`
}

// mostFeatures is the most features of a block.
const mostFeatures = 20

// Outlier is the kind of block that finds the entities of a stream which stand
// apart. It begins anew, as a query does, and does not read the rows that come in.
func Outlier(o query.Options) workbook.Kind {
	return workbook.Kind{
		Name:   "outlier",
		Doc:    "the entities of a stream that stand apart from the others, by a robust z-score (DNIF's own model is not published)",
		Config: OutlierConfig{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			var c OutlierConfig
			p.ReportAll(source.Decode(b.Body, &c))
			made, ok := prepareOutlier(c, o, p).(outlierStep)
			if !ok {
				return nil
			}
			made.config, made.body, made.columns = c, b.Body.Spot(), p.Out.Names
			return made
		},
	}
}

func prepareOutlier(c OutlierConfig, o query.Options, p *workbook.Preparation) workbook.Step {
	s := outlierStep{Search: outlier.Search{Threshold: outlier.Threshold, All: c.All}}
	if c.Threshold.Set() {
		v, err := strconv.ParseFloat(p.Expand(c.Threshold), 64)
		if err != nil || !(v > 0) || math.IsInf(v, 0) {
			p.Report(c.Threshold.Problem(0, fmt.Sprintf("threshold must be a number over 0, not %q", c.Threshold.Value), "3.5 is usual"))
		}
		s.Threshold = v
	}
	if !c.Entity.Set() {
		c.Entity = source.NewText("outlier", "$SrcIP")
	}
	if len(c.Features) == 0 {
		c.Features = []source.Text{source.NewText("outlier", "count")}
	}
	if len(c.Features) > mostFeatures {
		p.Report(c.Features[mostFeatures].Problem(0, fmt.Sprintf("more than %d features", mostFeatures), "look for them in two blocks"))
		c.Features = c.Features[:mostFeatures]
	}
	asks := query.PrepareFeatures(query.Features{Entity: c.Entity, Stream: c.Stream, Where: c.Where, Duration: c.Duration, Wanted: c.Features}, o, p)
	if asks == nil || len(p.Problems().Errors()) > 0 {
		p.Out = workbook.Columns{}
		return nil
	}
	s.Asker = asks
	p.Out = workbook.Columns{Names: outlier.Columns(p.Out.Names), Known: p.Out.Known}
	return s
}

// An outlierStep asks for the features and scores them.
type outlierStep struct {
	query.Asker
	outlier.Search
	// config and body are how and where it is written, columns what it gives.
	config  OutlierConfig
	body    source.Spot
	columns []string
}

// ownModel is told of every run, since DNIF may find others.
const ownModel = "scored by median and MAD: DNIF's own model is not published, and its outliers may be others"

// Run finds the outliers.
func (s outlierStep) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	out, err := s.Asker.Run(ctx, in, env)
	if err != nil {
		return out, err
	}
	found, warnings := s.Find(out.Table)
	out.Table = found
	out.Warnings = append(append(out.Warnings, ownModel), warnings...)
	return out, nil
}
