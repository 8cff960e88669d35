package main

import "tabletop/workbook/stores"

// openSession makes a session on a file of event stores that is dropped by the
// function returned. The file is opened once a store is asked for.
func openSession(path string) (*stores.Session, func(), error) {
	file, err := stores.Open(path)
	if err != nil {
		return nil, nil, nothingRan(err)
	}
	return file.Later(), func() { _ = file.Close() }, nil
}
