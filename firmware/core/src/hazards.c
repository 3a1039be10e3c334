#include "cool/hazards.h"

#include "number.h"

bool cool_lasting_step(cool_lasting_t *l, bool is, uint32_t on_ms, uint32_t off_ms, uint32_t dt_ms) {
	uint32_t lasted = is == l->was ? dt_ms : 0;
	l->was = is;
	l->yes_ms = is ? cool_grow(l->yes_ms, lasted) : 0;
	l->no_ms = is ? 0 : cool_grow(l->no_ms, lasted);
	if (is && l->yes_ms >= on_ms) l->on = true;
	if (!is && l->no_ms >= off_ms) l->on = false;
	return l->on;
}

static void step_leak(cool_hazards_t *h, bool wet, uint32_t dt_ms) {
	if (cool_lasting_step(&h->wet, wet, COOL_LEAK_MS, COOL_LEAK_MS, dt_ms)) h->leak = true;
}

bool cool_hazards_dry(cool_hazards_t *h) {
	if (h->wet.on || h->wet.was) return false;
	h->leak = false;
	return true;
}

static bool good_water(const cool_probe_t *p) { return p->water && p->latest.quality == COOL_GOOD; }

static int hot_place(const cool_hazards_t *h, uint64_t rom) {
	for (int i = 0; i < COOL_MAX_ROLES; i++) {
		if (h->hot[i] == rom) return i;
	}
	return -1;
}

static void note_hot(cool_hazards_t *h, uint64_t rom) {
	if (hot_place(h, rom) >= 0) return;
	int free_place = hot_place(h, 0);
	/* If there is none, others keep over-temperature up. */
	if (free_place >= 0) h->hot[free_place] = rom;
}

/* Whether a probe says that it is cool enough: one that is lost or recovering does not. */
static bool cool_enough(const cool_probe_t *p, double release_c) {
	return cool_probe_usable(p) && p->latest.quality == COOL_GOOD && p->latest.value <= release_c;
}

/* The word of a probe that was hot is what counts. One that is no longer on the water side cannot speak; then `water` does. */
static const cool_probe_t *witness(const cool_probes_t *probes, uint64_t rom) {
	for (int i = 0; i < probes->count; i++) {
		if (probes->list[i].rom == rom && probes->list[i].water) return &probes->list[i];
	}
	return cool_probes_role(probes, "water");
}

static void step_heat(cool_hazards_t *h, const cool_hazards_in_t *in) {
	for (int i = 0; i < in->probes->count; i++) {
		const cool_probe_t *p = &in->probes->list[i];
		if (good_water(p) && p->latest.value >= in->critical_c) note_hot(h, p->rom);
	}
	h->over_temp = false;
	for (int i = 0; i < COOL_MAX_ROLES; i++) {
		if (h->hot[i] == 0) continue;
		if (!in->unproven && cool_enough(witness(in->probes, h->hot[i]), in->critical_c - COOL_RELEASE_K)) {
			h->hot[i] = 0;
		} else {
			h->over_temp = true;
		}
	}
}

static bool far_apart(const cool_probes_t *probes) {
	bool any = false;
	double low = 0, high = 0;
	for (int i = 0; i < probes->count; i++) {
		const cool_probe_t *p = &probes->list[i];
		if (!p->water || !cool_probe_usable(p)) continue;
		low = any ? cool_min(low, p->value) : p->value;
		high = any ? cool_max(high, p->value) : p->value;
		any = true;
	}
	return high - low > COOL_DISAGREE_K;
}

static void step_transfer(cool_hazards_t *h, const cool_hazards_in_t *in, uint32_t dt_ms) {
	const cool_probe_t *water = cool_probes_role(in->probes, "water"), *ambient = cool_probes_role(in->probes, "ambient");
	bool known = cool_probe_usable(water) && cool_probe_usable(ambient);
	double over = known ? water->value - ambient->value : 0;
	bool busy = in->busy_w > 0 && in->senses->host_known && in->senses->host_w >= in->busy_w;
	if (known && busy && !in->chilled && over <= COOL_TRANSFER_K) {
		h->idle_heat_ms = cool_grow(h->idle_heat_ms, dt_ms);
	} else if (known && over > 1.5 * COOL_TRANSFER_K) {
		h->idle_heat_ms = 0; /* heat does arrive */
	} else {
		h->idle_heat_ms = h->idle_heat_ms > dt_ms ? h->idle_heat_ms - dt_ms : 0;
	}
	if (h->idle_heat_ms > COOL_TRANSFER_MS) h->idle_heat_ms = COOL_TRANSFER_MS;
	if (h->idle_heat_ms >= COOL_TRANSFER_MS) h->no_transfer = true;
	if (h->idle_heat_ms == 0) h->no_transfer = false;
}

void cool_hazards_step(cool_hazards_t *h, const cool_hazards_in_t *in, uint32_t dt_ms) {
	step_leak(h, in->senses->leak_wet, dt_ms);
	step_heat(h, in);
	(void)cool_lasting_step(&h->disagree, far_apart(in->probes), COOL_DISAGREE_MS, COOL_AGREE_MS, dt_ms);
	step_transfer(h, in, dt_ms);
}
