package quota

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
)

// Records keeps small values by bucket and key, and has them on disk when a call
// returns.
type Records interface {
	PutRecord(ctx context.Context, bucket, key string, value []byte) error
	EachRecord(ctx context.Context, bucket string, fn func(key string, value []byte) error) error
}

// Options is what a meter is made of. Records and Sessions are required.
type Options struct {
	Limits Limits
	Preset string // whose limits these are, as [Allowance] names it

	Records Records
	// Sessions says how many clients have a session at the broker now, this service
	// included. It is called every [Poll] from one goroutine and must be fast.
	Sessions func() int
	// Changed is called when the level changes, and otherwise about once a minute
	// if the figures did. It may call Status. Nil tells nobody.
	Changed func(coolant.Quota)

	Now        func() time.Time      // nil is time.Now
	Log        *slog.Logger          // nil is slog.Default
	Registerer prometheus.Registerer // nil keeps no metrics
}

func (o *Options) complete() error {
	if o.Records == nil || o.Sessions == nil {
		return errors.New("quota: Records and Sessions are required")
	}
	if o.Limits.SessionMinutes < 0 || o.Limits.Bytes < 0 {
		return coolant.Errorf(coolant.CodeInvalid, "quota: a limit must not be negative; 0 is no limit")
	}
	if o.Changed == nil {
		o.Changed = func(coolant.Quota) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return nil
}
