package api

import (
	"context"
	"log/slog"

	"github.com/danielgtaylor/huma/v2"

	"coolant/internal/live"
)

type server struct {
	opts Options
	log  *slog.Logger
}

type body[T any] struct{ Body T }

func (s *server) listDevices(context.Context, *noInput) (*body[deviceList], error) { return nil, nil }
func (s *server) getDevice(context.Context, *deviceInput) (*body[*live.DeviceView], error) {
	return nil, nil
}
func (s *server) getSeries(context.Context, *seriesInput) (*huma.StreamResponse, error) {
	return nil, nil
}
func (s *server) listFaults(context.Context, *rangeInput) (*body[faultList], error) { return nil, nil }
func (s *server) exportSamples(context.Context, *exportInput) (*huma.StreamResponse, error) {
	return nil, nil
}
func (s *server) listRejections(context.Context, *rejectionsInput) (*body[rejectionList], error) {
	return nil, nil
}
func (s *server) getSystem(context.Context, *noInput) (*body[system], error)         { return nil, nil }
func (s *server) stream(context.Context, *streamInput) (*huma.StreamResponse, error) { return nil, nil }
func (s *server) articleData(context.Context, *dataInput) (*body[articleData], error) {
	return nil, nil
}
func (s *server) ping(context.Context, *noInput) (*huma.StreamResponse, error)   { return nil, nil }
func (s *server) livez(context.Context, *noInput) (*huma.StreamResponse, error)  { return nil, nil }
func (s *server) readyz(context.Context, *noInput) (*huma.StreamResponse, error) { return nil, nil }
