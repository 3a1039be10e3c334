#include <string.h>

#include "device_parts.h"

/** Where in the caller's buffer the topic stands: behind the payload. */
static char *topic_in(char *buf, size_t size) { return buf + size - COOL_TOPIC_SIZE; }

enum { PAYLOAD_SIZE = COOL_BUF_SIZE - COOL_TOPIC_SIZE };

bool cool_device_publish(
	cool_device_t *d, uint64_t now, cool_action_t *a, cool_topic_t kind, size_t len, char *buf, cool_about_t about, uint64_t flight) {
	uint32_t token = len > 0 ? cool_uplink_begin(&d->uplink, about, flight, now) : 0;
	char *topic = topic_in(buf, COOL_BUF_SIZE);
	if (token == 0 || !cool_topic(topic, d->cfg->id, kind)) return false;
	*a = (cool_action_t){.what = COOL_DO_PUBLISH};
	a->publish.topic = topic;
	a->publish.payload = buf;
	a->publish.len = len;
	a->publish.qos = 1;
	a->publish.retain = kind == COOL_STATUS || kind == COOL_INFO || kind == COOL_REPORTED;
	a->publish.token = token;
	return true;
}

/** Connects to the endpoint on trial, or to the confirmed one. */
static void connect(cool_device_t *d, cool_action_t *a, char *buf) {
	if (d->elsewhere) cool_ring_left(&d->ring);
	d->elsewhere = false;
	d->proof.on_trial = d->proof.begun;
	// Not before: as the device leaves it, a broker on trial may still acknowledge.
	cool_ring_hold(&d->ring, d->proof.begun);
	char *topic = topic_in(buf, COOL_BUF_SIZE);
	(void)cool_topic(topic, d->cfg->id, COOL_STATUS);
	*a = (cool_action_t){.what = COOL_DO_CONNECT};
	a->connect.to = d->proof.on_trial ? d->home.trial : d->home.confirmed;
	a->connect.ca = (cool_blob_t)(d->proof.on_trial ? d->home.trial_ca : d->home.confirmed_ca);
	a->connect.will_topic = topic;
	a->connect.will = buf;
	a->connect.will_len = cool_encode_status(buf, PAYLOAD_SIZE, false, d->cfg->boot, d->link.conn);
}

/** What the connection wants done. */
static bool link_action(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf) {
	static const cool_topic_t wanted[COOL_SUBSCRIPTIONS] = {COOL_COMMITTED, COOL_DESIRED, COOL_COMMAND, COOL_INPUT};
	cool_link_do_t what = cool_link_next(&d->link, now);
	switch (what) {
	case COOL_LINK_CONNECT: connect(d, a, buf); return true;
	case COOL_LINK_SUBSCRIBE:
		*a = (cool_action_t){.what = COOL_DO_SUBSCRIBE};
		a->subscribe.topic = topic_in(buf, COOL_BUF_SIZE);
		(void)cool_topic(topic_in(buf, COOL_BUF_SIZE), d->cfg->id, wanted[d->link.subscribed - 1]);
		a->subscribe.qos = 1;
		return true;
	case COOL_LINK_SAY_ONLINE:
	case COOL_LINK_SAY_OFFLINE: {
		size_t len = cool_encode_status(buf, PAYLOAD_SIZE, what == COOL_LINK_SAY_ONLINE, d->cfg->boot, d->link.conn);
		return cool_device_publish(d, now, a, COOL_STATUS, len, buf, COOL_ABOUT_STATUS, 0);
	}
	case COOL_LINK_CLOSE:
		*a = (cool_action_t){.what = COOL_DO_CLOSE};
		a->close.goodbye = d->link.goodbye;
		return true;
	default: return false;
	}
}

static bool add_sample(void *telemetry, const cool_sample_t *s) { return cool_telemetry_add(telemetry, s); }

/** How the times of samples are told now; false: they wait for the clock. */
static bool stamping(const cool_device_t *d, uint64_t now, cool_stamping_t *how) {
	*how = (cool_stamping_t){.stamp = d->clock.set ? COOL_TS : COOL_AGE, .offset = d->clock.stamping};
	return d->clock.set || now - d->link.since >= COOL_UNTIMED_MS;
}

