package remote

import (
	"context"
	"errors"
	"math"
	"net"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session/state"
)

// session5 speaks MQTT 5.
type session5 struct {
	ending
	client *paho.Client
	state  *state.State
}

// late is a session whose acknowledgements are sent when they are due and not when
// a handler returns. Every paho client has one of its own, so that what belongs to
// a connection that has ended is never acknowledged on the next one.
type late struct {
	*state.State
	s *session5
	t *transport
}

// Ack does nothing: [session5] acknowledges.
func (late) Ack(*packets.Publish) error { return nil }

// ConnectionLost is called first when a connection ends. paho's own callbacks come
// when all messages that had arrived are handled, which may take long.
func (l late) ConnectionLost(d *packets.Disconnect) error {
	if d != nil {
		l.s.dismissed(paho.DisconnectFromPacketDisconnect(d))
	} else if err := l.t.failure(); err != nil {
		l.s.finish(network(stepSession, l.s.address, err))
	} else {
		l.s.finish(problemf(stepSession, "connection_lost", "%s sent what is not MQTT", l.s.address))
	}
	return l.State.ConnectionLost(d)
}

// pinger tells a broker that has fallen silent from one that hangs up.
type pinger struct {
	*paho.DefaultPinger
	s *session5
}

// Run implements paho.Pinger.
func (p pinger) Run(ctx context.Context, c net.Conn, keepAlive uint16) error {
	err := p.DefaultPinger.Run(ctx, c, keepAlive)
	if err != nil {
		p.s.finish(problemf(stepSession, "keepalive", "%s has not answered for %d s", p.s.address, keepAlive))
	}
	return err
}

// open5 opens a session with MQTT 5 over a connection, which it closes if that
// fails.
func open5(ctx context.Context, limit time.Duration, t *transport, o opening) (*opened, error) {
	s := &session5{ending: newEnding(t.RemoteAddr().String()), state: state.NewInMemory()}
	s.client = paho.NewClient(paho.ClientConfig{
		Conn:               &packetWriter{transport: t},
		Session:            late{s.state, s, t},
		PingHandler:        pinger{paho.NewDefaultPinger(), s},
		PacketTimeout:      limit,
		OnServerDisconnect: s.dismissed,
		OnClientError:      s.failed,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			o.arrived(s.arrival(p.Packet))
			return true, nil
		}},
	})
	answer, err := s.client.Connect(ctx, connect5(o))
	if err != nil {
		_ = s.state.Close() // in memory
		return nil, s.notOpened(t, answer, err)
	}
	out := &opened{session: s, protocol: protocol5, present: answer.SessionPresent, expiry: o.expiry}
	if p := answer.Properties; p != nil && p.SessionExpiryInterval != nil {
		out.expiry = time.Duration(*p.SessionExpiryInterval) * time.Second
	}
	return out, nil
}

func connect5(o opening) *paho.Connect {
	limit, size := uint16(receiveMaximum), uint32(maxPacket)
	c := &paho.Connect{
		ClientID: o.clientID, CleanStart: o.clean, KeepAlive: keepAlive,
		UsernameFlag: o.username != "", Username: o.username,
		PasswordFlag: o.password != "", Password: []byte(o.password),
		Properties: &paho.ConnectProperties{ReceiveMaximum: &limit, MaximumPacketSize: &size},
	}
	if !o.clean {
		expiry := uint32(min(o.expiry/time.Second, math.MaxUint32))
		c.Properties.SessionExpiryInterval = &expiry
	}
	return c
}

// notOpened explains a CONNECT that failed.
func (s *session5) notOpened(t *transport, answer *paho.Connack, err error) error {
	if alert, ok := alertOf(err); ok {
		return alerted(s.address, "", alert)
	}
	switch {
	case answeredOld(t.beginning()):
		return old{refused3(1)}
	case answer != nil && answer.ReasonCode >= 0x80:
		said := ""
		if answer.Properties != nil {
			said = answer.Properties.ReasonString
		}
		p := refused5(stepConnect, answer.ReasonCode, said)
		if p.Code == "protocol_refused" {
			return old{p}
		}
		return p
	case errors.Is(err, context.DeadlineExceeded) && len(t.beginning()) == 0:
		return problemf(stepConnect, "timeout", "%s does not answer the CONNECT; is it an MQTT broker?", s.address)
	case len(t.beginning()) == 0:
		// Some brokers hang up on a version that they do not know.
		return old{problemf(stepConnect, "connection_lost", "%s hung up on the CONNECT without a word: %s", s.address, last(err))}
	}
	return problemf(stepConnect, "connection_lost", "%s answered the CONNECT with what is not MQTT: %s", s.address, last(err))
}

func (s *session5) arrival(p *paho.Publish) arrival {
	a := arrival{topic: p.Topic, payload: p.Payload, qos: p.QoS, retained: p.Retain}
	if p.QoS > 0 {
		packet := p.Packet()
		a.ack = func() { _ = s.state.Ack(packet) } // a connection that fails is noticed by its reader
	}
	return a
}

func (s *session5) subscribe(ctx context.Context, filters []string) ([]byte, error) {
	var sub paho.Subscribe
	for _, f := range filters {
		sub.Subscriptions = append(sub.Subscriptions, paho.SubscribeOptions{Topic: f, QoS: 1})
	}
	answer, err := s.client.Subscribe(ctx, &sub)
	if answer != nil && len(answer.Reasons) == len(filters) {
		return answer.Reasons, nil // the error only says that one of them is a refusal
	}
	if err == nil {
		err = errors.New("an answer of another length")
	}
	return nil, s.explain(stepSubscribe, "SUBSCRIBE", err)
}

func (s *session5) publish(ctx context.Context, topic string, payload []byte, qos byte, retain bool) error {
	answer, err := s.client.Publish(ctx, &paho.Publish{Topic: topic, Payload: payload, QoS: qos, Retain: retain})
	if answer != nil && answer.ReasonCode >= 0x80 {
		said := ""
		if answer.Properties != nil {
			said = answer.Properties.ReasonString
		}
		p := refused5(stepPublish, answer.ReasonCode, said)
		if p.Code == "not_authorized" {
			p.Code, p.Hint = "publish_refused", hints["publish_refused"]
		}
		p.Detail += ", about " + topic
		return p
	}
	if err != nil {
		return s.explain(stepPublish, "PUBLISH to "+topic, err)
	}
	return nil
}

// dismissed is called when the broker sends a DISCONNECT.
func (s *session5) dismissed(d *paho.Disconnect) {
	said := ""
	if d.Properties != nil {
		said = d.Properties.ReasonString
		if d.Properties.ServerReference != "" {
			said += " " + d.Properties.ServerReference
		}
	}
	if d.ReasonCode < 0x80 {
		s.finish(problemf(stepSession, "shutting_down", "the broker ended the connection"))
		return
	}
	s.finish(refused5(stepSession, d.ReasonCode, said))
}

// failed is called when the connection fails.
func (s *session5) failed(err error) { s.finish(network(stepSession, s.address, err)) }

func (s *session5) close() {
	s.leave()
	_ = s.client.Disconnect(&paho.Disconnect{ReasonCode: 0}) // the connection ends either way
	<-s.client.Done()
	s.finish(nil)
	_ = s.state.Close() // in memory
}
