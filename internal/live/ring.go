package live

// ring keeps the newest events, bounded by their number and by what they hold
// in memory. The numbers of its events are consecutive.
type ring struct {
	entries  []*Entry // circular; its length is a power of two or zero
	first    int      // index of the oldest
	count    int
	bytes    int
	floor    uint64 // number of the newest event that is no longer kept
	maxCount int
	maxBytes int
}

const smallestRing = 64

func (r *ring) push(e *Entry) {
	if r.count == len(r.entries) {
		r.grow()
	}
	r.entries[(r.first+r.count)&(len(r.entries)-1)] = e
	r.count++
	r.bytes += e.Event.cost()
	for r.count > r.maxCount || r.bytes > r.maxBytes && r.count > 1 {
		r.drop()
	}
}

func (r *ring) drop() {
	e := r.entries[r.first]
	r.entries[r.first] = nil
	r.first = (r.first + 1) & (len(r.entries) - 1)
	r.count--
	r.bytes -= e.Event.cost()
	r.floor = e.Seq
}

func (r *ring) grow() {
	bigger := make([]*Entry, max(smallestRing, 2*len(r.entries)))
	for i := range r.count {
		bigger[i] = r.entries[(r.first+i)&(len(r.entries)-1)]
	}
	r.entries, r.first = bigger, 0
}

// clear forgets everything up to the event numbered seq.
func (r *ring) clear(seq uint64) {
	r.entries, r.first, r.count, r.bytes = nil, 0, 0, 0
	r.floor = seq
}

// after appends to dst up to limit events that follow the one numbered seq,
// which must be at least floor.
func (r *ring) after(dst []*Entry, seq uint64, limit int) []*Entry {
	start := int(seq - r.floor)
	for i := start; i < r.count && i < start+limit; i++ {
		dst = append(dst, r.entries[(r.first+i)&(len(r.entries)-1)])
	}
	return dst
}
