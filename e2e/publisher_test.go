package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// publisher is a device with a ring buffer: it sends, remembers what is not
// acknowledged, and sends that again over its next connection, in other batches
// than before. Its samples come in bursts, single or batched, and sometimes a
// later one goes first.
type publisher struct {
	source
	cred    proc.Credential
	version mqtt.Version
	secure  bool
	batch   int           // greatest number of samples in a message
	pace    time.Duration // mean time between two messages
	window  int           // messages that may be unacknowledged
	limit   uint64        // samples that can be made before their time is the future

	mu      sync.Mutex
	rand    *rand.Rand
	next    uint64 // the next new sample
	pending []stretch
	flight  map[uint16]stretch // of the present connection, by packet id
	lastID  uint16
	acked   []bool
	through uint64 // the greatest `committed` that the server has said
	paused  bool   // sends nothing new
	bad     error  // what the server must never say
}

// stretch is a number of consecutive samples.
type stretch struct{ first, last uint64 }

// sampleStep is the time between two samples of a publisher in milliseconds: long,
// so that few samples reach over many buckets of a rollup.
const sampleStep = 20_000

func newPublisher(cred proc.Credential, r *rand.Rand, base time.Time) *publisher {
	boot := fmt.Sprintf("%016x", r.Uint64()|1)
	return &publisher{
		source: source{device: cred.ID, boot: boot, base: base.UnixMilli(), step: sampleStep, salt: r.Uint64N(1000)},
		cred:   cred, version: mqtt.V5, batch: 1, pace: 2 * time.Millisecond, window: 20,
		limit: uint64(time.Since(base).Milliseconds() / sampleStep),
		rand:  rand.New(rand.NewPCG(r.Uint64(), 1)), next: 1, acked: make([]bool, 1),
	}
}

// session connects once, sends what is pending, then new samples, until the
// connection breaks or ctx ends. The error is the end of the connection; what
// the server did wrong is in failure.
func (p *publisher) session(ctx context.Context, addr proc.Addr, conf *tls.Config) error {
	o := mqtt.Options{Addr: addr.MQTT, Connect: mqtt.Connect{
		Version: p.version, ID: p.cred.ID, User: p.cred.Username, Password: p.cred.Password, KeepAlive: 60,
	}}
	if p.secure {
		o.Addr, o.TLS = addr.MQTTS, conf
	}
	c, err := mqtt.Dial(ctx, o)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(ctx, func() { _ = c.Close() })
	p.begin()
	if _, err := c.Write(mqtt.AppendSubscribe(nil, p.version, 65535, 0, "coolant/"+p.device+"/committed")); err != nil {
		return err
	}
	read := make(chan error, 1)
	go func() {
		read <- p.read(c)
		cancel()
	}()
	err = p.write(ctx, c)
	cancel()
	return errors.Join(<-read, err)
}

// begin puts what was in flight when the last connection ended back to the
// front, and cuts it into other batches.
func (p *publisher) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lost []stretch
	for seq := uint64(1); seq < p.next; seq++ {
		if p.acked[seq] {
			continue
		}
		n := len(lost)
		if n > 0 && lost[n-1].last == seq-1 && lost[n-1].last-lost[n-1].first+1 < uint64(1+p.rand.IntN(2*p.batch)) {
			lost[n-1].last = seq
		} else {
			lost = append(lost, stretch{seq, seq})
		}
	}
	p.pending, p.flight = lost, map[uint16]stretch{}
}

func (p *publisher) write(ctx context.Context, c *mqtt.Conn) error {
	tick := time.NewTicker(p.pace)
	defer tick.Stop()
	var out []byte
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		for fresh := true; ; fresh = false {
			s, id, ok := p.take(fresh)
			if !ok {
				break
			}
			payload := p.appendTelemetry(nil, s.first, s.last)
			out = mqtt.AppendPublish(out[:0], c.Version, mqtt.Publish{Topic: "coolant/" + p.device + "/telemetry", Payload: payload, ID: id, QoS: 1})
			if _, err := c.Write(out); err != nil {
				return err
			}
		}
	}
}

// take returns the next message to send, if the window allows one: what is
// pending, or something new where fresh says so.
func (p *publisher) take(fresh bool) (stretch, uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.flight) >= p.window {
		return stretch{}, 0, false
	}
	if len(p.pending) == 0 {
		if !fresh || p.paused || p.next+2*uint64(p.batch) > p.limit {
			return stretch{}, 0, false
		}
		p.measure()
	}
	s := p.pending[0]
	p.pending = p.pending[1:]
	p.lastID = p.lastID%60000 + 1
	p.flight[p.lastID] = s
	return s, p.lastID, true
}

