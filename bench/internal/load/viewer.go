package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"coolant/bench/internal/hist"
)

// Viewers are browsers that hold the server's event stream open and do nothing
// but notice when each sample has arrived.
type Viewers struct {
	mu   sync.RWMutex
	due  map[sampleKey]time.Time
	each []*viewer
	wg   sync.WaitGroup
	stop context.CancelFunc
}

type sampleKey struct {
	device string
	time   int64
}

type viewer struct {
	latency hist.Hist
	seen    map[sampleKey]struct{}
	got     atomic.Int64 // len(seen), for others to read
	err     error
}

// NewViewers opens n streams at url and returns when each has had its snapshot.
func NewViewers(ctx context.Context, url string, n int) (*Viewers, error) {
	ctx, cancel := context.WithCancel(ctx)
	v := &Viewers{due: map[sampleKey]time.Time{}, stop: cancel}
	ready := make(chan error, n)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}}
	for range n {
		one := &viewer{seen: map[sampleKey]struct{}{}}
		v.each = append(v.each, one)
		v.wg.Go(func() { one.err = v.watch(ctx, client, url, one, ready) })
	}
	for range n {
		select {
		case err := <-ready:
			if err != nil {
				v.Close()
				return nil, err
			}
		case <-ctx.Done():
			v.Close()
			return nil, fmt.Errorf("wait for the snapshot of %d streams: %w", n, ctx.Err())
		}
	}
	return v, nil
}

// Expect says that a sample was due to be published at a moment. It must be
// called before the sample is sent.
func (v *Viewers) Expect(device string, ts int64, due time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.due[sampleKey{device, ts}] = due
}

// Wait waits until every viewer has seen every expected sample.
func (v *Viewers) Wait(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := v.missing()
		if missing == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d deliveries to viewers are missing: %w", missing, ctx.Err())
		case <-tick.C:
		}
	}
}

func (v *Viewers) missing() (n int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, one := range v.each {
		n += len(v.due) - int(one.got.Load())
	}
	return n
}

// Close ends all streams and returns the time from due to seen over all viewers.
// A stream that the server ended early is an error.
func (v *Viewers) Close() (*hist.Hist, error) {
	v.stop()
	v.wg.Wait()
	all := new(hist.Hist)
	var errs []error
	for _, one := range v.each {
		all.Merge(&one.latency)
		if one.err != nil && !errors.Is(one.err, context.Canceled) {
			errs = append(errs, one.err)
		}
	}
	return all, errors.Join(errs...)
}

func (v *Viewers) watch(ctx context.Context, client *http.Client, url string, one *viewer, ready chan<- error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		ready <- err
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := client.Do(req)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("%s answered %s", url, resp.Status), resp.Body.Close())
	}
	if err != nil {
		ready <- err
		return err
	}
	defer resp.Body.Close()
	return v.read(bufio.NewReaderSize(resp.Body, 64<<10), one, ready)
}

func (v *Viewers) read(r *bufio.Reader, one *viewer, ready chan<- error) error {
	var event string
	var line []byte
	told := false
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the server ended an event stream")
			}
			return err
		}
		if name, ok := bytes.CutPrefix(line, []byte("event:")); ok {
			event = string(bytes.TrimSpace(name))
		} else if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			switch event {
			case "snapshot":
				if !told {
					ready <- nil
				}
				told = true
			case "samples":
				v.arrived(data, one)
			}
		}
		line = line[:0]
	}
}

// arrived notes the samples of one event. The two fields are picked out by hand:
// a viewer must not cost more than what it measures.
func (v *Viewers) arrived(data []byte, one *viewer) {
	now := time.Now()
	_, rest, found := bytes.Cut(data, []byte(`"device":"`))
	device, rest, _ := bytes.Cut(rest, []byte(`"`))
	v.mu.RLock()
	defer v.mu.RUnlock()
	for found {
		if _, rest, found = bytes.Cut(rest, []byte(`"time":`)); !found {
			return
		}
		end := bytes.IndexAny(rest, ",}")
		if end < 0 {
			return
		}
		ts, err := strconv.ParseInt(string(rest[:end]), 10, 64)
		if err != nil {
			continue
		}
		key := sampleKey{string(device), ts}
		due, expected := v.due[key]
		if _, again := one.seen[key]; expected && !again {
			one.seen[key] = struct{}{}
			one.got.Add(1)
			one.latency.Record(now.Sub(due))
		}
	}
}
