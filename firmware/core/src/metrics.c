/* What a sample tells of the regulator. */
#include <string.h>

#include "cool/regulator.h"

/* A measured value; one that is too old is stale, one that its part cannot mean is out of range (Go's Metric.Range). */
static cool_reading_t reading(bool known, uint32_t age_ms, uint32_t stale_ms, double value, double high) {
	if (!known || age_ms >= stale_ms) return (cool_reading_t){.quality = COOL_STALE};
	if (!cool_finite(value) || value < 0 || value > high) return (cool_reading_t){.quality = COOL_RANGE};
	return (cool_reading_t){.value = value, .quality = COOL_GOOD};
}

static void put(cool_metric_t *out, int *n, const char *name, cool_reading_t reading_of) {
	if (*n == COOL_MAX_METRICS) return;
	(void)cool_copy(out[*n].name, sizeof out[*n].name, name);
	out[(*n)++].reading = reading_of;
}

static void put_output(const cool_regulator_t *r, int i, cool_metric_t *out, int *n) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	const cool_stall_t *s = &r->outputs[i].stall;
	char name[COOL_NAME_SIZE];
	if (o->wiring.tacho_pin >= 0 && cool_output_metric(name, o->name, "_rpm")) {
		put(out, n, name, reading(s->rpm >= 0, s->age_ms, COOL_STALL_MS, s->rpm, 30000));
	}
	if (cool_output_metric(name, o->name, "_duty")) put(out, n, name, reading(true, 0, 1, r->drives[i].duty, 100));
}

int cool_regulator_metrics(const cool_regulator_t *r, cool_metric_t out[COOL_MAX_METRICS]) {
	int n = 0;
	for (int i = 0; i < r->probes.count; i++) {
		cool_reading_t t = r->probes.list[i].latest;
		/* An offset can carry it beyond what a DS18B20 measures; the server would refuse that. */
		if (t.quality == COOL_GOOD && !(t.value >= -55 && t.value <= 125)) t.quality = COOL_RANGE;
		put(out, &n, r->probes.list[i].role, t);
	}
	for (int i = 0; i < r->settings.output_count; i++)
		put_output(r, i, out, &n);
	if (r->board.flow) put(out, &n, "flow_lpm", reading(r->flow.known, r->flow.age_ms, COOL_STALL_MS, r->flow.value, 100));
	if (r->board.humidity) put(out, &n, "ambient_rh", reading(r->rh.known, r->rh.age_ms, 60000, r->rh.value, 100));
	return n;
}

const char *cool_regulator_role(const cool_regulator_t *r, uint64_t rom) {
	for (int i = 0; i < r->probes.count; i++) {
		if (rom != 0 && r->probes.list[i].rom == rom) return r->probes.list[i].role;
	}
	return "";
}
