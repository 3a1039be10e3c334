package ingest

import (
	"fmt"

	"coolant"
	"coolant/internal/wire"
)

// worker holds the buffers of one Accept.
type worker struct {
	decoder  wire.Decoder
	payload  wire.TelemetryPayload
	article  [1]coolant.Reading
	samples  []coolant.Sample
	refused  []mistake
	problems int
	kept     int // readings that are not refused
}

// mistake is a kind of problem that a message has, counted, with the words of the
// first. What tells it from others of its code is a metric, or all that a decoder
// said of it.
type mistake struct {
	of string
	coolant.Rejection
}

// problem counts a problem of a sample. Detail is called for the first of each
// code and whatever it is of only. A message with more of them than one device
// may have in a minute has its further ones counted with the last of their code.
func (w *worker) problem(code coolant.RejectionCode, of string, count int, detail func() string) {
	w.problems += count
	last := -1
	for i := range w.refused {
		if w.refused[i].Code != code {
			continue
		}
		last = i
		if w.refused[i].of == of {
			break
		}
	}
	if last >= 0 && (w.refused[last].of == of || len(w.refused) >= maxOfOne) {
		w.refused[last].Count += count
		return
	}
	w.refused = append(w.refused, mistake{of, coolant.Rejection{Code: code, Count: count, Detail: detail()}})
}

// acceptSamples decodes, judges and queues a message with samples.
func (g *Ingest) acceptSamples(m *wire.Message, receipt wire.Receipt, token uint64) {
	w := g.workers.Get().(*worker)
	err := g.readSamples(w, m)
	if err == nil {
		err = g.judgeSamples(w, m)
	}
	if err != nil || len(w.samples) == 0 {
		receipt.Settle(token, err)
	} else {
		e := entry{receipt: receipt, token: token, topic: m.Topic, err: w.verdict()}
		if err := g.queue.add(e, w.samples, g.Now); err != nil {
			receipt.Settle(token, err)
		}
	}
	g.workers.Put(w)
}

// readSamples decodes m into w.payload.
func (g *Ingest) readSamples(w *worker, m *wire.Message) error {
	w.samples, w.refused, w.problems, w.kept = w.samples[:0], w.refused[:0], 0, 0
	if m.Kind == wire.Telemetry {
		return g.refuseMessage(m, w.decoder.Decode(m.Payload, &w.payload))
	}
	temp, err := wire.DecodeArticle(m.Payload)
	if err != nil {
		return g.refuseMessage(m, err)
	}
	w.article[0] = coolant.Reading{Metric: g.ArticleMetric, Value: temp}
	w.payload.Boot, w.payload.Problems = 0, w.payload.Problems[:0]
	w.payload.Samples = append(w.payload.Samples[:0], wire.TelemetrySample{Readings: w.article[:]})
	return nil
}

// judgeSamples fills w.samples with what is to be stored, and shows what is not.
func (g *Ingest) judgeSamples(w *worker, m *wire.Message) error {
	d := g.devices.get(m.Device)
	d.hear(m)
	if err := g.judgeLocked(w, d, m); err != nil {
		return err
	}
	for i := range w.payload.Problems {
		p := &w.payload.Problems[i]
		r := coolant.Rejection{Detail: p.Error()}
		w.problem(p.Code, r.Mistake(), p.Count, func() string { return r.Detail })
	}
	for i := range w.refused {
		r := w.refused[i].Rejection
		r.Time, r.Device, r.Topic, r.Excerpt = m.Received, d.id, m.Topic, excerpt(m.Payload)
		g.Refuse(r)
	}
	if len(w.samples) == 0 {
		return w.verdict()
	}
	return nil
}

// verdict is what the receipt of a judged message hears: nil if something of it
// is kept or nothing was wrong with it.
func (w *worker) verdict() error {
	if w.kept > 0 || w.problems == 0 {
		return nil
	}
	return coolant.Errorf(coolant.CodeInvalid, "%s", w.refused[0].Detail)
}

