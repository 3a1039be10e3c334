package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"coolant"
	"coolant/internal/wire"
)

const (
	keepAlive      = 30 // s
	connectTimeout = 10 * time.Second
	// A durable server may hold a PUBACK back for a while, such as until its disk
	// has room; giving up early would only send the same samples twice.
	pubackTimeout = time.Minute
	// receiveMaximum bounds what the broker may have in flight toward a device. It
	// is also the size of a queue that the client allocates: 65,535 by default.
	receiveMaximum = 16
)

// errNoNetwork is why nothing can be dialled while the Wi-Fi is lost.
var errNoNetwork = errors.New("no network: the simulated Wi-Fi is lost")

// linkOptions describes a [mqttLink].
type linkOptions struct {
	broker   string // host:port
	tls      *tls.Config
	device   coolant.DeviceID
	user     string
	password string
	boot     coolant.Boot
	seed     uint64 // of the jitter

	// up is called in a goroutine of its own once a connection stands; its context
	// ends with the connection, or when up returns.
	up      func(ctx context.Context, conn uint64) error
	down    func()
	failed  func(error)   // an attempt to connect failed
	attempt func() uint64 // numbers the attempts of a boot, over all its links
	// message has what came from the server; retained says that the broker had kept
	// it.
	message func(kind wire.Kind, payload []byte, retained bool)
	now     func() time.Time
	log     *slog.Logger
}

// mqttLink keeps one boot of a device connected to its broker. It is safe for
// concurrent use.
type mqttLink struct {
	o       linkOptions
	backoff backoff

	mu      sync.Mutex
	manager *autopaho.ConnectionManager
	conn    uint64 // number of the newest attempt to connect
	socket  *tls.Conn
	dark    bool // no network
	failing bool // to connect, since it was connected last
	end     context.CancelFunc
	worker  sync.WaitGroup
}

func newMQTTLink(o linkOptions) *mqttLink {
	return &mqttLink{o: o, backoff: backoff{rng: rand.New(rand.NewPCG(o.seed, uint64(o.boot)))}}
}

// start begins to connect. The link goes on until stop is called.
func (l *mqttLink) start() error {
	m, err := autopaho.NewConnection(context.Background(), autopaho.ClientConfig{
		ServerUrls:            []*url.URL{{Scheme: "mqtts", Host: l.o.broker}},
		KeepAlive:             keepAlive,
		ConnectTimeout:        connectTimeout,
		ReconnectBackoff:      func(int) time.Duration { return l.backoff.next(l.o.now()) },
		ConnectUsername:       l.o.user,
		ConnectPassword:       []byte(l.o.password),
		AttemptConnection:     l.dial,
		ConnectPacketBuilder:  l.connect,
		OnConnectionUp:        l.connectionUp,
		OnConnectionDown:      l.connectionDown,
		OnConnectError:        l.notConnected,
		SessionExpiryInterval: 0,
		ClientConfig: paho.ClientConfig{
			ClientID:      string(l.o.device),
			PacketTimeout: pubackTimeout,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				l.received(p.Packet)
				return true, nil
			}},
		},
	})
	if err != nil {
		return fmt.Errorf("set up the connection to %s: %w", l.o.broker, err)
	}
	l.mu.Lock()
	l.manager = m
	l.mu.Unlock()
	return nil
}

