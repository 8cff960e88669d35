//go:build !race

package main

// kills is how many applies TestAKilledApplyIsTold kills.
const kills = 200
