package ingest_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// heardReplies is a Replier that remembers.
type heardReplies struct {
	from []coolant.DeviceID
	said []coolant.CommandReply
}

func (h *heardReplies) Reply(from coolant.DeviceID, reply coolant.CommandReply) {
	h.from, h.said = append(h.from, from), append(h.said, reply)
}

// TestReplies checks that answers are handed on as they were given, and that what
// is none is refused and handed to nobody.
func TestReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &heardReplies{}
		h := newHarness(t, newFakeStore(), func(o *ingest.Options) { o.Replies = heard })
		for i, m := range []struct {
			payload string
			want    coolant.Code
		}{
			{`{"id":"a1","ok":true}`, ""},
			{`{"id":"a2","ok":false,"error":"no such probe"}`, ""},
			{`{"id":"a3","ok":false}`, coolant.CodeInvalid},
			{`ok`, coolant.CodeInvalid},
		} {
			h.send(wire.Reply, m.payload, uint64(i))
			if err, settled := h.receipts.of(t, uint64(i)); !settled || coolant.CodeOf(err) != m.want {
				t.Errorf("%s: settled %v with %v, want %q", m.payload, settled, err, m.want)
			}
		}
		want := []coolant.CommandReply{{ID: "a1", OK: true}, {ID: "a2", Error: "no such probe"}}
		if !slices.Equal(heard.said, want) || !slices.Equal(heard.from, []coolant.DeviceID{"loop", "loop"}) {
			t.Errorf("heard %+v from %v, want %+v", heard.said, heard.from, want)
		}
	})
}
