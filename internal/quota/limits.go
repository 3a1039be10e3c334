package quota

import "cmp"

// Limits are the allowances of a month; 0 is no limit.
type Limits struct {
	SessionMinutes int64 `json:"session_minutes"` // minutes for which clients have a session
	Bytes          int64 `json:"bytes"`           // traffic in both directions, in bytes
}

// The presets by name, and what limits are called that no preset has.
const (
	PresetNone           = "none"
	PresetEMQXServerless = "emqx-serverless"
	PresetCustom         = "custom"
)

// EMQXServerless is the free allowance of EMQX Cloud Serverless: 1 million session
// minutes and 1 GB of traffic a month (docs.emqx.com, Pricing and Billing). EMQX
// divides by 1024 three times; the smaller, decimal GB leaves 7 % in reserve for
// the frames around the packets, which are not seen from here.
func EMQXServerless() Limits {
	return Limits{SessionMinutes: 1_000_000, Bytes: 1_000_000_000}
}

// Allowance resolves a preset and what was configured over it; a 0 in configured
// means what the preset says. name is whose limits they are, for
// [coolant.Quota]. An unknown preset is none. Limits of zero say that there is
// nothing to meter.
func Allowance(preset string, configured Limits) (limits Limits, name string) {
	name = PresetNone
	if preset == PresetEMQXServerless {
		limits, name = EMQXServerless(), preset
	}
	if configured != (Limits{}) {
		name = PresetCustom
	}
	return Limits{
		SessionMinutes: cmp.Or(configured.SessionMinutes, limits.SessionMinutes),
		Bytes:          cmp.Or(configured.Bytes, limits.Bytes),
	}, name
}
