package sqlite

import "math"

// bucket sums up the values of a span of time. One without values has n = 0.
type bucket struct {
	n                   uint64
	min, max, sum, last float64
}

// add takes in a value that is later than those before.
func (b *bucket) add(v float64) {
	if b.n == 0 {
		*b = bucket{n: 1, min: v, max: v, sum: v, last: v}
		return
	}
	b.n++
	b.min = min(b.min, v)
	b.max = max(b.max, v)
	b.sum += v
	b.last = v
}

// merge takes in a bucket whose values are later than those before.
func (b *bucket) merge(later *bucket) {
	if later.n == 0 {
		return
	}
	b.absorb(later)
	b.last = later.last
}

// absorb takes in a bucket of values that came late, and so leaves last alone.
func (b *bucket) absorb(late *bucket) {
	switch {
	case late.n == 0:
	case b.n == 0:
		*b = *late
	default:
		b.n += late.n
		b.min = min(b.min, late.min)
		b.max = max(b.max, late.max)
		b.sum += late.sum
	}
}

// mean is the average of the values. Rounding, or a sum that overflowed, never
// takes it beyond them.
func (b *bucket) mean() float64 {
	return math.Max(b.min, math.Min(b.max, b.sum/float64(b.n)))
}

// summary is the bucket of all the values of some buckets, which are in order.
func summary(buckets []bucket) (b bucket) {
	for i := range buckets {
		b.merge(&buckets[i])
	}
	return b
}
