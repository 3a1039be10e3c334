package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// part is one running piece of the service. run returns when its context ends,
// after it has finished what it had begun; returning earlier with an error
// brings the service down.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runParts runs the parts until ctx ends or one fails, then stops them one at a
// time, the last one first: whoever produces stops before whoever consumes.
func runParts(ctx context.Context, log *slog.Logger, parts ...part) error {
	type running struct {
		part
		stop context.CancelFunc
		done chan error
	}
	failed := make(chan struct{}, len(parts))
	started := make([]running, len(parts))
	for i, p := range parts {
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		started[i] = running{part: p, stop: stop, done: make(chan error, 1)}
		go func() {
			err := p.run(own)
			if own.Err() == nil {
				if err == nil {
					err = errors.New("stopped by itself")
				}
				failed <- struct{}{}
			} else if errors.Is(err, context.Canceled) {
				err = nil
			}
			started[i].done <- err
		}()
	}
	select {
	case <-ctx.Done():
	case <-failed:
	}
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		r := started[i]
		r.stop()
		if err := <-r.done; err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.name, err))
		}
		log.Debug("stopped", "part", r.name)
	}
	return errors.Join(errs...)
}
