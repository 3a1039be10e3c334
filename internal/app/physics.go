package app

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"coolant"
	"coolant/internal/physics"
	"coolant/internal/wire"
)

const (
	// maxProbeVersions is how many versions of what is desired are looked at for the last
	// change of the probes; what is older counts as changed then.
	maxProbeVersions = 200
	dewMargin        = 2.0  // K, of a device that was not told any (contract)
	sameOffset       = 0.02 // K; what `zero` finds is rounded to a hundredth
)

// reportedLoop is what a reported message says that matters to the physics of a loop.
type reportedLoop struct {
	Outputs []struct {
		Name  string `json:"name"`
		Claim string `json:"claim"`
	} `json:"outputs"`
	Alarms []struct {
		Name   string `json:"name"`
		Active bool   `json:"active"`
	} `json:"alarms"`
	Zero struct {
		Offsets map[coolant.Metric]float64 `json:"offsets"`
	} `json:"zero"`
}

// Physics implements [DeviceTwins] for the parts of a service.
func (h *house) Physics(ctx context.Context, id coolant.DeviceID) (coolant.Physics, error) {
	if err := h.registered(ctx, id); err != nil {
		return coolant.Physics{}, err
	}
	return h.physics.Physics(ctx, id)
}

// loop says what is known of a device beside its readings, for its physics.
func (h *house) loop(ctx context.Context, id coolant.DeviceID) (physics.Loop, error) {
	l := physics.Loop{DewMargin: dewMargin}
	if v, ok := h.hub.Device(id); ok {
		l.Interval = coolant.UnixMilli(v.IntervalMS)
	}
	var said reportedLoop
	if v, ok := h.hub.TwinOf(id); ok && v.State != nil {
		if json.Unmarshal(v.State, &said) != nil {
			said = reportedLoop{} // a member of another type than we know says nothing
		}
	}
	versions, err := h.twins.History(ctx, id, 0, maxProbeVersions)
	if err != nil {
		return l, err
	}
	inEffect, rest := versionInEffect(h.twins.Twin(id), versions)
	l.ProbesSince = probesSince(inEffect, rest)
	if inEffect.DewMarginK != nil {
		l.DewMargin = *inEffect.DewMarginK
	}
	l.Zeroed = zeroedProbes(inEffect.Probes, &said)
	l.Outputs = outputsOf(inEffect.Outputs, &said)
	return l, nil
}

// settingsVersion is a version that can be read.
type settingsVersion struct {
	wire.Settings
	at coolant.UnixMilli
}

// versionInEffect is the version that the device goes by, and those before it, newest
// first. A device that refused one keeps the one before. Without any it is as it came.
func versionInEffect(tw coolant.Twin, versions []coolant.Desired) (in settingsVersion, before []settingsVersion) {
	if tw.Phase != coolant.TwinApplied && tw.Reported.Refused == "" {
		versions = slices.DeleteFunc(versions, func(d coolant.Desired) bool {
			return d.Version > tw.Reported.Version || d.Epoch != tw.Reported.Epoch
		})
	}
	for _, d := range versions {
		if d.Refused != "" || tw.Reported.Refused != "" && d.Version >= tw.Reported.Version {
			continue
		}
		message, err := wire.EncodeTwin(d)
		if err != nil {
			continue
		}
		if s, err := wire.DecodeSettings(message); err == nil {
			before = append(before, settingsVersion{Settings: *s, at: d.Edit.At})
		}
	}
	if len(before) == 0 {
		return settingsVersion{}, nil
	}
	return before[0], before[1:]
}

// probesSince is when the probes of a version became what they are, 0 for always.
func probesSince(in settingsVersion, before []settingsVersion) coolant.UnixMilli {
	since := in.at
	for _, b := range before {
		if !sameProbes(b.Probes, in.Probes) {
			return since
		}
		since = b.at
	}
	if len(in.Probes) == 0 {
		return 0 // as before the first version
	}
	return since
}

func sameProbes(a, b []wire.ProbeSetting) bool {
	return slices.EqualFunc(a, b, func(a, b wire.ProbeSetting) bool {
		return a.ROM == b.ROM && a.Role == b.Role && offsetOf(a) == offsetOf(b)
	})
}

func offsetOf(p wire.ProbeSetting) float64 {
	if p.OffsetK == nil {
		return 0
	}
	return *p.OffsetK
}

// zeroedProbes are the roles whose probes were made to agree in the same water. What
// counts is what the readings are corrected by: offsets that the device has applied. What the
// command `zero` found is not used by the device itself, so it counts only as the witness
// of an offset of nearly 0, which may as well be one that nobody ever measured: a probe with
// such an offset is zeroed if `zero` found it. A probe that took over the role of another
// has not its offset.
func zeroedProbes(probes []wire.ProbeSetting, said *reportedLoop) (zeroed []coolant.Metric) {
	if said.active("probe_replaced") {
		return nil
	}
	for _, p := range probes {
		if p.OffsetK == nil {
			continue
		}
		found, witnessed := said.Zero.Offsets[p.Role]
		if *p.OffsetK != 0 || witnessed && math.Abs(found-*p.OffsetK) < sameOffset {
			zeroed = append(zeroed, p.Role)
		}
	}
	slices.Sort(zeroed)
	return zeroed
}

func (r *reportedLoop) active(alarm string) bool {
	for _, a := range r.Alarms {
		if a.Name == alarm && a.Active {
			return true
		}
	}
	return false
}

// outputsOf joins what the device says of its outputs with what is desired of them. A device
// that says nothing, as the article's, may still send duties by the usual names.
func outputsOf(settings []*wire.OutputSetting, said *reportedLoop) (outputs []physics.Output) {
	names := []string{wire.RolePump, wire.RoleFan}
	if len(said.Outputs) > 0 {
		names = nil
	}
	claims := map[string]string{}
	for _, o := range said.Outputs {
		names = append(names, o.Name)
		claims[o.Name] = o.Claim
	}
	for _, name := range names {
		o := physics.Output{Name: name, Held: claims[name] == "chiller_interlock"}
		for _, s := range settings {
			if s.Name == name {
				if s.Role != nil {
					o.Role = *s.Role
				}
				o.Target = stopsAt(s)
			}
		}
		outputs = append(outputs, o)
	}
	return outputs
}

// stopsAt is the temperature at which an output stops to be asked for anything, in C: the
// setpoint of a PI, or where a curve comes down to its rest. nil if it is not said, or is a difference.
func stopsAt(s *wire.OutputSetting) *float64 {
	if s.Auto == nil || strings.Contains(s.Auto.Input, "-") {
		return nil
	}
	if s.Auto.PI != nil {
		return &s.Auto.PI.Setpoint
	}
	if s.Auto.Curve == nil || len(s.Auto.Curve.Points) == 0 {
		return nil
	}
	rest := 0.0
	if s.StopDuty != nil && s.StartDuty != nil && *s.StartDuty > 0 {
		rest = *s.StopDuty
	}
	points := s.Auto.Curve.Points
	if points[0][1] > rest {
		return nil // it never stops
	}
	at := points[len(points)-1][0]
	for i := 1; i < len(points); i++ {
		if a, b := points[i-1], points[i]; b[1] > rest {
			at = a[0] + (rest-a[1])/(b[1]-a[1])*(b[0]-a[0])
			break
		}
	}
	if s.Auto.Curve.HysteresisK != nil {
		at -= *s.Auto.Curve.HysteresisK
	}
	return &at
}
