package main

import (
	"context"

	"tabletop/workbook/stores"
)

// openSession begins a session on a file of event stores that is dropped by the
// function returned.
func openSession(ctx context.Context, path string) (*stores.Session, func(), error) {
	file, err := stores.Open(path)
	if err != nil {
		return nil, nil, nothingRan(err)
	}
	session, err := file.Begin(ctx)
	if err != nil {
		return nil, nil, nothingRan(err)
	}
	return session, func() { _ = file.Close() }, nil
}
