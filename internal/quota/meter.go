package quota

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"coolant"
)

const (
	// Poll is how often the sessions are counted.
	Poll = 10 * time.Second
	// report is how often the count is stored and told.
	report = time.Minute
	// maxStep is the longest time between two polls that counts as session time. A
	// longer one means that the machine slept.
	maxStep = time.Minute
	// stopWait bounds the last write when the service stops.
	stopWait = 2 * time.Second
)

// Meter counts the use of an allowance. Count and Status are safe for concurrent
// use; Run must run once only.
type Meter struct {
	o       Options
	pending atomic.Int64 // bytes since the last step

	mu       sync.Mutex
	months   map[coolant.UnixMilli]*month // by their start; a dozen a year
	current  *month
	hours    hours
	last     time.Time // of the last step
	sessions int64     // at that time

	told    coolant.Quota // by Changed; only Run's
	failing bool          // whether the last write failed; only Run's
}

// New makes a meter that goes on with what Records has of this month. A record that
// is damaged is logged and counted anew; an error means that Records cannot be read
// at all, or that the options are wrong.
func New(ctx context.Context, o Options) (*Meter, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	m := &Meter{o: o, months: map[coolant.UnixMilli]*month{}, last: o.Now()}
	if err := m.load(ctx); err != nil {
		return nil, err
	}
	m.enter(m.last, false)
	if o.Registerer != nil {
		if err := o.Registerer.Register(newCollector(m)); err != nil {
			return nil, fmt.Errorf("register the metrics of the broker's allowance: %w", err)
		}
	}
	return m, nil
}

// Count adds traffic, in bytes; less than zero is nothing. It is cheap enough to be
// called for each packet. See the package's comment for what to feed it.
func (m *Meter) Count(bytes int) {
	if bytes > 0 {
		m.pending.Add(int64(bytes))
	}
}

// Status returns the use until now: traffic to the last packet, sessions to the
// last poll.
func (m *Meter) Status() coolant.Quota {
	now := coolant.Milli(m.o.Now())
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.status(now)
	q.Level = judge(q, m.current.level, m.hours.rate().metered >= ripe)
	return q
}

// status is the use without its level; m is locked.
func (m *Meter) status(now coolant.UnixMilli) coolant.Quota {
	c := m.current
	remaining := min(max(c.to-now, 0), c.to-c.from)
	minutes, bytes := m.hours.rate().ahead(remaining)
	used := c.use
	used.Bytes += m.pending.Load()
	return coolant.Quota{
		Preset: m.o.Preset, From: c.from, To: c.to, Since: c.since,
		SessionMinutes: coolant.QuotaUse{
			Used: used.minutes(), Limit: float64(m.o.Limits.SessionMinutes), Projected: used.minutes() + minutes,
		},
		Bytes: coolant.QuotaUse{
			Used: float64(used.Bytes), Limit: float64(m.o.Limits.Bytes), Projected: float64(used.Bytes) + bytes,
		},
	}
}

// Run counts until ctx ends, stores the count a last time and returns nil. What
// cannot be stored is logged once, kept, and tried again.
func (m *Meter) Run(ctx context.Context) error {
	ticker := time.NewTicker(Poll)
	defer ticker.Stop()
	m.step()
	m.publish(true)
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			m.step()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
			defer cancel()
			m.save(last)
			return nil
		case <-ticker.C:
		}
		m.turn(ctx, n%int(report/Poll) == 0)
	}
}

// turn is one round of Run; once a minute it is due.
func (m *Meter) turn(ctx context.Context, due bool) {
	if raised := m.step(); raised || due {
		m.save(ctx)
	}
	m.publish(due)
}

// step counts the time since the last step and what was sent in it, and logs a
// level that the month had not reached before. raised reports that it did.
func (m *Meter) step() (raised bool) {
	now, sessions := m.o.Now(), max(0, int64(m.o.Sessions()))
	m.mu.Lock()
	m.advance(now, sessions)
	q := m.status(coolant.Milli(now))
	c := m.current
	q.Level = judge(q, c.level, m.hours.rate().metered >= ripe)
	c.level = q.Level
	if raised = rank(q.Level) > rank(c.said); raised {
		c.said = q.Level
	}
	m.mu.Unlock()
	if raised {
		m.warn(q)
	}
	return raised
}

