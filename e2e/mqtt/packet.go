package mqtt

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is the protocol level of a connection, as it stands in CONNECT.
type Version byte

// The versions that the package speaks.
const (
	V311 Version = 4
	V5   Version = 5
)

// Type is the kind of a control packet: the upper four bits of its first byte.
type Type byte

// The control packets that a client meets.
const (
	TypeConnect    Type = 1
	TypeConnAck    Type = 2
	TypePublish    Type = 3
	TypePubAck     Type = 4
	TypePubRec     Type = 5
	TypePubRel     Type = 6
	TypePubComp    Type = 7
	TypeSubscribe  Type = 8
	TypeSubAck     Type = 9
	TypePingReq    Type = 12
	TypePingResp   Type = 13
	TypeDisconnect Type = 14
)

// Packet is one control packet as it was read. Body is valid until the next one
// is read.
type Packet struct {
	Type  Type
	Flags byte
	Body  []byte
}

// Will is the message that the broker sends when the connection breaks.
type Will struct {
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
}

// Connect is what a CONNECT packet says. Its zero value, with an ID, is a clean
// session without keep-alive, user or will.
type Connect struct {
	Version   Version // V311 when zero
	ID        string
	User      string
	Password  string
	KeepAlive uint16 // seconds; 0 means none
	Resume    bool   // keep the session that the broker has under ID
	Will      *Will
}

// AppendConnect appends a CONNECT packet to b.
func AppendConnect(b []byte, c Connect) []byte {
	version := c.version()
	flags := byte(0)
	if !c.Resume {
		flags |= 0x02
	}
	if c.Will != nil {
		flags |= 0x04 | c.Will.QoS<<3
		if c.Will.Retain {
			flags |= 0x20
		}
	}
	if c.User != "" {
		flags |= 0x80 | 0x40
	}
	body := appendString(nil, "MQTT")
	body = append(body, byte(version), flags)
	body = binary.BigEndian.AppendUint16(body, c.KeepAlive)
	if version == V5 {
		body = append(body, 0) // no properties
	}
	body = appendString(body, c.ID)
	if c.Will != nil {
		if version == V5 {
			body = append(body, 0)
		}
		body = appendString(body, c.Will.Topic)
		body = appendString(body, string(c.Will.Payload))
	}
	if c.User != "" {
		body = appendString(body, c.User)
		body = appendString(body, c.Password)
	}
	b = append(b, byte(TypeConnect)<<4)
	b = appendLength(b, len(body))
	return append(b, body...)
}

func (c Connect) version() Version {
	if c.Version == 0 {
		return V311
	}
	return c.Version
}

// Publish is a PUBLISH packet. ID counts only where QoS is above 0.
type Publish struct {
	Topic     string
	Payload   []byte
	ID        uint16
	QoS       byte
	Retain    bool
	Duplicate bool
}

// AppendPublish appends a PUBLISH packet without properties to b. It allocates
// only where b is too small.
func AppendPublish(b []byte, v Version, p Publish) []byte {
	first := byte(TypePublish)<<4 | p.QoS<<1
	if p.Retain {
		first |= 0x01
	}
	if p.Duplicate {
		first |= 0x08
	}
	n := 2 + len(p.Topic) + len(p.Payload)
	if p.QoS > 0 {
		n += 2
	}
	if v == V5 {
		n++
	}
	b = append(b, first)
	b = appendLength(b, n)
	b = appendString(b, p.Topic)
	if p.QoS > 0 {
		b = binary.BigEndian.AppendUint16(b, p.ID)
	}
	if v == V5 {
		b = append(b, 0)
	}
	return append(b, p.Payload...)
}

// AppendPubAck appends a PUBACK that says success.
func AppendPubAck(b []byte, id uint16) []byte {
	return append(b, byte(TypePubAck)<<4, 2, byte(id>>8), byte(id))
}

// AppendPubRel appends the PUBREL that answers a PUBREC.
func AppendPubRel(b []byte, id uint16) []byte {
	return append(b, byte(TypePubRel)<<4|0x02, 2, byte(id>>8), byte(id))
}

// AppendPing appends a PINGREQ.
func AppendPing(b []byte) []byte { return append(b, byte(TypePingReq)<<4, 0) }

// AppendDisconnect appends a DISCONNECT: the will is not sent.
func AppendDisconnect(b []byte) []byte { return append(b, byte(TypeDisconnect)<<4, 0) }

// AppendSubscribe appends a SUBSCRIBE for the filters, all with the same QoS.
func AppendSubscribe(b []byte, v Version, id uint16, qos byte, filters ...string) []byte {
	n := 2
	for _, f := range filters {
		n += 2 + len(f) + 1
	}
	if v == V5 {
		n++
	}
	b = append(b, byte(TypeSubscribe)<<4|0x02)
	b = appendLength(b, n)
	b = binary.BigEndian.AppendUint16(b, id)
	if v == V5 {
		b = append(b, 0)
	}
	for _, f := range filters {
		b = appendString(b, f)
		b = append(b, qos)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

func appendLength(b []byte, n int) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

// errMalformed says that the peer broke the protocol.
var errMalformed = errors.New("malformed packet")

// ParseAck reads the packet identifier and the reason of a PUBACK, PUBREC,
// PUBCOMP or of the first filter of a SUBACK. A reason of 0x80 or more is a
// refusal; version 3.1.1 has none in PUBACK.
func ParseAck(v Version, p Packet) (id uint16, reason byte, err error) {
	if len(p.Body) < 2 {
		return 0, 0, fmt.Errorf("acknowledgement of %d bytes: %w", len(p.Body), errMalformed)
	}
	id = binary.BigEndian.Uint16(p.Body)
	rest := p.Body[2:]
	if p.Type == TypeSubAck {
		if v == V5 {
			if rest, err = skipProperties(rest); err != nil {
				return 0, 0, err
			}
		}
		if len(rest) == 0 {
			return 0, 0, fmt.Errorf("SUBACK without reason: %w", errMalformed)
		}
	}
	if len(rest) > 0 {
		reason = rest[0]
	}
	return id, reason, nil
}

// ParsePublish reads a PUBLISH. Topic and payload share the packet's memory.
func ParsePublish(v Version, p Packet) (topic, payload []byte, id uint16, qos byte, err error) {
	qos = p.Flags >> 1 & 3
	b := p.Body
	if len(b) < 2 {
		return nil, nil, 0, 0, errMalformed
	}
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; len(b) < n {
		return nil, nil, 0, 0, errMalformed
	}
	topic, b = b[:n], b[n:]
	if qos > 0 {
		if len(b) < 2 {
			return nil, nil, 0, 0, errMalformed
		}
		id, b = binary.BigEndian.Uint16(b), b[2:]
	}
	if v == V5 {
		if b, err = skipProperties(b); err != nil {
			return nil, nil, 0, 0, err
		}
	}
	return topic, b, id, qos, nil
}

func skipProperties(b []byte) ([]byte, error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, fmt.Errorf("properties: %w", errMalformed)
	}
	return b[used+int(n):], nil
}
