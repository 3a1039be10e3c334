package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"coolant/e2e/proc"
)

// system is the answer of /api/v1/system, as far as the tests look at it.
type system struct {
	Ready     bool `json:"ready"`
	Connected int  `json:"connected"`
	Problems  []struct {
		Name   string `json:"name"`
		Detail string `json:"detail"`
	} `json:"problems"`
}

func readSystem(ctx context.Context, s *proc.Server) (system, error) {
	var v system
	code, body, err := s.Get(ctx, "/api/v1/system")
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("/api/v1/system answered %d: %s", code, body)
	}
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(body, &v)
}

func connected(ctx context.Context, s *proc.Server) (int, error) {
	v, err := readSystem(ctx, s)
	return v.Connected, err
}