// advance puts what was used since the last step where it belongs; m is locked.
func (m *Meter) advance(now time.Time, sessions int64) {
	elapsed := now.Sub(m.last) // monotonic where the clock is
	steady := elapsed >= 0 && elapsed <= maxStep
	if !steady {
		// Nobody knows what was used when; the bytes came after the pause.
		elapsed = 0
		m.enter(now, false)
	}
	at := coolant.Milli(m.last)
	if !steady {
		at = coolant.Milli(now)
	}
	metered := elapsed.Round(time.Millisecond).Milliseconds()
	used := use{SessionMS: m.sessions * metered, Bytes: m.pending.Swap(0)}
	if metered > 0 || used != (use{}) {
		m.current.use.add(used)
		m.current.unsaved = true
		m.hours = m.hours.add(at, metered, used)
	}
	m.enter(now, steady)
	m.last, m.sessions = now, sessions
}

// enter makes the month of now the current one. steady says that the meter ran up
// to now: a month that begins is metered from its start. m is locked, or new.
func (m *Meter) enter(now time.Time, steady bool) {
	at := coolant.Milli(now)
	m.hours = m.hours.prune(at)
	if m.current != nil && at >= m.current.from && at < m.current.to {
		return
	}
	from, to := monthOf(now)
	c := m.months[from]
	if c == nil {
		c = &month{from: from, to: to, since: at, level: coolant.QuotaOK, said: coolant.QuotaOK, unsaved: true}
		if steady && at-from <= coolant.UnixMilli(maxStep.Milliseconds()) {
			c.since = from
		}
		m.months[from] = c
	}
	if c.limits != m.o.Limits { // other limits are warned of anew
		c.limits, c.level, c.said = m.o.Limits, coolant.QuotaOK, coolant.QuotaOK
	}
	m.current = c
}

// save stores every month that changed.
func (m *Meter) save(ctx context.Context) {
	type entry struct {
		of    *month
		key   string
		value []byte
	}
	var list []entry
	var failed error
	m.mu.Lock()
	for _, c := range m.months {
		if !c.unsaved {
			continue
		}
		key, value, err := encode(c, m.hours)
		if err != nil { // cannot be: the record is numbers and words
			failed = err
			continue
		}
		list = append(list, entry{c, key, value})
		c.unsaved = false
	}
	m.mu.Unlock()
	for _, e := range list {
		if err := m.o.Records.PutRecord(ctx, bucket, e.key, e.value); err != nil {
			failed = err
			m.mu.Lock()
			e.of.unsaved = true
			m.mu.Unlock()
		}
	}
	m.reportFailure(failed)
}

// reportFailure logs the change between working and failing, not every failure.
func (m *Meter) reportFailure(err error) {
	switch {
	case err != nil && !m.failing:
		m.o.Log.Error("the use of the broker's allowance cannot be stored; it is counted on, and lost if the service stops now", "error", err)
	case err == nil && m.failing:
		m.o.Log.Info("the use of the broker's allowance is stored again")
	}
	m.failing = err != nil
}

// publish tells the use if its level changed, or if it is due and anything did.
func (m *Meter) publish(due bool) {
	q := m.Status()
	if q.Level != m.told.Level || due && q != m.told {
		m.told = q
		m.o.Changed(q)
	}
}

// warn says, once a month for each level, what is running out.
func (m *Meter) warn(q coolant.Quota) {
	use := slog.Group("use", "preset", q.Preset, "level", q.Level, "month_ends", q.To.Time(),
		"session_minutes", math.Round(q.SessionMinutes.Used), "session_minutes_projected", math.Round(q.SessionMinutes.Projected),
		"session_minutes_limit", q.SessionMinutes.Limit,
		"bytes", q.Bytes.Used, "bytes_projected", math.Round(q.Bytes.Projected), "bytes_limit", q.Bytes.Limit)
	if q.Level == coolant.QuotaOver {
		m.o.Log.Warn("the broker's monthly allowance is used up: the broker may stop serving until the month ends", use)
		return
	}
	m.o.Log.Warn("the broker's monthly allowance may not last: let devices report less often, or raise the limit there", use)
}
