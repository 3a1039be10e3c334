#include <string.h>

#include "device_parts.h"
#include "text.h"

/** Whether the stage is kept for a desired state that flash did not take. */
static bool unkept(const cool_device_t *d, uint64_t now) { return d->staged == COOL_BLOB_DESIRED && now < d->save_rest; }

/** Whether an `endpoint` waits whose arguments are not in use yet, or the stage is about to be free. */
static bool moving(const cool_device_t *d, uint64_t now) {
	for (int i = 0; i < d->order_count; i++)
		if (d->orders[i].kind == COOL_ORDER_ENDPOINT) return true;
	return d->staged != COOL_BLOB_COUNT && !unkept(d, now);
}

static bool waits(const cool_device_t *d, const char *id) {
	for (int i = 0; i < d->order_count; i++)
		if (strcmp(d->orders[i].answer.id, id) == 0) return true;
	return false;
}

/** The place that the confirmed endpoint's certificates do not have. */
static cool_blob_t spare_ca(const cool_device_t *d) { return d->home.confirmed_ca == COOL_BLOB_CA_A ? COOL_BLOB_CA_B : COOL_BLOB_CA_A; }

void cool_device_take_command(cool_device_t *d, uint64_t now, const char *text, size_t len, bool retained) {
	if (d->order_count == COOL_ORDERS || d->restart || d->factory_reset) return; // sent again by the server
	cool_judge_t j = {
		.firmware = d->cfg->firmware,
		.retained = retained,
		.moving = moving(d, now),
		.unkept = unkept(d, now),
		.endpoint = &d->incoming,
		.ca = d->stage,
	};
	j.clock_set = cool_clock_wall(&d->clock, now, &j.unix_ms);
	cool_order_t *o = &d->orders[d->order_count];
	if (!cool_command_judge(&j, &d->executed, text, len, o) || waits(d, o->answer.id)) return;
	d->order_count++;
	if (o->kind != COOL_ORDER_ENDPOINT) return;
	d->incoming_ca = d->stage[0] != '\0';
	if (!d->incoming_ca) return;
	d->staged = spare_ca(d);
	d->stage_len = strlen(d->stage) + 1;
}

/** Puts an order's trial into the home, to be kept with its answer. An earlier trial is replaced. */
static void settle_in(cool_device_t *d, const cool_order_t *o) {
	cool_home_t *h = &d->home;
	d->elsewhere = d->elsewhere || d->proof.begun;
	d->proof.begun = false;
	h->trial = d->incoming;
	h->trial_ca = COOL_BLOB_COUNT; // the public roots
	h->trying = true;
	(void)cool_copy(h->command, sizeof h->command, o->answer.id);
	if (d->incoming_ca) {
		d->staged = spare_ca(d); // again: a trial may have succeeded while this one waited for its turn
		h->trial_ca = (uint8_t)d->staged;
		cool_device_keep(d, d->staged);
	}
	cool_device_keep(d, COOL_BLOB_HOME);
}

/** A fault is cleared before the answer is kept, because the answer says whether it could be. The occurrence makes it safe to repeat. */
static void clear_fault(cool_device_t *d, cool_order_t *o) {
	char reason[COOL_REASON_SIZE];
	if (!cool_regulator_clear(&d->regulator, o->clear.fault, o->clear.occurrence, reason))
		(void)cool_copy(o->answer.error, sizeof o->answer.error, reason);
}

/** Has the answer kept in flash. An experiment begins or ends before, because the answer says whether it could; a restart forgets it. */
static void keep_answer(cool_device_t *d, cool_order_t *o) {
	if (o->kind == COOL_ORDER_CLEAR_FAULT) clear_fault(d, o);
	cool_device_experiment(d, o);
	if (o->kind == COOL_ORDER_ENDPOINT) settle_in(d, o);
	cool_executed_add(&d->executed, &o->answer);
	cool_device_keep(d, COOL_BLOB_EXECUTED);
}

