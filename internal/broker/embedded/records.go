package embedded

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// The buckets of the broker's records, and their keys.
const (
	bucketRetained = "mqtt.retained" // the topic
	bucketSession  = "mqtt.session"  // the client id
	bucketInflight = "mqtt.inflight" // the packet id in five digits, "/", the client id
)

// format is the first byte, or the field v, of every record; another one is
// skipped with a warning, as it comes from a later version.
const format = 1

// records is the broker's memory across restarts.
type records struct{ Records }

// retain stores a retained message, or removes it if the payload is empty.
func (r records) retain(topic string, payload []byte, qos byte) error {
	if _, k, ok := wire.ParseTopic(topic); ok && k == wire.Committed {
		return nil // said again at every start, and far too often for the disk
	}
	var err error
	if len(payload) == 0 {
		err = r.DeleteRecord(context.Background(), bucketRetained, topic)
	} else {
		err = r.PutRecord(context.Background(), bucketRetained, topic, append([]byte{format, qos}, payload...))
	}
	if err != nil {
		return fmt.Errorf("store the retained message of %s: %w", topic, err)
	}
	return nil
}

// sessionRecord is a session on disk.
type sessionRecord struct {
	Version       int              `json:"v"`
	Owner         coolant.DeviceID `json:"user"`
	Protocol      byte             `json:"mqtt"`
	Expiry        uint32           `json:"expiry,omitempty"` // seconds; MQTT 5
	Left          int64            `json:"left,omitempty"`   // Unix time; 0 while connected
	Subscriptions []subscription   `json:"subs,omitempty"`
}

type subscription struct {
	Filter            string `json:"f"`
	QoS               byte   `json:"q"`
	Identifier        int    `json:"id,omitempty"`
	RetainHandling    byte   `json:"rh,omitempty"`
	RetainAsPublished bool   `json:"rap,omitempty"`
	NoLocal           bool   `json:"nl,omitempty"`
}

// storeSession stores a connection's session, or removes what is stored of one
// that shall not outlive its connection. It needs the session's turn. Failing is not the
// client's fault, and costs no more than a session, which a client must be able to
// live without.
func (b *Broker) storeSession(c *conn, kept bool) {
	if !kept {
		if c.session.stored {
			c.session.stored = false
			b.forgetSession(c.session.client)
		}
		return
	}
	r := sessionRecord{
		Version: format, Owner: c.device, Protocol: c.client.Properties.ProtocolVersion,
		Expiry: c.client.Properties.Props.SessionExpiryInterval, Left: c.session.left,
	}
	for _, s := range c.client.State.Subscriptions.GetAll() {
		r.Subscriptions = append(r.Subscriptions, subscription{
			Filter: s.Filter, QoS: s.Qos, Identifier: s.Identifier, RetainHandling: s.RetainHandling,
			RetainAsPublished: s.RetainAsPublished, NoLocal: s.NoLocal,
		})
	}
	value, err := json.Marshal(r)
	if err == nil {
		err = b.store.PutRecord(context.Background(), bucketSession, c.session.client, value)
	}
	if err != nil {
		b.log.Error("cannot store an MQTT session", "device", c.device, "error", err)
		return
	}
	c.session.stored = true
}

// storeSubscriptions stores a session whose subscriptions changed.
func (b *Broker) storeSubscriptions(c *conn) {
	if !persistent(c.client) {
		return
	}
	c.session.turn.Lock()
	defer c.session.turn.Unlock()
	if c.session.current == c {
		b.storeSession(c, true)
	}
}

func (b *Broker) forgetSession(client string) {
	if err := b.store.DeleteRecord(context.Background(), bucketSession, client); err != nil {
		b.log.Error("cannot remove an MQTT session", "client", client, "error", err)
	}
}

func inflightKey(client string, id uint16) string { return fmt.Sprintf("%05d/%s", id, client) }

// storeInflight stores a message on its way to a session that outlives its
// connection.
func (b *Broker) storeInflight(client string, pk *packets.Packet) {
	value := binary.BigEndian.AppendUint64([]byte{format, pk.FixedHeader.Qos}, uint64(pk.Created))
	value = binary.BigEndian.AppendUint16(value, uint16(len(pk.TopicName)))
	value = append(append(value, pk.TopicName...), pk.Payload...)
	if err := b.store.PutRecord(context.Background(), bucketInflight, inflightKey(client, pk.PacketID), value); err != nil {
		b.log.Error("cannot store a message for a session", "topic", pk.TopicName, "error", err)
	}
}

