package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/blocks/query"
	"tabletop/workbook"
)

// A playing is a workbook that is played over its events, and what came of it.
type playing struct {
	workbook string
	schedule workbook.Schedule
	// duration is the span that the first query reads; 0 for all time.
	duration time.Duration
	times    []time.Time
	warnings []string

	runs    []playedRun
	signals []workbook.Signal
	// raised counts the rows that raised signals, before equal ones became one.
	raised int
	totals workbook.Totals
	again  int
	// requests are the actions that DNIF would send, by what makes them the same.
	requests map[string]*playedRequest
	head     workbook.Head
	broken   bool
}

// A playedRun is one run in a line.
type playedRun struct {
	Run    int64     `json:"run"`
	Now    time.Time `json:"now"`
	Status string    `json:"status"`
	// Rows are those of the last block that gave any.
	Rows int `json:"rows"`
	// Raised counts the rows that raised signals, New the signals that were not
	// there yet.
	Raised    int `json:"raised"`
	New       int `json:"new_signals"`
	WouldSend int `json:"dnif_would_send"`
	// Again counts those that an earlier run has sent already.
	Again     int `json:"again"`
	Protected int `json:"protected"`
	Invalid   int `json:"invalid"`
}

func (r playedRun) quiet() bool {
	return r.Rows == 0 && r.Raised == 0 && r.WouldSend == 0 && r.Status == workbook.Completed
}

