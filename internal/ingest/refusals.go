package ingest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"coolant"
)

// Bounds of what refusals may cost, whatever is sent.
const (
	maxCauses  = 1000 // distinct causes in a minute; further ones are folded by code
	maxOfOne   = 50   // of them of one device; further ones are folded by its id and code, whatever the mistake
	maxUnsaved = 2000 // rejections that wait for the store
	maxExcerpt = 200  // bytes of a payload
	maxDetail  = 500  // bytes of a detail
	maxTopic   = 200  // bytes of a topic
	flushEvery = time.Second
)

// What stands for the topics and the mistakes that are not told apart. The detail
// is always the same, or the store would take each for another mistake.
const (
	foldedTopic  = "(many)"
	foldedDetail = "more different mistakes than are told apart within a minute; the excerpt is of the newest"
)

// refusals merges equal rejections, so that a flood of them costs one line of log
// and one row of the store a minute.
type refusals struct {
	store    Store
	observer Observer
	log      *slog.Logger
	now      func() time.Time
	metrics  *metrics

	mu      sync.Mutex
	minute  coolant.UnixMilli // the one that causes are about
	causes  map[cause]*refusal
	of      map[coolant.DeviceID]int // how many of causes are a device's
	unsaved []coolant.Rejection      // of minutes that are over, or that the store did not take
	lost    int                      // of those that did not fit
	untold  []coolant.Rejection      // what the observer does not know yet
}

// cause is what makes rejections equal within a minute.
type cause struct {
	device  coolant.DeviceID
	topic   string
	code    coolant.RejectionCode
	mistake string
}

func causeOf(r *coolant.Rejection) cause { return cause{r.Device, r.Topic, r.Code, r.Mistake()} }

// refusal is a cause that occurred in the present minute. Count is that of the
// minute.
type refusal struct {
	coolant.Rejection
	unsaved int // how much of Count the store does not know
}

func newRefusals(o Options, m *metrics) *refusals {
	return &refusals{
		store: o.Store, observer: o.Observer, log: o.Log, now: o.Now, metrics: m,
		causes: make(map[cause]*refusal), of: make(map[coolant.DeviceID]int),
	}
}

// add counts a rejection, and logs it if it is the first of its kind in the
// minute.
func (f *refusals) add(r coolant.Rejection) {
	now := coolant.Milli(f.now())
	if r.Time == 0 {
		r.Time = now
	}
	r.Count = max(r.Count, 1)
	f.metrics.countRejected(r.Code, r.Count)
	r.Topic = clean(r.Topic, maxTopic)
	r.Detail, r.Excerpt = clean(r.Detail, maxDetail), clean(r.Excerpt, maxExcerpt)
	key := causeOf(&r)

	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	if seen := f.causes[key]; seen != nil {
		seen.add(&r)
		return
	}
	if f.of[r.Device] >= maxOfOne {
		r.Topic, r.Detail = foldedTopic, foldedDetail // and what others do wrong is still told apart
	}
	if len(f.causes) >= maxCauses {
		r.Device, r.Topic, r.Detail = "", foldedTopic, foldedDetail
	}
	r.Topic = strings.Clone(r.Topic)
	key = causeOf(&r)
	if seen := f.causes[key]; seen != nil {
		seen.add(&r)
		return
	}
	f.causes[key] = &refusal{Rejection: r, unsaved: r.Count}
	f.of[r.Device]++
	f.log.Warn("refused", slog.String("device", string(r.Device)), slog.String("topic", r.Topic),
		slog.String("code", string(r.Code)), slog.String("detail", r.Detail))
}

// add counts an equal rejection; the words of the newest stay.
func (s *refusal) add(r *coolant.Rejection) {
	s.Count += r.Count
	s.unsaved += r.Count
	if r.Time >= s.Time {
		s.Time, s.Detail, s.Excerpt = r.Time, r.Detail, r.Excerpt
	}
}

// turn closes the minute if it is over: its causes are summed up in the log, and
// forgotten. The caller holds f.mu.
func (f *refusals) turn(now coolant.UnixMilli) {
	minute := now.Truncate(coolant.Minute)
	if minute == f.minute {
		return
	}
	f.minute = minute
	for _, s := range f.causes {
		if s.Count > 1 {
			f.log.Warn("refused in the past minute", slog.String("device", string(s.Device)), slog.String("topic", s.Topic),
				slog.String("code", string(s.Code)), slog.String("detail", s.Detail), slog.Int("count", s.Count))
		}
	}
	f.collect()
	clear(f.causes)
	clear(f.of)
}

// collect moves what the store and the observer do not know yet to unsaved and
// untold. The caller holds f.mu.
func (f *refusals) collect() {
	for _, s := range f.causes {
		if s.unsaved == 0 {
			continue
		}
		f.untold = append(f.untold, s.Rejection)
		r := s.Rejection
		r.Count, s.unsaved = s.unsaved, 0
		f.unsaved = append(f.unsaved, r)
	}
	if over := len(f.unsaved) - maxUnsaved; over > 0 {
		f.lost += over
		f.unsaved = append(f.unsaved[:0], f.unsaved[over:]...)
	}
	if over := len(f.untold) - maxUnsaved; over > 0 {
		f.untold = append(f.untold[:0], f.untold[over:]...)
	}
}

// run flushes about once a second until ctx ends, and once more then. A write
// under way is not torn off by that: whether it counted would be unknown.
func (f *refusals) run(ctx context.Context) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastChance, cancel) })()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f.flush(calls)
		case <-ctx.Done():
			f.flush(calls)
			f.mu.Lock()
			n := len(f.unsaved)
			f.mu.Unlock()
			if n > 0 {
				f.log.Warn("rejections were not stored before the end", slog.Int("rejections", n))
			}
			return
		}
	}
}

// flush stores what is new and tells the observer.
func (f *refusals) flush(ctx context.Context) {
	f.mu.Lock()
	f.collect()
	f.turn(coolant.Milli(f.now()))
	unsaved, untold, lost := f.unsaved, f.untold, f.lost
	f.unsaved, f.untold = nil, nil
	f.mu.Unlock()

	if len(unsaved) > 0 {
		if err := f.store.RecordRejections(ctx, unsaved); err != nil {
			f.log.Debug("cannot store rejections; they are kept", slog.Any("error", err), slog.Int("rejections", len(unsaved)))
			f.mu.Lock()
			f.unsaved = append(unsaved, f.unsaved...)
			f.mu.Unlock()
		} else if lost > 0 {
			f.log.Warn("rejections were dropped while the store did not take them", slog.Int("rejections", lost))
			f.mu.Lock()
			f.lost -= lost
			f.mu.Unlock()
		}
	}
	for _, r := range untold {
		f.observer.Rejected(r)
	}
}

// excerpt is the beginning of a payload as valid UTF-8.
func excerpt(payload []byte) string {
	return clean(string(payload[:min(len(payload), maxExcerpt+utf8.UTFMax)]), maxExcerpt)
}

// clean returns the beginning of s as valid UTF-8 of at most limit bytes, cut
// between characters.
func clean(s string, limit int) string {
	if len(s) > limit {
		cut := limit
		for cut > limit-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = strings.Clone(s[:cut]) // or a few bytes would hold all of it in memory
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	for len(s) > limit {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
