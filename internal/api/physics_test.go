package api

import (
	"context"
	"encoding/json"
	"testing"

	"coolant"
)

// fakePhysics has something in every field of a device "loop", and the reasons of one without anything.
type fakePhysics struct{}

func (fakePhysics) Physics(_ context.Context, id coolant.DeviceID) (coolant.Physics, error) {
	f := func(v, e float64) coolant.Figure { return coolant.Figure{Value: &v, Error: &e} }
	if id != "loop" {
		none := coolant.Figure{Unknown: coolant.UnknownMissing, Missing: []coolant.Metric{"inlet", "outlet"}}
		return coolant.Physics{
			Device: id, Difference: none, Heat: none, Rise: none, Resistance: none, TimeConstant: none,
			Trend: coolant.Trend{Change: coolant.Figure{Unknown: coolant.UnknownCollecting, Have: 3, Need: 14}},
		}, nil
	}
	return coolant.Physics{
		Device: id, Time: present, Window: 300_000, Zeroed: true,
		Difference: f(.46, .09), Heat: f(42, 9), Rise: f(6.1, .1), Resistance: f(.15, .03), TimeConstant: f(480, 60),
		Trend: coolant.Trend{Change: f(8, 3), Direction: coolant.DirectionRising, Days: 60},
		Dew: &coolant.DewGuard{Point: f(15.8, 1), Margin: 2, Least: new(17.8), Chillers: []coolant.ChillerGuard{
			{Output: "chiller", Target: new(17.), Held: true, Why: []coolant.Held{coolant.HeldCold}}, {Output: "chiller2", Why: []coolant.Held{}},
		}},
	}, nil
}

func TestPhysics(t *testing.T) {
	_, h := busy(t)
	var p coolant.Physics
	if w := get(h, "/api/v1/devices/loop/physics"); json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Heat.Value == nil || *p.Heat.Value != 42 || len(p.Dew.Chillers) != 2 {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	f := newFixture() // of a server that was given none
	f.hub.DeviceAdded(coolant.Device{ID: "loop"})
	if w := get(f.handler(t), "/api/v1/devices/loop/physics"); w.Code != 503 {
		t.Errorf("without physics: %d %s", w.Code, w.Body)
	}
}
