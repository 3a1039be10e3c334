package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// fleet keeps publishers connected to the server that it is told of, and away
// from it while it is told of none.
type fleet struct {
	publishers []*publisher

	wg      sync.WaitGroup
	mu      sync.Mutex
	changed chan struct{} // closed when gate changes
	gate    *gate
}

type gate struct {
	ctx   context.Context // ends with the gate: the connections are closed
	close context.CancelFunc
	addr  proc.Addr
	tls   *tls.Config
}

// launch starts all publishers, with the gate closed, until ctx ends.
func launch(ctx context.Context, t *testing.T, publishers ...*publisher) *fleet {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	f := &fleet{publishers: publishers, changed: make(chan struct{})}
	for _, p := range publishers {
		f.wg.Go(func() { f.keep(ctx, p) })
	}
	t.Cleanup(func() {
		cancel()
		f.wg.Wait()
	})
	return f
}

// admit opens the gate to a server.
func (f *fleet) admit(ctx context.Context, t *testing.T, s *proc.Server) {
	t.Helper()
	conf, err := proc.TLS(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{addr: s.Addr, tls: conf}
	g.ctx, g.close = context.WithCancel(ctx)
	f.set(g)
}

// expel closes the gate: no connection is left, and none is made.
func (f *fleet) expel() { f.set(nil) }

func (f *fleet) set(g *gate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate != nil {
		f.gate.close()
	}
	f.gate = g
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fleet) state() (*gate, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gate, f.changed
}

func (f *fleet) keep(ctx context.Context, p *publisher) {
	pause := time.NewTicker(10 * time.Millisecond) // between two attempts
	defer pause.Stop()
	for {
		g, changed := f.state()
		if g == nil {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			continue
		}
		sessionCtx, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(g.ctx, cancel)
		err := p.session(sessionCtx, g.addr, g.tls)
		stop()
		cancel()
		if mqtt.IsRefused(err) {
			p.mu.Lock()
			p.bad = errors.Join(p.bad, err)
			p.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

func (f *fleet) pause(on bool) {
	for _, p := range f.publishers {
		p.pause(on)
	}
}

// check checks every publisher against the server and returns the number of
// samples stored.
func (f *fleet) check(ctx context.Context, s *proc.Server) (stored int, err error) {
	for _, p := range f.publishers {
		n, checkErr := p.check(ctx, s)
		stored += n
		err = errors.Join(err, checkErr)
	}
	return stored, err
}

// made is the number of samples that were made.
func (f *fleet) made() (n int) {
	for _, p := range f.publishers {
		made, _, _ := p.progress()
		n += made
	}
	return n
}

// acked is the number of samples that are acknowledged.
func (f *fleet) acked() (n int) {
	for _, p := range f.publishers {
		_, acked, _ := p.progress()
		n += acked
	}
	return n
}

// fillHours says who has not sent samples of more than an hour yet: a chart of
// less is answered by minutes, in whatever way it lies across the hours, and then
// nothing would be known of the rollup by hours.
func (f *fleet) fillHours() error {
	const enough = 3600_000/sampleStep + 20
	for _, p := range f.publishers {
		if made, _, _ := p.progress(); made < enough {
			return fmt.Errorf("%s: %d samples, want %d", p.device, made, enough)
		}
	}
	return nil
}

// settled says what is not acknowledged and committed yet.
func (f *fleet) settled() (err error) {
	for _, p := range f.publishers {
		err = errors.Join(err, p.settled())
	}
	return err
}
