#include "cool/ring.h"

enum { STATE_BITS = 3, SENT = 4 };

static cool_slot_t *slot(cool_ring_t *r, uint64_t seq) { return &r->slots[seq % r->capacity]; }
static const cool_slot_t *slot_of(const cool_ring_t *r, uint64_t seq) { return &r->slots[seq % r->capacity]; }

/** The slot of the next number. A walk goes by it, because a division of 64 bits is slow on these chips. */
static cool_slot_t *after(cool_ring_t *r, cool_slot_t *s) { return s + 1 == r->slots + r->capacity ? r->slots : s + 1; }

static cool_sample_state_t state(const cool_slot_t *s) { return (cool_sample_state_t)(s->state & STATE_BITS); }
static bool sent(const cool_slot_t *s) { return (s->state & SENT) != 0; }
static void set_state(cool_slot_t *s, cool_sample_state_t to) { s->state = (uint8_t)((s->state & SENT) | (int)to); }

static uint64_t mark(const cool_slot_t *s) { return (uint64_t)s->mark_high << 32 | s->mark_low; }
static void set_mark(cool_slot_t *s, uint64_t to) {
	s->mark_low = (uint32_t)to;
	s->mark_high = (uint8_t)(to >> 32);
}

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }
static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

void cool_ring_init(cool_ring_t *r, uint64_t boot, uint32_t capacity, uint64_t now) {
	for (int i = 0; i < COOL_RING_METRICS; i++)
		r->columns[i] = (cool_column_t){.used = 0};
	r->boot = boot;
	r->capacity = capacity == 0 || capacity > COOL_RING_CAPACITY ? COOL_RING_CAPACITY : capacity;
	r->first = r->next = r->fresh = 1;
	r->heard = r->held = false;
	r->through = r->flights = r->empty_from = r->empty_to = 0;
	r->patience_ms = COOL_PATIENCE_FIRST_MS;
	r->since = r->still = now;
	r->again_began = r->again_last = 0;
	r->again_size = 0;
	r->dropped = r->left_out = 0;
}

size_t cool_ring_len(const cool_ring_t *r) { return (size_t)(r->next - r->first); }

/** Lets the oldest samples go, up to a number (exclusive). */
static void release(cool_ring_t *r, uint64_t to) {
	// A number beyond the newest one was never given; there is nothing to release for it.
	for (; r->first < to && r->first < r->next; r->first++)
		cool_columns_release(r->columns, slot(r, r->first));
}

uint64_t cool_ring_push(cool_ring_t *r, uint64_t now, const cool_metric_t *metrics, int count) {
	if (r->first == r->next) r->still = now;
	if (cool_ring_len(r) == r->capacity) {
		release(r, r->first + 1);
		r->dropped++;
	}
	cool_slot_t *s = slot(r, r->next);
	s->time_low = (uint32_t)now;
	s->time_high = (uint16_t)(now >> 32);
	s->state = COOL_SAMPLE_WAITING;
	set_mark(s, 0);
	r->left_out += (uint64_t)cool_columns_fill(r->columns, s, metrics, count);
	return r->next++;
}

void cool_ring_connected(cool_ring_t *r, uint64_t now) {
	r->fresh = r->next;
	r->since = now;
	r->patience_ms = COOL_PATIENCE_FIRST_MS;
}

/** Has every sample in a state wait again. */
static void wait_again(cool_ring_t *r, cool_sample_state_t from) {
	cool_slot_t *s = slot(r, r->first);
	for (uint64_t seq = r->first; seq < r->next; seq++, s = after(r, s))
		if (state(s) == from) set_state(s, COOL_SAMPLE_WAITING);
}

void cool_ring_disconnected(cool_ring_t *r) {
	wait_again(r, COOL_SAMPLE_FLYING);
	r->empty_from = r->empty_to = 0;
}

void cool_ring_left(cool_ring_t *r) { wait_again(r, COOL_SAMPLE_ACKED); }

/** Whether the oldest sample was acknowledged. */
static bool acked(const cool_ring_t *r) { return r->first < r->next && state(slot_of(r, r->first)) == COOL_SAMPLE_ACKED; }

/** Lets go what an acknowledgement is enough for. */
static void release_acked(cool_ring_t *r, uint64_t now) {
	while (!r->heard && !r->held && acked(r)) {
		release(r, r->first + 1);
		r->still = now;
	}
}

void cool_ring_hold(cool_ring_t *r, bool held) { r->held = held; }

/** Marks the oldest samples for sending again, as far as they were acknowledged by a time. */
static void send_again(cool_ring_t *r, uint32_t size, uint64_t before, uint64_t now) {
	if (size > r->capacity) size = r->capacity;
	uint64_t end = earlier(r->next, r->first + size);
	cool_slot_t *s = slot(r, r->first);
	for (uint64_t seq = r->first; seq < end; seq++, s = after(r, s)) {
		if (state(s) == COOL_SAMPLE_ACKED && mark(s) <= before) set_state(s, COOL_SAMPLE_WAITING);
	}
	r->again_began = now;
	r->again_size = size;
	r->again_last = end - 1;
}