/** Publishes samples, fresh ones first: they never wait for the backlog. */
static bool send_samples(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf) {
	static const cool_about_t kinds[] = {COOL_ABOUT_FRESH, COOL_ABOUT_BACKLOG};
	cool_stamping_t how;
	if (!stamping(d, now, &how)) return false;
	for (int i = 0; i < 2; i++) {
		if (!cool_uplink_open(&d->uplink, kinds[i], now)) continue;
		cool_telemetry_t t;
		cool_telemetry_begin(&t, buf, PAYLOAD_SIZE, d->cfg->boot);
		uint64_t flight = kinds[i] == COOL_ABOUT_FRESH ? cool_ring_take_fresh(&d->ring, now, how, add_sample, &t)
													   : cool_ring_take_backlog(&d->ring, now, how, add_sample, &t);
		if (flight == 0) continue;
		if (cool_device_publish(d, now, a, COOL_TELEMETRY, cool_telemetry_end(&t), buf, kinds[i], flight)) return true;
		cool_ring_settle(&d->ring, flight, false, now);
		return false;
	}
	return false;
}

/** The server can be spoken to: what it holds is backlog now, and it is told everything. */
static void came_online(cool_device_t *d, uint64_t now) {
	cool_ring_connected(&d->ring, now);
	d->told.told = d->info_told = false;
	d->looked = d->voice_rest = 0;
	if (!d->proof.on_trial || d->proof.taken) return;
	d->proof.taken = true;
	d->sample_at = now; // the server gets something to commit, at once
}

/** Takes the fate of a message. */
static void take_fate(cool_device_t *d, uint64_t now, cool_fate_t f) {
	bool was_online = d->link.phase == COOL_LINK_ONLINE;
	if (!f.acked && (f.about == COOL_ABOUT_INFO || f.about == COOL_ABOUT_REPORTED || f.about == COOL_ABOUT_REPLY))
		d->voice_rest = now + COOL_REST_FIRST_MS;
	switch (f.about) {
	case COOL_ABOUT_FRESH:
	case COOL_ABOUT_BACKLOG: cool_ring_settle(&d->ring, f.flight, f.acked, now); break;
	case COOL_ABOUT_STATUS: cool_link_told(&d->link, f.acked, now); break;
	case COOL_ABOUT_INFO: d->info_told = d->info_told && f.acked; break;
	case COOL_ABOUT_REPORTED: d->told.told = d->told.told && f.acked; break;
	case COOL_ABOUT_REPLY: cool_device_act(d, now); break;
	default: break;
	}
	if (!was_online && d->link.phase == COOL_LINK_ONLINE) came_online(d, now);
}

/** What the glue does by itself. */
static bool own_action(cool_device_t *d, cool_action_t *a) {
	if (d->rewire) {
		d->rewire = false;
		*a = (cool_action_t){.what = COOL_DO_REWIRE};
	} else if (d->identify) {
		d->identify = false;
		*a = (cool_action_t){.what = COOL_DO_IDENTIFY};
	} else if (d->ota.asked) {
		d->ota.asked = false;
		*a = (cool_action_t){.what = COOL_DO_OTA};
		a->ota = d->ota.what;
	}
	return a->what != COOL_DO_NOTHING;
}

/** Restarts, when the connection is closed and flash is written, or that takes too long. */
static bool end_boot(cool_device_t *d, uint64_t now, cool_action_t *a) {
	if (!d->restart && !d->factory_reset) return false;
	if (d->restart_by == 0) {
		d->restart_by = now + COOL_RESTART_MS;
		cool_link_leave(&d->link, true, now);
	}
	if (now < d->restart_by && !(cool_link_quiet(&d->link) && d->unsaved == 0)) return false;
	*a = (cool_action_t){.what = d->factory_reset ? COOL_DO_FACTORY_RESET : COOL_DO_RESTART};
	d->restart = d->factory_reset = false;
	return true;
}

void cool_device_next(cool_device_t *d, uint32_t now_ms, cool_action_t *a, char *buf, size_t size) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	*a = (cool_action_t){.what = COOL_DO_NOTHING};
	if (d->saving || size < COOL_BUF_SIZE) return;
	for (cool_fate_t f = cool_uplink_overdue(&d->uplink, now); f.about != COOL_ABOUT_NOTHING; f = cool_uplink_overdue(&d->uplink, now))
		take_fate(d, now, f);
	cool_device_judge_trial(d, now);
	if (own_action(d, a) || cool_device_save(d, now, a, buf, size) || end_boot(d, now, a) || link_action(d, now, a, buf)) return;
	if (cool_device_obey(d, now, a, buf, PAYLOAD_SIZE) || d->link.phase != COOL_LINK_ONLINE || d->link.leave) return;
	if (!cool_device_tell(d, now, a, buf, PAYLOAD_SIZE)) (void)send_samples(d, now, a, buf);
}

