package coolant

// Physics is what the readings of a loop say together: how much heat the water carries,
// how well the radiator gives it to the air, and how fast the loop follows.
type Physics struct {
	Device DeviceID  `json:"device"`
	Time   UnixMilli `json:"time" doc:"Newest sample that the figures are about, Unix milliseconds; 0 if there is none that is recent enough"`
	Window int64     `json:"window_ms" minimum:"0" doc:"Difference, heat and rise are means over so long before time, in milliseconds"`
	Zeroed bool      `json:"zeroed" doc:"Whether inlet and outlet have offsets with which they agree in the same water. Without, the band of the heat is that of two unchecked probes"`

	Difference Figure `json:"difference" doc:"Outlet minus inlet, in K"`
	Heat       Figure `json:"heat" doc:"Heat that the water carries away from the cold plate, in W: 69.8 W per (L/min K) times flow times difference"`
	Rise       Figure `json:"rise" doc:"Water minus air, in K"`
	Resistance Figure `json:"resistance" doc:"Rise per heat of a settled loop, in K/W, over the last 20 minutes: how well the radiator works at the present duties"`
	Trend      Trend  `json:"trend" doc:"How the resistance changes over weeks at comparable duties"`
	// TimeConstant is that of the water at the present duties.
	TimeConstant Figure    `json:"time_constant" doc:"Time constant of the water at the present duties, in s: after one of it 63 % of a change is done, after three 95 %"`
	Dew          *DewGuard `json:"dew,omitempty" doc:"Dew point, and what it means for chillers; left out for a device with neither a humidity sensor nor a chiller"`
}

// Unknown says why a figure is not known.
type Unknown string

// The reasons why a figure is not known.
const (
	UnknownMissing    Unknown = "missing"     // the device has not the metrics that Figure.Missing names, or they have no good reading
	UnknownSilent     Unknown = "silent"      // there are no recent samples
	UnknownStill      Unknown = "still"       // the water does not move, so that the probes say nothing of the cold plate
	UnknownUncertain  Unknown = "uncertain"   // the heat is not well above its own error
	UnknownLittleHeat Unknown = "little_heat" // there is too little heat to divide by
	UnknownUnsettled  Unknown = "unsettled"   // the water still follows a change
	UnknownCollecting Unknown = "collecting"  // there is not enough history yet: Figure.Have of Figure.Need
	UnknownSteady     Unknown = "steady"      // the loop is too steady to show how fast it follows
)

// Figure is a physical quantity with its band, or the reason why it is not known.
type Figure struct {
	Value   *float64 `json:"value" doc:"In the unit that the figure states; null if it is not known"`
	Error   *float64 `json:"error" doc:"Half of the band: the true value lies within value ± error in about 95 of 100 cases, by what the parts' makers state. Same unit; null with value"`
	Unknown Unknown  `json:"unknown,omitempty" enum:"missing,silent,still,uncertain,little_heat,unsettled,collecting,steady" doc:"Why it is not known; left out if it is"`
	Missing []Metric `json:"missing,omitempty" doc:"Metrics that it would take and that have no recent good reading, where unknown is missing"`
	Have    int      `json:"have,omitempty" minimum:"0" doc:"Where unknown is collecting: how much usable history there is (days of a trend, else minutes)"`
	Need    int      `json:"need,omitempty" minimum:"0" doc:"Where unknown is collecting: how much it takes, in the same unit"`
}

// Direction is where a trend goes.
type Direction string

// The directions of a trend.
const (
	DirectionRising  Direction = "rising"
	DirectionFalling Direction = "falling"
	DirectionLevel   Direction = "level" // within its error, or too little to mention
)

// Trend is the slow change of the resistance.
type Trend struct {
	Change    Figure    `json:"change" doc:"Change in percent of the present value per 30 days"`
	Direction Direction `json:"direction,omitempty" enum:"rising,falling,level" doc:"In a word: level is a change within its error, or of less than 2 %; left out if the change is not known"`
	Days      int       `json:"days" minimum:"0" doc:"Days with hours that could be compared"`
}

// DewGuard is what the dew point allows.
type DewGuard struct {
	Point    Figure         `json:"point" doc:"Dew point of the air by ambient and ambient_rh, in C"`
	Margin   float64        `json:"margin_k" doc:"How far above the dew point a chiller has to stay, in K"`
	Least    *float64       `json:"least_c" doc:"Dew point plus margin, in C: a chiller may aim at nothing colder; null if the dew point is not known"`
	Chillers []ChillerGuard `json:"chillers" doc:"The device's chillers, by its order of outputs"`
}

// ChillerGuard is whether a chiller may run.
type ChillerGuard struct {
	Output string `json:"output" doc:"Name of the output"`
	// Target is nil where only the device knows it.
	Target *float64 `json:"target_c" doc:"Temperature at which it stops by its settings, in C; null if that is not said, or is a difference"`
	Held   bool     `json:"held" doc:"Whether its interlock holds it off now, by the device's own word"`
	Why    []Held   `json:"why" enum:"humidity_unknown,too_cold,not_carried_away" doc:"What holds it, as far as it can be told from here; empty if nothing does"`
}

// Held is a reason why a chiller is held off.
type Held string

// The reasons.
const (
	HeldHumidity Held = "humidity_unknown" // there is no recent humidity, and so no dew point
	HeldCold     Held = "too_cold"         // its target or the water is not above the dew point plus margin
	HeldHeat     Held = "not_carried_away" // neither of them: pump, flow or hot-side fan is not proven, or its input is not known
)
