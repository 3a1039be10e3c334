#include "cool/networks.h"

/** Begins a round of attempts with one network, at once. */
static void begin_round(cool_networks_t *n, int first, uint64_t now) {
	n->index = n->count > 0 && first >= 0 && first < n->count ? first : 0;
	n->tried = 0;
	n->trying = false;
	n->pause_ms = 0;
	n->again = now;
}

void cool_networks_init(cool_networks_t *n, int count, int preferred, uint64_t now) {
	*n = (cool_networks_t){.count = count > COOL_MAX_NETWORKS ? COOL_MAX_NETWORKS : count, .since = now};
	begin_round(n, preferred, now);
}

void cool_networks_changed(cool_networks_t *n, int count, int preferred, uint64_t now) {
	n->give_up = n->trying || n->joined;
	if (n->joined) {
		n->joined = false;
		n->since = now;
	}
	n->count = count > COOL_MAX_NETWORKS ? COOL_MAX_NETWORKS : count;
	begin_round(n, preferred, now);
}

bool cool_networks_joined(cool_networks_t *n, uint64_t now) {
	if (!n->trying) return n->joined; // of an attempt that was given up, or a new address
	begin_round(n, n->index, now);
	n->joined = true;
	n->since = now;
	return true;
}

/** Goes on to the next network, or after a whole round to a pause. */
static void next_network(cool_networks_t *n, uint64_t now) {
	n->trying = false;
	n->index = n->index + 1 < n->count ? n->index + 1 : 0;
	if (++n->tried < n->count) return;
	n->tried = 0;
	n->pause_ms *= 2;
	if (n->pause_ms < COOL_ROUND_FIRST_MS) n->pause_ms = COOL_ROUND_FIRST_MS;
	if (n->pause_ms > COOL_ROUND_LAST_MS) n->pause_ms = COOL_ROUND_LAST_MS;
	n->again = now + n->pause_ms;
}

void cool_networks_lost(cool_networks_t *n, uint64_t now) {
	if (n->joined) {
		// The one that worked a moment ago is the first to be tried again.
		n->joined = false;
		n->since = now;
		begin_round(n, n->index, now);
	} else if (n->trying) {
		next_network(n, now);
	}
}

void cool_networks_guest(cool_networks_t *n, bool present, uint64_t now) {
	if (n->guest && !present) n->again = now;
	n->guest = present;
}

/** When the access point opens or closes next; false while it stays as it is. */
static bool ap_change(const cool_networks_t *n, uint64_t *at) {
	if (n->ap == !n->joined) return false; // closed while joined, open while not
	*at = n->since;
	if (n->joined)
		*at += COOL_AP_LINGER_MS;
	else if (n->count > 0)
		*at += COOL_AP_AFTER_MS;
	return true;
}

/** When an attempt begins or has taken too long; false if nothing is to be tried. */
static bool try_change(const cool_networks_t *n, uint64_t *at) {
	if (n->trying) {
		*at = n->until;
		return true;
	}
	*at = n->again;
	return n->count > 0 && !n->joined && !(n->ap && n->guest);
}

cool_net_action_t cool_networks_next(cool_networks_t *n, uint64_t now) {
	uint64_t at;
	if (n->give_up) {
		n->give_up = false;
		return (cool_net_action_t){.what = COOL_NET_GIVE_UP};
	}
	if (ap_change(n, &at) && now >= at) {
		n->ap = !n->ap;
		n->guest = n->guest && n->ap;
		return (cool_net_action_t){.what = n->ap ? COOL_NET_OPEN_AP : COOL_NET_CLOSE_AP};
	}
	if (!try_change(n, &at) || now < at) return (cool_net_action_t){.what = COOL_NET_NOTHING};
	if (n->trying) {
		next_network(n, now);
		return (cool_net_action_t){.what = COOL_NET_GIVE_UP};
	}
	n->trying = true;
	n->until = now + COOL_JOIN_MS;
	return (cool_net_action_t){.what = COOL_NET_JOIN, .index = n->index};
}

uint32_t cool_networks_wait(const cool_networks_t *n, uint64_t now) {
	uint64_t at, first = now + 60000;
	if (n->give_up) return 0;
	if (ap_change(n, &at) && at < first) first = at;
	if (try_change(n, &at) && at < first) first = at;
	return first <= now ? 0 : (uint32_t)(first - now);
}

bool cool_networks_provisioning(const cool_networks_t *n) { return n->ap; }
