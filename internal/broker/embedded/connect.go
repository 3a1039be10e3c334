package embedded

import (
	"fmt"
	"strings"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// connect reads the CONNECT packet and establishes the session, or refuses. The
// error says why there is no session; whom it concerns was told.
func (c *conn) connect() error {
	h, err := c.header()
	if err != nil {
		return err
	}
	if h.kind() != packets.Connect {
		return c.violated(packets.ErrProtocolViolationRequireFirstConnect, "")
	}
	b, err := c.whole(h.size())
	if err != nil {
		return err
	}
	pk := packets.Packet{}
	if err := pk.FixedHeader.Decode(h.first); err != nil {
		return c.violated(packets.ErrMalformedPacket, err.Error())
	}
	if err := decode(&pk, b[h.bytes:]); err != nil {
		return c.violated(packets.ErrMalformedPacket, err.Error())
	}
	c.r += h.size()
	cl := c.b.server.NewClient(c, "mqtt", "", false)
	cl.ParseConnect("mqtt", pk)
	c.mu.Lock()
	c.version = pk.ProtocolVersion
	c.terse = pk.Properties.RequestProblemInfoFlag && pk.Properties.RequestProblemInfo == 0 ||
		pk.Properties.MaximumPacketSize > 0 && pk.Properties.MaximumPacketSize < maxAcknowledgement
	c.mu.Unlock()
	code, r := c.admit(cl, &pk)
	if code != packets.CodeSuccess {
		c.deny(cl, code, r)
		return code
	}
	return c.establish(cl, &pk)
}

// deny reports and answers a CONNECT that is refused.
func (c *conn) deny(cl *mqtt.Client, code packets.Code, r coolant.Rejection) {
	c.refused = true
	r.Detail += ", from " + c.host()
	c.b.refuse(r)
	if c.version < 5 {
		code = before5(code)
	}
	_ = c.b.server.SendConnack(cl, code, false, nil)
	cl.Stop(code)
}

// before5 is the code that mochi translates to the nearest return code of
// MQTT 3.1.1.
func before5(code packets.Code) packets.Code {
	switch code.Code {
	case packets.ErrClientIdentifierNotValid.Code:
		return packets.ErrClientIdentifierNotValid
	case packets.ErrQuotaExceeded.Code:
		return packets.ErrServerUnavailable
	case packets.ErrUnsupportedProtocolVersion.Code, packets.ErrProtocolViolation.Code:
		return packets.ErrUnsupportedProtocolVersion
	}
	return packets.ErrBadUsernameOrPassword // which becomes "not authorized"
}

// admit checks a CONNECT: its form, user and password, the last will's topic, the
// client id. The code says whether, and the rejection why not.
func (c *conn) admit(cl *mqtt.Client, pk *packets.Packet) (packets.Code, coolant.Rejection) {
	if code := pk.ConnectValidate(); code != packets.CodeSuccess {
		return code, coolant.Rejection{Code: coolant.RejectedPacket, Detail: "CONNECT: " + code.Reason}
	}
	if pk.ProtocolVersion < 5 && !pk.Connect.Clean && pk.Connect.ClientIdentifier == "" {
		return packets.ErrClientIdentifierNotValid, coolant.Rejection{
			Code: coolant.RejectedPacket, Detail: "CONNECT: a persistent session without a client id",
		}
	}
	if pk.Properties.AuthenticationMethod != "" {
		return packets.ErrBadAuthenticationMethod, coolant.Rejection{
			Code: coolant.RejectedCredential, Detail: "an authentication method other than user name and password",
		}
	}
	user := string(pk.Connect.Username)
	device, err := coolant.ParseDeviceID(user)
	if err != nil || !pk.Connect.PasswordFlag {
		return packets.ErrBadUsernameOrPassword, coolant.Rejection{
			Code: coolant.RejectedCredential, Detail: "no user name and password, or a user name that is not a device id",
		}
	}
	c.mu.Lock()
	c.device = device // before the password is checked, so that Disconnect misses nobody who passed with the old one
	c.mu.Unlock()
	if !c.b.o.Auth.Verify(user, pk.Connect.Password) {
		return packets.ErrBadUsernameOrPassword, c.b.stranger(device)
	}
	if will := &pk.Connect; will.WillFlag && c.kindOf(will.WillTopic) == wire.KindNone {
		return packets.ErrNotAuthorized, coolant.Rejection{
			Device: device, Topic: strings.Clone(will.WillTopic), Code: coolant.RejectedTopic,
			Detail: "the last will has a topic to which the device may not publish", Excerpt: excerpt(will.WillPayload),
		}
	}
	cl.ID = strings.Clone(cl.ID) // which would keep the whole packet
	return c.claim(cl.ID)
}

// stranger tells the operator, and nobody else, whether a user who may not come in
// exists. Who does not is no part of the mistake: whoever tries names must not fill
// the list of rejections.
func (b *Broker) stranger(user coolant.DeviceID) coolant.Rejection {
	if b.o.Known(user) {
		return coolant.Rejection{Device: user, Code: coolant.RejectedCredential, Detail: "wrong password for user " + string(user)}
	}
	return coolant.Rejection{
		Code: coolant.RejectedCredential, Detail: "unknown user: the id of a registered device is expected, not " + string(user),
	}
}

// claim gets the session of a client id.
func (c *conn) claim(client string) (packets.Code, coolant.Rejection) {
	if client != string(c.device) && c.b.o.Known(coolant.DeviceID(client)) {
		return packets.ErrClientIdentifierNotValid, coolant.Rejection{
			Device: c.device, Code: coolant.RejectedSession,
			Detail: "the client id " + printable(client) + " is the name of another device",
		}
	}
	for range maxSessions {
		s, idle, foreign := c.b.sessions.claim(client, c.device)
		switch {
		case s != nil:
			c.session = s
			return packets.CodeSuccess, coolant.Rejection{}
		case foreign:
			return packets.ErrClientIdentifierNotValid, coolant.Rejection{
				Device: c.device, Code: coolant.RejectedSession,
				Detail: "the client id " + printable(client) + " has a session of another user",
			}
		case idle != nil:
			c.b.makeRoom(idle)
			continue
		}
		break
	}
	return packets.ErrQuotaExceeded, coolant.Rejection{
		Device: c.device, Code: coolant.RejectedRate,
		Detail: fmt.Sprintf("%d connections with different client ids already", maxSessions),
	}
}

// establish makes the connection that of its session, and answers the CONNECT.
func (c *conn) establish(cl *mqtt.Client, pk *packets.Packet) error {
	s := c.session
	s.turn.Lock()
	defer s.turn.Unlock()
	c.prepare(cl, pk)
	kept := persistent(cl)
	c.established = true
	c.b.mu.Lock()
	c.b.known(c)
	c.b.mu.Unlock()
	c.b.connected.Add(1)
	c.mu.Lock()
	c.client = cl
	c.mu.Unlock()
	err := c.b.takeOver(c, cl, pk.Connect.Clean, func(present bool) error {
		err := c.b.server.SendConnack(cl, packets.CodeSuccess, present, &packets.Properties{
			MaximumPacketSize:         uint32(c.b.o.MaxPacket),
			SharedSubAvailableFlag:    true, // and not available
			SessionExpiryInterval:     sessionExpiry,
			SessionExpiryIntervalFlag: pk.Properties.SessionExpiryInterval > sessionExpiry,
		})
		if err != nil {
			return fmt.Errorf("answer the CONNECT: %w", err)
		}
		if present {
			if err := c.resend(); err != nil {
				return fmt.Errorf("send again what was not acknowledged: %w", err)
			}
		}
		return nil
	})
	s.current, s.left = c, 0
	c.b.sessions.keep(s, kept)
	if err != nil {
		return err
	}
	c.b.storeSession(c, kept)
	if c.keepalive == 0 {
		c.setReadDeadline(time.Time{})
	}
	return nil
}

// prepare sets what the client asked for and may not have.
func (c *conn) prepare(cl *mqtt.Client, pk *packets.Packet) {
	cl.Properties.Username = []byte(c.device)
	props := &cl.Properties.Props
	props.SessionExpiryInterval = min(props.SessionExpiryInterval, sessionExpiry)
	c.expiry = props.SessionExpiryInterval
	if pk.ProtocolVersion == 5 && pk.Connect.Keepalive == 0 {
		cl.State.Keepalive, cl.State.ServerKeepalive = serverKeepAlive, true
	}
	c.keepalive = time.Duration(cl.State.Keepalive) * time.Second
	c.telemetry = wire.Topic(c.device, wire.Telemetry)
	if pk.Connect.WillFlag {
		// Whatever delay was asked for, it is sent when the connection ends: a
		// delayed one would be lost with the session, or with the server.
		c.will = &lastWill{
			kind: c.kindOf(pk.Connect.WillTopic), topic: strings.Clone(pk.Connect.WillTopic),
			payload: append([]byte(nil), pk.Connect.WillPayload...), retain: pk.Connect.WillRetain,
		}
	}
	cl.Properties.Will = mqtt.Will{} // it is ours to send
}

// takeOver ends the connection that the session may still have, and gives its
// subscriptions and what is in flight to the new one, if the session is to be
// resumed. Answer is told whether it is, and called before any message can be sent
// to the client: the CONNACK is the first packet, and what was in flight comes
// before what is new. It needs the session's turn.
func (b *Broker) takeOver(c *conn, cl *mqtt.Client, clean bool, answer func(present bool) error) error {
	s := c.session
	old, ok := b.server.Clients.Get(cl.ID)
	if !ok {
		if clean {
			s.startAnew()
		}
		b.server.Clients.Add(cl)
		return answer(false)
	}
	if s.current != nil {
		s.current.bye(packets.ErrSessionTakenOver)
	}
	b.delivery.Lock() // so that no message goes to the old one when its state is copied
	defer b.delivery.Unlock()
	defer b.server.Clients.Add(cl)
	if clean || !persistent(old) {
		s.startAnew()
		b.clear(old, persistent(old))
		return answer(false)
	}
	cl.State.Inflight = old.State.Inflight.Clone()
	cl.State.Inflight.ResetReceiveQuota(maxUnacknowledged)
	cl.State.Inflight.ResetSendQuota(int32(cl.Properties.Props.ReceiveMaximum))
	for filter, sub := range old.State.Subscriptions.GetAll() {
		cl.State.Subscriptions.Add(filter, sub)
	}
	return answer(true)
}
