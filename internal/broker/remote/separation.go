package remote

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// grace is how long a message that must not come may take after one that was
// sent behind it has come.
const grace = time.Second

// separate proves that the broker keeps devices apart: it connects as a device and
// tries to speak and to listen on the topics of another one, while the service
// looks on. The proof is what comes through and not what the broker answers,
// because some brokers drop in silence. That the device may use its own topics is
// proven too: a broker that refuses everything separates nothing.
func (c *check) separate(ctx context.Context, t *target, server *opened) error {
	if c.o.Device == "" {
		c.warn(problemf(stepSeparation, "separation_unproven", "nobody has tried whether the broker keeps devices apart"))
		return nil
	}
	own := *t
	own.Username, own.Password = string(c.o.Device), c.o.DevicePassword
	in := &intruder{c: c, t: &own, server: server}
	defer in.leave()
	found, err := in.trespass(ctx)
	if err == nil {
		err = in.ownTopics(ctx)
	}
	if err != nil {
		return c.fail(err)
	}
	c.separation.Checked = coolant.Milli(c.o.Now())
	if len(found) > 0 {
		c.separation.State = coolant.SeparationBroken
		c.separation.Detail = fmt.Sprintf("the device %s may %s", c.o.Device, strings.Join(found, ", and "))
		return c.fail(problemf(stepSeparation, "separation_broken", "%s", c.separation.Detail))
	}
	c.separation.State = coolant.SeparationProven
	c.separation.Detail = fmt.Sprintf("the device %s may use its own topics, and neither speak nor listen on those of another device", c.o.Device)
	c.report(stepSeparation, c.separation.Detail)
	return nil
}

// intruder is a device that tries what it must not be able to do.
type intruder struct {
	c         *check
	t         *target
	server    *opened
	open      []*opened
	overheard overheard
}

// connect makes a connection of the device. Each attempt gets its own: some brokers
// hang up on who tries a foreign topic, and what was sent behind that proves
// nothing.
func (in *intruder) connect(ctx context.Context) (*opened, error) {
	device, err := in.c.open(ctx, in.t, func(string, string) {}, in.overheard.arrived)
	if err != nil {
		p := *asProblem(err)
		p.Step, p.Detail = stepSeparation, "as device "+string(in.c.o.Device)+": "+p.Detail
		return nil, &p
	}
	in.open = append(in.open, device)
	return device, nil
}

func (in *intruder) leave() {
	for _, device := range in.open {
		device.close()
	}
}

// overheard collects what a device hears.
type overheard struct {
	mu    sync.Mutex
	heard []string
}

func (o *overheard) arrived(a arrival) {
	o.mu.Lock()
	o.heard = append(o.heard, a.topic)
	o.mu.Unlock()
	if a.ack != nil {
		a.ack()
	}
}

func (o *overheard) has(topic string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.heard {
		if t == topic {
			return true
		}
	}
	return false
}

// trespass tries what a device must not be able to do, and returns what it could.
func (in *intruder) trespass(ctx context.Context) (found []string, err error) {
	w := in.c.witness
	foreign := []string{wire.Topic(checkDevice, wire.Telemetry), wire.Topic(checkDevice, wire.Desired), wire.Topic(checkDevice, wire.Command)}
	desired := foreign[1]
	// The service listens to telemetry anyway; what is said to a device it does not
	// hear.
	if _, err := in.server.subscribe(ctx, foreign[1:]); err != nil {
		return nil, err
	}
	for _, filter := range []string{desired, "coolant/+/desired", "coolant/#", "#"} {
		device, err := in.connect(ctx)
		if err != nil {
			return nil, err
		}
		_, _ = device.subscribe(ctx, []string{filter}) // a refusal is hoped for; what comes through counts
	}
	said := make([]string, len(foreign))
	for i, topic := range foreign {
		device, err := in.connect(ctx)
		if err != nil {
			return nil, err
		}
		said[i] = w.expect(topic)
		_ = device.publish(ctx, topic, []byte(said[i]), 1, false) // likewise
	}
	// Everything sent before has had its time when this one has come back, and a
	// little more.
	word := w.expect(desired)
	if err := in.server.publish(ctx, desired, []byte(word), 1, false); err != nil {
		return nil, err
	}
	if err := w.wait(ctx, in.server, desired, word, in.c.o.times.request); err != nil {
		return nil, err
	}
	if !w.saw(desired, word) {
		return nil, problemf(stepSeparation, "echo_missing", "a message to %s did not come back", desired)
	}
	if err := in.linger(ctx); err != nil {
		return nil, err
	}
	for i, topic := range foreign {
		if w.saw(topic, said[i]) {
			found = append(found, "publish to "+topic)
		}
	}
	if in.overheard.has(desired) {
		found = append(found, "hear what is said on "+desired)
	}
	return found, nil
}

// linger waits for what may still be under way.
func (in *intruder) linger(ctx context.Context) error {
	never := in.c.witness.expect(wire.Topic(checkDevice, wire.Input)) // which nobody says
	return in.c.witness.wait(ctx, in.server, wire.Topic(checkDevice, wire.Input), never, grace)
}

// ownTopics proves that the device may do what the contract asks of it. The reply
// to a command that nobody gave disturbs nobody.
func (in *intruder) ownTopics(ctx context.Context) error {
	id := in.c.o.Device
	device, err := in.connect(ctx)
	if err != nil {
		return err
	}
	filters := []string{wire.Topic(id, wire.Committed), wire.Topic(id, wire.Desired), wire.Topic(id, wire.Command), wire.Topic(id, wire.Input)}
	codes, err := device.subscribe(ctx, filters)
	if err != nil {
		return err
	}
	for i, code := range codes {
		if code > 2 {
			p := problemf(stepSeparation, "subscription_refused", "the device %s may not subscribe to its own %s", id, filters[i])
			p.Hint = hints["separation_broken"]
			return p
		}
	}
	topic := wire.Topic(id, wire.Reply)
	word := in.c.witness.expect(topic)
	if err = device.publish(ctx, topic, []byte(word), 1, false); err == nil {
		if err := in.c.witness.wait(ctx, in.server, topic, word, in.c.o.times.request); err != nil {
			return err
		}
	}
	if !in.c.witness.saw(topic, word) {
		p := problemf(stepSeparation, "publish_refused", "what the device %s publishes to its own %s does not reach the service", id, topic)
		p.Hint = hints["separation_broken"]
		return p
	}
	return nil
}
