package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"coolant"
)

// The buckets of what is remembered of brokers.
const (
	sessionBucket    = "remote-session"    // by identity: when the session there was used last
	separationBucket = "remote-separation" // by URL and user name: a [coolant.Separation]
)

// memory is what outlives the process.
type memory struct{ Records }

func (m memory) load(ctx context.Context) (sessions map[string]coolant.UnixMilli, separations map[string]coolant.Separation, err error) {
	sessions, separations = map[string]coolant.UnixMilli{}, map[string]coolant.Separation{}
	err = m.EachRecord(ctx, sessionBucket, func(key string, value []byte) error {
		at, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			at = 1 // that there is one is known all the same
		}
		sessions[key] = coolant.UnixMilli(at)
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

// rememberSession keeps when a session was used last.
func (m memory) rememberSession(ctx context.Context, identity string, at coolant.UnixMilli) error {
	return m.PutRecord(ctx, sessionBucket, identity, strconv.AppendInt(nil, int64(at), 10))
}

// RememberSeparation keeps the result of a trial of a broker's access rules in
// records, for a service that does not run, or does so with another broker. For its
// own a running one has [Broker.SetSeparation].
func RememberSeparation(ctx context.Context, records Records, url, username string, s coolant.Separation) error {
	return memory{records}.rememberSeparation(ctx, url, username, s)
}

// separationKey is the broker and the user with whose eyes it was looked at.
func separationKey(url, username string) string { return url + " " + username }

func (m memory) rememberSeparation(ctx context.Context, url, username string, s coolant.Separation) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := m.PutRecord(ctx, separationBucket, separationKey(url, username), value); err != nil {
		return fmt.Errorf("keep the result: %w", err)
	}
	return nil
}
