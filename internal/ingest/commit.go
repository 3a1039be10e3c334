package ingest

import (
	"context"
	"log/slog"
	"time"

	"coolant"
)

// committer is the one goroutine that writes samples.
type committer struct {
	*Ingest
	// ctx is that of the calls to the store. It outlives the end of Run's context
	// by lastChance, so that a commit under way is not torn off.
	ctx  context.Context
	stop <-chan struct{} // the end of Run's context
}

// group is a part of a batch that is committed at once: its messages, and their
// samples. Base is where samples begins in the batch.
type group struct {
	entries []entry
	samples []coolant.Sample
	base    int
}

// commitAll commits until the queue is closed and empty.
func (g *Ingest) commitAll(ctx context.Context) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	c := &committer{Ingest: g, ctx: calls, stop: ctx.Done()}
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastChance, cancel) })()
	for {
		b := g.queue.take()
		if b == nil {
			return
		}
		g.metrics.wait.Observe(max(0, g.Now().Sub(b.oldest).Seconds()))
		for part := range b.groups() {
			c.commit(part, patience)
		}
		g.queue.giveBack(b)
	}
}

// groups cuts a batch into parts of at most maxBatch samples, or of one message.
func (b *batch) groups() func(yield func(group) bool) {
	return func(yield func(group) bool) {
		first, base := 0, 0
		for i := range b.entries {
			if i > first && b.entries[i].end-base > maxBatch {
				end := b.entries[i-1].end
				if !yield(group{b.entries[first:i], b.samples[base:end:end], base}) {
					return
				}
				first, base = i, end
			}
		}
		yield(group{b.entries[first:], b.samples[base:], base})
	}
}

// patience is how often a group is tried before an error that the store itself
// calls a defect is taken to be that of one message; then its parts are tried.
// That takes about half a minute. For an error that passes, such as a full disk,
// there is no such limit.
const patience = 32

// commit stores a group, or settles it otherwise.
func (c *committer) commit(p group, tries int) {
	done, err := c.store(p.samples, tries)
	switch {
	case err == nil:
		c.settle(p, done)
	case !ofTheBatch(err) || c.ctx.Err() != nil:
		c.giveUp(p.entries, err)
	case len(p.entries) > 1:
		half := len(p.entries) / 2
		end := p.entries[half-1].end
		c.commit(group{p.entries[:half], p.samples[: end-p.base : end-p.base], p.base}, 2)
		c.commit(group{p.entries[half:], p.samples[end-p.base:], end}, 2)
	case coolant.CodeOf(err) == coolant.CodeInvalid:
		c.commitOne(p, err)
	default:
		c.giveUp(p.entries, err)
	}
}

// ofTheBatch says whether an error may be due to what is in the batch.
func ofTheBatch(err error) bool {
	code := coolant.CodeOf(err)
	return code == coolant.CodeInvalid || code == coolant.CodeInternal
}

// store appends until it succeeds, the error says that it never will, it was
// tried in vain for the given number of times with an internal error, or ingest
// ends.
func (c *committer) store(samples []coolant.Sample, tries int) (coolant.Commit, error) {
	delay := firstRetry
	var logged time.Time
	for failures := 0; ; failures++ {
		done, err := c.Store.Append(c.ctx, samples)
		if err == nil {
			if failures > 0 {
				c.Log.Info("samples are stored again", slog.Int("attempts", failures+1))
			}
			return done, nil
		}
		if coolant.CodeOf(err) == coolant.CodeInvalid {
			return done, err
		}
		c.metrics.failures.Inc()
		if now := c.Now(); failures == 0 || now.Sub(logged) >= time.Minute {
			logged = now
			c.Log.Error("cannot store samples; they are kept and tried again, nothing is acknowledged",
				slog.String("code", string(coolant.CodeOf(err))), slog.Any("error", err), slog.Int("samples", len(samples)))
		}
		if tries--; tries <= 0 && ofTheBatch(err) || !c.sleep(delay) {
			return done, err
		}
		delay = min(2*delay, lastRetry)
	}
}