func (g *Ingest) judgeLocked(w *worker, d *device, m *wire.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(g.alive, g.Store); err != nil {
		return err
	}
	for i := range w.payload.Samples {
		in := &w.payload.Samples[i]
		out := coolant.Sample{Device: d.id, Boot: w.payload.Boot, Seq: in.Seq, Time: m.Received}
		if t, ok := g.timeOf(w, d, m, in); ok {
			out.Time = t
			out.Readings = w.judgeReadings(d, in, t)
			w.kept += len(out.Readings)
		}
		if len(out.Readings) > 0 || out.Identified() {
			w.samples = append(w.samples, out)
		}
	}
	return nil
}

// timeOf returns when the sample was measured; ok is false if that refuses it.
func (g *Ingest) timeOf(w *worker, d *device, m *wire.Message, in *wire.TelemetrySample) (t coolant.UnixMilli, ok bool) {
	if in.Refused {
		return 0, false
	}
	refuse := func(code coolant.RejectionCode, detail func() string) (coolant.UnixMilli, bool) {
		w.problem(code, "", 1, func() string { return fmt.Sprintf("samples[%d]: %s", in.Index, detail()) })
		return 0, false
	}
	switch in.Stamp {
	case wire.NoStamp:
		switch {
		case m.Retained:
			return refuse(coolant.RejectedUntimed, func() string {
				return "a retained message without a time may be of any age; publish without the retain flag, or send ts"
			})
		case m.Queued:
			return refuse(coolant.RejectedUntimed, func() string {
				return "it waited at the broker while the service was away, and does not say when it was measured; send ts"
			})
		}
		t = m.Received
		for i, r := range in.Readings {
			if s := d.find(r.Metric, i); s != nil {
				t = max(t, s.newest+1)
			}
		}
		return t, true
	case wire.TimeStamp:
		t = in.Time
	case wire.AgeStamp:
		if !m.Live {
			return refuse(coolant.RejectedAge, func() string {
				return "age is accepted only over a live connection to the embedded broker; send ts"
			})
		}
		t = m.Received - in.Age
	}
	if ahead := t - m.Received; ahead > maxAhead {
		return refuse(coolant.RejectedFuture, func() string {
			return fmt.Sprintf("ts %s is %s ahead of the server; at most %s is allowed",
				instant(t), span(min(ahead, 100_000*coolant.Day).Sub(0)), span(maxAhead.Sub(0)))
		})
	}
	if t <= 0 {
		return refuse(coolant.RejectedTooOld, func() string { return fmt.Sprintf("its time %s is not after 1970 began", instant(t)) })
	}
	if g.RawRetention > 0 && t < m.Received.Add(-g.RawRetention) {
		return refuse(coolant.RejectedTooOld, func() string {
			return fmt.Sprintf("its time %s is over %s ago, the raw retention", instant(t), span(g.RawRetention))
		})
	}
	return t, true
}

// judgeReadings judges the readings in their place and returns those that stay.
func (w *worker) judgeReadings(d *device, in *wire.TelemetrySample, t coolant.UnixMilli) []coolant.Reading {
	kept := in.Readings[:0]
	for i, r := range in.Readings {
		s := d.find(r.Metric, i)
		if s == nil {
			w.problem(coolant.RejectedMetric, string(r.Metric), 1, func() string {
				return fmt.Sprintf("samples[%d].m.%s: the device has %d other metrics already", in.Index, r.Metric, coolant.MaxMetrics)
			})
			continue
		}
		judged, outside := s.judge(r, t, in.Judged)
		if outside {
			w.problem(coolant.RejectedRange, string(r.Metric), 1, func() string {
				return fmt.Sprintf("samples[%d].m.%s: %g is outside %g to %g; it is stored as a fault", in.Index, r.Metric, r.Value, s.low, s.high)
			})
		}
		kept = append(kept, judged)
	}
	return kept
}
