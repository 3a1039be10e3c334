package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"coolant"
)

// Physics finds out what the readings of a device say together.
type Physics interface {
	Physics(ctx context.Context, id coolant.DeviceID) (coolant.Physics, error)
}

// noPhysics finds out nothing.
type noPhysics struct{}

func (noPhysics) Physics(context.Context, coolant.DeviceID) (coolant.Physics, error) {
	return coolant.Physics{}, coolant.Errorf(coolant.CodeUnavailable, "this server finds out no physics")
}

func (s *server) registerPhysics(api huma.API) {
	add(s, api, huma.Operation{
		OperationID: "get-physics", Method: http.MethodGet, Path: "/api/v1/devices/{id}/physics", Tags: []string{tagDevices},
		Summary: "What the readings say together",
		Description: "Heat carried with its error band, temperature differences, thermal resistance from water to air and its trend, time constant, dew point. " +
			"Each figure is there with its band, or says why it is not known and what it would take. Answers are kept for 5 s, the time constant for 2 minutes and the trend for 15.",
	}, s.getPhysics, http.StatusBadRequest, http.StatusNotFound)
}

func (s *server) getPhysics(ctx context.Context, in *deviceInput) (*output[coolant.Physics], error) {
	v, err := s.asked(in)
	if err != nil {
		return nil, err
	}
	p, err := s.opts.Physics.Physics(ctx, v.ID)
	if err != nil {
		return nil, fmt.Errorf("find out the physics of %s: %w", v.ID, err)
	}
	return &output[coolant.Physics]{p}, nil
}