// dial opens the socket. autopaho passes a context without a limit of time.
func (l *mqttLink) dial(ctx context.Context, _ autopaho.ClientConfig, u *url.URL) (net.Conn, error) {
	l.mu.Lock()
	dark := l.dark
	l.mu.Unlock()
	if dark {
		return nil, errNoNetwork
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	c, err := (&tls.Dialer{Config: l.o.tls}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dark {
		_ = c.Close()
		return nil, errNoNetwork
	}
	l.socket = c.(*tls.Conn)
	return packets.NewThreadSafeConn(c), nil
}

// connect numbers the connection and gives it its last will. Every session is a
// clean one: what is to survive a reconnection is in the outbox.
func (l *mqttLink) connect(c *paho.Connect, _ *url.URL) (*paho.Connect, error) {
	l.mu.Lock()
	l.conn = l.o.attempt()
	conn := l.conn
	l.mu.Unlock()
	limit := uint16(receiveMaximum)
	c.CleanStart = true
	c.Properties = &paho.ConnectProperties{ReceiveMaximum: &limit}
	c.WillMessage = &paho.WillMessage{
		Topic:   wire.Topic(l.o.device, wire.Status),
		Payload: wire.AppendStatus(nil, wire.StatusPayload{Boot: l.o.boot, Conn: conn}),
		QoS:     1,
		Retain:  true,
	}
	c.WillProperties = &paho.WillProperties{} // no delay: a retained will with one may never be sent
	return c, nil
}

func (l *mqttLink) connectionUp(m *autopaho.ConnectionManager, _ *paho.Connack) {
	ctx, cancel := context.WithCancel(context.Background())
	l.mu.Lock()
	l.manager = m // a message may come before start returned
	conn := l.conn
	l.end, l.failing = cancel, false
	l.mu.Unlock()
	l.backoff.connected(l.o.now())
	l.worker.Go(func() {
		defer cancel()
		err := l.subscribe(ctx, m)
		if err == nil {
			err = l.o.up(ctx, conn)
		}
		if err != nil && ctx.Err() == nil {
			l.o.log.Warn("the connection is of no use", "err", err)
			l.cut()
		}
	})
}

func (l *mqttLink) subscribe(ctx context.Context, m *autopaho.ConnectionManager) error {
	var s paho.Subscribe
	for _, kind := range [...]wire.Kind{wire.Committed, wire.Desired, wire.Command, wire.Input} {
		s.Subscriptions = append(s.Subscriptions, paho.SubscribeOptions{Topic: wire.Topic(l.o.device, kind), QoS: 1})
	}
	if _, err := m.Subscribe(ctx, &s); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// notConnected logs why; only the first time in a row aloud.
func (l *mqttLink) notConnected(err error) {
	l.mu.Lock()
	level := slog.LevelWarn
	if l.failing || l.dark {
		level = slog.LevelDebug
	}
	l.failing = true
	l.mu.Unlock()
	l.o.failed(err)
	l.o.log.Log(context.Background(), level, "not connected; trying again", "err", err)
}

func (l *mqttLink) connectionDown() bool {
	l.mu.Lock()
	end := l.end
	l.mu.Unlock()
	if end != nil {
		end()
	}
	l.o.down()
	return true
}

func (l *mqttLink) received(p *paho.Publish) {
	id, kind, ok := wire.ParseTopic(p.Topic)
	if !ok || id != l.o.device || !kind.Down() {
		return
	}
	l.o.message(kind, p.Payload, p.Retain)
}

// Publish implements [publisher].
func (l *mqttLink) Publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	l.mu.Lock()
	m := l.manager
	l.mu.Unlock()
	if m == nil {
		return autopaho.ConnectionDownError
	}
	if _, err := m.Publish(ctx, &paho.Publish{QoS: 1, Retain: retain, Topic: topic, Payload: payload}); err != nil {
		return fmt.Errorf("publish to %s: %w", topic, err)
	}
	return nil
}

// network takes the network away or gives it back.
func (l *mqttLink) network(there bool) {
	l.mu.Lock()
	changed := l.dark == there
	l.dark = !there
	l.mu.Unlock()
	if changed && !there {
		l.cut()
	}
}

// cut closes the socket under the connection, without a word to the broker.
func (l *mqttLink) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.socket != nil {
		_ = l.socket.NetConn().Close()
		l.socket = nil
	}
}

// stop ends the link. With goodbye the device leaves in order: it says that it
// is offline and disconnects, so that no last will is sent.
func (l *mqttLink) stop(goodbye bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	l.mu.Lock()
	conn, m := l.conn, l.manager
	l.mu.Unlock()
	if m == nil {
		return // it never started
	}
	if goodbye {
		status := wire.AppendStatus(nil, wire.StatusPayload{Boot: l.o.boot, Conn: conn})
		if err := l.Publish(ctx, wire.Topic(l.o.device, wire.Status), status, true); err != nil {
			l.o.log.Debug("left without a goodbye", "err", err)
		}
	} else {
		l.network(false)
	}
	if err := m.Disconnect(ctx); err != nil {
		l.cut()
		<-m.Done()
	}
	l.mu.Lock()
	end := l.end
	l.mu.Unlock()
	if end != nil {
		end()
	}
	l.worker.Wait()
}
