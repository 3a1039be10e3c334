#include "cool/uplink.h"

static const cool_fate_t unknown = {.about = COOL_ABOUT_NOTHING};

void cool_uplink_reset(cool_uplink_t *u) {
	uint32_t tokens = u->tokens;
	*u = (cool_uplink_t){.tokens = tokens};
}

int cool_uplink_count(const cool_uplink_t *u, cool_about_t about) {
	int n = 0;
	for (int i = 0; i < COOL_FLIGHTS; i++)
		n += u->flights[i].about == about;
	return n;
}

bool cool_uplink_open(const cool_uplink_t *u, cool_about_t about, uint64_t now) {
	if (u->resting && now < u->rest_until) return false;
	return cool_uplink_count(u, about) < (about == COOL_ABOUT_FRESH ? COOL_WINDOW_FRESH : COOL_WINDOW_BACKLOG);
}

uint32_t cool_uplink_begin(cool_uplink_t *u, cool_about_t about, uint64_t flight, uint64_t now) {
	for (int i = 0; i < COOL_FLIGHTS; i++) {
		if (u->flights[i].about != COOL_ABOUT_NOTHING) continue;
		if (++u->tokens == 0) u->tokens = 1;
		u->flights[i] = (cool_flight_t){.about = about, .token = u->tokens, .flight = flight, .until = now + COOL_ACK_MS};
		return u->tokens;
	}
	return 0;
}

/** Ends a message with its fate. Samples that did not arrive are a reason to rest. */
static cool_fate_t end(cool_uplink_t *u, cool_flight_t *f, bool acked, uint64_t now) {
	cool_fate_t fate = {.about = f->about, .flight = f->flight, .acked = acked};
	*f = (cool_flight_t){.about = COOL_ABOUT_NOTHING};
	if (fate.about != COOL_ABOUT_FRESH && fate.about != COOL_ABOUT_BACKLOG) return fate;
	u->resting = !acked;
	if (acked) {
		u->rest_ms = 0;
		return fate;
	}
	u->rest_ms *= 2;
	if (u->rest_ms < COOL_REST_FIRST_MS) u->rest_ms = COOL_REST_FIRST_MS;
	if (u->rest_ms > COOL_REST_LAST_MS) u->rest_ms = COOL_REST_LAST_MS;
	u->rest_until = now + u->rest_ms;
	return fate;
}

cool_fate_t cool_uplink_sent(cool_uplink_t *u, uint32_t token, int message_id, uint64_t now) {
	cool_flight_t *f = NULL;
	for (int i = 0; i < COOL_FLIGHTS; i++)
		if (u->flights[i].about != COOL_ABOUT_NOTHING && u->flights[i].token == token) f = &u->flights[i];
	if (f == NULL) return unknown; // of a connection that is over
	if (message_id <= 0) return end(u, f, false, now);
	f->message_id = message_id;
	for (int i = 0; i < COOL_EARLY; i++) {
		if (u->early[i].message_id != message_id) continue;
		u->early[i].message_id = 0;
		return end(u, f, u->early[i].acked, now);
	}
	return unknown;
}

cool_fate_t cool_uplink_settled(cool_uplink_t *u, int message_id, bool acked, uint64_t now) {
	if (message_id <= 0) return unknown;
	for (int i = 0; i < COOL_FLIGHTS; i++)
		if (u->flights[i].about != COOL_ABOUT_NOTHING && u->flights[i].message_id == message_id) return end(u, &u->flights[i], acked, now);
	// Only a message whose id is not known yet can be meant; without one it is the late answer to one that was given up.
	bool expected = false;
	for (int i = 0; i < COOL_FLIGHTS; i++)
		expected = expected || (u->flights[i].about != COOL_ABOUT_NOTHING && u->flights[i].message_id == 0);
	if (!expected) return unknown;
	u->early[u->early_next].message_id = message_id;
	u->early[u->early_next].acked = acked;
	u->early_next = (u->early_next + 1) % COOL_EARLY;
	return unknown;
}

cool_fate_t cool_uplink_overdue(cool_uplink_t *u, uint64_t now) {
	for (int i = 0; i < COOL_FLIGHTS; i++)
		if (u->flights[i].about != COOL_ABOUT_NOTHING && now >= u->flights[i].until) return end(u, &u->flights[i], false, now);
	return unknown;
}

bool cool_uplink_due(const cool_uplink_t *u, uint64_t now, uint64_t *at) {
	bool due = u->resting && now < u->rest_until;
	if (due) *at = u->rest_until;
	for (int i = 0; i < COOL_FLIGHTS; i++) {
		const cool_flight_t *f = &u->flights[i];
		if (f->about == COOL_ABOUT_NOTHING || (due && f->until >= *at)) continue;
		*at = f->until;
		due = true;
	}
	return due;
}
