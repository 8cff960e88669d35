package workbook

// Tiers are the runs of workbooks a day that DNIF allows, the smallest first.
var Tiers = []int{1_000, 5_000, 10_000}
