package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// maxHours is how far back /data goes.
const maxHours = 24

// The groups of operations in the OpenAPI document.
const (
	tagDevices   = "devices"
	tagControl   = "control"
	tagOperation = "operation"
	tagArticle   = "article"
)

// register adds every documented operation.
func (s *server) register(api huma.API) {
	add(s, api, huma.Operation{
		OperationID: "list-devices", Method: http.MethodGet, Path: "/api/v1/devices", Tags: []string{tagDevices},
		Summary:     "List the devices",
		Description: "Every registered device with its newest readings and health, oldest first.",
	}, s.listDevices)
	add(s, api, huma.Operation{
		OperationID: "get-device", Method: http.MethodGet, Path: "/api/v1/devices/{id}", Tags: []string{tagDevices},
		Summary: "One device", Description: "One device with its newest readings and health.",
	}, s.getDevice, http.StatusBadRequest, http.StatusNotFound)
	add(s, api, huma.Operation{
		OperationID: "get-series", Method: http.MethodGet, Path: "/api/v1/devices/{id}/series", Tags: []string{tagDevices},
		Summary: "Series for a chart",
		Description: "The readings of a range as columns that share their times. Where there are more samples than width, each point is a bucket " +
			"with its mean, min, max and last value, so that extremes are never averaged away; buckets without any value are left out.",
		Responses: answer("application/json", schemaOf(api, seriesColumns{}), "Columns"),
	}, s.getSeries, http.StatusBadRequest, http.StatusNotFound)
	add(s, api, huma.Operation{
		OperationID: "list-faults", Method: http.MethodGet, Path: "/api/v1/devices/{id}/faults", Tags: []string{tagDevices},
		Summary: "Probe faults of a range", Description: "The runs of readings without a trustworthy value that touch the range.",
	}, s.listFaults, http.StatusBadRequest, http.StatusNotFound)
	add(s, api, huma.Operation{
		OperationID: "export-samples", Method: http.MethodGet, Path: "/api/v1/devices/{id}/samples.csv", Tags: []string{tagDevices},
		Summary: "Samples as CSV",
		Description: "RFC 4180 with a header line: time (UTC, RFC 3339 with milliseconds), one column per metric, and a column faults such as " +
			"`inlet=crc`. A metric without a trustworthy value is an empty cell.",
		Responses: answer("text/csv", &huma.Schema{Type: huma.TypeString}, "Samples, oldest first"),
	}, s.exportSamples, http.StatusBadRequest, http.StatusNotFound)
	s.registerTwins(api)
	s.registerPhysics(api)
	add(s, api, huma.Operation{
		OperationID: "list-rejections", Method: http.MethodGet, Path: "/api/v1/rejections", Tags: []string{tagOperation},
		Summary: "What was refused", Description: "Messages and connections that were refused, and why, newest first.",
	}, s.listRejections, http.StatusBadRequest)
	add(s, api, huma.Operation{
		OperationID: "get-system", Method: http.MethodGet, Path: "/api/v1/system", Tags: []string{tagOperation},
		Summary: "The server itself", Description: "Version, addresses, readiness and size.",
	}, s.getSystem)
	add(s, api, huma.Operation{
		OperationID: "get-broker", Method: http.MethodGet, Path: "/api/v1/broker", Tags: []string{tagOperation},
		Summary: "The way to the devices",
		Description: "Which MQTT brokers are used, the connection to an outside one, and the use of its allowance. The event `broker` tells of changes; " +
			"ask again after each snapshot, which does not contain it.",
	}, s.getBroker)
	add(s, api, huma.Operation{
		OperationID: "stream", Method: http.MethodGet, Path: "/api/v1/stream", Tags: []string{tagDevices},
		Summary: "Live events",
		Description: "Server-sent events. Each has an id `<epoch>-<seq>`; a client that reconnects with the last one gets what it missed, or a " +
			"snapshot where that is no longer known. Without an id the first event is a snapshot. A client that reads too slowly is " +
			"disconnected and resumes. Viewers on other machines that may see charts only do not get the events `rejected` and `broker`.",
		Responses: answer("text/event-stream", eventSchema(api), "Events, without end"),
	}, s.stream, http.StatusServiceUnavailable)
	add(s, api, huma.Operation{
		OperationID: "article-data", Method: http.MethodGet, Path: "/data", Tags: []string{tagArticle},
		Summary:     "Water temperatures of the primary device",
		Description: "The form of the article's backend. Empty lists if there is no device or no reading.",
	}, s.articleData)
	add(s, api, huma.Operation{
		OperationID: "ping", Method: http.MethodGet, Path: "/ping", Tags: []string{tagArticle},
		Summary: "Answers pong", Description: "Whether the server listens.",
		Responses: answer("text/plain", &huma.Schema{Type: huma.TypeString, Enum: []any{"pong"}}, "pong"),
	}, s.ping)
	add(s, api, huma.Operation{
		OperationID: "livez", Method: http.MethodGet, Path: "/livez", Tags: []string{tagOperation},
		Summary: "Whether the process lives", Description: "Answers ok as long as requests are served at all.",
		Responses: answer("text/plain", &huma.Schema{Type: huma.TypeString, Enum: []any{"ok"}}, "ok"),
	}, s.livez)
	notReady := answer("application/json", schemaOf(api, readiness{}), "Ready")
	notReady["503"] = &huma.Response{
		Description: "Not ready, and why",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schemaOf(api, readiness{})}},
	}
	add(s, api, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{tagOperation},
		Summary: "Whether the server can do its work", Description: "503 with every reason while it cannot, such as a full disk.",
		Responses: notReady,
	}, s.readyz)
}

