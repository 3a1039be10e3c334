package api

import (
	"github.com/danielgtaylor/huma/v2"

	"coolant"
)

// The inputs of the operations. Every parameter is taken as text and read by
// our own parser, so that one answer lists all mistakes with our codes; the
// parameter types below only describe to the OpenAPI document what the parser
// takes. That is why the operations skip huma's own validation.

type noInput struct{}

type deviceInput struct {
	ID deviceParam `path:"id" doc:"Device id"`
}

type rangeInput struct {
	ID   deviceParam `path:"id" doc:"Device id"`
	From momentParam `query:"from" doc:"Start, inclusive: Unix milliseconds or RFC 3339. Default: a day before to"`
	To   momentParam `query:"to" doc:"End, exclusive: Unix milliseconds or RFC 3339. Default: now. At most 20 years after from"`
}

type seriesInput struct {
	ID      deviceParam  `path:"id" doc:"Device id"`
	Metrics metricsParam `query:"metrics" doc:"Metrics separated by commas, at most 64; one that the device does not have is answered with not_found. Default: all that the device has"`
	From    momentParam  `query:"from" doc:"Start, inclusive: Unix milliseconds or RFC 3339. Default: a day before to"`
	To      momentParam  `query:"to" doc:"End, exclusive: Unix milliseconds or RFC 3339. Default: now. At most 20 years after from"`
	Width   widthParam   `query:"width" doc:"Greatest number of points per series: what the chart has pixels for"`
}

type exportInput struct {
	ID      deviceParam  `path:"id" doc:"Device id"`
	Metrics metricsParam `query:"metrics" doc:"Metrics separated by commas, at most 64; one that the device does not have is answered with not_found. Default: all that the device has"`
	From    momentParam  `query:"from" doc:"Start, inclusive: Unix milliseconds or RFC 3339. Default: a day before to"`
	To      momentParam  `query:"to" doc:"End, exclusive: Unix milliseconds or RFC 3339. Default: now. At most 20 years after from"`
}

type rejectionsInput struct {
	Limit limitParam `query:"limit" doc:"Greatest number of entries"`
}

type streamInput struct {
	LastEventID textParam `header:"Last-Event-ID" doc:"Id of the last event seen, as a browser sends it when it reconnects"`
	Last        textParam `query:"last_event_id" doc:"The same, for clients that cannot set headers; the header wins"`
}

type dataInput struct {
	Hours hoursParam `query:"hours" doc:"How far back. Anything else than 1 to 24 means 1"`
}

type (
	deviceParam  string
	momentParam  string
	metricsParam string
	widthParam   string
	limitParam   string
	versionParam string
	manyParam    string
	hoursParam   string
	textParam    string
)

func (deviceParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: "^[a-z0-9][a-z0-9-]{0,31}$", MaxLength: new(coolant.MaxDeviceID)}
}

func (momentParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeInteger, Format: "int64", Minimum: new(0.0), Maximum: new(float64(maxMoment))},
		{Type: huma.TypeString, Format: "date-time"},
	}}
}

func (metricsParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: "^([a-z][a-z0-9_]{0,31})(,[a-z][a-z0-9_]{0,31})*$", Examples: []any{"water,ambient"}}
}

func (widthParam) Schema(huma.Registry) *huma.Schema {
	return whole(1, coolant.MaxWidth, defaultWidth)
}

func (limitParam) Schema(huma.Registry) *huma.Schema {
	return whole(1, maxRejections, defaultRejections)
}

func (versionParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(1.0), Maximum: new(float64(1<<53 - 1))}
}

func (manyParam) Schema(huma.Registry) *huma.Schema { return whole(1, maxVersions, defaultVersions) }

func (hoursParam) Schema(huma.Registry) *huma.Schema { return whole(1, maxHours, 1) }

func (textParam) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

func whole(low, high, otherwise int) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeInteger, Format: "int32",
		Minimum: new(float64(low)), Maximum: new(float64(high)), Default: otherwise,
	}
}
