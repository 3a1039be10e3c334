package coolant

// Resolution is the grain of stored data.
type Resolution string

// The resolutions that a store keeps.
const (
	Raw       Resolution = "raw"
	PerMinute Resolution = "1m"
	PerHour   Resolution = "1h"
)

// Window asks for the part of a device's series that a chart shows.
type Window struct {
	Device  DeviceID
	Metrics []Metric  // none means all that the device has, in alphabetical order
	From    UnixMilli // inclusive
	To      UnixMilli // exclusive
	// Width is the greatest number of points per series, 1 to MaxWidth: what the
	// chart has pixels for.
	Width int
}

// MaxWidth is the greatest width of a window.
const MaxWidth = 10000

// Columns answers a window. All columns share Times. Where Step is 0 the points
// are the samples themselves; otherwise each point is the bucket
// [Times[i], Times[i]+Step), and buckets without any value are left out.
// Resolution says which stored data served it; minima and maxima are those of
// the samples at every resolution.
type Columns struct {
	Resolution Resolution
	Step       UnixMilli
	Times      []UnixMilli
	Series     []Column
}

// Column is one metric of Columns; a NaN stands where it has no value.
// Min, Mean, Max and Last are equally long as Columns.Times; where Step is 0 all
// four are the same slice.
type Column struct {
	Metric               Metric
	Min, Mean, Max, Last []float64
}

// FaultSpan is an unbroken run of one kind of fault on one series.
type FaultSpan struct {
	Device  DeviceID
	Metric  Metric
	Quality Quality
	From    UnixMilli // first faulty reading
	To      UnixMilli // last faulty reading so far
	Count   int       // faulty readings in the run
}
