package coolant

// Quality says why a reading can or cannot be trusted. The zero value is Good.
// Anything else is stored as a fault, never charted as a value and never fed to
// control.
type Quality uint8

// The qualities of the contract. Their numbers are stored and never change.
const (
	Good         Quality = 0
	POR85        Quality = 1 // the DS18B20's power-on value: no conversion happened
	Disconnected Quality = 2 // no presence pulse, or an all-ones scratchpad
	CRC          Quality = 3 // the scratchpad's checksum is wrong
	OutOfRange   Quality = 4 // outside what the metric can physically be
	Stuck        Quality = 5 // does not move while another probe of the loop does
	Stale        Quality = 6 // too old to stand for the present
)

var qualityNames = [...]string{"good", "por85", "disconnected", "crc", "range", "stuck", "stale"}

// String is the contract's word for q; "unknown" for a number without one.
func (q Quality) String() string {
	if int(q) < len(qualityNames) {
		return qualityNames[q]
	}
	return "unknown"
}

// ParseQuality reads the contract's word; ok is false for any other.
func ParseQuality(s string) (q Quality, ok bool) {
	for i, n := range qualityNames {
		if n == s {
			return Quality(i), true
		}
	}
	return Good, false
}
