package load

import (
	"context"
	"sync/atomic"

	"coolant/e2e/mqtt"
)

// Sink is the trivial subscriber that the peer passes every message to: it
// acknowledges, counts, and stores nothing.
type Sink struct {
	conn  *mqtt.Conn
	count atomic.Uint64
	done  chan struct{}
	err   error
}

// NewSink subscribes c to the telemetry of every device at QoS 1.
func NewSink(ctx context.Context, t Target, c Client) (*Sink, error) {
	conn, err := t.dial(ctx, c, 0, 256<<10)
	if err != nil {
		return nil, err
	}
	if err := conn.Subscribe(1, "coolant/+/telemetry"); err != nil {
		_ = conn.Close()
		return nil, err
	}
	s := &Sink{conn: conn, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.err = s.run()
	}()
	return s, nil
}

func (s *Sink) run() error {
	var out []byte
	for {
		p, err := s.conn.Next()
		if err != nil {
			return err
		}
		if p.Type == mqtt.TypePublish {
			_, _, id, qos, err := mqtt.ParsePublish(s.conn.Version, p)
			if err != nil {
				return err
			}
			s.count.Add(1)
			if qos == 1 {
				out = mqtt.AppendPubAck(out, id)
			}
		}
		if len(out) > 0 && !s.conn.Buffered() {
			if _, err := s.conn.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
}

// Count is how many messages have come; 0 for a nil Sink.
func (s *Sink) Count() uint64 {
	if s == nil {
		return 0
	}
	return s.count.Load()
}

// Close ends the subscription.
func (s *Sink) Close() {
	_ = s.conn.Close()
	<-s.done
}
