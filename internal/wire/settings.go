package wire

import (
	"encoding/json"

	"coolant"
)

// MaxDesired is how many bytes of a desired state a device takes.
const MaxDesired = 12 << 10

// Limits of what a device has room for.
const (
	MaxProbes  = 8  // probes of a desired state
	MaxOutputs = 6  // outputs
	MaxPoints  = 16 // corners of a curve
	MaxBands   = 4  // bands of duty that an output does not stay in
)

// Settings is the whole state that a device is asked to take: the head of
// [DesiredPayload], and what control goes by. What is nil is left to the device:
// to its board's own settings, or to the defaults of an output's role and kind.
type Settings struct {
	Epoch      string          `json:"epoch"`                  // as in [DesiredPayload]
	Version    uint64          `json:"version"`                // likewise
	IntervalMS *int64          `json:"interval_ms,omitempty"`  // between samples, 1,000 to 3,600,000
	Probes     []ProbeSetting  `json:"probes,omitzero"`        // at most MaxProbes; empty and not nil: none has a role
	CriticalC  *float64        `json:"critical_c,omitempty"`   // over-temperature from here on, 30 to below 60
	DewMarginK *float64        `json:"dew_margin_k,omitempty"` // how far above the dew point a chiller aims, 2 to 20
	Standby    *StandbySetting `json:"standby,omitempty"`
	BusyW      *float64        `json:"busy_w,omitempty"` // the host is busy from this heat on, 0 to 1000 W
	// Outputs are at most MaxOutputs, joined with the board's by their names: those of the board
	// that are not named stay as they are.
	Outputs []*OutputSetting `json:"outputs,omitzero"`
}

// ProbeSetting gives a probe its role.
type ProbeSetting struct {
	ROM     string         `json:"rom"`                // 16 lower-case hexadecimal digits, family code first
	Role    coolant.Metric `json:"role"`               // a temperature, of which no other probe has the role
	OffsetK *float64       `json:"offset_k,omitempty"` // added to its readings, -5 to 5; nil: 0
}

// StandbySetting says when outputs may rest.
type StandbySetting struct {
	Enabled *bool    `json:"enabled,omitempty"` // rest while host and water are idle together
	IdleW   *float64 `json:"idle_w,omitempty"`  // the host is idle below this heat, 0 to 1000 W
}

// The roles of outputs, and how they are driven.
const (
	RolePump    = "pump"
	RoleFan     = "fan"
	RoleChiller = "chiller"
	RoleBuzzer  = "buzzer"

	KindPWM4    = "pwm4"   // 4-wire, 25 kHz, open drain
	KindDCPWM   = "dc_pwm" // 2-wire through a MOSFET
	KindSwitch  = "switch" // on or off
	KindGivenUp = "none"   // gives up an output of the board
)

// OutputSetting is what is wanted of one output. Duties are percent, 0 to 100.
type OutputSetting struct {
	Name string  `json:"name"`           // the form of a metric's; unique
	Role *string `json:"role,omitempty"` // one of the roles; nil: the board's output of that name
	Kind *string `json:"kind,omitempty"` // one of the kinds; likewise

	Wiring       *WiringSetting `json:"wiring,omitempty"`
	MinDuty      *float64       `json:"min_duty,omitempty"`      // a running output never gets less
	MaxDuty      *float64       `json:"max_duty,omitempty"`      // the most that the automatic part asks for
	FailsafeDuty *float64       `json:"failsafe_duty,omitempty"` // 50 to 100
	StartDuty    *float64       `json:"start_duty,omitempty"`    // from rest it starts where this is asked for
	StopDuty     *float64       `json:"stop_duty,omitempty"`     // and rests below this
	Skip         []Pair         `json:"skip,omitzero"`           // bands of duty, ascending and apart, at most MaxBands
	SpinUpMS     *int64         `json:"spin_up_ms,omitempty"`    // full duty for so long when it starts, 0 to 5000
	StallRPM     *float64       `json:"stall_rpm,omitempty"`     // turning slower is a stall, 0 to 10000
	SlewUp       *float64       `json:"slew_up,omitempty"`       // percent a second, 0 to 100; 0: unlimited
	SlewDown     *float64       `json:"slew_down,omitempty"`     // likewise
	MinOnS       *int64         `json:"min_on_s,omitempty"`      // of a switch, 0 to 3600 seconds
	MinOffS      *int64         `json:"min_off_s,omitempty"`     // likewise
	Auto         *LawSetting    `json:"auto,omitempty"`          // never of a buzzer
	Override     *Override      `json:"override,omitempty"`
}

// WiringSetting says where an output and its tachometer are connected.
type WiringSetting struct {
	Pin         *int64 `json:"pin,omitempty"`          // GPIO, 0 to 63; -1: none
	Hz          *int64 `json:"hz,omitempty"`           // 21,000 to 28,000 of pwm4, 100 to 40,000 of dc_pwm, 0 of a switch
	Inverted    *bool  `json:"inverted,omitempty"`     // the pin is high for "off"
	TachoPin    *int64 `json:"tacho_pin,omitempty"`    // GPIO, 0 to 63; -1: none
	TachoPulses *int64 `json:"tacho_pulses,omitempty"` // of a turn, 1 to 12
}

// Pair is two numbers: from and to of a band, or temperature and duty of a point.
type Pair [2]float64

// LawSetting is the automatic part of an output: what it looks at, and one of the
// laws. It is said whole.
type LawSetting struct {
	Input  string         `json:"input,omitempty"` // a role, or the difference of two: "water-ambient"; missing with Follow
	Curve  *CurveSetting  `json:"curve,omitempty"`
	PI     *PISetting     `json:"pi,omitempty"`
	Follow *FollowSetting `json:"follow,omitempty"`
}

// FollowSetting lets an output do its part of another's demand.
type FollowSetting struct {
	Output string `json:"output"` // which has a PI with a range
	Range  Pair   `json:"range"`  // the demands at which it begins, and at which it is at its max_duty
}

// CurveSetting is a curve; package control has its law.
type CurveSetting struct {
	Points      []Pair   `json:"points"`                 // 1 to MaxPoints: C or K, and percent
	HysteresisK *float64 `json:"hysteresis_k,omitempty"` // 0 to 20; nil: 0
}

// PISetting is a PI toward a setpoint; package control has its law.
type PISetting struct {
	Setpoint   float64  `json:"setpoint"`                // C or K, -20 to below 60
	KP         float64  `json:"kp"`                      // percent per K, above 0 to 100
	TiS        float64  `json:"ti_s"`                    // seconds of integral action, 1 to 36,000
	DeadbandK  *float64 `json:"deadband_k,omitempty"`    // 0 to 2; nil: 0
	FFDutyPerW *float64 `json:"ff_duty_per_w,omitempty"` // percent per W of the host's heat, 0 to 5; nil: 0
	// Range, 0 to 100 and ascending, makes it ask for a demand, of which its output and those that follow
	// it do their parts; nil: it asks for the duty of its output.
	Range *Pair `json:"range,omitempty"`
}

// Override is a duty in place of the automatic part for a while.
type Override struct {
	Duty  float64           `json:"duty"`
	Until coolant.UnixMilli `json:"until"` // the device judges by its clock whether that is too far ahead
}

// EncodeSettings returns the JSON form of s. It does not check s: what it returns
// is checked with [DecodeSettings].
func EncodeSettings(s *Settings) ([]byte, error) { return json.Marshal(s) }
