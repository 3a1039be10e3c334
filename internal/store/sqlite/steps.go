package sqlite

import "coolant"

// niceSteps are the widths of buckets that a person finds natural, up to a day.
// Those below a minute divide it, so that buckets of raw data begin on minutes.
// From a minute on they are multiples of a minute, from an hour on of an hour.
var niceSteps = [...]coolant.UnixMilli{
	1, 2, 5, 10, 20, 50, 100, 200, 500,
	coolant.Second, 2 * coolant.Second, 5 * coolant.Second, 10 * coolant.Second, 15 * coolant.Second, 20 * coolant.Second, 30 * coolant.Second,
	coolant.Minute, 2 * coolant.Minute, 3 * coolant.Minute, 5 * coolant.Minute, 10 * coolant.Minute, 15 * coolant.Minute, 20 * coolant.Minute, 30 * coolant.Minute,
	coolant.Hour, 2 * coolant.Hour, 3 * coolant.Hour, 4 * coolant.Hour, 6 * coolant.Hour, 8 * coolant.Hour, 12 * coolant.Hour,
	coolant.Day, 2 * coolant.Day, 5 * coolant.Day, 10 * coolant.Day,
}

// niceStep returns the smallest nice step of at least floor with which at most
// width buckets, aligned to 1970, cover [from, to).
func niceStep(from, to coolant.UnixMilli, width int, floor coolant.UnixMilli) coolant.UnixMilli {
	for _, step := range niceSteps {
		if step >= floor && bucketCount(from, to, step) <= int64(width) {
			return step
		}
	}
	step := 2 * niceSteps[len(niceSteps)-1]
	for bucketCount(from, to, step) > int64(width) {
		step *= 2
	}
	return step
}

// bucketCount is how many buckets of a width, aligned to 1970, have a part of
// [from, to).
func bucketCount(from, to, step coolant.UnixMilli) int64 {
	return int64(((to-1).Truncate(step)-from.Truncate(step))/step) + 1
}
