package main

import (
	"context"
	"errors"
	"strings"

	"tabletop/workbook/events"
)

// leftOut warns of the files of a folder that hold no events; strict makes one
// error of them.
func leftOut(ctx context.Context, set *events.Set, strict bool) ([]string, error) {
	left, err := set.LeftOut(ctx)
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, l := range left {
		warnings = append(warnings, l.String())
	}
	if strict && len(warnings) > 0 {
		return nil, errors.New(strings.Join(warnings, "\n"))
	}
	return warnings, nil
}
