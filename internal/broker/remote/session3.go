package remote

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// session3 speaks MQTT 3.1.1. The broker cannot say why it hangs up, and does not
// say how long it keeps the session.
type session3 struct {
	ending
	client  mqtt.Client
	request time.Duration
}

// open3 opens a session with MQTT 3.1.1 over a connection, which it closes if that
// fails.
func open3(ctx context.Context, limit time.Duration, t *transport, o opening) (*opened, error) {
	s := &session3{ending: newEnding(t.RemoteAddr().String()), request: o.request}
	options := mqtt.NewClientOptions().
		AddBroker("tcp://" + s.address).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) { return &lockedWriter{transport: t}, nil }).
		SetProtocolVersion(4).
		SetClientID(o.clientID).SetUsername(o.username).SetPassword(o.password).
		SetCleanSession(o.clean).
		SetKeepAlive(keepAlive * time.Second).SetPingTimeout(limit).SetConnectTimeout(limit).SetWriteTimeout(limit).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetOrderMatters(true).SetAutoAckDisabled(true).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { s.failed(err) }).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			a := arrival{topic: m.Topic(), payload: m.Payload(), qos: m.Qos(), retained: m.Retained()}
			if a.qos > 0 {
				a.ack = m.Ack
			}
			o.arrived(a)
		})
	s.client = mqtt.NewClient(options)
	token := s.client.Connect().(*mqtt.ConnectToken)
	if err := await(ctx, token, 2*limit); err != nil {
		t.Close()
		return nil, s.notOpened(token, err)
	}
	return &opened{session: s, protocol: protocol3, present: token.SessionPresent(), expiry: -1}, nil
}

// lockedWriter lets pings overtake other packets, which paho writes from two
// goroutines.
type lockedWriter struct {
	*transport
	mu sync.Mutex
}

// Write implements net.Conn. Each call is one packet.
func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.transport.Write(p)
}

// await waits for a token and returns its error.
func await(ctx context.Context, token mqtt.Token, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-timer.C:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// notOpened explains a CONNECT that failed.
func (s *session3) notOpened(token *mqtt.ConnectToken, err error) error {
	if alert, ok := alertOf(err); ok {
		return alerted(s.address, "", alert)
	}
	var timeout net.Error
	switch code := token.ReturnCode(); {
	case code >= packets.ErrRefusedBadProtocolVersion && code <= packets.ErrRefusedNotAuthorised:
		return refused3(code)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return problemf(stepConnect, "timeout", "%s does not answer the CONNECT; is it an MQTT broker?", s.address)
	}
	return problemf(stepConnect, "connection_lost", "%s hung up on the CONNECT: %s", s.address, last(err))
}

func (s *session3) subscribe(ctx context.Context, filters []string) ([]byte, error) {
	wanted := make(map[string]byte, len(filters))
	for _, f := range filters {
		wanted[f] = 1
	}
	token := s.client.SubscribeMultiple(wanted, nil).(*mqtt.SubscribeToken)
	if err := await(ctx, token, s.request); err != nil {
		return nil, s.explain(stepSubscribe, "SUBSCRIBE", err)
	}
	granted := token.Result()
	codes := make([]byte, len(filters))
	for i, f := range filters {
		codes[i] = granted[f]
	}
	return codes, nil
}

func (s *session3) publish(ctx context.Context, topic string, payload []byte, qos byte, retain bool) error {
	if err := await(ctx, s.client.Publish(topic, qos, retain, payload), s.request); err != nil {
		return s.explain(stepPublish, "PUBLISH to "+topic, err)
	}
	return nil
}

// failed is called when the connection has ended. MQTT 3.1.1 leaves no reason, from
// a takeover to a restart.
func (s *session3) failed(err error) {
	if strings.Contains(err.Error(), "pingresp") {
		s.finish(problemf(stepSession, "keepalive", "%s has not answered for %d s", s.address, keepAlive))
		return
	}
	s.finish(network(stepSession, s.address, err))
}

func (s *session3) close() {
	s.leave()
	s.client.Disconnect(uint(s.request.Milliseconds()))
	s.finish(nil)
}