// registerTwins adds what regulates devices.
func (s *server) registerTwins(api huma.API) {
	add(s, api, huma.Operation{
		OperationID: "get-twin", Method: http.MethodGet, Path: "/api/v1/devices/{id}/twin", Tags: []string{tagControl},
		Summary:     "What is desired of a device, and how far it got",
		Description: "The newest version of what is desired, what the device judged last, and what its outputs do. The event `twin` tells of changes.",
	}, s.getTwin, http.StatusBadRequest, http.StatusNotFound)
	add(s, api, huma.Operation{
		OperationID: "edit-twin", Method: http.MethodPut, Path: "/api/v1/devices/{id}/twin", Tags: []string{tagControl},
		Summary:     "Change what is desired of a device",
		Description: "Stores the next version and sends it to the device until the device has applied or refused it; the answer does not wait for that.",
	}, s.editTwin, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict)
	add(s, api, huma.Operation{
		OperationID: "return-twin", Method: http.MethodPost, Path: "/api/v1/devices/{id}/twin/return", Tags: []string{tagControl},
		Summary: "Go back to an earlier version", Description: "Makes a copy of an earlier version the newest one.",
	}, s.returnTwin, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict)
	add(s, api, huma.Operation{
		OperationID: "list-versions", Method: http.MethodGet, Path: "/api/v1/devices/{id}/twin/versions", Tags: []string{tagControl},
		Summary: "What was desired earlier", Description: "The versions of a device: who changed it, when, what for, and to what.",
	}, s.listVersions, http.StatusBadRequest, http.StatusNotFound)
	add(s, api, huma.Operation{
		OperationID: "send-command", Method: http.MethodPost, Path: "/api/v1/devices/{id}/commands", Tags: []string{tagControl},
		Summary:     "Ask a device to do something once",
		Description: "Sends a command until the device answers. The answer is the device's, also if it refuses; unavailable means that none came.",
	}, s.sendCommand, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable)
	add(s, api, huma.Operation{
		OperationID: "get-input", Method: http.MethodGet, Path: "/api/v1/devices/{id}/input", Tags: []string{tagControl},
		Summary:     "What a device was told of its host",
		Description: "The heat that was passed on last, as long as it holds. A device that restarted meanwhile has forgotten it.",
	}, s.getInput, http.StatusBadRequest, http.StatusNotFound)
	add(s, api, huma.Operation{
		OperationID: "send-input", Method: http.MethodPost, Path: "/api/v1/devices/{id}/input", Tags: []string{tagControl}, DefaultStatus: http.StatusNoContent,
		Summary:     "Tell a device what the host does",
		Description: "Heat of the cooled machine, by which the device acts before the water warms, and notices heat that does not arrive. It is not stored, and forgotten after its time.",
	}, s.sendInput, http.StatusBadRequest, http.StatusNotFound, http.StatusServiceUnavailable)
}

// answer documents a 200 that huma cannot derive from the output type.
func answer(contentType string, schema *huma.Schema, description string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: description,
		Content:     map[string]*huma.MediaType{contentType: {Schema: schema}},
	}}
}