// measure makes new samples: one message, or two of which the later goes first.
func (p *publisher) measure() {
	for range 1 + p.rand.IntN(8)/7 {
		s := stretch{p.next, p.next + uint64(p.rand.IntN(p.batch))}
		p.next = s.last + 1
		p.pending = append([]stretch{s}, p.pending...)
	}
	for uint64(len(p.acked)) < p.next {
		p.acked = append(p.acked, false)
	}
}

func (p *publisher) read(c *mqtt.Conn) error {
	for {
		packet, err := c.Next()
		if err != nil {
			return err
		}
		switch packet.Type {
		case mqtt.TypePubAck:
			id, reason, err := mqtt.ParseAck(c.Version, packet)
			if err != nil {
				return err
			}
			p.acknowledge(id, reason)
		case mqtt.TypePublish:
			if err := p.heard(c.Version, packet); err != nil {
				return err
			}
		default: // SUBACK
		}
	}
}

func (p *publisher) acknowledge(id uint16, reason byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.flight[id]
	if !ok || reason >= 0x80 {
		p.bad = errors.Join(p.bad, fmt.Errorf("%s: PUBACK for packet %d with reason 0x%02x", p.device, id, reason))
		return
	}
	delete(p.flight, id)
	for seq := s.first; seq <= s.last; seq++ {
		p.acked[seq] = true
	}
}

// heard takes note of a `committed` message. One that goes beyond what was ever
// sent is wrong; whether it goes beyond what is stored shows after the crash.
func (p *publisher) heard(v mqtt.Version, packet mqtt.Packet) error {
	_, payload, _, _, err := mqtt.ParsePublish(v, packet)
	if err != nil {
		return err
	}
	var c struct {
		Boot    string `json:"boot"`
		Through uint64 `json:"through"`
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return fmt.Errorf("committed message %q: %w", payload, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case c.Boot != p.boot:
		p.bad = errors.Join(p.bad, fmt.Errorf("%s: committed of boot %s, which is not ours", p.device, c.Boot))
	case c.Through >= p.next:
		p.bad = errors.Join(p.bad, fmt.Errorf("%s: committed through %d, sent were %d", p.device, c.Through, p.next-1))
	case c.Through < p.through:
		p.bad = errors.Join(p.bad, fmt.Errorf("%s: committed went back from %d to %d", p.device, p.through, c.Through))
	}
	p.through = max(p.through, c.Through)
	return nil
}

// check compares what the server has with what it has promised: everything
// acknowledged, and everything up to `committed`. It returns the number of
// samples stored. The publisher may go on meanwhile.
func (p *publisher) check(ctx context.Context, srv *proc.Server) (int, error) {
	p.mu.Lock()
	acked, through, bad := append([]bool(nil), p.acked...), p.through, p.bad
	p.mu.Unlock()
	if bad != nil {
		return 0, bad
	}
	have, err := p.stored(ctx, srv, p.limit)
	if err != nil {
		return 0, err
	}
	made, _, _ := p.progress()
	count := 0
	for seq, ok := range have {
		switch {
		case ok && seq > made:
			return 0, fmt.Errorf("%s: sample %d is stored and was never sent", p.device, seq)
		case ok:
			count++
		case seq < len(acked) && acked[seq]:
			return 0, fmt.Errorf("%s: sample %d was acknowledged and is not stored", p.device, seq)
		}
	}
	if n := contiguous(have); through > n {
		return 0, fmt.Errorf("%s: committed said %d, contiguously stored are %d", p.device, through, n)
	}
	return count, nil
}

// pause lets the publisher send nothing new, or go on.
func (p *publisher) pause(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = on
}

// progress is how many samples were made, how many of them are acknowledged, and
// how far `committed` has come.
func (p *publisher) progress() (made, acked int, through uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ok := range p.acked {
		if ok {
			acked++
		}
	}
	return int(p.next - 1), acked, p.through
}

// settled says what is missing until everything made is acknowledged and
// committed, nil if nothing is.
func (p *publisher) settled() error {
	made, acked, through := p.progress()
	if acked < made || through < uint64(made) {
		return fmt.Errorf("%s: %d samples, %d acknowledged, committed through %d", p.device, made, acked, through)
	}
	return nil
}
