package remote

import (
	"context"
	"encoding/json"
	"fmt"

	"coolant"
)

// The buckets of what is remembered of brokers.
const (
	sessionBucket    = "remote-session"    // by identity: that the broker has a session of ours
	separationBucket = "remote-separation" // by URL: a [coolant.Separation]
)

// memory is what outlives the process.
type memory struct{ Records }

func (m memory) load(ctx context.Context) (sessions map[string]bool, separations map[string]coolant.Separation, err error) {
	sessions, separations = map[string]bool{}, map[string]coolant.Separation{}
	err = m.EachRecord(ctx, sessionBucket, func(key string, _ []byte) error {
		sessions[key] = true
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	err = m.EachRecord(ctx, separationBucket, func(key string, value []byte) error {
		var s coolant.Separation
		if json.Unmarshal(value, &s) == nil { // what cannot be read is tried again
			separations[key] = s
		}
		return nil
	})
	return sessions, separations, err
}

func (m memory) rememberSession(identity string) error {
	return m.PutRecord(context.Background(), sessionBucket, identity, []byte{1})
}

// RememberSeparation keeps the result of a trial of a broker's access rules in
// records, for a service that does not run. A running one has
// [Broker.SetSeparation].
func RememberSeparation(ctx context.Context, records Records, url string, s coolant.Separation) error {
	return memory{records}.RememberSeparation(ctx, url, s)
}

// RememberSeparation keeps the result of a trial.
func (m memory) RememberSeparation(ctx context.Context, url string, s coolant.Separation) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := m.PutRecord(ctx, separationBucket, url, value); err != nil {
		return fmt.Errorf("keep the result: %w", err)
	}
	return nil
}
