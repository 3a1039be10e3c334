package live

import (
	"encoding/json"

	"coolant"
)

// DeviceView is a device as the outside sees it. A view never changes after it
// was handed out.
type DeviceView struct {
	ID            coolant.DeviceID   `json:"id" doc:"Device id, also its MQTT user name" pattern:"^[a-z0-9][a-z0-9-]{0,31}$" example:"loop-1"`
	Name          string             `json:"name" doc:"What people call the device; the id where no name was given"`
	Created       coolant.UnixMilli  `json:"created" doc:"When it was registered, Unix milliseconds"`
	Primary       bool               `json:"primary" doc:"Whether /data and /temp_chart show this device"`
	Health        coolant.Health     `json:"health" enum:"ok,waiting,warning,fault,alarm,offline,critical" doc:"The one word that says how the device is doing"`
	Presence      *Presence          `json:"presence" doc:"Whether it is connected by its own word; null if it never said"`
	LastSeen      *coolant.UnixMilli `json:"last_seen" doc:"Time of its newest sample, Unix milliseconds; null if there is none"`
	IntervalMS    int64              `json:"interval_ms" minimum:"1" doc:"Typical time between its samples, in milliseconds: as observed on live samples, until then as its info states, else 60000"`
	IntervalKnown bool               `json:"interval_known" doc:"Whether interval_ms was observed or stated; false while it is assumed"`
	SilenceMS     int64              `json:"silence_ms" minimum:"1" doc:"How long the device may say nothing before it counts as offline, in milliseconds. A reading of one series that is older than this no longer counts for health: the device does not send that series any more"`
	Newest        []Newest           `json:"newest" doc:"The last reading of each series, good or not, in alphabetical order"`
	Limits        Limits             `json:"limits" doc:"Water temperatures, in C, at which health changes"`
	Info          json.RawMessage    `json:"info" doc:"What the device last published about itself (contract topic info); null if nothing"`

	public json.RawMessage // the part of Info that anyone may see
}

// Presence is whether a device is connected, by its own status message and its
// last will.
type Presence struct {
	Online bool              `json:"online"`
	Since  coolant.UnixMilli `json:"since" doc:"When the server heard so, Unix milliseconds"`
}

// Newest is the last reading of one series.
type Newest struct {
	Metric  coolant.Metric    `json:"metric" example:"water"`
	Unit    coolant.Unit      `json:"unit" doc:"Physical unit, by the suffix of the metric's name" example:"celsius"`
	Value   *float64          `json:"value" doc:"In the metric's unit; null if the quality is not good"`
	Quality string            `json:"quality" enum:"good,por85,disconnected,crc,range,stuck,stale" doc:"Why the reading can or cannot be trusted"`
	Time    coolant.UnixMilli `json:"time" doc:"When it was measured, Unix milliseconds"`
}

// Limits are the water temperatures, in C, at which health changes.
type Limits struct {
	Warning  float64 `json:"warning" example:"40"`
	Critical float64 `json:"critical" example:"50"`
}

// RejectionView is a refusal as the outside sees it; see [coolant.Rejection].
type RejectionView struct {
	ID      int64                 `json:"id" doc:"Number of the stored refusal; 0 while it is not stored"`
	Time    coolant.UnixMilli     `json:"time" doc:"When it last happened, Unix milliseconds"`
	Device  coolant.DeviceID      `json:"device" doc:"Who sent it; empty where no known device can be named"`
	Topic   string                `json:"topic"`
	Code    coolant.RejectionCode `json:"code" doc:"Stable name of the reason" example:"bad_value"`
	Detail  string                `json:"detail" doc:"What was wrong and where, in English"`
	Excerpt string                `json:"excerpt" doc:"Beginning of the payload, at most 200 bytes"`
	Count   int                   `json:"count" doc:"How many equal ones within the minute"`
}

// ViewOf returns the outside form of r.
func ViewOf(r coolant.Rejection) RejectionView {
	return RejectionView(r)
}