static bool hole(const cool_ring_t *r, uint64_t *at) {
	if (!r->heard || r->through + 1 >= r->next || r->empty_from < r->empty_to) return false;
	*at = r->since + r->patience_ms;
	if (r->through + 1 < r->first) return true;
	const cool_slot_t *front = slot_of(r, r->first);
	if (state(front) != COOL_SAMPLE_ACKED) return false;
	*at = later(mark(front), r->since) + r->patience_ms;
	return true;
}

/** Marks what follows the watermark for sending again, once patience with it has ended; the next time it takes twice as long. */
static void look_for_hole(cool_ring_t *r, uint64_t now) {
	uint64_t at;
	if (!hole(r, &at) || now < at) return;
	r->since = now;
	r->patience_ms *= 2;
	if (r->patience_ms > COOL_PATIENCE_LAST_MS) r->patience_ms = COOL_PATIENCE_LAST_MS;
	if (r->through + 1 < r->first) {
		r->empty_from = r->through + 1;
		r->empty_to = r->first;
		return;
	}
	send_again(r, COOL_BATCH_SAMPLES, now, now);
}

void cool_ring_committed(cool_ring_t *r, uint64_t boot, uint64_t through, uint64_t now) {
	if (boot == r->boot && through >= r->next) return;
	r->heard = true;
	if (boot != r->boot || through == r->through) return;
	// Also when it went back: the server was restored from a backup.
	r->through = through;
	r->since = r->still = now;
	r->patience_ms = COOL_PATIENCE_FIRST_MS;
	r->empty_from = r->empty_to = 0;
	release(r, through + 1);
	if (acked(r) && through == r->again_last)
		// It came exactly as far as was sent again, so what follows is missing, too.
		send_again(r, 2 * r->again_size, r->again_began, now);
}

/** A sample as it is sent. metrics has room for COOL_RING_METRICS. */
static cool_sample_t unpack(const cool_ring_t *r, uint64_t seq, const cool_slot_t *s, uint64_t now, cool_stamping_t how, cool_metric_t *metrics) {
	int64_t taken = (int64_t)((uint64_t)s->time_high << 32 | s->time_low);
	cool_sample_t out = {.seq = seq, .stamp = how.stamp, .metrics = metrics, .watched = true};
	out.count = cool_columns_read(r->columns, s, metrics);
	if (how.stamp == COOL_TS)
		out.time = taken + how.offset;
	else if (how.stamp == COOL_AGE)
		out.time = (int64_t)now - taken;
	return out;
}

/** Whether a sample is one of those that are taken. */
static bool wanted(const cool_ring_t *r, uint64_t seq, const cool_slot_t *s, bool fresh) {
	if (state(s) != COOL_SAMPLE_WAITING) return false;
	return fresh ? !sent(s) : sent(s) || seq < r->fresh;
}

static uint64_t take(cool_ring_t *r, bool fresh, uint64_t now, cool_stamping_t how, cool_sample_sink_t sink, void *ctx) {
	cool_metric_t metrics[COOL_RING_METRICS];
	int taken = 0;
	uint64_t seq = fresh ? later(r->first, r->fresh) : r->first;
	for (cool_slot_t *s = slot(r, seq); seq < r->next && taken < COOL_BATCH_SAMPLES; seq++, s = after(r, s)) {
		if (!wanted(r, seq, s, fresh)) continue;
		cool_sample_t out = unpack(r, seq, s, now, how, metrics);
		if (!sink(ctx, &out)) break;
		s->state = SENT | COOL_SAMPLE_FLYING;
		set_mark(s, r->flights + 1);
		taken++;
	}
	return taken > 0 ? ++r->flights : 0;
}

static uint64_t take_empties(cool_ring_t *r, cool_sample_sink_t sink, void *ctx) {
	int taken = 0;
	for (; r->empty_from < r->empty_to && taken < COOL_BATCH_EMPTIES; r->empty_from++, taken++) {
		cool_sample_t out = {.seq = r->empty_from, .stamp = COOL_NO_TIME};
		if (!sink(ctx, &out)) break;
	}
	return taken > 0 ? ++r->flights : 0;
}

uint64_t cool_ring_take_fresh(cool_ring_t *r, uint64_t now, cool_stamping_t how, cool_sample_sink_t sink, void *ctx) {
	return take(r, true, now, how, sink, ctx);
}

uint64_t cool_ring_take_backlog(cool_ring_t *r, uint64_t now, cool_stamping_t how, cool_sample_sink_t sink, void *ctx) {
	look_for_hole(r, now);
	if (r->empty_from < r->empty_to) return take_empties(r, sink, ctx);
	return take(r, false, now, how, sink, ctx);
}

void cool_ring_settle(cool_ring_t *r, uint64_t flight, bool ok, uint64_t now) {
	cool_slot_t *s = slot(r, r->first);
	for (uint64_t seq = r->first; seq < r->next; seq++, s = after(r, s)) {
		if (state(s) != COOL_SAMPLE_FLYING || mark(s) != flight) continue;
		set_state(s, ok ? COOL_SAMPLE_ACKED : COOL_SAMPLE_WAITING);
		if (ok) set_mark(s, now);
	}
	release_acked(r, now);
}

uint64_t cool_ring_stuck(const cool_ring_t *r, uint64_t now) { return r->first == r->next ? 0 : now - r->still; }
