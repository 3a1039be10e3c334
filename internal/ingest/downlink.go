package ingest

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// downlink tells devices what is committed, from a goroutine of its own: a slow
// broker never holds the committer back. To each device it publishes the first
// news at once and what follows at most once in an interval.
type downlink struct {
	publish func(topic string, payload []byte, qos byte, retain bool) error
	every   time.Duration
	log     *slog.Logger
	wake    chan struct{} // 1: something is ready

	mu     sync.Mutex
	of     map[coolant.DeviceID]*listener
	ready  []*listener // has news and may hear them now
	recent []heard     // who heard something within the interval, oldest first
	failed bool        // the last publish failed
}

// listener is a device as downlink knows it.
type listener struct {
	id      coolant.DeviceID
	current coolant.Boot // whose watermark is retained
	said    bool         // current is by the device's own status, not by its samples
	news    []coolant.Watermark
	queued  bool // in ready
	resting bool // in recent
}

type heard struct {
	listener *listener
	at       time.Time
}

// maxNews is how many boots of one device may have news at the same time.
const maxNews = 8

func newDownlink(o Options) *downlink {
	return &downlink{
		publish: o.Down, every: o.CommittedEvery, log: o.Log,
		wake: make(chan struct{}, 1), of: make(map[coolant.DeviceID]*listener),
	}
}

// start publishes the watermarks of the devices' newest boots.
func (l *downlink) start(marks []coolant.Watermark) { l.committed(marks) }

// committed notes watermarks after a commit.
func (l *downlink) committed(marks []coolant.Watermark) {
	if l.publish == nil || len(marks) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, mark := range marks {
		if mark.Boot == 0 {
			continue
		}
		to := l.listener(mark.Device)
		if !to.said {
			to.current = mark.Boot
		}
		l.tell(to, mark)
	}
}

// online notes that a device has said which boot it is. A new one hears at once
// that nothing of it is committed yet: that this server says `committed` at all
// is what a device wants to know first.
func (l *downlink) online(id coolant.DeviceID, boot coolant.Boot) {
	if l.publish == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	to := l.listener(id)
	if to.current != boot {
		l.tell(to, coolant.Watermark{Device: id, Boot: boot})
	}
	to.current, to.said = boot, true
}

func (l *downlink) forget(id coolant.DeviceID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if to := l.of[id]; to != nil {
		to.news = nil
		delete(l.of, id)
	}
}

func (l *downlink) listener(id coolant.DeviceID) *listener {
	to := l.of[id]
	if to == nil {
		to = &listener{id: id}
		l.of[id] = to
	}
	return to
}

// tell adds a watermark to a device's news. The caller holds l.mu.
func (l *downlink) tell(to *listener, mark coolant.Watermark) {
	at := slices.IndexFunc(to.news, func(w coolant.Watermark) bool { return w.Boot == mark.Boot })
	switch {
	case at >= 0:
		to.news[at].Through = max(to.news[at].Through, mark.Through)
	case len(to.news) == maxNews:
		copy(to.news, to.news[1:])
		to.news[maxNews-1] = mark
	default:
		to.news = append(to.news, mark)
	}
	if !to.queued && !to.resting {
		to.queued = true
		l.ready = append(l.ready, to)
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// run publishes until ctx ends.
func (l *downlink) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(l.flush(ctx))
		select {
		case <-l.wake:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// flush publishes everything that may be published now, and returns how long
// nothing else will be due unless there is news.
func (l *downlink) flush(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		to, news, wait := l.next(time.Now())
		if to == nil {
			return wait
		}
		for _, mark := range news {
			l.send(to, mark)
		}
	}
	return l.every
}

// next takes a device that may hear its news now, and its news with those of its
// current boot last. Without one it returns when the next may be due.
func (l *downlink) next(now time.Time) (to *listener, news []coolant.Watermark, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.recent) > 0 && now.Sub(l.recent[0].at) >= l.every {
		rested := l.recent[0].listener
		l.recent = l.recent[1:]
		rested.resting = false
		if len(rested.news) > 0 {
			rested.queued = true
			l.ready = append(l.ready, rested)
		}
	}
	if len(l.ready) == 0 {
		if len(l.recent) == 0 {
			return nil, nil, time.Hour
		}
		return nil, nil, l.recent[0].at.Add(l.every).Sub(now)
	}
	to = l.ready[0]
	l.ready = l.ready[1:]
	to.queued, to.resting = false, true
	l.recent = append(l.recent, heard{to, now})
	news = to.news
	to.news = nil
	slices.SortStableFunc(news, func(a, b coolant.Watermark) int {
		switch to.current {
		case a.Boot:
			return 1
		case b.Boot:
			return -1
		}
		return 0
	})
	return to, news, 0
}

// send publishes one watermark. Only that of the current boot is retained. What
// could not be published is news again.
func (l *downlink) send(to *listener, mark coolant.Watermark) {
	l.mu.Lock()
	retain := mark.Boot == to.current
	l.mu.Unlock()
	payload := wire.AppendCommitted(nil, wire.CommittedPayload{Boot: mark.Boot, Through: mark.Through})
	err := l.publish(wire.Topic(to.id, wire.Committed), payload, 0, retain)

	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		if !l.failed {
			l.log.Warn("cannot publish what is committed; it is tried again", slog.String("device", string(to.id)), slog.Any("error", err))
		}
		if l.of[to.id] == to {
			l.tell(to, mark)
		}
	}
	l.failed = err != nil
}
