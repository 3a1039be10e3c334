#include "cool/link.h"

void cool_link_init(cool_link_t *l, uint32_t seed, uint64_t now) {
	*l = (cool_link_t){.phase = COOL_LINK_DOWN, .since = now};
	cool_backoff_init(&l->backoff, seed);
}

/** Ends the present connection or attempt; polite: with `offline`, where there is somebody to say it to. */
static void end(cool_link_t *l, bool polite) {
	if (l->phase == COOL_LINK_DOWN || l->phase == COOL_LINK_CLOSING) return;
	l->leave = true;
	l->polite = polite;
}

void cool_link_network(cool_link_t *l, bool up, uint64_t now) {
	if (up && !l->network) {
		cool_backoff_reset(&l->backoff);
		l->planned = false;
		l->at = now;
	}
	l->network = up;
	if (!up) end(l, false);
}

void cool_link_usable(cool_link_t *l, bool usable, uint64_t now) {
	l->usable = usable;
	l->at = now;
	if (!usable) end(l, true);
}

void cool_link_leave(cool_link_t *l, bool stay, uint64_t now) {
	cool_backoff_reset(&l->backoff);
	l->planned = false;
	l->at = now;
	l->stay = stay;
	end(l, true);
}

/** Whether an attempt may begin. Plans it, once for each. */
static bool due_to_connect(cool_link_t *l, uint64_t now) {
	if (!l->network || !l->usable || l->stay) return false;
	if (!l->planned) {
		l->planned = true;
		l->at = now + cool_backoff_next(&l->backoff, now);
	}
	return now >= l->at;
}

static cool_link_do_t begin(cool_link_t *l) {
	l->phase = COOL_LINK_CONNECTING;
	l->planned = l->leave = l->polite = l->greeted = l->parted = l->goodbye = false;
	l->subscribed = 0;
	l->conn++;
	return COOL_LINK_CONNECT;
}

static cool_link_do_t close_now(cool_link_t *l, bool goodbye) {
	l->phase = COOL_LINK_CLOSING;
	l->goodbye = goodbye;
	return COOL_LINK_CLOSE;
}

/** What a connection that is to end does. */
static cool_link_do_t part(cool_link_t *l, uint64_t now) {
	bool audible = l->phase == COOL_LINK_ONLINE || l->phase == COOL_LINK_PARTING;
	if (!l->polite || !audible)
		// Before `online` was acknowledged the last will says it.
		return close_now(l, false);
	if (!l->parted) {
		l->phase = COOL_LINK_PARTING;
		l->parted = true;
		l->since = now;
		l->until = now + COOL_PARTING_MS;
		return COOL_LINK_SAY_OFFLINE;
	}
	return now >= l->until ? close_now(l, true) : COOL_LINK_NOTHING;
}

static cool_link_do_t greet(cool_link_t *l, uint64_t now) {
	if (l->subscribed < COOL_SUBSCRIPTIONS) {
		l->subscribed++;
		return COOL_LINK_SUBSCRIBE;
	}
	if (!l->greeted) {
		l->greeted = true;
		return COOL_LINK_SAY_ONLINE;
	}
	return now >= l->until ? close_now(l, false) : COOL_LINK_NOTHING;
}

cool_link_do_t cool_link_next(cool_link_t *l, uint64_t now) {
	if (l->phase == COOL_LINK_DOWN) return due_to_connect(l, now) ? begin(l) : COOL_LINK_NOTHING;
	if (l->phase == COOL_LINK_CLOSING) return COOL_LINK_NOTHING;
	if (l->leave) return part(l, now);
	return l->phase == COOL_LINK_GREETING ? greet(l, now) : COOL_LINK_NOTHING;
}

bool cool_link_due(const cool_link_t *l, uint64_t *at) {
	switch (l->phase) {
	case COOL_LINK_DOWN: *at = l->at; return l->network && l->usable && !l->stay;
	case COOL_LINK_GREETING:
	case COOL_LINK_PARTING: *at = l->until; return true;
	default: return false;
	}
}

void cool_link_connected(cool_link_t *l, uint64_t now) {
	if (l->phase != COOL_LINK_CONNECTING) return;
	l->phase = COOL_LINK_GREETING;
	l->until = now + COOL_GREETING_MS;
	cool_backoff_connected(&l->backoff, now);
}

void cool_link_disconnected(cool_link_t *l, uint64_t now) {
	if (l->phase == COOL_LINK_DOWN) return;
	if (l->phase == COOL_LINK_ONLINE) l->since = now;
	l->phase = COOL_LINK_DOWN;
	l->leave = false;
}

void cool_link_told(cool_link_t *l, bool acked, uint64_t now) {
	if (l->phase == COOL_LINK_PARTING) l->until = now; // also when it was lost: nothing more can be done
	if (l->phase != COOL_LINK_GREETING) return;
	if (!acked) {
		end(l, false);
		return;
	}
	l->phase = COOL_LINK_ONLINE;
	l->since = now;
}

bool cool_link_stands(const cool_link_t *l) {
	return l->phase == COOL_LINK_GREETING || l->phase == COOL_LINK_ONLINE || l->phase == COOL_LINK_PARTING;
}

bool cool_link_quiet(const cool_link_t *l) { return l->phase == COOL_LINK_DOWN; }
