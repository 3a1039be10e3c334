package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"coolant"
)

func testDevices(t *testing.T, open Open) {
	credential := func(id coolant.DeviceID, b byte) coolant.Credential {
		return coolant.Credential{Device: id, Salt: []byte{b, 0}, Hash: []byte{b, 1, 2}}
	}
	t.Run("a device and its credential", func(t *testing.T) {
		f := newFixture(t, open)
		b := coolant.Device{ID: "b", Name: "Second", Created: 20}
		f.must(f.AddDevice(f.ctx, b, credential("b", 1)))
		f.wantCode(f.AddDevice(f.ctx, coolant.Device{ID: "b"}, credential("b", 2)), coolant.CodeConflict)
		f.wantCode(f.AddDevice(f.ctx, coolant.Device{ID: "NO"}, credential("NO", 2)), coolant.CodeInvalid)
		f.must(f.Health())
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "b", Name: "Other", Created: 1}))
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "c", Created: 10}))
		f.must(f.AddDevice(f.ctx, coolant.Device{ID: "a", Created: 20}, credential("a", 3)))
		f.must(f.SetCredential(f.ctx, credential("a", 4)))
		f.wantCode(f.SetCredential(f.ctx, credential("nobody", 4)), coolant.CodeNotFound)
		f.reopen()
		devices, err := f.Devices(f.ctx)
		f.must(err)
		if want := []coolant.Device{{ID: "c", Created: 10}, {ID: "a", Created: 20}, b}; !reflect.DeepEqual(devices, want) {
			t.Errorf("devices are %+v, want %+v", devices, want)
		}
		f.wantCredentials(credential("a", 4), credential("b", 1))
	})
	t.Run("one without a time of creation gets one", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.AddDevice(f.ctx, coolant.Device{ID: "a"}, credential("a", 1)))
		devices, err := f.Devices(f.ctx)
		f.must(err)
		if devices[0].Created == 0 {
			t.Error("it has none")
		}
	})
	t.Run("removed without its data it can come back to it", func(t *testing.T) {
		f := newFixture(t, open)
		s := sample("a", 1, 1, noon, good("water", 1))
		f.append(s)
		f.must(f.SetCredential(f.ctx, credential("a", 1)))
		f.must(f.PutDocument(f.ctx, coolant.DeviceDocument{Device: "a", Kind: coolant.DocInfo, Body: []byte("{}"), Received: 1}))
		f.must(f.RemoveDevice(f.ctx, "a", false))
		f.wantCredentials()
		f.wantGone("a")
		f.wantCode(f.RemoveDevice(f.ctx, "a", false), coolant.CodeNotFound)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		if _, n := f.rows("a"); n != 1 {
			t.Errorf("%d samples came back, want 1", n)
		}
		if c := f.append(s); c.Fresh[0] {
			t.Error("a redelivery is fresh")
		}
	})
	t.Run("removed with its data it begins anew", func(t *testing.T) {
		f := newFixture(t, open)
		f.wave(1, noon, coolant.Minute, 6000)
		f.append(sample("b", 1, 1, noon, good("water", 1)), sample("a", 1, 6001, noon, bad("inlet", coolant.CRC)))
		f.rollUp()
		f.append(sample("a", 1, 6002, noon+1, good("water", 1)))
		f.must(f.RemoveDevice(f.ctx, "a", true))
		f.wantGone("a")
		f.append(sample("a", 2, 1, noon+1, good("water", 7)))
		for range 2 {
			if _, n := f.rows("a"); n != 1 {
				t.Errorf("%d samples, want the new one only", n)
			}
			cols := f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: 10})
			if len(cols.Series) != 1 || len(cols.Times) != 1 || cols.Series[0].Max[0] != 7 {
				t.Errorf("columns are %+v, want the new sample only", cols)
			}
			f.reopen()
			f.rollUp() // which clears the old data away
		}
		if c := f.append(sample("a", 1, 1, noon+2, good("water", 3))); !c.Fresh[0] || c.Watermarks[0].Through != 1 {
			t.Errorf("an old start of the device is still known: %+v", c)
		}
		if _, n := f.rows("b"); n != 1 {
			t.Errorf("%d samples of another device are left, want 1", n)
		}
	})
}

