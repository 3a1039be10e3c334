package remote

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"coolant"
	"coolant/internal/wire"
)

// link is one connection from its CONNECT to its end.
type link struct {
	b      *Broker
	ledger *ledger
	acked  chan struct{}               // closed when the ledger's run has ended
	failed chan *coolant.BrokerProblem // 1: a message was not stored
	life   context.Context
	end    context.CancelFunc

	// Until the fence has come back, what arrives had waited at the broker while the
	// service was away for long.
	stale  atomic.Bool
	fence  string        // payload of the fence
	passed chan struct{} // closed when it has come back
	once   sync.Once     // for that
	came   atomic.Uint64 // messages
	busy   atomic.Bool   // with one of them
}

const (
	// queueGrace is how long the service may have been away before the time of receipt
	// of what waited says too little of when it was sent.
	queueGrace = 2 * time.Minute
	// heartbeat is how often it is noted that the link stands, and recheck how often a
	// certificate that is about to end is looked at again.
	heartbeat = time.Minute
	recheck   = 24 * time.Hour
)

func newLink(b *Broker) *link {
	l := &link{b: b, acked: make(chan struct{}), failed: make(chan *coolant.BrokerProblem, 1)}
	l.life, l.end = context.WithCancel(context.Background())
	l.stale.Store(b.away() > queueGrace)
	l.fence, l.passed = unique("fence"), make(chan struct{})
	l.ledger = newLedger(func(err error) {
		l.failed <- problemf(stepSession, "store_failed", "a message could not be stored: %s", err)
	})
	go func() {
		defer close(l.acked)
		l.ledger.run()
	}()
	return l
}

// abandon ends a link that never came to stand.
func (l *link) abandon() {
	l.ledger.close()
	l.end()
	<-l.acked
}

func (l *link) opening() opening {
	o := &l.b.o
	return opening{
		clientID: o.ClientID, username: o.Username, password: o.Password,
		expiry: o.SessionExpiry, request: o.times.request, counted: l.b.counted, arrived: l.arrived,
	}
}

// serve subscribes and waits for the end of the connection, whose reason it
// returns; nil if ctx was it.
func (l *link) serve(ctx context.Context, o *opened, d *dialled) *coolant.BrokerProblem {
	b := l.b
	var work sync.WaitGroup
	defer work.Wait()
	defer l.close(o) // which ends the work
	filters := filters(b.o.ArticleTopic, b.o.ArticleDevice)
	codes, err := o.subscribe(ctx, filters)
	if err != nil {
		return asProblem(err)
	}
	warnings, err := granted(filters, codes, b.o.ArticleTopic)
	if err != nil {
		return asProblem(err)
	}
	b.connected(l, o, d, warnings)
	work.Go(func() { b.o.Connected(l.life) })
	work.Go(func() { l.clear(o) })
	work.Go(func() { l.keepUp() })
	select {
	case p := <-l.failed:
		return p
	case <-o.ended():
		if p := o.why(); p != nil {
			return p
		}
		return problemf(stepSession, "connection_lost", "the connection ended")
	case <-ctx.Done():
		b.draining.Store(true)
		settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.o.times.settle)
		defer cancel()
		l.ledger.idle(settle)
		return nil
	}
}

// clear finds out when all that had waited at the broker has come: what is
// published now comes behind it. A fence may be lost in a full queue, so it is said
// again while messages come. A broker that never gives it back must not make it
// last for ever: once nothing has come for a while, nothing waits.
func (l *link) clear(o *opened) {
	for came := uint64(math.MaxUint64); o.present && l.stale.Load(); {
		turn, cancel := context.WithTimeout(l.life, l.b.o.times.request)
		_ = o.publish(turn, wire.Topic(checkDevice, wire.Reply), []byte(l.fence), 1, false) // or the next one
		select {
		case <-l.passed:
		case <-turn.Done():
		}
		cancel()
		if l.life.Err() != nil {
			return
		}
		now := l.came.Load()
		if now == came && !l.busy.Load() {
			break
		}
		came = now
	}
	l.stale.Store(false)
}

// keepUp notes now and then that the link stands, and looks again at a certificate
// that is about to end: a connection may outlive it.
func (l *link) keepUp() {
	l.note()
	beat, look := time.NewTicker(heartbeat), time.NewTicker(recheck)
	defer beat.Stop()
	defer look.Stop()
	for {
		select {
		case <-l.life.Done():
			return
		case <-beat.C:
			l.note()
		case <-look.C:
			l.b.lookAgain(l.life)
		}
	}
}

// note keeps that the session was used now.
func (l *link) note() {
	b := l.b
	if err := b.memory.rememberSession(l.life, b.identity(), coolant.Milli(b.o.Now())); err != nil && l.life.Err() == nil {
		b.o.Log.Debug("cannot remember the session at the outside broker", slog.Any("error", err))
	}
}

