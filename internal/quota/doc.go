// Package quota meters what is used of a metered broker's monthly allowance, such
// as the free one of EMQX Cloud Serverless: minutes for which clients have a
// session there, and traffic. It knows the vocabulary in package coolant and
// nothing else of the project. It never holds anything back; it counts, keeps the
// count across restarts, and says in time that an allowance will not last.
//
// # What is exact, and what is an estimate
//
// The service sees its own connection: the bytes of each MQTT packet that it sends
// and receives are exact. All else is inferred:
//
//   - The other side of a message. A PUBLISH that the service receives was sent to
//     the broker by a device before, and one that it sends goes on to a device:
//     each crosses the broker twice, so it is fed twice ([Meter.Count] with twice
//     its size). A message to a device that is away crosses once until the device
//     fetches it. Packets that belong to one connection only (CONNECT, SUBSCRIBE,
//     acknowledgements, pings) are fed once for the service's own; those of the
//     devices are not seen.
//   - Clients of others at the same broker, and messages between them, are not seen.
//   - The frames of TLS, TCP and IP around the packets are not seen. EMQX bills
//     all public network traffic.
//   - Sessions are polled every [Poll] and taken as unchanged until the next time.
//     EMQX bills each started minute of a connection as a whole one, and a
//     persistent session also while its client is away, until the session expires.
//   - While the service does not run, or its machine sleeps, nothing is counted,
//     although devices may stay connected. When it comes back it counts the messages
//     that the broker kept, but not the minutes.
//
// So the true use is higher, as a rule, and the broker's own console has the last
// word. What is left out is small where devices report in batches and the service
// runs all the time, which is how a metered broker is meant to be used.
//
// # Months and clocks
//
// Months are calendar months in UTC, by the clock of the machine. Elapsed time is
// taken from the monotonic clock where there is one. A step that is longer than a
// minute, or backwards, is no session time. Each month keeps its own count, so a
// clock that is set forth and back between two months loses neither.
package quota
