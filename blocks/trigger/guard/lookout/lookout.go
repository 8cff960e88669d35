// Package lookout reads events for the guard. In goes a set of events; out comes
// what the guard can't know by itself: where the files behind hashes were seen
// (Look), and what looks like one's own and might belong on an own list
// (Propose). Events are hostile: what they say only ever makes the guard ask
// more, or goes before a person.
package lookout
