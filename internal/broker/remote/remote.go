package remote

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"coolant"
	"coolant/internal/wire"
)

// Broker is the link to an outside broker. Its methods may be called from any
// goroutine, before, while and after it runs.
type Broker struct {
	o       Options
	target  *target
	metrics *metrics
	limit   *rate.Limiter // nil: no limit
	memory  memory

	draining atomic.Bool // nothing is taken any more

	mu      sync.Mutex
	state   standing
	current session         // nil without a connection
	life    context.Context // of it
}

// New makes a link and reads its certificates. The error has the code
// [coolant.CodeInvalid] where the endpoint makes no sense.
func New(ctx context.Context, o Options) (*Broker, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	t, err := o.target()
	if err != nil {
		return nil, err
	}
	b := &Broker{o: o, target: t, memory: memory{o.Records}}
	b.state = standing{phase: coolant.LinkConnecting, since: coolant.Milli(o.Now())}
	if err := b.recall(ctx); err != nil {
		return nil, err
	}
	if b.metrics, err = newMetrics(b, o.Registerer); err != nil {
		return nil, fmt.Errorf("register the metrics of the outside broker: %w", err)
	}
	if o.PublishRate > 0 {
		b.limit = rate.NewLimiter(rate.Limit(o.PublishRate), max(1, int(o.PublishRate)))
	}
	return b, nil
}

// recall reads what was remembered of the broker.
func (b *Broker) recall(ctx context.Context) error {
	sessions, separations, err := b.memory.load(ctx)
	if err != nil {
		return fmt.Errorf("read what is known of the outside broker: %w", err)
	}
	b.state.linked = sessions[b.identity()]
	b.state.separation = coolant.Separation{State: coolant.SeparationUnproven}
	if s, ok := separations[separationKey(b.o.URL, b.o.Username)]; ok {
		b.state.separation = s
	}
	return nil
}

// identity is what the broker knows a session by.
func (b *Broker) identity() string { return b.o.ClientID + " " + b.o.Username + " " + b.o.URL }

// Run keeps the link until ctx ends. Then it takes nothing new, acknowledges what
// is being committed, and takes leave; the broker keeps the session. It returns
// nil.
func (b *Broker) Run(ctx context.Context) error {
	delays := backoff{times: b.o.times}
	for ctx.Err() == nil {
		b.connecting()
		p := b.attempt(ctx, &delays)
		if ctx.Err() != nil {
			break
		}
		p, delay := delays.next(b.o.Now(), p)
		b.waiting(p, delay)
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	b.draining.Store(true)
	return nil
}

// attempt connects and serves the connection until it ends, and returns why.
func (b *Broker) attempt(ctx context.Context, delays *backoff) *coolant.BrokerProblem {
	l := newLink(b)
	o, d, err := b.target.converse(ctx, b.o.times.dial, l.opening(), b.version(), func(string, string) {})
	if err != nil {
		l.abandon()
		b.metrics.attempt(err)
		return asProblem(err)
	}
	b.metrics.attempt(nil)
	delays.connected(b.o.Now())
	return l.serve(ctx, o, d)
}

// Publish sends a message to the broker. It returns when the broker has
// acknowledged it, with QoS 0 when it was handed to the network. Where the broker
// allows only so many messages a second it waits. The error has the code
// [coolant.CodeUnavailable] without a connection, and [coolant.CodeForbidden] where
// the broker refuses the topic.
func (b *Broker) Publish(topic string, payload []byte, qos byte, retain bool) error {
	b.mu.Lock()
	s, life := b.current, b.life
	b.mu.Unlock()
	if s == nil {
		return coolant.Errorf(coolant.CodeUnavailable, "publish to %s: the outside broker is not connected", topic)
	}
	ctx, cancel := context.WithTimeout(life, b.o.times.request)
	defer cancel()
	if b.limit != nil {
		if err := b.limit.Wait(ctx); err != nil {
			return coolant.Errorf(coolant.CodeUnavailable, "publish to %s: more waits than the broker takes in %s", topic, b.o.times.request)
		}
	}
	err := s.publish(ctx, topic, payload, qos, retain)
	if p := asProblem(err); p != nil {
		code := coolant.CodeUnavailable
		if p.Code == "publish_refused" {
			code = coolant.CodeForbidden
			b.warn(*p)
		}
		return coolant.Errorf(code, "publish to %s: %w", topic, err)
	}
	b.metrics.sent.Inc()
	b.o.Traffic(crossing(topic, payload)) // the other half is counted on our connection
	return nil
}

// crossing is what a message costs on the devices' side of the broker: a fixed
// header, a packet id, topic and payload.
func crossing(topic string, payload []byte) int { return 7 + len(topic) + len(payload) }

// filters are what the link subscribes to. They are few: a serverless broker
// allows ten. Each is one level of the contract, because a wildcard for all of
// them would bring back what we say ourselves. None of them is shared: with one
// SQLite file each, two services would split the history.
func filters(articleTopic string, articleDevice coolant.DeviceID) []string {
	var out []string
	for _, k := range []wire.Kind{wire.Telemetry, wire.Status, wire.Info, wire.Reported, wire.Reply} {
		out = append(out, wire.Topic("+", k))
	}
	if articleTopic != "" && articleDevice != "" {
		out = append(out, articleTopic)
	}
	return out
}
