package coolant

// Rejection tells an operator that something a device sent was refused, and why.
// Equal rejections (device, topic, code) within a minute are one, counted.
type Rejection struct {
	ID     int64
	Time   UnixMilli // of the newest
	Device DeviceID  // empty where no known device can be named
	Topic  string
	Code   RejectionCode
	// Detail says in English what was wrong and where: the field, the value, the
	// allowed range.
	Detail string
	// Excerpt is the beginning of the payload, at most 200 bytes, as valid UTF-8.
	Excerpt string
	Count   int
}

// RejectionCode is the stable name of a reason, which the UI translates.
type RejectionCode string

// The reasons for which something is refused.
const (
	RejectedNotJSON    RejectionCode = "not_json"
	RejectedTooLarge   RejectionCode = "too_large"
	RejectedField      RejectionCode = "bad_field"       // a required field is missing or has the wrong type
	RejectedMetric     RejectionCode = "bad_metric"      // not the form of a metric name, or more than 64
	RejectedValue      RejectionCode = "bad_value"       // not a finite number
	RejectedRange      RejectionCode = "out_of_range"    // outside the metric's physical range
	RejectedFuture     RejectionCode = "future"          // more than 5 minutes ahead of the server
	RejectedTooOld     RejectionCode = "too_old"         // older than the raw retention
	RejectedAge        RejectionCode = "age_not_live"    // age instead of ts, from something that can queue
	RejectedTopic      RejectionCode = "foreign_topic"   // a topic that is not the device's own
	RejectedCredential RejectionCode = "bad_credential"  // unknown user or wrong password
	RejectedSession    RejectionCode = "foreign_session" // a client id whose session belongs to another user
	RejectedPacket     RejectionCode = "bad_packet"      // not MQTT, or a packet over the size limit
	RejectedRate       RejectionCode = "too_fast"        // over the limit of unacknowledged messages
)
