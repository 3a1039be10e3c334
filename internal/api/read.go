package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"coolant"
	"coolant/internal/live"
)

// output is an answer that huma writes as JSON.
type output[T any] struct{ Body T }

func (s *server) now() coolant.UnixMilli { return coolant.Milli(s.opts.Now()) }

// find returns a device of the board, or a not_found Problem.
func (s *server) find(id coolant.DeviceID) (*live.DeviceView, error) {
	v, ok := s.opts.Hub.Device(id)
	if !ok {
		return nil, newProblem(coolant.CodeNotFound, fmt.Sprintf("There is no device %s.", id))
	}
	return v, nil
}

func (s *server) listDevices(ctx context.Context, _ *noInput) (*output[deviceList], error) {
	list := s.opts.Hub.Snapshot().Devices // ours to change
	for i, v := range list {
		list[i] = shown(ctx, v)
	}
	return &output[deviceList]{deviceList{Devices: list}}, nil
}

// asked is the device that a request is about.
func (s *server) asked(in *deviceInput) (*live.DeviceView, error) {
	var wrong problems
	id := wrong.device(string(in.ID))
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return s.find(id)
}

func (s *server) getDevice(ctx context.Context, in *deviceInput) (*output[*live.DeviceView], error) {
	v, err := s.asked(in)
	if err != nil {
		return nil, err
	}
	return &output[*live.DeviceView]{shown(ctx, v)}, nil
}

func (s *server) listFaults(ctx context.Context, in *rangeInput) (*output[faultList], error) {
	var wrong problems
	id := wrong.device(string(in.ID))
	from, to := wrong.span(string(in.From), string(in.To), s.now())
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if _, err := s.find(id); err != nil {
		return nil, err
	}
	spans, err := s.opts.Store.Faults(ctx, id, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the faults of %s: %w", id, err)
	}
	list := make([]fault, len(spans))
	for i, f := range spans {
		list[i] = fault{Metric: f.Metric, Quality: f.Quality.String(), From: f.From, To: f.To, Count: f.Count}
	}
	return &output[faultList]{faultList{Faults: list}}, nil
}

func (s *server) listRejections(ctx context.Context, in *rejectionsInput) (*output[rejectionList], error) {
	var wrong problems
	limit := wrong.whole("query.limit", string(in.Limit), 1, maxRejections, defaultRejections)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	stored, err := s.opts.Store.Rejections(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("read the rejections: %w", err)
	}
	list := make([]live.RejectionView, len(stored))
	for i, r := range stored {
		list[i] = live.ViewOf(r)
	}
	return &output[rejectionList]{rejectionList{Rejections: list}}, nil
}

func (s *server) getSystem(ctx context.Context, _ *noInput) (*output[system], error) {
	size, err := s.opts.StoreSize(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the size of the store: %w", err)
	}
	notes := s.problemNotes()
	return &output[system]{system{
		Version: s.opts.Version, Started: s.started, Time: s.now(), Epoch: s.opts.Hub.Epoch(),
		Listeners: append([]Listener{}, s.opts.Listeners()...),
		Ready:     len(notes) == 0, Problems: notes,
		Connected: s.opts.Connected(), StorageBytes: size,
	}}, nil
}

func (s *server) getBroker(context.Context, *noInput) (*output[coolant.BrokerStatus], error) {
	return &output[coolant.BrokerStatus]{live.BrokerOf(s.opts.Broker())}, nil
}

// problemNotes lists what keeps the server from being ready, by name.
func (s *server) problemNotes() []problemNote {
	notes := []problemNote{}
	for name, err := range s.opts.Ready() {
		if err != nil {
			notes = append(notes, problemNote{Name: name, Detail: err.Error()})
		}
	}
	slices.SortFunc(notes, func(a, b problemNote) int { return cmp.Compare(a.Name, b.Name) })
	return notes
}

// readyOutput is a readiness with its status.
type readyOutput struct {
	Status int
	Body   readiness
}

func (s *server) readyz(ctx context.Context, _ *noInput) (*readyOutput, error) {
	notes := s.problemNotes()
	if audience(ctx) < Reader {
		for i := range notes {
			notes[i].Detail = "" // it can name files and addresses
		}
	}
	out := &readyOutput{Status: 200, Body: readiness{Ready: len(notes) == 0, Problems: notes}}
	if !out.Body.Ready {
		out.Status = 503
	}
	return out, nil
}

func (s *server) livez(context.Context, *noInput) (*huma.StreamResponse, error) {
	return text("ok"), nil
}

func (s *server) ping(context.Context, *noInput) (*huma.StreamResponse, error) {
	return text("pong"), nil
}

func text(word string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "text/plain; charset=utf-8")
		ctx.SetHeader("Cache-Control", "no-store")
		_, _ = ctx.BodyWriter().Write([]byte(word)) // the client is gone, and nothing can be done about it
	}}
}
