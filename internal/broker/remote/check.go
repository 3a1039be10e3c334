package remote

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// Result is what came of one step of a [Check].
type Result struct {
	Step    string                 `json:"step"`
	OK      bool                   `json:"ok"`
	Detail  string                 `json:"detail"`            // what was found
	Problem *coolant.BrokerProblem `json:"problem,omitempty"` // of a step that failed, or that is a warning
}

// CheckOptions says what to check.
type CheckOptions struct {
	Endpoint
	// ArticleTopic is subscribed to as well; empty leaves it out.
	ArticleTopic string
	// Device and its password at the broker let the check prove that the broker keeps
	// devices apart; without them it says that nobody knows.
	Device         coolant.DeviceID
	DevicePassword string
	// Report is called for each step when it is done.
	Report func(Result)

	Now   func() time.Time // nil means time.Now
	times times
}

// checkDevice is the name of a device that is none: what is said to it disturbs
// nobody. Its topics are those of the contract, because others may be refused.
const checkDevice = coolant.DeviceID("coolant-check")

// Check goes the way to a broker step by step as the service does: DNS, TCP, TLS,
// CONNECT, SUBSCRIBE, PUBLISH and the echo; and, with a device's password, whether
// a foreign topic is refused to it. It disturbs neither the session of a running
// service nor devices. It returns the result for [Broker.SetSeparation]; the
// error is the first problem.
func Check(ctx context.Context, o CheckOptions) (coolant.Separation, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.times == (times{}) {
		o.times = usualTimes()
	}
	c := &check{o: o, witness: newWitness()}
	c.separation.State = coolant.SeparationUnproven
	err := c.run(ctx)
	return c.separation, err
}

// check is a check under way.
type check struct {
	o          CheckOptions
	witness    *witness
	separation coolant.Separation
}

func (c *check) run(ctx context.Context) error {
	t, err := c.o.target()
	if err != nil {
		return c.fail(err)
	}
	server, err := c.open(ctx, t, c.report, c.witness.arrived)
	if err != nil {
		return c.fail(err)
	}
	defer server.close()
	if err := c.subscribe(ctx, server); err != nil {
		return c.fail(err)
	}
	if err := c.echo(ctx, server); err != nil {
		return c.fail(err)
	}
	return c.separate(ctx, t, server)
}

func (c *check) report(step, detail string) { c.o.Report(Result{Step: step, OK: true, Detail: detail}) }

// fail reports the step that failed.
func (c *check) fail(err error) error {
	p := asProblem(err)
	if p == nil {
		p = problemf(stepConfig, "config", "%s", err)
	}
	c.o.Report(Result{Step: p.Step, Detail: p.Detail, Problem: p})
	return p
}

// warn reports what works and should be looked at.
func (c *check) warn(p *coolant.BrokerProblem) {
	c.o.Report(Result{Step: p.Step, OK: true, Detail: p.Detail, Problem: p})
}

// open connects with a client id of its own and a session that is not kept.
func (c *check) open(ctx context.Context, t *target, did trace, arrived func(arrival)) (*opened, error) {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	o, d, err := t.converse(ctx, c.o.times.dial, opening{
		clientID: "coolant-check-" + hex.EncodeToString(id[:]), username: t.Username, password: t.Password,
		clean: true, request: c.o.times.request, counted: func(int, int) {}, arrived: arrived,
	}, "", did)
	if err != nil {
		return nil, err
	}
	who := t.Username
	if who == "" {
		who = "nobody, without a password"
	}
	did(stepConnect, "let in as "+who+", with MQTT "+o.protocol)
	now := coolant.Milli(c.o.Now())
	if d.certificate != nil && d.certificate.Expires-now < certificateWarning {
		c.warn(expiring(d.certificate, now))
	}
	if o.protocol == protocol3 && t.Protocol == protocolAuto {
		c.warn(problemf(stepConnect, "old_protocol", "the broker speaks MQTT 3.1.1 only"))
	}
	if t.tls == nil && !private(t.url.Hostname()) {
		c.warn(problemf(stepConfig, "no_tls", "%s is not encrypted", t.URL))
	}
	return o, nil
}

// subscribe asks for what the service asks for, and for the echo's topics.
func (c *check) subscribe(ctx context.Context, server *opened) error {
	filters := filters(c.o.ArticleTopic, "any")
	codes, err := server.subscribe(ctx, filters)
	if err != nil {
		return err
	}
	warnings, err := granted(filters, codes, c.o.ArticleTopic)
	if err != nil {
		return err
	}
	for i := range warnings {
		c.warn(&warnings[i])
	}
	c.report(stepSubscribe, "the broker grants "+strings.Join(filters, ", "))
	return nil
}

// echo publishes to a topic of no device and waits for it to come back.
func (c *check) echo(ctx context.Context, server *opened) error {
	topic := wire.Topic(checkDevice, wire.Input)
	codes, err := server.subscribe(ctx, []string{topic})
	if err == nil && codes[0] > 2 {
		err = problemf(stepSubscribe, "subscription_refused", "may not subscribe to %s", topic)
	}
	if err != nil {
		return err
	}
	word := c.witness.expect(topic)
	begin := c.o.Now()
	if err := server.publish(ctx, topic, []byte(word), 1, false); err != nil {
		return err
	}
	c.report(stepPublish, "the broker took a message to "+topic)
	if err := c.witness.wait(ctx, server, topic, word, c.o.times.request); err != nil {
		return err
	}
	if !c.witness.saw(topic, word) {
		return problemf(stepEcho, "echo_missing", "a message to %s did not come back within %s", topic, c.o.times.request)
	}
	c.report(stepEcho, fmt.Sprintf("it came back after %d ms", max(1, c.o.Now().Sub(begin).Milliseconds())))
	return nil
}
