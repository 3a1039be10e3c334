package sqlite

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"coolant"
)

// grain is a resolution of stored buckets. A row of its table, a chunk, has the
// buckets of a whole span, because a row costs more to read than a bucket.
type grain struct {
	resolution coolant.Resolution
	width      coolant.UnixMilli // of a bucket
	span       coolant.UnixMilli // of a chunk
	read       string            // the chunks of a series in a range, in order
	write      string
	remove     string
}

func minuteGrain() grain {
	return grain{
		resolution: coolant.PerMinute, width: coolant.Minute, span: coolant.Hour,
		read:   `SELECT hour, body FROM minutes WHERE series = ? AND hour >= ? AND hour < ? ORDER BY hour`,
		write:  `INSERT INTO minutes (series, hour, body) VALUES (?, ?, ?) ON CONFLICT (series, hour) DO UPDATE SET body = excluded.body`,
		remove: `DELETE FROM minutes WHERE series = ? AND hour = ?`,
	}
}

func hourGrain() grain {
	return grain{
		resolution: coolant.PerHour, width: coolant.Hour, span: coolant.Day,
		read:   `SELECT day, body FROM hours WHERE series = ? AND day >= ? AND day < ? ORDER BY day`,
		write:  `INSERT INTO hours (series, day, body) VALUES (?, ?, ?) ON CONFLICT (series, day) DO UPDATE SET body = excluded.body`,
		remove: `DELETE FROM hours WHERE series = ? AND day = ?`,
	}
}

func (g grain) slots() int { return int(g.span / g.width) }

// The body of a chunk is a version, a varint with one bit for each bucket that
// has values, and then for each of those its count, minimum and, if it has more
// than one value, maximum, sum and last value.
//
// A number is written as an unsigned varint with its bits in reverse order. The
// readings of probes are multiples of 1/16 or whole numbers, whose last bits are
// all zero, and take two or three bytes in place of eight; a sum of them does,
// too, which is why it is kept in place of the mean.
const chunkVersion = 1

func encodeChunk(b []byte, buckets []bucket) []byte {
	var present uint64
	for i := range buckets {
		if buckets[i].n > 0 {
			present |= 1 << i
		}
	}
	b = append(b, chunkVersion)
	b = binary.AppendUvarint(b, present)
	for i := range buckets {
		k := &buckets[i]
		if k.n == 0 {
			continue
		}
		b = binary.AppendUvarint(b, k.n)
		b = appendFloat(b, k.min)
		if k.n > 1 {
			b = appendFloat(b, k.max)
			b = appendFloat(b, k.sum)
			b = appendFloat(b, k.last)
		}
	}
	return b
}

func appendFloat(b []byte, v float64) []byte {
	return binary.AppendUvarint(b, bits.Reverse64(math.Float64bits(v)))
}

func (r *byteReader) float() float64 {
	return math.Float64frombits(bits.Reverse64(r.uvarint()))
}

// decodeChunk fills buckets, all of them.
func decodeChunk(body []byte, buckets []bucket) error {
	if len(body) == 0 || body[0] != chunkVersion {
		return errors.New("a rollup has an unknown form")
	}
	r := byteReader{b: body[1:]}
	present := r.uvarint()
	if present>>len(buckets) != 0 {
		return errors.New("a rollup has too many buckets")
	}
	for i := range buckets {
		if present&(1<<i) == 0 {
			buckets[i] = bucket{}
			continue
		}
		n := r.uvarint()
		v := r.float()
		k := bucket{n: n, min: v, max: v, sum: v, last: v}
		if n > 1 {
			k.max, k.sum, k.last = r.float(), r.float(), r.float()
		}
		buckets[i] = k
	}
	if r.bad || len(r.b) > 0 {
		return errors.New("a rollup is damaged")
	}
	return nil
}
