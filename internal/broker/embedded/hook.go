package embedded

import (
	"errors"
	"strings"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// hook is how mochi asks and tells. Unless said otherwise its methods run in the
// goroutine of the client's connection.
type hook struct {
	mqtt.HookBase
	b *Broker
}

// ID names the hook in mochi's log.
func (h *hook) ID() string { return "coolant" }

// Provides says which of the methods mochi is to call.
func (h *hook) Provides(b byte) bool {
	switch b {
	case mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnSessionEstablished, mqtt.OnDisconnect,
		mqtt.OnACLCheck, mqtt.OnPacketRead, mqtt.OnPacketEncode, mqtt.OnPublish, mqtt.OnPublished,
		mqtt.OnSubscribed, mqtt.OnUnsubscribed, mqtt.OnPublishDropped, mqtt.OnWill,
		mqtt.OnQosPublish, mqtt.OnQosComplete, mqtt.OnQosDropped:
		return true
	}
	return false
}

// connOf returns the connection of a client, nil for the server itself and for a
// session without one.
func connOf(cl *mqtt.Client) *conn {
	c, _ := cl.Net.Conn.(*conn)
	return c
}

// OnConnect decides who may come in. It answers refusals itself, because mochi
// closes the connection without a word when this hook fails.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	c := connOf(cl)
	c.mu.Lock()
	c.version = cl.Properties.ProtocolVersion
	c.terse = cl.Properties.Props.RequestProblemInfoFlag && cl.Properties.Props.RequestProblemInfo == 0
	c.mu.Unlock()
	code, r := c.admit(cl, &pk)
	if code == packets.CodeSuccess {
		return nil
	}
	c.refused = true
	if r.Device == "" {
		r.Detail += ", from " + c.host()
	}
	h.b.refuse(r)
	if c.version < 5 {
		code = before5(code)
	}
	_ = h.b.server.SendConnack(cl, code, false, nil)
	return code
}

// before5 is the nearest return code of MQTT 3.1.1.
func before5(code packets.Code) packets.Code {
	if code == packets.ErrClientIdentifierNotValid {
		return code // which mochi translates
	}
	return packets.ErrBadUsernameOrPassword // to be translated to "not authorized"
}

// admit checks a CONNECT: user and password, the client id, the will's topic. The
// code says whether, and the rejection why not.
func (c *conn) admit(cl *mqtt.Client, pk *packets.Packet) (packets.Code, coolant.Rejection) {
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
	c.device = device // before the password is checked, so that Disconnect misses no connection that passed with the old one
	c.mu.Unlock()
	if !c.b.o.Auth.Verify(user, pk.Connect.Password) {
		return packets.ErrBadUsernameOrPassword, coolant.Rejection{
			Code: coolant.RejectedCredential, Detail: "user " + user + ": unknown, or a wrong password",
		}
	}
	if pk.Connect.WillFlag && !c.mayPublish(pk.Connect.WillTopic) {
		return packets.ErrNotAuthorized, coolant.Rejection{
			Device: device, Topic: strings.Clone(pk.Connect.WillTopic), Code: coolant.RejectedTopic,
			Detail: "the last will has a topic to which the device may not publish", Excerpt: excerpt(pk.Connect.WillPayload),
		}
	}
	cl.ID = strings.Clone(cl.ID) // mochi's is a part of the packet, and would keep all of it
	cl.Properties.Username = []byte(device)
	if c.session = c.b.sessions.claim(cl.ID, device); c.session == nil {
		return packets.ErrClientIdentifierNotValid, coolant.Rejection{
			Device: device, Code: coolant.RejectedSession,
			Detail: "the client id " + printable(cl.ID) + " has a session of another user",
		}
	}
	c.session.turn.Lock()
	c.turn = true
	c.prepare(cl, pk)
	return packets.CodeSuccess, coolant.Rejection{}
}

// prepare sets what the client asked for and may not have.
func (c *conn) prepare(cl *mqtt.Client, pk *packets.Packet) {
	if cl.Properties.ProtocolVersion == 5 && pk.Connect.Keepalive == 0 {
		cl.State.Keepalive, cl.State.ServerKeepalive = serverKeepAlive, true
	}
	if pk.Connect.WillFlag {
		// A will that waits is neither retained by mochi where the session ends
		// before, nor sent after a restart.
		cl.Properties.Will.WillDelayInterval = 0
		cl.Properties.Will.TopicName = strings.Clone(cl.Properties.Will.TopicName)
		will := cl.Properties.Will
		c.will = &will
	}
	c.telemetry = wire.Topic(c.device, wire.Telemetry)
}

// OnConnectAuthenticate lets in whom OnConnect did not refuse.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	c := connOf(cl)
	return c != nil && c.session != nil
}

// OnSessionEstablished is called after the CONNACK.
func (h *hook) OnSessionEstablished(cl *mqtt.Client, pk packets.Packet) {
	c := connOf(cl)
	h.b.connected.Add(1)
	c.established = true
	c.mu.Lock()
	c.client = cl
	c.mu.Unlock()
	c.awake = time.Now()
	c.keepalive = time.Duration(cl.State.Keepalive) * time.Second
	if c.keepalive == 0 {
		c.setReadDeadline(time.Time{})
	}
	kept := persistent(cl)
	c.session.current = c
	h.b.sessions.keep(c.session, kept)
	if pk.Connect.Clean {
		c.session.forgetReceived()
	}
	h.b.storeSession(c, kept)
	c.turn = false
	c.session.turn.Unlock()
}

// OnDisconnect is called when a session's connection ended, before mochi looks
// whether another one took the session over.
func (h *hook) OnDisconnect(cl *mqtt.Client, err error, _ bool) {
	c := connOf(cl)
	if c == nil {
		return
	}
	c.session.turn.Lock() // so that a connection that is taking over has done so
	defer c.session.turn.Unlock()
	code, ok := errors.AsType[packets.Code](err)
	if !ok || c.refused {
		return
	}
	switch code.Code {
	case packets.ErrMalformedPacket.Code, packets.ErrProtocolViolation.Code, packets.ErrTopicAliasInvalid.Code, packets.ErrPacketTooLarge.Code:
		c.refused = true
		h.b.refuse(coolant.Rejection{Device: c.device, Code: coolant.RejectedPacket, Detail: err.Error()})
	}
}

// OnPublishDropped is called, by whoever publishes, when a message to a client
// could not be queued. With a QoS it must not be lost, so the client has to come
// back and be told anew.
func (h *hook) OnPublishDropped(cl *mqtt.Client, pk packets.Packet) {
	if c := connOf(cl); c != nil && pk.FixedHeader.Qos > 0 {
		h.b.metrics.dropped.WithLabelValues("not_reading").Inc()
		c.bye(packets.ErrQuotaExceeded)
	}
}

// OnPacketEncode is called for each packet to a client, by whoever sends it.
func (h *hook) OnPacketEncode(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	switch pk.FixedHeader.Type {
	case packets.Connack:
		pk.Properties.MaximumPacketSize = uint32(h.b.o.MaxPacket)
		pk.Properties.SharedSubAvailableFlag = true // and not available
	case packets.Suback, packets.Unsuback:
		if c := connOf(cl); c != nil {
			pk.PacketID = c.in.id
		}
	}
	return pk
}
