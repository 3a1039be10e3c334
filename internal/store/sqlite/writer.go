package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"coolant"
)

const (
	// maxGroup bounds how many small writes share a transaction.
	maxGroup = 500
	// maxPassedOver bounds how many other requests may go before a waiting slice
	// of upkeep.
	maxPassedOver = 8
)

// writer owns the connection that writes. Its methods run on its own goroutine,
// except for do, small, health and stop.
type writer struct {
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	conn                    *sqlite.Conn
	begin, commit, rollback *sqlite.Stmt
	inserts                 map[int]*sqlite.Stmt // by the number of rows

	// What is remembered of the state table; stale says that it has to be read
	// again because a transaction failed.
	stale      bool
	commitNo   uint64
	journaling bool // there is a cursor
	rawFrom    coolant.UnixMilli
	minuteFrom coolant.UnixMilli

	devices *deviceCache
	append  appendScratch
	rollup  rollupPass
	expiry  expiryPass

	appends, smalls, upkeep chan *request
	closing, closed         chan struct{}
	failure                 atomic.Pointer[error]
}

// request is a piece of work that somebody waits for.
type request struct {
	ctx  context.Context
	run  func() error
	done chan error
	err  error // of a small write, until its group has been committed
}

func startWriter(conn *sqlite.Conn, now func() time.Time, log *slog.Logger, m *metrics) (*writer, error) {
	w := &writer{
		now: now, log: log, metrics: m, conn: conn, stale: true,
		devices: newDeviceCache(maxCachedDevices), inserts: make(map[int]*sqlite.Stmt),
		appends: make(chan *request), smalls: make(chan *request), upkeep: make(chan *request),
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	var err error
	for _, prepare := range []struct {
		stmt  **sqlite.Stmt
		query string
	}{{&w.begin, "BEGIN IMMEDIATE"}, {&w.commit, "COMMIT"}, {&w.rollback, "ROLLBACK"}} {
		if *prepare.stmt, err = conn.Prepare(prepare.query); err != nil {
			return nil, err
		}
	}
	if err := w.refresh(); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

// stop lets the write that is under way finish and closes the connection.
func (w *writer) stop() error {
	select {
	case <-w.closing:
		return errClosed()
	default:
	}
	close(w.closing)
	<-w.closed
	return w.conn.Close()
}

// do hands work to the writer and waits until it is done. Work that the writer
// has not begun when ctx ends is not done.
func (w *writer) do(ctx context.Context, queue chan<- *request, run func() error) error {
	r := &request{ctx: ctx, run: run, done: make(chan error, 1)}
	select {
	case queue <- r:
		return <-r.done
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.closing:
		return errClosed()
	}
}

// small runs fn in a transaction that it shares with other small writes. An
// error undoes what fn did, and nothing else.
func (w *writer) small(ctx context.Context, fn func(conn *sqlite.Conn) error) error {
	return coded(w.do(ctx, w.smalls, func() error { return fn(w.conn) }))
}

func (w *writer) loop() {
	defer close(w.closed)
	passedOver := 0
	for {
		if passedOver >= maxPassedOver {
			passedOver = 0
			select {
			case r := <-w.upkeep:
				w.single(r)
			default:
			}
		}
		select {
		case r := <-w.appends:
			passedOver++
			w.single(r)
			continue
		case r := <-w.smalls:
			passedOver++
			w.group(r)
			continue
		default:
		}
		select {
		case <-w.closing:
			return
		case r := <-w.appends:
			passedOver++
			w.single(r)
		case r := <-w.smalls:
			passedOver++
			w.group(r)
		case r := <-w.upkeep:
			passedOver = 0
			w.single(r)
		}
	}
}

// single serves a request that makes its own transactions.
func (w *writer) single(r *request) {
	if r.ctx.Err() != nil {
		r.done <- context.Cause(r.ctx)
		return
	}
	r.done <- r.run()
}

// group serves the small writes that wait now, in one transaction.
func (w *writer) group(first *request) {
	group := []*request{first}
	for waiting := true; waiting && len(group) < maxGroup; {
		select {
		case r := <-w.smalls:
			group = append(group, r)
		default:
			waiting = false
		}
	}
	err := w.transact(func() error { return w.runGroup(group) })
	w.metrics.grouped.Add(float64(len(group)))
	for _, r := range group {
		switch {
		case r.err != nil:
			r.done <- r.err
		default:
			r.done <- err
		}
	}
}

// runGroup runs each small write under a savepoint, so that one that fails does
// not spoil its neighbours. It fails itself only if the transaction is lost.
func (w *writer) runGroup(group []*request) error {
	for _, r := range group {
		if r.ctx.Err() != nil {
			r.err = context.Cause(r.ctx)
			continue
		}
		if err := run(w.conn, "SAVEPOINT small"); err != nil {
			return err
		}
		err := r.run()
		if err == nil {
			if err := run(w.conn, "RELEASE small"); err != nil {
				return err
			}
			continue
		}
		if w.conn.AutocommitEnabled() {
			return err
		}
		if undo := errors.Join(run(w.conn, "ROLLBACK TO small"), run(w.conn, "RELEASE small")); undo != nil {
			return errors.Join(err, undo)
		}
		w.stale = true
		r.err = err
		w.note(err)
	}
	return nil
}

// transact runs fn in a transaction that is on disk when it returns nil. When it
// returns an error nothing has changed, and nothing is remembered of it.
func (w *writer) transact(fn func() error) error {
	start := time.Now()
	err := w.transactOnce(fn)
	if err == nil {
		w.metrics.commits.Inc()
		w.metrics.seconds.Observe(time.Since(start).Seconds())
		w.failure.Store(nil)
		return nil
	}
	if errors.Is(err, errCollision) {
		return err
	}
	err = coded(err)
	w.note(err)
	return err
}

func (w *writer) transactOnce(fn func() error) error {
	if w.stale {
		if err := w.refresh(); err != nil {
			return err
		}
	}
	w.devices.settle()
	if err := step(w.begin); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = step(w.commit)
	}
	if err == nil {
		return nil
	}
	w.stale = true
	w.devices.forgetTouched()
	if !w.conn.AutocommitEnabled() {
		if undo := step(w.rollback); undo != nil {
			return errors.Join(err, fmt.Errorf("roll back: %w", undo))
		}
	}
	return err
}

// note remembers a failure to write, for Health, and counts it. What a caller
// did wrong is none.
func (w *writer) note(err error) {
	err = coded(err)
	code := coolant.CodeOf(err)
	if code == coolant.CodeStorageFull || code == coolant.CodeUnavailable || code == coolant.CodeInternal {
		w.metrics.failures.WithLabelValues(string(code)).Inc()
		w.failure.Store(&err)
	}
}

func (w *writer) health() error {
	if p := w.failure.Load(); p != nil {
		return *p
	}
	return nil
}

// refresh reads what is remembered of the state table.
func (w *writer) refresh() error {
	if !w.conn.AutocommitEnabled() { // an earlier rollback failed
		if err := step(w.rollback); err != nil {
			return err
		}
	}
	if err := pragmas(w.conn, "synchronous = FULL"); err != nil {
		return err
	}
	err := each(w.conn, `SELECT commit_no, raw_from, minute_from, EXISTS (SELECT 1 FROM cursors) FROM state`, nil,
		func(stmt *sqlite.Stmt) error {
			w.commitNo = uint64(stmt.ColumnInt64(0))
			w.rawFrom = coolant.UnixMilli(stmt.ColumnInt64(1))
			w.minuteFrom = coolant.UnixMilli(stmt.ColumnInt64(2))
			w.journaling = stmt.ColumnBool(3)
			return nil
		})
	if err != nil {
		return fmt.Errorf("read the store's state: %w", err)
	}
	w.expiry = expiryPass{}
	w.rollup = rollupPass{epoch: w.rollup.epoch + 1, oldest: noHour}
	w.stale = false
	return nil
}

// step executes a statement that has no result.
func step(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	if reset := stmt.Reset(); err == nil {
		err = reset
	}
	return err
}