static void sooner(uint64_t *at, bool due, uint64_t then) {
	if (due && then < *at) *at = then;
}

uint32_t cool_device_wait(const cool_device_t *d, uint32_t now_ms) {
	uint64_t now = cool_clock_peek(&d->clock, now_ms), then = 0;
	// Samples and news come from the control task, which does not wake anybody.
	uint64_t at = now + (d->link.phase == COOL_LINK_ONLINE ? COOL_LOOK_MS : 1000);
	sooner(&at, d->rewire || d->identify || d->ota.asked || (d->restart_by == 0 && (d->restart || d->factory_reset)), now);
	sooner(&at, d->unsaved != 0 && !d->saving, d->save_rest);
	sooner(&at, d->restart_by != 0 && (d->restart || d->factory_reset), d->restart_by);
	bool due = cool_link_due(&d->link, &then);
	sooner(&at, due, then);
	due = cool_uplink_due(&d->uplink, now, &then);
	sooner(&at, due, then);
	sooner(&at, d->proof.begun, d->proof.until);
	return at <= now ? 0 : (uint32_t)(at - now);
}

void cool_device_network(cool_device_t *d, uint32_t now_ms, bool up, const char *ip, int rssi) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	cool_link_network(&d->link, up, now);
	(void)cool_copy(d->ip, sizeof d->ip, ip != NULL ? ip : "");
	d->rssi = rssi;
}

void cool_device_connected(cool_device_t *d, uint32_t now_ms) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	cool_uplink_reset(&d->uplink);
	cool_link_connected(&d->link, now);
}

void cool_device_disconnected(cool_device_t *d, uint32_t now_ms, const char *why) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	if (d->proof.on_trial && !d->proof.taken && why != NULL && why[0] != '\0') (void)cool_copy(d->proof.failure, sizeof d->proof.failure, why);
	d->proof.on_trial = false;
	cool_link_disconnected(&d->link, now);
	cool_ring_disconnected(&d->ring);
	cool_uplink_reset(&d->uplink);
	if (d->replying) cool_device_act(d, now); // the reply cannot be got out; it is asked for again
}

void cool_device_sent(cool_device_t *d, uint32_t now_ms, uint32_t token, int message_id) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	take_fate(d, now, cool_uplink_sent(&d->uplink, token, message_id, now));
}

void cool_device_settled(cool_device_t *d, uint32_t now_ms, int message_id, bool acked) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	take_fate(d, now, cool_uplink_settled(&d->uplink, message_id, acked, now));
}

static void hear_committed(cool_device_t *d, uint64_t now, const char *payload, size_t len, bool retained) {
	cool_committed_t c;
	cool_problem_t p;
	if (cool_decode_committed(payload, len, &c, &p) == COOL_ACCEPTED && cool_proof_committed(&d->proof, &c, retained, d->cfg->boot, d->ring.next))
		cool_ring_committed(&d->ring, c.boot, c.through, now);
}

static void hear_input(cool_device_t *d, uint64_t now, const char *payload, size_t len) {
	cool_input_msg_t in;
	cool_problem_t p;
	if (cool_decode_input(payload, len, &in, &p) != COOL_ACCEPTED) return;
	d->host_w = in.host_w;
	d->host_until = now + (uint64_t)in.valid_s * 1000;
}

void cool_device_message(cool_device_t *d, uint32_t now_ms, const char *topic, size_t topic_len, const char *payload, size_t len, bool retained) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	if (!cool_link_stands(&d->link)) return;
	switch (cool_topic_kind(topic, topic_len, d->cfg->id)) {
	case COOL_COMMITTED: hear_committed(d, now, payload, len, retained); break;
	case COOL_DESIRED: cool_device_take_desired(d, now, payload, len); break;
	case COOL_COMMAND: cool_device_take_command(d, now, payload, len, retained); break;
	case COOL_INPUT:
		if (!retained) // what a broker had kept may be of any age
			hear_input(d, now, payload, len);
		break;
	default: break;
	}
}
