package api

import (
	"coolant"
	"coolant/internal/live"
)

// deviceList answers GET /api/v1/devices.
type deviceList struct {
	Devices []*live.DeviceView `json:"devices" doc:"All devices, oldest first"`
}

// seriesColumns documents the answer of the series route. It is written by
// appendColumns; a test holds the two together.
type seriesColumns struct {
	Device     coolant.DeviceID    `json:"device"`
	From       coolant.UnixMilli   `json:"from" doc:"Start of the range, inclusive, Unix milliseconds"`
	To         coolant.UnixMilli   `json:"to" doc:"End of the range, exclusive, Unix milliseconds"`
	Resolution coolant.Resolution  `json:"resolution" enum:"raw,1m,1h" doc:"Which stored data served the answer"`
	Step       int64               `json:"step" minimum:"0" doc:"Width of a bucket in milliseconds: a point is [t, t+step). 0: the points are the samples themselves, and min, max and last are left out"`
	Gap        int64               `json:"gap" minimum:"1" doc:"Two neighbouring points further apart than this, in milliseconds, are not to be connected"`
	Times      []coolant.UnixMilli `json:"times" doc:"Times of the points, ascending, shared by all series"`
	Series     []seriesColumn      `json:"series"`
}

// seriesColumn is one metric of seriesColumns.
type seriesColumn struct {
	Metric coolant.Metric `json:"metric" example:"water"`
	Unit   coolant.Unit   `json:"unit" example:"celsius"`
	Mean   []*float64     `json:"mean" doc:"As long as times; null where the series has no value. The value itself where step is 0"`
	Min    []*float64     `json:"min,omitempty" doc:"Least value of each bucket"`
	Max    []*float64     `json:"max,omitempty" doc:"Greatest value of each bucket"`
	Last   []*float64     `json:"last,omitempty" doc:"Newest value of each bucket"`
}

// faultList answers GET /api/v1/devices/{id}/faults.
type faultList struct {
	Faults []fault `json:"faults" doc:"Unbroken runs of one kind of fault on one series, oldest first"`
}

// fault is one entry of faultList.
type fault struct {
	Metric  coolant.Metric    `json:"metric"`
	Quality string            `json:"quality" enum:"por85,disconnected,crc,range,stuck,stale"`
	From    coolant.UnixMilli `json:"from" doc:"First faulty reading, Unix milliseconds"`
	To      coolant.UnixMilli `json:"to" doc:"Last faulty reading so far, Unix milliseconds"`
	Count   int               `json:"count" doc:"Faulty readings in the run"`
}

// rejectionList answers GET /api/v1/rejections.
type rejectionList struct {
	Rejections []live.RejectionView `json:"rejections" doc:"Newest first"`
}

// system answers GET /api/v1/system.
type system struct {
	Version      string            `json:"version"`
	Started      coolant.UnixMilli `json:"started" doc:"When the server started, Unix milliseconds"`
	Time         coolant.UnixMilli `json:"time" doc:"The server's clock, Unix milliseconds"`
	Epoch        string            `json:"epoch" doc:"Which run of the server the event ids belong to"`
	Listeners    []Listener        `json:"listeners"`
	Ready        bool              `json:"ready"`
	Problems     []problemNote     `json:"problems" doc:"What keeps the server from being ready"`
	Connected    int               `json:"connected" doc:"Devices connected now"`
	StorageBytes int64             `json:"storage_bytes" doc:"Size of the database on disk"`
}

// Listener is an address at which the server can be reached.
type Listener struct {
	Name    string `json:"name" example:"mqtts" doc:"http, mqtts or mqtt"`
	Address string `json:"address" example:"0.0.0.0:8883"`
}

// readiness answers GET /readyz.
type readiness struct {
	Ready    bool          `json:"ready"`
	Problems []problemNote `json:"problems"`
}

// problemNote is one reason why the server is not ready.
type problemNote struct {
	Name   string `json:"name" doc:"Which part" example:"store"`
	Detail string `json:"detail" doc:"What is wrong; empty for viewers on other machines that may see charts only"`
}

// articleData answers GET /data, in the form of the article's backend.
type articleData struct {
	Times        []string  `json:"times" doc:"UTC, in the form 2006-01-02 15:04:05, oldest first" example:"[\"2023-12-08 09:30:00\"]"`
	Temperatures []float64 `json:"temperatures" doc:"Water temperature in C, as long as times"`
}

// The payloads of the event stream that are no plain view. Package live writes
// them; these types document them, and a test holds the two together.
type (
	// SnapshotEvent is everything at one point of the sequence.
	SnapshotEvent struct {
		Epoch   string             `json:"epoch"`
		Seq     uint64             `json:"seq" doc:"Number of the last event that the snapshot contains"`
		Time    coolant.UnixMilli  `json:"time" doc:"The server's clock, Unix milliseconds"`
		Devices []*live.DeviceView `json:"devices"`
	}
	// SamplesEvent brings fresh samples of one device.
	SamplesEvent struct {
		Device  coolant.DeviceID `json:"device"`
		Samples []SamplePoint    `json:"samples" doc:"Ascending by time; the first may be a little older than the last of an earlier event"`
	}
	// SamplePoint is what a device measured at one moment.
	SamplePoint struct {
		Time   coolant.UnixMilli          `json:"time"`
		Values map[coolant.Metric]float64 `json:"values" doc:"Good readings, in each metric's unit"`
		Faults map[coolant.Metric]string  `json:"faults,omitempty" doc:"Metrics without a trustworthy value, and why"`
	}
	// BackfillEvent says that older samples arrived: fetch that range again.
	BackfillEvent struct {
		Device coolant.DeviceID  `json:"device"`
		From   coolant.UnixMilli `json:"from" doc:"Oldest of them, Unix milliseconds"`
		To     coolant.UnixMilli `json:"to" doc:"Newest of them, inclusive, Unix milliseconds"`
	}
	// RemovedEvent says that a device is gone.
	RemovedEvent struct {
		Device coolant.DeviceID `json:"device"`
	}
	// TickEvent comes every 15 s, so that a silent stream is a broken one.
	TickEvent struct {
		Time coolant.UnixMilli `json:"time" doc:"The server's clock, Unix milliseconds"`
	}
)
