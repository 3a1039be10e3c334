package coolant

// Health is the one word that says how a device is doing.
type Health string

// The states of health, from calm to loud.
const (
	HealthOK       Health = "ok"
	HealthWaiting  Health = "waiting"  // registered, and never heard of
	HealthWarning  Health = "warning"  // water at or above the warning limit
	HealthFault    Health = "fault"    // a probe has no trustworthy value
	HealthAlarm    Health = "alarm"    // the device found something wrong with its loop, such as a leak or a pump that stands still
	HealthOffline  Health = "offline"  // said goodbye, or silent for too long
	HealthCritical Health = "critical" // water at or above the critical limit
)

// Limits are the water temperatures, in C, at which health changes.
// Warning < Critical < 60 (pumps and soft tubing fail from 60 C on).
type Limits struct {
	Warning  float64
	Critical float64
}

// DefaultLimits warns at 40 C and is critical at 50 C.
func DefaultLimits() Limits { return Limits{Warning: 40, Critical: 50} }

// Vitals is what health is judged by.
type Vitals struct {
	Newest   []Newest
	Presence Presence  // the zero value: the device never said
	Silence  UnixMilli // a device not heard of for this long is offline
	Alarm    bool      // by its own word, something is wrong now
}

// Assess judges v at the time now. Critical beats everything else that is
// known to be current, and an alarm what is left; a device that is silent or gone is offline, whatever its
// last words were.
func Assess(v Vitals, limits Limits, now UnixMilli) Health {
	var last UnixMilli
	for _, n := range v.Newest {
		last = max(last, n.Time)
	}
	switch {
	case last == 0 && v.Presence.Since == 0:
		return HealthWaiting
	case v.Presence.Since != 0 && !v.Presence.Online && last <= v.Presence.Since:
		return HealthOffline
	case last == 0:
		return HealthWaiting
	case now-last > v.Silence:
		return HealthOffline
	}
	health := HealthOK
	for _, n := range v.Newest {
		switch {
		case now-n.Time > v.Silence: // a series that its device no longer sends
		case n.Metric == Water && n.Quality == Good && n.Value >= limits.Critical:
			return HealthCritical
		case n.Quality != Good:
			health = HealthFault
		case n.Metric == Water && n.Value >= limits.Warning && health == HealthOK:
			health = HealthWarning
		}
	}
	if v.Alarm {
		return HealthAlarm
	}
	return health
}
