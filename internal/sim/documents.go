package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"coolant/internal/wire"
)

// infoDocument is the contract's info with the members that only we send.
type infoDocument struct {
	wire.InfoPayload
	Name string `json:"name,omitempty"`
	Boot string `json:"boot"`
}

// reportedDocument is the contract's reported with the members that only we
// send.
type reportedDocument struct {
	wire.ReportedPayload
	Alarms []alarmDocument `json:"alarms,omitempty"`
}

// alarmDocument is what a person needs to clear a fault.
type alarmDocument struct {
	Name       string `json:"name"`
	Occurrence int    `json:"occurrence"`
	Active     bool   `json:"active"`
}

// info is what the device says about itself.
func (b *boot) info() []byte {
	d := b.d
	doc := infoDocument{
		InfoPayload: wire.InfoPayload{
			Firmware: "sim-1", Chip: "simulated", Outputs: []string{"pump", "fan"},
			Capabilities: []string{
				wire.CommandIdentify, wire.CommandRestart, wire.CommandClearFault, wire.CommandWatch, wire.CommandEndpoint, AlarmLeak,
			},
			// An address for documentation (RFC 5737), because it has no Wi-Fi either.
			IP: fmt.Sprintf("192.0.2.%d", 10+d.seed%200), RSSI: -58,
			ResetReason: b.reason, IntervalMS: d.flash.interval.Milliseconds(),
			Endpoint: d.flash.home.info(),
		},
		Name: d.name,
		Boot: b.id.String(),
	}
	rng := rand.New(rand.NewPCG(d.seed, 0x28))
	for _, role := range probeRoles {
		doc.Probes = append(doc.Probes, wire.ProbeInfo{ROM: romID(rng), Role: role})
	}
	for _, r := range d.rig.Readings() {
		doc.Metrics = append(doc.Metrics, r.Metric)
	}
	return mustJSON(doc)
}

// romID makes the 64-bit id of a genuine DS18B20: 28-xx-xx-xx-xx-00-00-crc.
func romID(rng *rand.Rand) string {
	rom := [8]byte{0x28, byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32())}
	rom[7] = crc8(rom[:7])
	return fmt.Sprintf("%x", rom)
}

// crc8 is Maxim's: polynomial 0x31, reflected.
func crc8(data []byte) byte {
	var crc byte
	for _, b := range data {
		crc ^= b
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= 0x8c
			}
		}
	}
	return crc
}

// reported is what the server was last told of the state.
type reported struct {
	doc reportedDocument
	at  time.Time
}

const (
	// The duties change all the time; nobody wants a retained message for each
	// percent. A change of this size is told at once, a smaller one now and then.
	tellDuty  = 10.0
	tellAfter = time.Minute
)

// report tells the server what the device does, where that is news.
func (b *boot) report() {
	doc := b.state()
	old, now := &b.reported, b.d.now()
	same := old.doc.Epoch == doc.Epoch && old.doc.Version == doc.Version && old.doc.Refused == doc.Refused &&
		old.doc.IntervalMS == doc.IntervalMS && slices.Equal(old.doc.Alarms, doc.Alarms)
	moved := 0.0
	if same {
		for i, out := range doc.Outputs {
			was := old.doc.Outputs[i]
			moved = max(moved, math.Abs(was.Duty-out.Duty))
			same = same && was.Claim == out.Claim
		}
	}
	if same && (moved == 0 || moved < tellDuty && now.Sub(old.at) < tellAfter) {
		return
	}
	b.reported = reported{doc: doc, at: now}
	b.voice.tell(wire.Reported, mustJSON(doc))
}

func (b *boot) state() reportedDocument {
	d := b.d
	interval := d.flash.interval
	if d.now().Before(b.watchUntil) {
		interval = min(interval, watchInterval)
	}
	doc := reportedDocument{ReportedPayload: wire.ReportedPayload{
		Epoch: d.flash.epoch, Version: d.flash.version, Refused: d.flash.refused, IntervalMS: interval.Milliseconds(),
	}}
	pump, fan := d.rig.outputs()
	doc.Outputs = []wire.OutputState{
		{Name: "pump", Mode: "auto", Duty: math.Round(pump.Duty), Claim: pump.By},
		{Name: "fan", Mode: "auto", Duty: math.Round(fan.Duty), Claim: fan.By},
	}
	for _, a := range d.rig.Alarms() {
		doc.Faults = append(doc.Faults, a.Name)
		doc.Alarms = append(doc.Alarms, alarmDocument(a))
	}
	return doc
}

// mustJSON is for documents that are made of strings and finite numbers.
func mustJSON(v any) []byte {
	p, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return p
}
