package query

// Meaning says in plain words what the block does, step by step.
func (s *step) Meaning() []string { return s.statement.tree.meaning(s.options.Standard) }

// Meaning says in plain words what the directives do, one behind the other.
func (p *Pipeline) Meaning() []string {
	var steps []string
	for _, made := range p.parts {
		switch made := made.(type) {
		case asked:
			steps = append(steps, made.statement.tree.meaning(made.options.Standard)...)
		case fetching:
			steps = append(steps, made.statement.tree.meaning(made.options.Standard)...)
			steps = append(steps, made.fetch.meaning()...)
		default:
			steps = append(steps, meaning(made))
		}
	}
	return steps
}