bool cool_device_obey(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size) {
	if (d->order_count == 0 || d->replying || d->restart || d->factory_reset) return false;
	cool_order_t *o = &d->orders[0];
	if (!o->stored) {
		// How the last trial ended goes first: until it is written, flash may name the certificates whose place a move takes.
		bool ready = o->kind != COOL_ORDER_ENDPOINT || (d->unsaved & 1u << COOL_BLOB_HOME) == 0;
		if (ready && cool_executed_find(&d->executed, o->answer.id) == NULL) keep_answer(d, o);
		return cool_device_save(d, now, a, buf, COOL_BUF_SIZE);
	}
	if (d->link.phase == COOL_LINK_GREETING || d->link.leave || now < d->voice_rest) return false;
	const char *error = o->answer.error[0] != '\0' ? o->answer.error : NULL;
	if (d->link.phase == COOL_LINK_ONLINE) {
		size_t len = cool_encode_reply(buf, size, o->answer.id, error);
		d->replying = cool_device_publish(d, now, a, COOL_REPLY, len, buf, COOL_ABOUT_REPLY, 0);
		return d->replying;
	}
	cool_device_act(d, now); // the reply cannot be got out; it is asked for again
	return false;
}

static void begin_zero(cool_device_t *d, uint64_t now, const cool_order_t *o) {
	d->zeroing = (cool_zeroing_t){.running = true, .what = o->zero, .until = now + (uint64_t)o->zero.seconds * 1000};
	(void)cool_copy(d->zeroing.command, sizeof d->zeroing.command, o->answer.id);
}

static void begin_update(cool_device_t *d, const cool_order_t *o) { d->ota = (cool_updating_t){.asked = true, .what = o->ota}; }

void cool_device_act(cool_device_t *d, uint64_t now) {
	if (d->order_count == 0) return;
	cool_order_t o = d->orders[0];
	d->replying = false;
	memmove(d->orders, d->orders + 1, (size_t)(d->order_count - 1) * sizeof d->orders[0]);
	d->order_count--;
	if (o.known || o.answer.error[0] != '\0') return;
	switch (o.kind) {
	case COOL_ORDER_IDENTIFY: d->identify = true; break;
	case COOL_ORDER_RESTART: d->restart = true; break;
	case COOL_ORDER_FACTORY_RESET: d->factory_reset = true; break;
	case COOL_ORDER_WATCH: d->watch_until = now + COOL_WATCH_LEASE_MS; break;
	case COOL_ORDER_OTA: begin_update(d, &o); break;
	case COOL_ORDER_ENDPOINT: cool_device_try(d, now); break;
	case COOL_ORDER_ZERO: begin_zero(d, now, &o); break;
	default: break;
	}
}

/** The offset that a role's readings have now: that of the settings, but none where another probe stands in. */
static double offset_of(const cool_device_t *d, const char *role) {
	const cool_probe_t *p = cool_probes_role(&d->regulator.probes, role);
	return p != NULL ? p->offset_k : 0;
}

/** Finds the offsets that bring the probes to their mean, or says why not. */
static void finish_zero(cool_device_t *d) {
	cool_zeroing_t *z = &d->zeroing;
	double mean = 0;
	z->running = false;
	z->done = true;
	cool_text_t t;
	cool_text_begin(&t, z->error, sizeof z->error);
	for (int i = 0; i < z->what.count; i++) {
		if (z->counts[i] == 0) {
			cool_text_add(&t, z->what.roles[i]);
			cool_text_add(&t, ": no good reading in this time");
			return;
		}
		mean += z->sums[i] / z->counts[i] / z->what.count;
	}
	for (int i = 0; i < z->what.count; i++) {
		z->offsets[i] = offset_of(d, z->what.roles[i]) + mean - z->sums[i] / z->counts[i];
		if (z->offsets[i] >= -5 && z->offsets[i] <= 5) continue;
		cool_text_add(&t, z->what.roles[i]);
		cool_text_add(&t, ": more than 5 K from the mean; is it in the same water?");
		return;
	}
}

void cool_device_zero_step(cool_device_t *d, uint64_t now) {
	cool_zeroing_t *z = &d->zeroing;
	if (!z->running) return;
	cool_metric_t metrics[COOL_MAX_METRICS];
	int count = cool_regulator_metrics(&d->regulator, metrics);
	for (int i = 0; i < z->what.count; i++)
		for (int k = 0; k < count; k++) {
			if (strcmp(metrics[k].name, z->what.roles[i]) != 0 || metrics[k].reading.quality != COOL_GOOD) continue;
			z->sums[i] += metrics[k].reading.value;
			z->counts[i]++;
		}
	if (now >= z->until) finish_zero(d);
}
