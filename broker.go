package coolant

// BrokerMode says through which MQTT brokers devices reach the service.
type BrokerMode string

// The modes. With BrokerBoth a device may be moved from one to the other without
// a gap: the service hears it wherever it is.
const (
	BrokerEmbedded BrokerMode = "embedded" // the one inside the binary
	BrokerRemote   BrokerMode = "remote"   // one elsewhere, such as EMQX Cloud
	BrokerBoth     BrokerMode = "both"
)

// BrokerStatus is what people see of the way to the devices.
type BrokerStatus struct {
	Mode   BrokerMode    `json:"mode" enum:"embedded,remote,both"`
	Remote *RemoteBroker `json:"remote,omitempty" doc:"The outside broker; missing where none is used"`
	Quota  *Quota        `json:"quota,omitempty" doc:"Use of a metered broker this month; missing where it is not metered"`
}

// LinkState is the state of the connection to an outside broker.
type LinkState string

// The states of a link.
const (
	LinkConnecting LinkState = "connecting" // an attempt is under way
	LinkConnected  LinkState = "connected"  // subscribed: messages flow
	LinkWaiting    LinkState = "waiting"    // the last attempt failed; the next one has a time
)

// RemoteBroker is the connection to an outside broker.
type RemoteBroker struct {
	URL      string    `json:"url" example:"mqtts://broker.example:8883" doc:"Without credentials"`
	Username string    `json:"username"`
	State    LinkState `json:"state" enum:"connecting,connected,waiting"`
	Since    UnixMilli `json:"since" doc:"Since when in this state; while it is not connected: since when it has not been"`
	Protocol string    `json:"protocol,omitempty" doc:"Version of MQTT that is spoken: 5 or 3.1.1; missing before the first connection"`
	Attempts int       `json:"attempts" minimum:"0" doc:"Attempts that failed in a row"`
	NextTry  UnixMilli `json:"next_try,omitempty" doc:"When the next attempt begins, while waiting"`
	// Error is why it is not connected.
	Error       *BrokerProblem     `json:"error,omitempty"`
	Warnings    []BrokerProblem    `json:"warnings" doc:"What works and should be looked at"`
	Certificate *BrokerCertificate `json:"certificate,omitempty" doc:"That of the broker, with TLS"`
	Separation  Separation         `json:"separation"`
}

// BrokerProblem is something about an outside broker that a person can act on.
type BrokerProblem struct {
	// Step is where on the way it happened.
	Step string `json:"step" enum:"config,dns,tcp,tls,websocket,connect,subscribe,publish,echo,session,separation,quota"`
	// Code is stable, and what the page translates by.
	Code   string `json:"code" example:"bad_credentials"`
	Detail string `json:"detail" doc:"What was found, in English: names, addresses, what the broker said"`
	Hint   string `json:"hint" doc:"What to do about it, in English"`
}

// Error says what and what to do.
func (p *BrokerProblem) Error() string {
	if p.Hint == "" {
		return p.Step + ": " + p.Detail
	}
	return p.Step + ": " + p.Detail + ". " + p.Hint
}

// BrokerCertificate is that with which a broker proved who it is.
type BrokerCertificate struct {
	Subject string    `json:"subject"`
	Issuer  string    `json:"issuer"`
	Expires UnixMilli `json:"expires" doc:"The earliest end in the verified chain, Unix milliseconds"`
	// Ending is the subject of the certificate that ends then.
	Ending string `json:"ending" doc:"Which certificate of the chain ends then"`
}

// Separation says whether it is proven that an outside broker keeps devices
// apart. Its access rules are not ours: without them any device may drive any
// pump.
type Separation struct {
	State   SeparationState `json:"state" enum:"unproven,proven,broken"`
	Checked UnixMilli       `json:"checked,omitempty" doc:"When it was tried last, Unix milliseconds"`
	Detail  string          `json:"detail,omitempty" doc:"What was found, in English"`
}

// SeparationState is the result of the last trial.
type SeparationState string

// The results.
const (
	SeparationUnproven SeparationState = "unproven" // nobody has tried
	SeparationProven   SeparationState = "proven"   // a foreign topic was refused
	SeparationBroken   SeparationState = "broken"   // a device could speak or listen on a foreign topic
)