// wantGone checks that a device that was removed is nowhere.
func (f *fixture) wantGone(id coolant.DeviceID) {
	f.t.Helper()
	_, err := f.Columns(f.ctx, coolant.Window{Device: id, From: 0, To: always, Width: 10})
	f.wantCode(err, coolant.CodeNotFound)
	newest, err := f.Newest(f.ctx)
	f.must(err)
	if n, there := newest[id]; there {
		f.t.Errorf("%s has newest readings %v", id, n)
	}
	marks, err := f.LatestWatermarks(f.ctx)
	f.must(err)
	if slices.ContainsFunc(marks, func(w coolant.Watermark) bool { return w.Device == id }) {
		f.t.Errorf("%s has a watermark", id)
	}
	documents, err := f.Documents(f.ctx)
	f.must(err)
	if slices.ContainsFunc(documents, func(d coolant.DeviceDocument) bool { return d.Device == id }) {
		f.t.Errorf("%s has documents", id)
	}
}

func (f *fixture) wantCredentials(want ...coolant.Credential) {
	f.t.Helper()
	got, err := f.Credentials(f.ctx)
	f.must(err)
	slices.SortFunc(got, func(a, b coolant.Credential) int { return int(a.Device[0]) - int(b.Device[0]) })
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		f.t.Errorf("credentials are %v, want %v", got, want)
	}
}

func testDocuments(t *testing.T, open Open) {
	f := newFixture(t, open)
	put := func(id coolant.DeviceID, kind coolant.Document, body string, at coolant.UnixMilli) coolant.DeviceDocument {
		d := coolant.DeviceDocument{Device: id, Kind: kind, Body: []byte(body), Received: at}
		f.must(f.PutDocument(f.ctx, d))
		return d
	}
	put("b", coolant.DocStatus, `{"state":"online"}`, 1)
	info := put("a", coolant.DocInfo, `{"firmware":"1.0","chip":"é"}`, 2)
	status := put("b", coolant.DocStatus, `{"state":"offline"}`, 3)
	reported := put("b", coolant.DocReported, `{}`, 4)
	f.reopen()
	got, err := f.Documents(f.ctx)
	f.must(err)
	if want := []coolant.DeviceDocument{info, reported, status}; !reflect.DeepEqual(got, want) {
		t.Errorf("documents are %v, want %v", got, want)
	}
	for _, want := range []coolant.DeviceDocument{info, reported, status, {Device: "a", Kind: coolant.DocStatus}, {Device: "c", Kind: coolant.DocInfo}} {
		one, err := f.Document(f.ctx, want.Device, want.Kind)
		f.must(err)
		if !reflect.DeepEqual(one, want) {
			t.Errorf("document %s of %s is %v, want %v", want.Kind, want.Device, one, want)
		}
	}
}

func testRecords(t *testing.T, open Open) {
	f := newFixture(t, open)
	list := func(bucket string) (got []string) {
		f.must(f.EachRecord(f.ctx, bucket, func(key string, value []byte) error {
			got = append(got, fmt.Sprintf("%s=%x", key, value))
			return nil
		}))
		return got
	}
	f.must(f.PutRecord(f.ctx, "one", "b", []byte{1}))
	f.must(f.PutRecord(f.ctx, "one", "a", nil))
	f.must(f.PutRecord(f.ctx, "one", "", []byte{3}))
	f.must(f.PutRecord(f.ctx, "two", "a", []byte{9}))
	f.must(f.PutRecord(f.ctx, "one", "b", []byte{2, 2}))
	f.must(f.PutRecord(f.ctx, "one", "c", []byte{4}))
	f.must(f.DeleteRecord(f.ctx, "one", "c"))
	f.must(f.DeleteRecord(f.ctx, "one", "never was"))
	f.reopen()
	if got, want := list("one"), []string{"=03", "a=", "b=0202"}; !reflect.DeepEqual(got, want) {
		t.Errorf("records are %q, want %q", got, want)
	}
	if got := list("none"); got != nil {
		t.Errorf("an unknown bucket has %q", got)
	}
	stop := errors.New("enough")
	if err := f.EachRecord(f.ctx, "one", func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the callback gives %v", err)
	}
	for i := range 1234 {
		f.must(f.PutRecord(f.ctx, "many", fmt.Sprintf("%05d", i), []byte("value")))
	}
	n := 0
	f.must(f.EachRecord(f.ctx, "many", func(key string, _ []byte) error {
		if key != fmt.Sprintf("%05d", n) {
			return fmt.Errorf("record %d has the key %s", n, key)
		}
		n++
		return f.DeleteRecord(f.ctx, "many", key) // the store can be used meanwhile
	}))
	if n != 1234 || list("many") != nil {
		t.Errorf("%d records were seen, and %d are left", n, len(list("many")))
	}
}
