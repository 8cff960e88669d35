package events

import "context"

// Streams tells the streams that the files hold, with their columns, reading
// all of them once.
func (s *Set) Streams(ctx context.Context) (map[string]*Stream, error) {
	survey, err := s.Survey(ctx)
	if err != nil {
		return nil, err
	}
	return survey.Streams, nil
}
