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
		c.warn(problemf(stepSeparation, "separation_unproven", "not tried now, without a device: whether the broker keeps devices apart"))
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
	c.separation.Detail = fmt.Sprintf("the device %s is heard on its own topics, and can neither speak nor listen on those of another device", c.o.Device)
	c.report(stepSeparation, c.separation.Detail)
	return nil
}

// intruder is a device that tries what it must not be able to do.
type intruder struct {
	c         *check
	t         *target
	server    *opened
	listening []*opened // kept open until what may be heard was said
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
		if p.Code == "bad_credentials" {
			p.Hint = "Check the device's password: at the broker its user name is its id"
		}
		return nil, &p
	}
	return device, nil
}

func (in *intruder) leave() {
	for _, device := range in.listening {
		device.close()
	}
}

// overheard collects what a device hears, by topic and payload.
type overheard struct {
	mu    sync.Mutex
	heard map[string]bool
}

func (o *overheard) arrived(a arrival) {
	o.mu.Lock()
	if o.heard == nil {
		o.heard = map[string]bool{}
	}
	if len(o.heard) < maxOverheard { // a device that hears everything has heard enough
		o.heard[a.topic+" "+string(a.payload)] = true
	}
	o.mu.Unlock()
	if a.ack != nil {
		a.ack()
	}
}

const maxOverheard = 10_000

func (o *overheard) has(topic, word string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.heard[topic+" "+word]
}

// foreignTopic is one of another device, and what is said on it.
type foreignTopic struct {
	kind     wire.Kind
	topic    string
	intruded string // by the device
	control  string // by the service
}

// foreignTopics are all topics of a device that is none.
func (in *intruder) foreignTopics() (all []foreignTopic) {
	for k := wire.Telemetry; k < wire.Article; k++ {
		all = append(all, foreignTopic{kind: k, topic: wire.Topic(checkDevice, k)})
	}
	return all
}

// trespass tries what a device must not be able to do, and returns what it could. On
// every topic the service itself says a word too and must hear it: where it hears
// nothing, that the device was not heard would prove nothing.
func (in *intruder) trespass(ctx context.Context) (found []string, err error) {
	w, all := in.c.witness, in.foreignTopics()
	if err := in.attend(ctx, all); err != nil {
		return nil, err
	}
	if err := in.listen(ctx, all); err != nil {
		return nil, err
	}
	for i := range all {
		f := &all[i]
		device, err := in.connect(ctx)
		if err != nil {
			return nil, err
		}
		f.intruded = w.expect(f.topic)
		_ = device.publish(ctx, f.topic, []byte(f.intruded), 1, false) // a refusal is hoped for; what comes through counts
		device.close()
	}
	for i := range all {
		f := &all[i]
		f.control = w.expect(f.topic)
		if err := in.server.publish(ctx, f.topic, []byte(f.control), 1, false); err != nil {
			return nil, err
		}
	}
	// Everything sent before has had its time when these have come back, and a little
	// more.
	for _, f := range all {
		if err := w.wait(ctx, in.server, f.topic, f.control, in.c.o.times.request); err != nil {
			return nil, err
		}
		if !w.saw(f.topic, f.control) {
			return nil, problemf(stepSeparation, "echo_missing", "a message to %s did not come back, so nothing can be said of it", f.topic)
		}
	}
	if err := in.linger(ctx); err != nil {
		return nil, err
	}
	var spoke, listened []string
	for _, f := range all {
		if w.saw(f.topic, f.intruded) {
			spoke = append(spoke, f.kind.String())
		}
		if in.overheard.has(f.topic, f.control) {
			listened = append(listened, f.kind.String())
		}
	}
	if len(spoke) > 0 {
		found = append(found, "publish another device's "+strings.Join(spoke, ", "))
	}
	if len(listened) > 0 {
		found = append(found, "hear another device's "+strings.Join(listened, ", "))
	}
	return found, nil
}

// attend lets the service hear what is said on every topic.
func (in *intruder) attend(ctx context.Context, all []foreignTopic) error {
	for _, f := range all {
		codes, err := in.server.subscribe(ctx, []string{f.topic})
		if err != nil {
			return err
		}
		if codes[0] > 2 {
			return problemf(stepSubscribe, "subscription_refused", "may not subscribe to %s", f.topic)
		}
	}
	return nil
}

// listen lets the device try to hear every topic, by its name and by wildcards.
func (in *intruder) listen(ctx context.Context, all []foreignTopic) error {
	filters := []string{"coolant/+/telemetry", "coolant/+/desired", "coolant/+/command", "coolant/#", "#"}
	for _, f := range all {
		filters = append(filters, f.topic)
	}
	for _, filter := range filters {
		device, err := in.connect(ctx)
		if err != nil {
			return err
		}
		in.listening = append(in.listening, device)
		_, _ = device.subscribe(ctx, []string{filter}) // a refusal is hoped for; what comes through counts
	}
	return nil
}

// linger waits for what may still be under way.
func (in *intruder) linger(ctx context.Context) error {
	topic := wire.Topic(checkDevice, wire.Input)
	return in.c.witness.wait(ctx, in.server, topic, in.c.witness.expect(topic), grace) // which nobody says
}

// ownTopics proves that the device may do what the contract asks of it. That it
// would hear what is said to it is asked only: to say something would disturb it.
func (in *intruder) ownTopics(ctx context.Context) error {
	id := in.c.o.Device
	device, err := in.connect(ctx)
	if err != nil {
		return err
	}
	defer device.close()
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
	for _, k := range []wire.Kind{wire.Telemetry, wire.Status, wire.Info, wire.Reported, wire.Reply} {
		if err := in.ownTopic(ctx, device, wire.Topic(id, k)); err != nil {
			return err
		}
	}
	return nil
}

// ownTopic proves that what the device publishes to one of its topics reaches the
// service. A running one takes nothing of it for a reading; see [isTrial].
func (in *intruder) ownTopic(ctx context.Context, device *opened, topic string) error {
	w := in.c.witness
	word := w.expect(topic)
	if err := device.publish(ctx, topic, []byte(word), 1, false); err == nil {
		if err := w.wait(ctx, in.server, topic, word, in.c.o.times.request); err != nil {
			return err
		}
	}
	if w.saw(topic, word) {
		return nil
	}
	p := problemf(stepSeparation, "publish_refused", "what the device %s publishes to its own %s does not reach the service", in.c.o.Device, topic)
	p.Hint = hints["separation_broken"]
	return p
}
