//go:build race

package main

// kills is how many applies TestAKilledApplyIsTold kills. The program that it
// kills is built without the race detector, so that more would show nothing.
const kills = 24
