package sim

import (
	"slices"
	"strings"
	"time"

	"coolant"
)

// FaultName is one of the faults that can be made to happen.
type FaultName string

// The faults. Those of probes hit the water probe.
const (
	FaultProbeLost FaultName = "probe-lost"  // the probe does not answer
	FaultPOR85     FaultName = "por85"       // it answers 85.0, its power-on value
	FaultCRC       FaultName = "crc"         // its checksums are wrong
	FaultStuck     FaultName = "stuck"       // it always answers the same
	FaultDrift     FaultName = "probe-drift" // it reads 15 K too much
	FaultProbeOut  FaultName = "probe-out"   // it hangs in the air of the room
	FaultPumpStall FaultName = "pump-stall"  // the pump's rotor is held
	FaultFanStall  FaultName = "fan-stall"   // the fan's rotor is held
	FaultDry       FaultName = "dry"         // the loop is empty: the pump turns in air
	FaultLeak      FaultName = "leak"        // the leak sensor is wet
	FaultWiFiLost  FaultName = "wifi-lost"   // no network
	FaultReboot    FaultName = "reboot"      // loses power for a moment; a duration changes nothing
)

var faultNames = [...]FaultName{
	FaultProbeLost, FaultPOR85, FaultCRC, FaultStuck, FaultDrift, FaultProbeOut, FaultPumpStall, FaultFanStall, FaultDry, FaultLeak, FaultWiFiLost, FaultReboot,
}

// FaultNames lists the faults that [ParseFault] knows.
func FaultNames() []FaultName { return slices.Clone(faultNames[:]) }

// Fault is something that goes wrong with a device at a given time.
type Fault struct {
	Name FaultName
	At   time.Duration // after the start of the simulation, by the wall clock
	For  time.Duration // how long it lasts; 0: for good
}

// ParseFault reads NAME@TIME or NAME@TIME+DURATION, such as "probe-lost@30s" or
// "wifi-lost@10m+2m". Errors have the code [coolant.CodeInvalid] and say which
// names there are.
func ParseFault(s string) (Fault, error) {
	name, when, found := strings.Cut(s, "@")
	f := Fault{Name: FaultName(name)}
	if !slices.Contains(faultNames[:], f.Name) {
		return Fault{}, coolant.Errorf(coolant.CodeInvalid, "fault %q: there is no fault %q; the faults are %s", s, name, listFaults())
	}
	if !found {
		return Fault{}, coolant.Errorf(coolant.CodeInvalid, "fault %q: when? write it as NAME@TIME or NAME@TIME+DURATION, such as %s@30s+2m", s, name)
	}
	at, long, lasts := strings.Cut(when, "+")
	var err error
	if f.At, err = time.ParseDuration(at); err != nil || f.At < 0 {
		return Fault{}, coolant.Errorf(coolant.CodeInvalid, "fault %q: %q is not a time after the start, such as 30s or 10m", s, at)
	}
	if !lasts {
		return f, nil
	}
	if f.For, err = time.ParseDuration(long); err != nil || f.For <= 0 {
		return Fault{}, coolant.Errorf(coolant.CodeInvalid, "fault %q: %q is not a duration, such as 30s or 10m", s, long)
	}
	return f, nil
}

func listFaults() string {
	names := make([]string, len(faultNames))
	for i, n := range faultNames {
		names[i] = string(n)
	}
	return strings.Join(names, ", ")
}

// String is the form that [ParseFault] reads.
func (f Fault) String() string {
	s := string(f.Name) + "@" + f.At.String()
	if f.For > 0 {
		s += "+" + f.For.String()
	}
	return s
}

// faultPlan is when which faults happen.
type faultPlan []Fault

// active says whether a fault of that name is present at the time after the
// start. A reboot never is: it is an event.
func (p faultPlan) active(name FaultName, after time.Duration) bool {
	return slices.ContainsFunc(p, func(f Fault) bool {
		return f.Name == name && name != FaultReboot && f.At <= after && (f.For == 0 || after < f.At+f.For)
	})
}

// reboots says whether a reboot is due after one time and up to another.
func (p faultPlan) reboots(after, upTo time.Duration) bool {
	return slices.ContainsFunc(p, func(f Fault) bool {
		return f.Name == FaultReboot && after < f.At && f.At <= upTo
	})
}

// next is the next time at which a fault begins or ends.
func (p faultPlan) next(after time.Duration) (at time.Duration, ok bool) {
	for _, f := range p {
		for _, edge := range [...]time.Duration{f.At, f.At + f.For} {
			if edge > after && (!ok || edge < at) {
				at, ok = edge, true
			}
		}
	}
	return at, ok
}

// apply gives the rig the faults that are present at the time after the start.
func (p faultPlan) apply(r *Rig, after time.Duration) {
	probe := ProbeHealthy
	for name, fault := range map[FaultName]ProbeFault{
		FaultProbeLost: ProbeLost, FaultPOR85: ProbePOR, FaultCRC: ProbeCRC, FaultStuck: ProbeStuck,
		FaultDrift: ProbeDrift, FaultProbeOut: ProbeOut,
	} {
		if p.active(name, after) {
			probe = max(probe, fault)
		}
	}
	r.SetProbeFault(probe)
	r.StallPump(p.active(FaultPumpStall, after))
	r.StallFan(p.active(FaultFanStall, after))
	r.SetDry(p.active(FaultDry, after))
	r.SetLeak(p.active(FaultLeak, after))
}
