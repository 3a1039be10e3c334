package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"coolant"
)

const (
	// A desired state is published again after firstRemind, and then ever less often, as
	// long as the device has not judged it: its broker may have lost the retained
	// message, or was away.
	firstRemind = 5 * time.Second
	lastRemind  = 5 * time.Minute
	maxNote     = 256 // bytes
	maxEditor   = 64
)

// TwinStore keeps the versions of what is desired.
type TwinStore interface {
	// AddDesired writes a version; with [coolant.CodeConflict] if it is not the next
	// one, and [coolant.CodeNotFound] if there is no such device.
	AddDesired(ctx context.Context, d coolant.Desired) error
	// RefuseDesired notes why a device did not apply a version.
	RefuseDesired(ctx context.Context, device coolant.DeviceID, epoch string, version uint64, reason string) error
	// Desired returns the newest version of each device.
	Desired(ctx context.Context) ([]coolant.Desired, error)
	// DesiredHistory returns the versions below before (0: all), the newest first.
	DesiredHistory(ctx context.Context, device coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error)
}

// TwinsOptions says what [Twins] work with.
type TwinsOptions struct {
	Store TwinStore // required
	// Publish sends what is desired to a device, retained. It may block for a while, and
	// fail: it is tried again. Required.
	Publish func(coolant.Desired) error
	// Check says whether a body can be asked of a device; its error has the code
	// [coolant.CodeInvalid] and names the member and its range. Required.
	Check func(device coolant.DeviceID, body json.RawMessage) error
	// Changed hears of each change of a twin, in order for one device. It must not block and not
	// call back. nil: nobody.
	Changed func(coolant.Twin)
	Now     func() time.Time // nil means time.Now
	Log     *slog.Logger     // nil discards
}

// Twins keep desired and reported together: an edit becomes a version, the version is
// published until the device has judged it, after every outage and restart. The server
// only edits what is desired; what is done is the device's decision. Twins are safe for concurrent use.
type Twins struct {
	TwinsOptions
	wake chan struct{}

	editing sync.Mutex // one edit at a time: the store decides in this order, and so does publishing

	mu sync.Mutex
	of map[coolant.DeviceID]*twin
}

// twin is a twin with the memory of its publishing.
type twin struct {
	coolant.Twin
	next  time.Time // when it is to be published; zero: never
	pause time.Duration
}

