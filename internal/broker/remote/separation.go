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
	a.ack()
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
	c := in.c
	foreign := []string{wire.Topic(checkDevice, wire.Telemetry), wire.Topic(checkDevice, wire.Desired)}
	// The service listens to telemetry anyway; what is said to a device it does not
	// hear.
	if _, err := in.server.subscribe(ctx, foreign[1:]); err != nil {
		return nil, err
	}
	for _, filter := range []string{foreign[1], "coolant/+/desired", "coolant/#", "#"} {
		device, err := in.connect(ctx)
		if err != nil {
			return nil, err
		}
		_, _ = device.subscribe(ctx, []string{filter}) // a refusal is hoped for; what comes through counts
	}
	said := map[string]string{}
	for _, topic := range foreign {
		device, err := in.connect(ctx)
		if err != nil {
			return nil, err
		}
		said[topic] = token()
		_ = device.publish(ctx, topic, []byte(said[topic]), 1, false) // likewise
	}
	word := token()
	if err := in.server.publish(ctx, foreign[1], []byte(word), 1, false); err != nil {
		return nil, err
	}
	// Everything sent before has had its time when this one has come back, and a
	// little more.
	if !c.collect(ctx, in.server, foreign[1]+" "+word, said) {
		return nil, problemf(stepSeparation, "echo_missing", "a message to %s did not come back", foreign[1])
	}
	for _, topic := range foreign {
		if said[topic] == "" {
			found = append(found, "publish to "+topic)
		}
	}
	if in.overheard.has(foreign[1]) {
		found = append(found, "hear what is said on "+foreign[1])
	}
	return found, nil
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
	topic, word := wire.Topic(id, wire.Reply), `{"id":"coolant-check","ok":true}`
	err = device.publish(ctx, topic, []byte(word), 1, false)
	if err != nil || !in.c.hear(ctx, topic+" "+word, in.server) {
		p := problemf(stepSeparation, "publish_refused", "what the device %s publishes to its own %s does not reach the service", id, topic)
		p.Hint = hints["separation_broken"]
		return p
	}
	return nil
}

// collect waits for a message and a little longer, and takes out of said what
// came. It returns false if the message did not come.
func (c *check) collect(ctx context.Context, server *opened, last string, said map[string]string) bool {
	limit := time.NewTimer(c.o.times.request)
	defer limit.Stop()
	came := false
	for {
		select {
		case got := <-c.heard:
			if got == last {
				came = true
				limit.Reset(grace)
			}
			for topic, payload := range said {
				if payload != "" && got == topic+" "+payload {
					said[topic] = ""
				}
			}
		case <-limit.C:
			return came
		case <-server.ended():
			return false
		case <-ctx.Done():
			return false
		}
	}
}
