package wire

import (
	"coolant"
)

// draft is a sample while its members are read in whatever order they come.
type draft struct {
	index             int
	seq, ts, age      int64
	hasSeq, hasTime   memberState
	hasAge            memberState
	values, qualities memberState
	faults            []fault // of `q`, each metric once
}

// fault is a member of `q`. Known is false where the word has no meaning.
type fault struct {
	metric  coolant.Metric
	quality coolant.Quality
	known   bool
}

// readSample reads one element of `samples`. It returns false after a mistake in
// the JSON.
func (d *Decoder) readSample(index int) bool {
	s := &d.scan
	d.sample = draft{index: index, faults: d.sample.faults[:0]}
	start := len(d.out.readings)
	if s.next() != '{' {
		d.report(index, coolant.RejectedField, "", func() string { return "an object is expected" })
		return s.skip()
	}
	if !s.open() {
		return false
	}
	for first := true; s.more(first, '}'); first = false {
		name, ok := d.name()
		if !ok {
			return false
		}
		switch string(name) {
		case "seq":
			d.sample.hasSeq = d.readInteger("seq", 1, &d.sample.seq)
		case "ts":
			d.sample.hasTime = d.readInteger("ts", -MaxInteger, &d.sample.ts)
		case "age":
			d.sample.hasAge = d.readInteger("age", 0, &d.sample.age)
		case "m":
			d.sample.values = d.readValues(start)
		case "q":
			d.sample.qualities = d.readQualities()
		default:
			s.skip()
		}
		if s.failed() {
			return false
		}
	}
	if s.failed() {
		return false
	}
	d.finishSample(start)
	return true
}

// finishSample turns the draft into a sample of the payload.
func (d *Decoder) finishSample(start int) {
	t, in := d.out, &d.sample
	if in.values == absent && in.qualities == absent {
		d.report(in.index, coolant.RejectedField, "m", func() string { return "it is missing" })
		in.values = wrong
	}
	if in.hasSeq != right {
		if in.hasSeq == absent {
			d.report(in.index, coolant.RejectedField, "seq", func() string { return "it is missing" })
		}
		t.readings = t.readings[:start]
		return
	}
	out := TelemetrySample{Index: in.index, Seq: uint64(in.seq), Judged: in.qualities == right}
	switch {
	case in.hasTime == right:
		out.Stamp, out.Time = TimeStamp, coolant.UnixMilli(in.ts)
	case in.hasAge == right:
		out.Stamp, out.Age = AgeStamp, coolant.UnixMilli(in.age)
	}
	if in.hasTime == wrong || in.hasAge == wrong || in.values == wrong || in.qualities == wrong {
		out.Refused = true
		t.readings = t.readings[:start]
	} else {
		d.applyFaults(start)
	}
	out.Readings = t.readings[start:]
	t.Samples = append(t.Samples, out)
}

// readInteger reads a member that is an integer of at least low.
func (d *Decoder) readInteger(field string, low int64, into *int64) memberState {
	s := &d.scan
	c := s.next()
	start := s.pos
	if c != '-' && c-'0' > 9 {
		if s.skip() {
			d.reportInteger(field, low, s.data[start:s.pos])
		}
		return wrong
	}
	if !s.scanNumber() {
		return wrong
	}
	v, ok := s.num.integer()
	if !ok || v < low {
		d.reportInteger(field, low, s.num.text)
		return wrong
	}
	*into = v
	return right
}

func (d *Decoder) reportInteger(field string, low int64, found []byte) {
	d.report(d.sample.index, coolant.RejectedField, field, func() string {
		what := "an integer"
		switch low {
		case 0:
			what = "an integer from 0"
		case 1:
			what = "an integer from 1"
		}
		return what + " to 2^53-1 is expected, not " + excerpt(found)
	})
}

// readValues reads `m` in place of whatever an earlier `m` said.
func (d *Decoder) readValues(start int) memberState {
	s, t := &d.scan, d.out
	t.readings = t.readings[:start]
	if s.next() != '{' {
		if s.skip() {
			d.report(d.sample.index, coolant.RejectedField, "m", func() string { return "an object is expected" })
		}
		return wrong
	}
	if !s.open() {
		return wrong
	}
	for first := true; s.more(first, '}'); first = false {
		if !d.readValue(start) {
			return wrong
		}
	}
	return right
}

