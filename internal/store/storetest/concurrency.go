package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"coolant"
)

// testConcurrency lets everything happen at the same time.
func testConcurrency(t *testing.T, open Open) {
	f := newFixture(t, open)
	const writers, batches, size = 4, 25, 20
	var wg sync.WaitGroup
	each := func(n int, do func(i int) error) {
		wg.Go(func() {
			for i := range n {
				if err := do(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	numbers := make([][]uint64, writers)
	for w := range writers {
		id := coolant.DeviceID(fmt.Sprintf("dev-%d", w))
		each(batches, func(i int) error {
			var batch []coolant.Sample
			for k := range size {
				seq := uint64(i*size + k + 1)
				batch = append(batch, sample(id, 5, seq, noon+coolant.UnixMilli(seq)*coolant.Minute, good("water", float64(seq)), good("ambient", 1)))
			}
			c, err := f.Append(f.ctx, batch)
			numbers[w] = append(numbers[w], c.No)
			return err
		})
		each(batches, func(i int) error {
			if err := f.PutRecord(f.ctx, "session", fmt.Sprintf("%s-%d", id, i), []byte("x")); err != nil {
				return err
			}
			return f.PutDocument(f.ctx, coolant.DeviceDocument{Device: id, Kind: coolant.DocStatus, Body: []byte("{}"), Received: noon})
		})
		each(batches, func(int) error {
			if err := f.EnsureDevice(f.ctx, coolant.Device{ID: id}); err != nil {
				return err
			}
			_, err := f.Columns(f.ctx, coolant.Window{Device: id, From: 0, To: always, Width: 100})
			return err
		})
		each(batches, func(int) error {
			// A mistake of one spoils nothing for those who share its transaction.
			err := f.AddDevice(f.ctx, coolant.Device{ID: id}, coolant.Credential{})
			if code := coolant.CodeOf(err); err != nil && code != coolant.CodeConflict {
				return err
			}
			return nil
		})
	}
	each(20, func(int) error {
		_, err := f.RollUp(f.ctx, time.Millisecond)
		return err
	})
	each(20, func(int) error {
		_, err := f.Newest(f.ctx)
		return err
	})
	wg.Wait()
	f.must(f.Health())

	seen := make(map[uint64]bool)
	for _, list := range numbers {
		for _, no := range list {
			seen[no] = true
		}
	}
	if len(seen) != writers*batches || !seen[1] || !seen[writers*batches] {
		t.Errorf("%d batches have %d numbers", writers*batches, len(seen))
	}
	f.reopen()
	for w := range writers {
		if _, n := f.rows(coolant.DeviceID(fmt.Sprintf("dev-%d", w))); n != batches*size {
			t.Errorf("%d rows of writer %d, want %d", n, w, batches*size)
		}
	}
	records := 0
	f.must(f.EachRecord(f.ctx, "session", func(string, []byte) error { records++; return nil }))
	if records != writers*batches {
		t.Errorf("%d records, want %d", records, writers*batches)
	}
	size2, err := f.Size(f.ctx)
	f.must(err)
	if size2 <= 0 {
		t.Errorf("the size is %d", size2)
	}
}
