package load

import (
	"context"
	"fmt"

	"coolant/e2e/mqtt"
)

// backfillAhead is how many batches may be unacknowledged.
const backfillAhead = 8

// Backfill sends samples 1 to total of a stream in batches, as a device does
// that was cut off, and waits until all are acknowledged.
func Backfill(ctx context.Context, t Target, c Client, s *Stream, total, batch uint64) error {
	conn, err := t.dial(ctx, c, 0, 4096)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer interruptAll(ctx, []*mqtt.Conn{conn})()
	var payload, out []byte
	var sent, acked, next uint64 = 0, 0, 1
	for next <= total || acked < sent {
		for next <= total && sent-acked < backfillAhead {
			last := min(next+batch-1, total)
			payload = s.AppendPayload(payload[:0], next, last)
			sent++
			out = mqtt.AppendPublish(out[:0], conn.Version, mqtt.Publish{Topic: s.topic, Payload: payload, ID: packetID(sent), QoS: 1})
			if _, err := conn.Write(out); err != nil {
				return fmt.Errorf("backfill %s: %w", s.Device, err)
			}
			next = last + 1
		}
		p, err := conn.Next()
		if err != nil {
			return fmt.Errorf("backfill %s after %d of %d batches: %w", s.Device, acked, sent, err)
		}
		if p.Type == mqtt.TypePubAck {
			acked++
		}
	}
	return nil
}
