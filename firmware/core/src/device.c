#include <string.h>

#include "device_parts.h"

enum { FIRST_SAMPLE_MS = 5000 /**< a probe answers within a second; without one the first sample waits no longer */ };

void cool_device_init(cool_device_t *d, const cool_device_cfg_t *cfg, cool_load_t load, void *ctx, uint32_t now_ms) {
	memset(d, 0, sizeof *d); // an assignment might pass a copy of it over the stack
	d->cfg = cfg;
	d->staged = d->saved = COOL_BLOB_COUNT;
	cool_clock_init(&d->clock, now_ms);
	cool_regulator_init(&d->regulator, &cfg->defaults, &cfg->board);
	cool_ring_init(&d->ring, cfg->boot, 0, 0);
	cool_link_init(&d->link, cfg->seed, 0);
	cool_device_recall(d, load, ctx);
	cool_link_usable(&d->link, d->home.confirmed.url[0] != '\0', 0);
	d->interval_ms = d->regulator.settings.interval_ms;
}

uint32_t cool_device_wanted_interval(const cool_device_t *d, uint64_t now) {
	uint32_t interval = d->regulator.settings.interval_ms;
	return now < d->watch_until && interval > COOL_WATCH_MS ? COOL_WATCH_MS : interval;
}

/**
 * The time between samples, now. A device that is alone thins them, so that its ring reaches back a day: alone is who has no
 * broker, and who has one from which nothing gets any further.
 */
static uint32_t interval(const cool_device_t *d, uint64_t now) {
	uint32_t ms = cool_device_wanted_interval(d, now);
	uint64_t alone = cool_ring_stuck(&d->ring, now);
	if (d->link.phase != COOL_LINK_ONLINE && now - d->link.since > alone) alone = now - d->link.since;
	if (alone > COOL_THIN_AFTER_MS && ms < COOL_THIN_MS) ms = COOL_THIN_MS;
	if (d->proof.begun && ms > COOL_TRIAL_MS) ms = COOL_TRIAL_MS;
	return ms;
}

static void take_sample(cool_device_t *d, uint64_t now) {
	cool_metric_t metrics[COOL_MAX_METRICS];
	int count = cool_regulator_metrics(&d->regulator, metrics);
	// The same ones as `info` declares.
	cool_ring_push(&d->ring, now, metrics, count < COOL_RING_METRICS ? count : COOL_RING_METRICS);
	d->sampled = true;
}

static void sample(cool_device_t *d, uint64_t now) {
	uint32_t before = d->interval_ms;
	d->interval_ms = interval(d, now);
	if (!d->sampled) {
		if (cool_regulator_sensed(&d->regulator) || now >= FIRST_SAMPLE_MS) {
			take_sample(d, now);
			d->sample_at = now + d->interval_ms;
		}
		return;
	}
	// Whoever watches does not want to wait for the old interval first.
	if (d->interval_ms < before && d->sample_at > now + d->interval_ms) d->sample_at = now + d->interval_ms;
	if (now < d->sample_at) return;
	take_sample(d, now);
	d->sample_at += d->interval_ms;
	if (d->sample_at <= now) d->sample_at = now + d->interval_ms; // nobody stepped for a while; what was missed is missed
}

const cool_drive_t *cool_device_step(cool_device_t *d, uint32_t now_ms, const cool_senses_t *in) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	uint64_t dt = now - d->stepped;
	d->senses = *in;
	if (now < d->host_until) {
		d->senses.host_known = true;
		d->senses.host_w = d->host_w;
	}
	int64_t unix_ms;
	if (cool_clock_wall(&d->clock, now, &unix_ms)) {
		d->senses.clock_valid = true;
		d->senses.unix_ms = unix_ms;
	}
	cool_regulator_step(&d->regulator, &d->senses, dt > 60000 ? 60000 : (uint32_t)dt);
	uint8_t cancelled = (uint8_t)cool_regulator_cancelled(&d->regulator);
	if (cool_regulator_leak(&d->regulator) != d->leak_kept || cancelled != d->cancelled_kept) {
		d->leak_kept = cool_regulator_leak(&d->regulator);
		d->cancelled_kept = cancelled;
		cool_device_keep(d, COOL_BLOB_LEAK);
	}
	d->stepped = now;
	cool_device_zero_step(d, now);
	sample(d, now);
	return d->regulator.drives;
}

const cool_settings_t *cool_device_settings(const cool_device_t *d) { return &d->regulator.settings; }

void cool_device_clock(cool_device_t *d, uint32_t now_ms, int64_t unix_ms) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	bool first = !d->clock.set;
	cool_clock_set(&d->clock, now, unix_ms);
	if (first) cool_device_review_overrides(d, now);
}

void cool_device_ask_restart(cool_device_t *d) { d->restart = true; }

void cool_device_ask_factory_reset(cool_device_t *d) { d->factory_reset = true; }

void cool_device_ota_done(cool_device_t *d, uint32_t now_ms, const char *error) {
	(void)cool_clock_at(&d->clock, now_ms);
	(void)cool_copy(d->ota.error, sizeof d->ota.error, error != NULL && error[0] != '\0' ? error : "no reason given");
}

cool_health_t cool_device_health(const cool_device_t *d, uint32_t now_ms) {
	uint64_t now = cool_clock_peek(&d->clock, now_ms);
	cool_fault_t faults[COOL_MAX_FAULTS];
	uint64_t offline = d->link.phase == COOL_LINK_ONLINE ? 0 : now - d->link.since;
	return (cool_health_t){
		.connected = d->link.phase == COOL_LINK_ONLINE,
		.sensed = cool_regulator_sensed(&d->regulator),
		.critical = cool_regulator_critical(&d->regulator),
		.fault = cool_faults_list(&d->regulator.faults, faults) > 0,
		.offline_ms = offline > UINT32_MAX ? UINT32_MAX : (uint32_t)offline,
		.backlog = cool_ring_len(&d->ring),
		.dropped = d->ring.dropped,
	};
}