// granted judges what the broker answered to a SUBSCRIBE. Without the article's
// topic the service can work; that is a warning.
func granted(filters []string, codes []byte, article string) (warnings []coolant.BrokerProblem, err error) {
	for i, filter := range filters {
		switch {
		case codes[i] == 0:
			warnings = append(warnings, *problemf(stepSubscribe, "weak_subscription",
				"the broker delivers %s with QoS 0 only, without acknowledgement", filter))
		case codes[i] > 2:
			p := refused5(stepSubscribe, codes[i], "")
			if p.Code != "quota_reached" {
				p.Code, p.Hint = "subscription_refused", hints["subscription_refused"]
			}
			p.Detail = "may not subscribe to " + filter + ": " + p.Detail
			if filter != article {
				return nil, p
			}
			warnings = append(warnings, *p)
		}
	}
	return warnings, nil
}

// close ends the connection. What is settled by then is acknowledged; what is
// settled later comes again and is recognised.
func (l *link) close(o *opened) {
	l.b.disconnected()
	l.end()
	l.ledger.close()
	left := make(chan struct{})
	go func() {
		defer close(left)
		<-l.acked
		o.close()
	}()
	select {
	case <-left:
	case <-time.After(l.b.o.times.settle):
		// A handler still holds the connection's reader back; it ends by itself.
	}
}

// arrived passes a message on.
func (l *link) arrived(a arrival) {
	b := l.b
	if b.draining.Load() || l.life.Err() != nil {
		return // not acknowledged: it comes again
	}
	l.came.Add(1)
	l.busy.Store(true)
	defer l.busy.Store(false)
	if a.topic == wire.Topic(checkDevice, wire.Reply) && string(a.payload) == l.fence {
		l.stale.Store(false)
		l.once.Do(func() { close(l.passed) })
	}
	b.metrics.received.Inc()
	b.o.Traffic(crossing(a.topic, a.payload)) // the other half is counted on our connection
	token := l.ledger.add(a.ack)
	m := wire.Message{Topic: a.topic, Payload: a.payload, Received: coolant.Milli(b.o.Now()), Retained: a.retained, Queued: l.stale.Load(), Again: a.qos > 0}
	if r := l.judge(&m); r != nil {
		b.o.Refuse(*r)
		l.ledger.Settle(token, coolant.Errorf(coolant.CodeInvalid, "%s", r.Detail))
		return
	}
	if m.Kind == wire.KindNone || isTrial(m.Payload) || len(m.Payload) == 0 && m.Kind != wire.Telemetry && m.Kind != wire.Article {
		l.ledger.Settle(token, nil) // of a check, or how a retained message is removed: it says nothing
		return
	}
	switch err := b.o.Admit(l.life, m.Device); {
	case err == nil:
		b.o.Handler.Accept(m, l.ledger, token)
	case coolant.CodeOf(err) == coolant.CodeForbidden:
		b.o.Refuse(coolant.Rejection{
			Device: m.Device, Topic: m.Topic, Code: coolant.RejectedCredential, Detail: err.Error(), Excerpt: excerpt(m.Payload),
		})
		l.ledger.Settle(token, coolant.Errorf(coolant.CodeInvalid, "%w", err))
	default:
		l.ledger.Settle(token, err)
	}
}

// judge says whose message it is and of which kind, or why it is not taken.
func (l *link) judge(m *wire.Message) *coolant.Rejection {
	o := &l.b.o
	if m.Topic == o.ArticleTopic && o.ArticleDevice != "" {
		m.Device, m.Kind = o.ArticleDevice, wire.Article
	} else {
		id, kind, ok := wire.ParseTopic(m.Topic)
		if !ok || !kind.Up() {
			return &coolant.Rejection{
				Topic: m.Topic, Code: coolant.RejectedTopic, Excerpt: excerpt(m.Payload),
				Detail: "the topic does not name a device: coolant/<id>/<kind> is expected, with an id of a-z, 0-9 and -",
			}
		}
		m.Device, m.Kind = id, kind
		if id == checkDevice {
			m.Kind = wire.KindNone
		}
	}
	return nil
}

// maxExcerpt is how much of a refused payload an operator gets to see.
const maxExcerpt = 200

// excerpt is the beginning of a payload as text.
func excerpt(payload []byte) string {
	payload = payload[:min(len(payload), maxExcerpt)]
	for len(payload) > 0 && !utf8.Valid(payload[max(0, len(payload)-utf8.UTFMax):]) && len(payload) > maxExcerpt-utf8.UTFMax {
		payload = payload[:len(payload)-1]
	}
	return strings.ToValidUTF8(string(payload), "\uFFFD")
}

// attrs describe a problem in the log.
func (b *Broker) attrs(p *coolant.BrokerProblem, more ...slog.Attr) []slog.Attr {
	return append([]slog.Attr{
		slog.String("broker", b.o.URL), slog.String("step", p.Step), slog.String("code", p.Code),
		slog.String("detail", p.Detail), slog.String("do", p.Hint),
	}, more...)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
