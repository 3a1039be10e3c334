package coolant

// Reading is one metric's part of a sample: a value, or the reason why there is
// none.
type Reading struct {
	Metric  Metric
	Value   float64 // in the metric's unit; meaningless unless Quality is Good
	Quality Quality
}

// Sample is what a device measured at one moment.
type Sample struct {
	Device DeviceID
	// Boot and Seq identify the sample so that a second delivery changes nothing.
	// Both are zero for a sender without identity.
	Boot Boot
	Seq  uint64
	// Time is when it was measured, by the device's clock or, for a message
	// without any time, when it was received.
	Time UnixMilli
	// Readings may be empty: then the sample was refused for good, and only its
	// number counts, so that the watermark can pass it.
	Readings []Reading
}

// Identified reports whether a redelivery of s can be recognised.
func (s *Sample) Identified() bool { return s.Boot != 0 && s.Seq != 0 }

// Watermark says that every sample of one start of a device, from 1 up to
// Through, is stored or refused for good. It is what the device hears as
// `committed`.
type Watermark struct {
	Device  DeviceID
	Boot    Boot
	Through uint64
}

// Commit is the store's answer to a batch that is now on disk.
type Commit struct {
	// No numbers the commits of a store from 1, without gaps; a batch without any
	// news gets the number of the commit before it.
	No uint64
	// Fresh has one entry per sample of the batch: false for a redelivery.
	Fresh []bool
	// Watermarks has the watermark after this commit for each (device, boot) that
	// the batch names, in no order.
	Watermarks []Watermark
}

// Change is a commit as a durable reader sees it later: the samples that were
// new, in the order in which they were appended.
type Change struct {
	No      uint64
	Samples []Sample
}
