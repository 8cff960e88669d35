package lookout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook/events"
)

// An asker asks a set of events, whatever its columns are called.
type asker struct {
	set *events.Set
	// columns are those of all streams by their plain names.
	columns map[string][]string
}

func newAsker(set *events.Set, survey *events.Survey) *asker {
	return &asker{set: set, columns: columnsOf(survey)}
}

// columnsOf lists the columns of all streams by their plain names, each once
// whatever its letter case and in the order of their names.
func columnsOf(survey *events.Survey) map[string][]string {
	seen := map[string]string{}
	for _, stream := range survey.Streams {
		for _, column := range stream.Columns {
			key := strings.ToLower(column)
			if first, ok := seen[key]; !ok || column < first {
				seen[key] = column
			}
		}
	}
	out := map[string][]string{}
	for _, column := range seen {
		name := plainName(column)
		out[name] = append(out[name], column)
	}
	for _, columns := range out {
		slices.Sort(columns)
	}
	return out
}

// plainName is a column's name in lower case, with letters and digits alone, so
// that file.path and $FilePath are one.
func plainName(column string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(column))
}

// A field is what a question asks for, under the plain names that it goes by;
// DNIF's own comes first.
type field []string

var (
	sourceAddress      = field{"srcip", "idorigh", "sourceip", "sourceaddress", "ipaddress", "clientip", "winlogeventdatasourceip", "winlogeventdatasourceaddress"}
	destinationAddress = field{"dstip", "idresph", "destinationip", "destinationaddress", "destaddress", "destip", "winlogeventdatadestinationip", "winlogeventdatadestaddress"}
	destinationPort    = field{"dstport", "idrespp", "destinationport", "destport", "winlogeventdatadestinationport", "winlogeventdatadestport"}
	translatedAddress  = field{"natsrcip", "srcnatip", "natip", "natsourceip", "sourcenatip", "translatedsrcip", "srctranslatedip", "translatedsourceip", "xlatesrcip", "xlatesrc", "natsrc", "transip", "postnatsrcip"}
	deviceAddress      = field{"devsrcip", "deviceip", "deviceaddress"}
	userName           = field{"user", "username", "userprincipalname", "targetusername", "subjectusername"}
	statusText         = field{"status", "result", "outcome"}
	senderText         = field{"sender", "from", "mailfrom"}
	recipientText      = field{"recipient", "recipients", "to", "rcptto"}
	machineName        = field{"system", "computer", "computername", "winlogcomputername", "hostname"}
	askedName          = field{"domain", "query", "queryname", "winlogeventdataqueryname"}
)

// A question is about the different values of some fields, with counts.
type question struct {
	what   string
	fields []field
	// streams are those asked, nil for all.
	streams []string
	// where makes the condition out of the columns of each field; nil for none.
	where func(columns [][]int) events.Filter
}

// A row is what one answer holds: a text for each field, "" where there is
// nothing, and the number of events.
type row struct {
	texts []string
	count int64
}

// ask answers a question. There are no rows where a field has no column.
func (a *asker) ask(ctx context.Context, q question) ([]row, error) {
	var names []string
	columns := make([][]int, len(q.fields))
	for i, f := range q.fields {
		for _, name := range f {
			for _, column := range a.columns[name] {
				if !slices.Contains(names, column) {
					columns[i] = append(columns[i], len(names))
					names = append(names, column)
				}
			}
		}
		if columns[i] == nil {
			return nil, nil
		}
	}
	scan := events.Scan{Every: q.streams == nil, Streams: q.streams, Columns: names, Grouping: &events.Grouping{Aggregates: []events.Aggregate{{Kind: "count", Column: -1}}}}
	if q.where != nil {
		scan.Where = q.where(columns)
	}
	var results []string
	for i := range names {
		scan.Grouping.By = append(scan.Grouping.By, i)
		results = append(results, fmt.Sprintf("g%d", i))
	}
	result, err := a.set.Query(ctx, events.Query{
		Scans: []events.Scan{scan}, SQL: "SELECT " + strings.Join(results, ", ") + ", a0 FROM t0",
		Columns: append(slices.Clone(names), "events"), MaxRows: events.MaxGroups,
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("look for %s in the events: %w", q.what, err)
	}
	rows := make([]row, len(result.Table.Rows))
	for i, r := range result.Table.Rows {
		rows[i] = row{texts: make([]string, len(q.fields))}
		for f, of := range columns {
			for _, c := range of {
				if v := r.Values[c]; v != nil && rows[i].texts[f] == "" {
					rows[i].texts[f] = strings.TrimSpace(fmt.Sprint(v))
				}
			}
		}
		rows[i].count, _ = r.Values[len(names)].(int64)
	}
	return rows, nil
}

// anyOf holds where a condition does of one of a field's columns.
func anyOf(columns []int, condition func(column int) events.Filter) events.Filter {
	var out events.Or
	for _, c := range columns {
		out = append(out, condition(c))
	}
	return out
}
