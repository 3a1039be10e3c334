package sim

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"coolant"
)

// ringStep is a step of contract/ring.json with what is expected after it.
type ringStep struct {
	Do        string      `json:"do"`
	Count     int         `json:"count"`
	Kind      string      `json:"kind"`
	Batch     string      `json:"batch"`
	Samples   [][2]uint64 `json:"samples"`
	Readings  *bool       `json:"readings"`
	Acked     bool        `json:"acked"`
	Held      bool        `json:"held"`
	Boot      string      `json:"boot"`
	Through   uint64      `json:"through"`
	WaitMilli int64       `json:"ms"`
	Holds     []uint64    `json:"holds"`
	Dropped   uint64      `json:"dropped"`
}

// ringRun is an outbox that goes through the steps of a case.
type ringRun struct {
	box     *outbox
	now     time.Time
	batches map[string]batch
	taken   batch // by the last step
}

func (r *ringRun) step(t *testing.T, s ringStep) {
	t.Helper()
	r.taken = batch{}
	switch s.Do {
	case "push":
		for range s.Count {
			r.box.push(1, oneReading)
		}
	case "connected":
		r.box.connected(r.now)
	case "disconnected":
		r.box.disconnected()
	case "left":
		r.box.left()
	case "hold":
		r.box.held = s.Held
	case "take":
		if s.Kind == "fresh" {
			r.taken, _ = r.box.takeFresh()
		} else {
			r.taken, _ = r.box.takeBacklog(r.now)
		}
		r.batches[s.Batch] = r.taken
	case "settle":
		r.box.settle(r.batches[s.Batch], s.Acked, r.now)
	case "committed":
		r.box.committed(map[string]coolant.Boot{"present": 7, "another": 8}[s.Boot], s.Through, r.now)
	case "wait":
		r.now = r.now.Add(time.Duration(s.WaitMilli) * time.Millisecond)
	default:
		t.Fatalf("unknown step %q", s.Do)
	}
}

// ranges are the numbers of a batch, and whether its samples have readings.
func (b batch) ranges() (ranges [][2]uint64, readings bool) {
	ranges = [][2]uint64{}
	for _, s := range b.samples {
		readings = readings || len(s.Readings) > 0
		if n := len(ranges); n > 0 && ranges[n-1][1]+1 == s.Seq {
			ranges[n-1][1] = s.Seq
			continue
		}
		ranges = append(ranges, [2]uint64{s.Seq, s.Seq})
	}
	return ranges, readings || len(b.samples) == 0
}

// holds is the first and the last number in the ring; empty if it is.
func (o *outbox) holds() []uint64 {
	if o.len() == 0 {
		return []uint64{}
	}
	return []uint64{o.first, o.next - 1}
}

// The ring is part of the contract: the firmware's does the same.
func TestRingVectors(t *testing.T) {
	raw, err := os.ReadFile("../../contract/ring.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name     string     `json:"name"`
			Capacity int        `json:"capacity"`
			Steps    []ringStep `json:"steps"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no vectors")
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			start := time.UnixMilli(0)
			r := &ringRun{box: newOutbox(7, c.Capacity), now: start, batches: map[string]batch{}}
			r.box.still = start
			for i, s := range c.Steps {
				r.step(t, s)
				ranges, readings := r.taken.ranges()
				if s.Do == "take" && (!reflect.DeepEqual(ranges, s.Samples) || readings != (s.Readings == nil || *s.Readings)) {
					t.Errorf("step %d, %s: %v with readings %t, want %v", i, s.Batch, ranges, readings, s.Samples)
				}
				if got := r.box.holds(); !reflect.DeepEqual(got, s.Holds) || r.box.dropped != s.Dropped {
					t.Errorf("step %d, %s: holds %v and dropped %d, want %v and %d", i, s.Do, got, r.box.dropped, s.Holds, s.Dropped)
				}
			}
		})
	}
}