// NewTwins reads the newest versions from the store; said is what each device reported last.
func NewTwins(ctx context.Context, o TwinsOptions, said map[coolant.DeviceID]coolant.Reported) (*Twins, error) {
	if o.Store == nil || o.Publish == nil || o.Check == nil {
		return nil, errors.New("twins: Store, Publish or Check is missing")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	t := &Twins{TwinsOptions: o, wake: make(chan struct{}, 1), of: map[coolant.DeviceID]*twin{}}
	newest, err := o.Store.Desired(ctx)
	if err != nil {
		return nil, err
	}
	for device, r := range said {
		t.get(device).Reported = r
	}
	for _, d := range newest {
		t.get(d.Device).Desired = d
	}
	for _, tw := range t.of {
		tw.Phase = phase(&tw.Twin)
		t.schedule(tw)
	}
	return t, nil
}

func (t *Twins) get(device coolant.DeviceID) *twin {
	tw := t.of[device]
	if tw == nil {
		tw = &twin{Twin: coolant.Twin{Device: device, Phase: coolant.TwinUnset}}
		t.of[device] = tw
	}
	return tw
}

func phase(tw *coolant.Twin) coolant.TwinPhase {
	switch {
	case tw.Desired.Version == 0:
		return coolant.TwinUnset
	case tw.Reported.Epoch != tw.Desired.Epoch || tw.Reported.Version != tw.Desired.Version:
		return coolant.TwinApplying
	case tw.Reported.Refused != "":
		return coolant.TwinRefused
	}
	return coolant.TwinApplied
}

// schedule makes a twin that waits for its device due now, and any other one never.
func (t *Twins) schedule(tw *twin) {
	tw.next, tw.pause = time.Time{}, firstRemind
	if tw.Phase == coolant.TwinApplying {
		tw.next = t.Now()
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

// Twin returns the twin of a device. One that nothing is known of is unset.
func (t *Twins) Twin(device coolant.DeviceID) coolant.Twin {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tw := t.of[device]; tw != nil {
		return tw.Twin
	}
	return coolant.Twin{Device: device, Phase: coolant.TwinUnset}
}

// All returns every twin of which something is known, in no order.
func (t *Twins) All() []coolant.Twin {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]coolant.Twin, 0, len(t.of))
	for _, tw := range t.of {
		all = append(all, tw.Twin)
	}
	return all
}

// History returns the versions of a device below before (0: all), the newest first.
func (t *Twins) History(ctx context.Context, device coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error) {
	return t.Store.DesiredHistory(ctx, device, before, limit)
}

// Edit makes body the next version of what is desired of a device. base is the version
// that the editor saw, 0 for none; if it is not the newest any more, the edit is refused with
// [coolant.CodeConflict], and the text says who changed it meanwhile and when. A body that cannot be asked of the
// device is [coolant.CodeInvalid]. An edit that changes nothing returns the version that there is.
func (t *Twins) Edit(ctx context.Context, device coolant.DeviceID, base uint64, body json.RawMessage, edit coolant.Edit) (coolant.Twin, error) {
	if len(edit.Note) > maxNote || len(edit.By) > maxEditor {
		return coolant.Twin{}, coolant.Errorf(coolant.CodeInvalid, "a note has at most %d bytes and a name %d", maxNote, maxEditor)
	}
	if err := t.Check(device, body); err != nil {
		return coolant.Twin{}, err
	}
	t.editing.Lock()
	defer t.editing.Unlock()
	now := t.Twin(device)
	if now.Desired.Version != base {
		return now, t.stale(ctx, device, base, now.Desired)
	}
	if base != 0 && sameJSON(now.Desired.Body, body) {
		return now, nil
	}
	epoch := now.Desired.Epoch
	if epoch == "" {
		epoch = newEpoch()
	}
	edit.At = coolant.Milli(t.Now())
	return t.write(ctx, coolant.Desired{Device: device, Version: base + 1, Epoch: epoch, Body: body, Edit: edit})
}

// Return makes an earlier version the next one.
func (t *Twins) Return(ctx context.Context, device coolant.DeviceID, base, to uint64, edit coolant.Edit) (coolant.Twin, error) {
	if to == 0 {
		return coolant.Twin{}, coolant.Errorf(coolant.CodeInvalid, "versions count from 1")
	}
	found, err := t.Store.DesiredHistory(ctx, device, to+1, 1)
	if err != nil {
		return coolant.Twin{}, err
	}
	if len(found) == 0 || found[0].Version != to {
		return coolant.Twin{}, coolant.Errorf(coolant.CodeNotFound, "device %s has no version %d, or it is too old to be kept", device, to)
	}
	edit.From = to
	return t.Edit(ctx, device, base, found[0].Body, edit)
}

// write stores a version and begins to publish it. The caller holds t.editing.
func (t *Twins) write(ctx context.Context, d coolant.Desired) (coolant.Twin, error) {
	if err := t.Store.AddDesired(ctx, d); err != nil {
		return coolant.Twin{}, err
	}
	return t.change(d.Device, func(tw *coolant.Twin) { tw.Desired = d }), nil
}

// change changes a twin and tells of it, if anything is different: a device reports its duties all the time.
func (t *Twins) change(device coolant.DeviceID, do func(*coolant.Twin)) coolant.Twin {
	t.mu.Lock()
	defer t.mu.Unlock()
	tw := t.get(device)
	was, before, said := tw.Phase, tw.Desired.Version, tw.Reported
	do(&tw.Twin)
	tw.Phase = phase(&tw.Twin)
	switch {
	case tw.Phase != was || tw.Desired.Version != before:
		t.schedule(tw)
	case tw.Reported == said:
		return tw.Twin
	}
	if t.Changed != nil {
		t.Changed(tw.Twin)
	}
	return tw.Twin
}

// stale says what happened since the version that an edit started from.
func (t *Twins) stale(ctx context.Context, device coolant.DeviceID, base uint64, newest coolant.Desired) error {
	if newest.Version == 0 {
		return coolant.Errorf(coolant.CodeConflict, "nothing is desired of %s yet, so there is no version %d to start from", device, base)
	}
	stale := &coolant.StaleError{Base: base, Newest: newest}
	body := json.RawMessage("{}")
	if base != 0 {
		if seen, err := t.Store.DesiredHistory(ctx, device, base+1, 1); err == nil && len(seen) == 1 && seen[0].Version == base {
			body = seen[0].Body
		} else {
			body = nil
		}
	}
	stale.Changes = changes(body, newest.Body)
	return coolant.Errorf(coolant.CodeConflict, "%w", stale)
}

// Reported takes a device's word. A device that has a later version of the same epoch than there is lived
// on after the backup that this store was restored from: what is desired here gets a new epoch, so that it wins.
func (t *Twins) Reported(ctx context.Context, device coolant.DeviceID, r coolant.Reported) {
	now := t.change(device, func(tw *coolant.Twin) { tw.Reported = r })
	if now.Phase == coolant.TwinRefused && now.Desired.Refused != r.Refused {
		t.refused(ctx, device, r)
	}
	if r.Epoch != "" && r.Epoch == now.Desired.Epoch && r.Version > now.Desired.Version {
		t.renew(ctx, device, r)
	}
}

// refused notes a refusal that is not noted yet. If that fails it is tried again when the device reports next.
func (t *Twins) refused(ctx context.Context, device coolant.DeviceID, r coolant.Reported) {
	t.Log.Warn("a device refused what is desired of it", "device", string(device), "version", r.Version, "reason", r.Refused)
	if err := t.Store.RefuseDesired(ctx, device, r.Epoch, r.Version, r.Refused); err != nil {
		t.Log.Warn("that a device refused what is desired could not be noted", "device", string(device), "error", err)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := &t.get(device).Desired; d.Epoch == r.Epoch && d.Version == r.Version {
		d.Refused = r.Refused
	}
}

// renew writes the newest version once more under a new epoch.
func (t *Twins) renew(ctx context.Context, device coolant.DeviceID, r coolant.Reported) {
	t.editing.Lock()
	defer t.editing.Unlock()
	d := t.Twin(device).Desired
	if r.Epoch != d.Epoch || r.Version <= d.Version {
		return
	}
	t.Log.Warn("a device knows a later version of what is desired than this store; its own counts from now on", "device", string(device), "device_version", r.Version, "version", d.Version)
	d.Edit = coolant.Edit{
		At: coolant.Milli(t.Now()), By: "coolant", From: d.Version,
		Note: fmt.Sprintf("the device had version %d, which this store does not have", r.Version),
	}
	d.Version, d.Epoch = d.Version+1, newEpoch()
	d.Refused = ""
	if _, err := t.write(ctx, d); err != nil {
		t.Log.Warn("what is desired could not get a new epoch; it is tried again when the device reports next", "device", string(device), "error", err)
	}
}

// Online hears that a device has connected: if it waits for news, it gets them again at once.
func (t *Twins) Online(device coolant.DeviceID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tw := t.of[device]; tw != nil {
		t.schedule(tw)
	}
}

// Added takes in a device that was registered, perhaps anew: then the store may know what was desired of it.
func (t *Twins) Added(ctx context.Context, device coolant.DeviceID) error {
	t.editing.Lock()
	defer t.editing.Unlock()
	newest, err := t.Store.DesiredHistory(ctx, device, 0, 1)
	if err != nil || len(newest) == 0 || t.Twin(device).Desired.Version == newest[0].Version {
		return err
	}
	t.change(device, func(tw *coolant.Twin) { tw.Desired = newest[0] })
	return nil
}

// Forget drops a device that was removed. What is written about it stays in the store as long as the store keeps it.
func (t *Twins) Forget(device coolant.DeviceID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, device)
}

// Run publishes what devices wait for until ctx ends.
func (t *Twins) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		case <-timer.C:
		}
		timer.Reset(t.flush(ctx))
	}
}

// flush publishes all that is due, and returns how long nothing else will be.
func (t *Twins) flush(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		d, wait := t.nextDue()
		if d.Version == 0 {
			return wait
		}
		if err := t.Publish(d); err != nil {
			t.Log.Debug("what is desired could not be published; it is tried again", "device", string(d.Device), "version", d.Version, "error", err)
		}
	}
	return lastRemind
}

// nextDue takes what is to be published now, or says how long there is nothing.
func (t *Twins) nextDue() (coolant.Desired, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, wait := t.Now(), lastRemind
	for _, tw := range t.of {
		switch {
		case tw.next.IsZero():
		case tw.next.After(now):
			wait = min(wait, tw.next.Sub(now))
		default:
			tw.next = now.Add(tw.pause)
			tw.pause = min(2*tw.pause, lastRemind)
			return tw.Desired, 0
		}
	}
	return coolant.Desired{}, wait
}

func newEpoch() string { return randomHex(8) }

// sameJSON compares without regard to the order of members and to white space.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, err := json.Marshal(x)
	if err != nil {
		return false
	}
	q, err := json.Marshal(y)
	return err == nil && string(p) == string(q)
}