// sleep waits; it returns false at once if ingest is ending.
func (c *committer) sleep(d time.Duration) bool {
	select {
	case <-c.stop:
		return false
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.stop: // one more attempt
	}
	return true
}

// settle tells everyone that a group is on disk: first the receipts, for which
// devices wait.
func (c *committer) settle(p group, done coolant.Commit) {
	for i := range p.entries {
		e := &p.entries[i]
		e.receipt.Settle(e.token, e.err)
	}
	c.queue.release(p.entries)
	c.tell(p.samples, done)
}

// tell passes on what a commit has changed. It reorders samples.
func (c *committer) tell(samples []coolant.Sample, done coolant.Commit) {
	fresh, news := 0, samples[:0]
	for i := range samples {
		if i < len(done.Fresh) && !done.Fresh[i] {
			continue
		}
		fresh++
		if len(samples[i].Readings) > 0 {
			news = append(news, samples[i])
		}
	}
	c.metrics.batch.Observe(float64(len(samples)))
	c.metrics.samples.Add(float64(fresh))
	c.metrics.duplicates.Add(float64(len(samples) - fresh))
	if len(news) > 0 {
		c.Observer.Committed(done.No, news)
	}
	c.down.committed(done.Watermarks)
}

// giveUp settles messages that could not be stored before the end.
func (c *committer) giveUp(entries []entry, err error) {
	for i := range entries {
		e := &entries[i]
		e.receipt.Settle(e.token, coolant.Errorf(coolant.CodeUnavailable, "not stored: %w", err))
	}
	c.queue.release(entries)
}

// commitOne stores what it can of a single message whose samples the store
// refuses as they are.
func (c *committer) commitOne(p group, cause error) {
	kept, refused, err := c.bisect(p.entries[0].topic, p.samples, cause)
	e := &p.entries[0]
	switch {
	case err != nil:
		c.giveUp(p.entries, err)
		return
	case kept == 0 && refused > 0 && e.err == nil:
		e.err = cause
	}
	e.receipt.Settle(e.token, e.err)
	c.queue.release(p.entries)
}

// bisect stores the samples that the store takes and refuses the others, one by
// one. The error says that the store failed otherwise, so that the message must
// come again; what was stored by then will be recognised.
func (c *committer) bisect(topic string, samples []coolant.Sample, cause error) (kept, refused int, err error) {
	if len(samples) == 1 {
		return 0, 1, c.refuseSample(topic, samples, cause)
	}
	half := len(samples) / 2
	for _, part := range [][]coolant.Sample{samples[:half:half], samples[half:]} {
		k, r := len(part), 0
		done, err := c.store(part, patience)
		switch {
		case err == nil:
			c.tell(part, done)
		case coolant.CodeOf(err) == coolant.CodeInvalid:
			k, r, err = c.bisect(topic, part, err)
			if err != nil {
				return kept, refused, err
			}
		default:
			return kept, refused, err
		}
		kept, refused = kept+k, refused+r
	}
	return kept, refused, nil
}

// refuseSample shows that the store refuses a sample, and stores its number alone
// so that the watermark passes it.
func (c *committer) refuseSample(topic string, one []coolant.Sample, cause error) error {
	s := &one[0]
	c.Refuse(coolant.Rejection{
		Time: coolant.Milli(c.Now()), Device: s.Device, Topic: topic, Code: coolant.RejectedField, Count: 1,
		Detail: "the store refuses the sample: " + cause.Error(),
	})
	if !s.Identified() || len(s.Readings) == 0 {
		return nil
	}
	s.Readings = nil
	done, err := c.store(one, patience)
	switch {
	case err == nil:
		c.tell(one, done)
		return nil
	case coolant.CodeOf(err) == coolant.CodeInvalid:
		return nil // not even its number: the device will send it again and again
	}
	return err
}

// drop settles a batch that will not be stored.
func (g *Ingest) drop(b *batch) {
	if b == nil {
		return
	}
	for i := range b.entries {
		b.entries[i].receipt.Settle(b.entries[i].token, errStopped)
	}
	g.queue.release(b.entries)
}
