package coolant

// Quota is how much of a metered broker's monthly allowance is used. The figures
// are the service's own estimate from what it sees; the broker's console has the
// last word. Months are calendar months in UTC.
type Quota struct {
	Preset         string     `json:"preset" example:"emqx-serverless" doc:"Whose limits these are; custom where they are configured"`
	From           UnixMilli  `json:"from" doc:"Start of the month, Unix milliseconds"`
	To             UnixMilli  `json:"to" doc:"End of the month, exclusive, Unix milliseconds"`
	Since          UnixMilli  `json:"since" doc:"From when on this month was metered, Unix milliseconds"`
	SessionMinutes QuotaUse   `json:"session_minutes" doc:"Minutes for which clients were connected, this service and the devices together"`
	Bytes          QuotaUse   `json:"bytes" doc:"Traffic through the broker in both directions, in bytes"`
	Level          QuotaLevel `json:"level" enum:"ok,warning,over"`
}

// QuotaUse is the use of one allowance.
type QuotaUse struct {
	Used      float64 `json:"used" minimum:"0"`
	Limit     float64 `json:"limit" minimum:"0" doc:"0: no limit"`
	Projected float64 `json:"projected" minimum:"0" doc:"At the end of the month, if it goes on as in the last hours"`
}

// QuotaLevel is how near the use is to its limit.
type QuotaLevel string

// The levels.
const (
	QuotaOK      QuotaLevel = "ok"
	QuotaWarning QuotaLevel = "warning" // 80 % of a limit is used, or the projection passes it
	QuotaOver    QuotaLevel = "over"    // a limit is reached; the broker may stop serving
)

// QuotaWarnAt is the part of a limit from which on its use is a warning.
const QuotaWarnAt = 0.8