// readValue reads one metric of `m`. It returns false after a mistake in the
// JSON.
func (d *Decoder) readValue(start int) bool {
	s := &d.scan
	name, ok := d.name()
	if !ok {
		return false
	}
	metric, valid := d.expected(name), true
	if metric == "" {
		metric, valid = d.metric(name)
	}
	if !valid {
		d.reportMetric("m", name)
		return s.skip()
	}
	c := s.next()
	from := s.pos
	number := c == '-' || c-'0' <= 9
	if number {
		ok = s.scanNumber()
	} else {
		ok = s.skip()
	}
	if !ok {
		return false
	}
	at := d.find(start, metric)
	var value float64
	if number {
		value, number = s.num.float()
	}
	switch {
	case !number:
		d.report(d.sample.index, coolant.RejectedValue, "m."+string(metric), func() string {
			return "a finite number is expected, not " + excerpt(s.data[from:s.pos])
		})
		d.remove(start, at)
	case at >= 0:
		d.out.readings[at].Value = value
	default:
		d.add(start, coolant.Reading{Metric: metric, Value: value})
	}
	return true
}

// expected returns the metric that stood in the place of the next reading when
// the buffer was used last, if it has that name. Devices send the same metrics
// in the same order, so that it mostly has, and no table need be asked.
func (d *Decoder) expected(name []byte) coolant.Metric {
	r := d.out.readings
	if len(r) == cap(r) {
		return ""
	}
	if last := r[:len(r)+1][len(r)].Metric; string(last) == string(name) {
		return last
	}
	return ""
}

// readQualities reads `q` in place of whatever an earlier `q` said.
func (d *Decoder) readQualities() memberState {
	s := &d.scan
	d.sample.faults = d.sample.faults[:0]
	if s.next() != '{' {
		if s.skip() {
			d.report(d.sample.index, coolant.RejectedField, "q", func() string { return "an object is expected" })
		}
		return wrong
	}
	if !s.open() {
		return wrong
	}
	for first := true; s.more(first, '}'); first = false {
		if !d.readQuality() {
			return wrong
		}
	}
	return right
}

// readQuality reads one metric of `q`. It returns false after a mistake in the
// JSON.
func (d *Decoder) readQuality() bool {
	s := &d.scan
	name, ok := d.name()
	if !ok {
		return false
	}
	metric, valid := d.metric(name)
	if !valid {
		d.reportMetric("q", name)
		return s.skip()
	}
	f := fault{metric: metric}
	isString := s.next() == '"'
	from := s.pos
	if isString {
		word, ok := d.text()
		if !ok {
			return false
		}
		f.quality, f.known = quality(word)
	} else if !s.skip() {
		return false
	}
	if !f.known {
		d.report(d.sample.index, coolant.RejectedValue, "q."+string(metric), func() string {
			return "a quality of the contract is expected, not " + excerpt(s.data[from:s.pos])
		})
	}
	for i := range d.sample.faults {
		if d.sample.faults[i].metric == metric {
			d.sample.faults[i] = f
			return true
		}
	}
	if len(d.sample.faults) == coolant.MaxMetrics {
		d.reportTooMany("q", metric)
		return true
	}
	d.sample.faults = append(d.sample.faults, f)
	return true
}

// quality is coolant.ParseQuality for bytes.
func quality(word []byte) (coolant.Quality, bool) {
	for q := coolant.Good; q <= coolant.Stale; q++ {
		if q.String() == string(word) {
			return q, true
		}
	}
	return coolant.Good, false
}

// applyFaults lets `q` override the values from start on.
func (d *Decoder) applyFaults(start int) {
	for _, f := range d.sample.faults {
		at := d.find(start, f.metric)
		switch {
		case !f.known:
			d.remove(start, at)
		case f.quality == coolant.Good:
		case at >= 0:
			d.out.readings[at] = coolant.Reading{Metric: f.metric, Quality: f.quality}
		default:
			d.add(start, coolant.Reading{Metric: f.metric, Quality: f.quality})
		}
	}
}

// find returns the index of a metric among the readings from start on, or -1.
func (d *Decoder) find(start int, metric coolant.Metric) int {
	r := d.out.readings
	for i := start; i < len(r); i++ {
		if r[i].Metric == metric {
			return i
		}
	}
	return -1
}

// remove takes out the reading at the given index, if that is not -1.
func (d *Decoder) remove(start, at int) {
	if at >= start {
		d.out.readings = append(d.out.readings[:at], d.out.readings[at+1:]...)
	}
}

// add appends a reading of a metric that the sample does not have yet.
func (d *Decoder) add(start int, r coolant.Reading) {
	if len(d.out.readings)-start >= coolant.MaxMetrics {
		field := "m"
		if r.Quality != coolant.Good {
			field = "q"
		}
		d.reportTooMany(field, r.Metric)
		return
	}
	d.out.readings = append(d.out.readings, r)
}

func (d *Decoder) reportTooMany(field string, metric coolant.Metric) {
	d.report(d.sample.index, coolant.RejectedMetric, field+"."+string(metric), func() string {
		return "a sample has at most 64 metrics"
	})
}

func (d *Decoder) reportMetric(field string, name []byte) {
	d.report(d.sample.index, coolant.RejectedMetric, field, func() string {
		return "the metric's name " + `"` + excerpt(name) + `"` + " is not a letter a-z followed by up to 31 of a-z, 0-9 and _"
	})
}