// dropInflight removes what storeInflight stored.
func (b *Broker) dropInflight(client string, id uint16) {
	if err := b.store.DeleteRecord(context.Background(), bucketInflight, inflightKey(client, id)); err != nil {
		b.log.Error("cannot remove a message for a session", "client", client, "error", err)
	}
}

// restore gives mochi what the records hold.
func (b *Broker) restore() error {
	for _, part := range []struct {
		bucket string
		load   func(key string, value []byte) error
	}{
		{bucketRetained, b.restoreRetained},
		{bucketSession, b.restoreSession},
		{bucketInflight, b.restoreInflight},
	} {
		var expired []string
		err := b.store.EachRecord(context.Background(), part.bucket, func(key string, value []byte) error {
			if err := part.load(key, value); errors.Is(err, errExpired) {
				expired = append(expired, strings.Clone(key))
			} else if err != nil {
				b.log.Warn("a record of the broker is not understood and left alone", "bucket", part.bucket, "key", key, "error", err)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the broker's records in %s: %w", part.bucket, err)
		}
		for _, key := range expired {
			if err := b.store.DeleteRecord(context.Background(), part.bucket, key); err != nil {
				b.log.Warn("cannot remove a record of an expired session", "bucket", part.bucket, "key", key, "error", err)
				break // there is no room, and the next start will try again
			}
		}
	}
	return nil
}

func (b *Broker) restoreRetained(topic string, value []byte) error {
	if len(value) < 3 || value[0] != format || value[1] > 2 {
		return errMalformed
	}
	b.server.Topics.RetainMessage(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: value[1], Retain: true},
		TopicName:   strings.Clone(topic),
		Payload:     append([]byte(nil), value[2:]...),
		Created:     time.Now().Unix(),
	})
	return nil
}

func (b *Broker) restoreSession(client string, value []byte) error {
	var r sessionRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return err
	}
	if r.Version != format {
		return errMalformed
	}
	client = strings.Clone(client)
	now, after := b.o.Now().Unix(), int64(sessionExpiry)
	if r.Protocol == 5 {
		after = min(after, int64(r.Expiry))
	}
	if r.Left == 0 { // it had a connection when the server was killed
		r.Left = now
	}
	if r.Left+after < now {
		return errExpired
	}
	cl := b.server.NewClient(nil, "restored", client, false)
	cl.Properties.Username = []byte(r.Owner)
	cl.Properties.ProtocolVersion = r.Protocol
	cl.Properties.Props.SessionExpiryInterval = r.Expiry
	cl.Properties.Props.SessionExpiryIntervalFlag = r.Protocol == 5
	cl.Stop(packets.ErrServerShuttingDown)
	b.server.Clients.Add(cl)
	for _, s := range r.Subscriptions {
		sub := packets.Subscription{
			Filter: s.Filter, Qos: s.QoS, Identifier: s.Identifier, RetainHandling: s.RetainHandling,
			RetainAsPublished: s.RetainAsPublished, NoLocal: s.NoLocal,
		}
		b.server.Topics.Subscribe(client, sub)
		cl.State.Subscriptions.Add(s.Filter, sub)
	}
	s := b.sessions.add(client, r.Owner)
	s.kept, s.stored, s.left = true, true, r.Left
	return nil
}

func (b *Broker) restoreInflight(key string, value []byte) error {
	id, client, ok := strings.Cut(key, "/")
	var n uint16
	if _, err := fmt.Sscanf(id, "%05d", &n); err != nil || !ok || len(value) < 12 || value[0] != format {
		return errMalformed
	}
	topic := int(binary.BigEndian.Uint16(value[10:]))
	if len(value) < 12+topic {
		return errMalformed
	}
	cl, ok := b.server.Clients.Get(client)
	if !ok {
		return errExpired // with its session
	}
	cl.State.Inflight.Set(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: value[1]},
		PacketID:    n,
		TopicName:   string(value[12 : 12+topic]),
		Payload:     append([]byte(nil), value[12+topic:]...),
		Created:     int64(binary.BigEndian.Uint64(value[2:])),
	})
	return nil
}