// A playedRequest is a request that DNIF would send, once or again and again.
type playedRequest struct {
	Integration string    `json:"integration"`
	Type        string    `json:"type"`
	Target      string    `json:"target"`
	Times       int       `json:"times"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

// realStreams are those of a workbook that lie in files; nil for all.
func realStreams(streams []string) []string {
	if slices.Contains(streams, query.EveryStream) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(streams), func(name string) bool { return strings.EqualFold(name, query.SignalsStream) })
}

// take takes in a run.
func (p *playing) take(now time.Time, r workbook.Result) {
	run := playedRun{Run: r.Run, Now: now, Status: r.Status, WouldSend: r.Totals.DNIFWouldSend, Protected: r.Totals.Protected, Invalid: r.Totals.ByVerdict[workbook.Invalid]}
	for _, b := range r.Blocks {
		run.Raised += len(b.Output.Signals)
		if !b.Block.Kind.Silent {
			run.Rows = max(run.Rows, len(b.Output.Table.Rows))
		}
	}
	for _, called := range calledRuns(r) {
		for _, b := range called.Blocks {
			run.Raised += len(b.Output.Signals)
		}
	}
	before := len(p.signals)
	p.signals = workbook.Coalesce(p.signals, workbook.AcrossRuns(r.Signals))
	run.New = len(p.signals) - before
	if p.requests == nil {
		p.requests, p.totals.ByVerdict = map[string]*playedRequest{}, map[workbook.Verdict]int{}
	}
	for _, a := range r.Actions {
		if a.DNIF == workbook.DNIFWouldSend && a.Key != "" {
			run.Again += p.request(now, a)
		}
	}
	p.raised, p.again, p.head = p.raised+run.Raised, p.again+run.Again, r.Head
	p.totals.DNIFWouldSend += run.WouldSend
	p.totals.Protected += run.Protected
	for v, n := range r.Totals.ByVerdict {
		p.totals.ByVerdict[v] += n
	}
	p.broken = p.broken || r.Status != workbook.Completed
	p.runs = append(p.runs, run)
}

// request counts a request, and tells 1 where one like it went out before.
func (p *playing) request(now time.Time, a workbook.Action) (again int) {
	key := a.Integration + "\x00" + a.Key
	r := p.requests[key]
	if r == nil {
		r = &playedRequest{Integration: a.Integration, Type: a.Type, Target: cmp.Or(a.Canonical, a.Target), First: now}
		p.requests[key] = r
	}
	if r.Times > 0 {
		again = 1
	}
	r.Times++
	r.Last = now
	return again
}

// repeated are the requests in the order of how often they went out.
func (p *playing) repeated() []playedRequest {
	var out []playedRequest
	for _, key := range slices.Sorted(maps.Keys(p.requests)) {
		out = append(out, *p.requests[key])
	}
	slices.SortStableFunc(out, func(a, b playedRequest) int { return cmp.Compare(b.Times, a.Times) })
	return out
}

// busiest is the UTC day with the most runs.
func (p *playing) busiest() (day string, runs int) {
	count := map[string]int{}
	for _, r := range p.runs {
		d := r.Now.UTC().Format(time.DateOnly)
		if count[d]++; count[d] > runs {
			day, runs = d, count[d]
		}
	}
	return day, runs
}

// What is shown of a playing is bounded; all of it stands in -o json.
const (
	shownRuns     = 40
	shownRequests = 10
)

// played shows what came of a playing.
func (c *console) played(p *playing) {
	c.line(c.strong(clean(p.workbook)))
	c.para(fmt.Sprintf("played by its schedule, %s; nothing is sent", p.schedule))
	if p.schedule.Streamed {
		c.para(fmt.Sprintf("every %s in which events came, each run over %s", span(workbook.Cadence(p.duration)), spanOrAll(p.duration)))
	}
	c.warnings(p.warnings)
	c.line()
	g := grid{header: []string{"clock", "run", "rows", "signals", "requests", "protected", "invalid"}, whole: []int{0}}
	g.right = make([]bool, len(g.header))
	quiet, more := 0, 0
	for i := range g.right[1:] {
		g.right[i+1] = true
	}
	for _, r := range p.runs {
		switch {
		case r.quiet():
			quiet++
		case len(g.rows) == shownRuns:
			more++
		default:
			g.rows = append(g.rows, []string{
				r.Now.UTC().Format("2006-01-02 15:04Z"), strconv.FormatInt(r.Run, 10), some(r.Rows), of(r.Raised, r.New, "new"),
				of(r.WouldSend, r.Again, "again"), some(r.Protected), some(r.Invalid),
			})
		}
	}
	if len(g.rows) > 0 {
		c.draw(g, "")
	}
	if more > 0 {
		c.line(c.faint(fmt.Sprintf("… and %d more", more)))
	}
	if quiet > 0 {
		c.line(plural(quiet, "run", "runs"), " without a row")
	}
	c.playedTotals(p)
}

// some writes a number, none as a dash.
func some(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

// of writes a number and how many of it are something.
func of(n, some int, what string) string {
	switch {
	case n == 0:
		return "–"
	case some == 0:
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d, %d %s", n, some, what)
}

func (c *console) playedTotals(p *playing) {
	c.line()
	if day, n := p.busiest(); n > 0 {
		c.para(fmt.Sprintf("%s, at most %d on one day, %s: %s", plural(len(p.runs), "run", "runs"), n, day, tier(n)))
	}
	c.para(fmt.Sprintf("%s raised by %s", plural(len(p.signals), "signal", "signals"), plural(p.raised, "row", "rows")))
	c.line(c.strong(fmt.Sprintf("DNIF would send %s, %d of them again, %d to protected targets", plural(p.totals.DNIFWouldSend, "request", "requests"), p.again, p.totals.Protected)))
	list := p.repeated()
	for _, r := range list[:min(len(list), shownRequests)] {
		c.wrapped(fmt.Sprintf("%d × %s %s, %s", r.Times, r.Type, r.Target, r.Integration))
	}
	if more := len(list) - shownRequests; more > 0 {
		c.line(indent, indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
	if p.broken {
		c.line(c.red("the last run failed"))
	}
	if p.head.Hash != "" {
		c.line(fmt.Sprintf("the last run is entry %d of %s, whose head is", p.head.Sequence, clean(p.head.File)))
		c.line(p.head.Hash)
	}
}

// tier says how many runs a day mean to DNIF.
func tier(runs int) string {
	for i, most := range workbook.Tiers {
		if runs <= most {
			if i == 0 {
				return fmt.Sprintf("within the %d that DNIF's smallest tier allows", most)
			}
			return fmt.Sprintf("over the %d of DNIF's smaller tier, within the %d of the next", workbook.Tiers[i-1], most)
		}
	}
	return fmt.Sprintf("over the %d that DNIF's largest tier allows", workbook.Tiers[len(workbook.Tiers)-1])
}

// span writes whole minutes, hours or days.
func span(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		one    string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch {
		case d == unit.length:
			return unit.one
		case d >= unit.length && d%unit.length == 0:
			return fmt.Sprintf("%d %ss", d/unit.length, unit.one)
		}
	}
	return d.String()
}

func spanOrAll(d time.Duration) string {
	if d == 0 {
		return "all time"
	}
	return "the last " + span(d)
}

// The object that stream -o json prints.
type playedObject struct {
	Workbook  string          `json:"workbook"`
	Mode      string          `json:"mode"`
	Schedule  string          `json:"schedule"`
	LooksBack float64         `json:"looks_back_seconds"`
	Runs      []playedRun     `json:"runs"`
	Raised    int             `json:"raised"`
	Signals   int             `json:"signals"`
	Again     int             `json:"again"`
	Totals    map[string]int  `json:"totals"`
	Requests  []playedRequest `json:"requests"`
	Warnings  []string        `json:"warnings"`
	Audit     workbook.Head   `json:"audit"`
}

func (p *playing) object() playedObject {
	return playedObject{
		Workbook: p.workbook, Mode: workbook.ModeStream, Schedule: p.schedule.String(), LooksBack: p.duration.Seconds(), Runs: notNil(p.runs),
		Raised: p.raised, Signals: len(p.signals), Again: p.again, Totals: totalsJSON(p.totals), Requests: notNil(p.repeated()), Warnings: notNil(p.warnings), Audit: p.head,
	}
}
