package app

import (
	"context"
	"log/slog"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/broker/remote"
)

// BrokerCheck is one step of the way to the outside broker.
type BrokerCheck = remote.Result

// CheckBroker goes the way to the configured outside broker step by step and
// reports each one. With a device and its password it also proves that the broker
// keeps devices apart, and lets the service on the data directory know, whether it
// runs or not. The error is the first problem.
func CheckBroker(ctx context.Context, c config.Config, log *slog.Logger, device coolant.DeviceID, password string, report func(BrokerCheck)) error {
	if c.Remote.URL == "" {
		return coolant.Errorf(coolant.CodeInvalid,
			"remote.url is not set: name the outside broker in coolant.yaml or by COOLANT_REMOTE_URL, for example mqtts://broker.example:8883")
	}
	found, err := remote.Check(ctx, remote.CheckOptions{
		Endpoint: Service{Config: c}.endpoint(), ArticleTopic: c.Article.Topic,
		Device: device, DevicePassword: password, Report: report,
	})
	if found.Checked != 0 {
		if kept := keepSeparation(ctx, c, log, found); kept != nil {
			log.Warn("the running service does not show the result", slog.Any("error", kept))
		}
	}
	if err != nil {
		return coolant.Errorf(coolant.CodeOf(err), "the check ended at the step that failed")
	}
	return nil
}

// keepSeparation hands the result to the running service, or puts it into the
// database.
func keepSeparation(ctx context.Context, c config.Config, log *slog.Logger, s coolant.Separation) error {
	dir := dataDir(c.Data)
	if client := dialAdmin(dir); client != nil {
		return client.call(ctx, "POST", "/broker/separation",
			adminRequest{Separation: &brokerSeparation{URL: c.Remote.URL, Username: c.Remote.Username, Found: s}}, &struct{}{})
	}
	store, err := dir.openStore(ctx, log, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	return remote.RememberSeparation(ctx, store, c.Remote.URL, c.Remote.Username, s)
}

// brokerSeparation is the result of a check of one broker, as one user.
type brokerSeparation struct {
	URL      string             `json:"url"`
	Username string             `json:"username"`
	Found    coolant.Separation `json:"found"`
}

// setSeparation takes the result of a check that ran beside the service. What was
// found of another broker is kept for the day on which that one is used.
func (h *house) setSeparation(ctx context.Context, s brokerSeparation) error {
	own := h.Config.Remote
	if h.remote != nil && s.URL == own.URL && s.Username == own.Username {
		return h.remote.SetSeparation(ctx, s.Found)
	}
	if err := remote.RememberSeparation(ctx, h.store, s.URL, s.Username, s.Found); err != nil || h.remote == nil {
		return err
	}
	return coolant.Errorf(coolant.CodeConflict, "it runs with another broker or user (%s as %q), of which this check says nothing", own.URL, own.Username)
}
