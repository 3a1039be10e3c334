#include "oracle_util.h"

#include <string.h>

bool oracle_is_water(int role) { return role == 0 || (role >= 2 && role <= 4); }

static int with_role(const oracle_t *o, const char *role) {
	for (int i = 0; i < o->s.probe_count; i++) {
		if (strcmp(o->s.probes[i].role, role) == 0) return i;
	}
	return -1;
}

/* The role that a probe feeds; -1: none. */
static int role_of(const oracle_t *o, int probe) {
	for (int i = 0; i < o->s.probe_count; i++) {
		if (o->holder[i] == probe) return i;
	}
	return -1;
}

static void own_roles(oracle_t *o) {
	for (int i = 0; i < COOL_MAX_PROBES; i++)
		o->holder[i] = i;
}

/* One role whose probe was never on the bus, and one good probe without a role, 10 s after the start. */
static void fill_vacancy(oracle_t *o) {
	int vacant = -1, spare = -1, vacancies = 0, spares = 0;
	for (int i = 0; i < o->s.probe_count; i++) {
		if (o->holder[i] == i && !o->probes[i].found) vacant = i, vacancies++;
	}
	for (int i = o->s.probe_count; i < RANDOM_ROMS; i++) {
		if (role_of(o, i) < 0 && o->probes[i].ever && !o->probes[i].lost) spare = i, spares++;
	}
	o->replaced = o->age >= 10000 && vacancies == 1 && spares == 1;
	if (o->replaced) o->holder[vacant] = spare;
}

uint32_t oracle_add(uint32_t a, uint32_t b) { return a + b < a ? UINT32_MAX : a + b; }

static void sense_probes(oracle_t *o, uint32_t dt) {
	o->age = oracle_add(o->age, dt);
	for (int i = 0; i < o->s.probe_count; i++) {
		if (!o->w.found[i] || o->holder[i] == i) continue;
		o->holder[i] = i;
		o->probes[i].lost = true; /* what was given up has to prove itself */
		o->probes[i].age = ORACLE_PATIENCE;
	}
	for (int i = 0; i < RANDOM_ROMS; i++) {
		oracle_probe_t *p = &o->probes[i];
		const random_read_t *r = &o->w.reads[i];
		p->age = oracle_add(p->age, dt);
		p->found = p->found || o->w.found[i];
		p->fresh_good = r->fresh && r->good;
		p->unread = r->fresh ? 0 : oracle_add(p->unread, dt);
		if (r->fresh) p->row = r->good ? p->row + 1 : 0;
		if (p->unread >= ORACLE_PATIENCE) p->row = 0; /* a run of readings that pauses for so long is none */
		if (p->fresh_good) {
			p->ever = true;
			p->age = 0;
			p->value = r->celsius + (i < o->s.probe_count ? o->s.probes[i].offset_k : 0);
			if (p->row >= 3) p->lost = false;
			if (role_of(o, i) >= 0 && oracle_is_water(role_of(o, i)) && p->value >= o->s.critical_c) p->hot = true;
			if (p->value <= o->s.critical_c - 5) p->hot = false; /* from here on it need not be */
		}
		if (p->age >= ORACLE_PATIENCE) p->lost = true;
	}
	fill_vacancy(o);
}

void oracle_sense(oracle_t *o, uint32_t dt) {
	const cool_senses_t *in = &o->w.in;
	sense_probes(o, dt);
	o->wet = in->leak_wet && o->wet_before ? oracle_add(o->wet, dt) : 0;
	o->wet_before = in->leak_wet;
	if (in->leak_wet && o->wet >= 500) o->leak = true;
	o->lpm_age = oracle_add(o->lpm_age, dt);
	o->rh_age = oracle_add(o->rh_age, dt);
	if (in->flow_fresh) o->lpm = in->flow_lpm, o->lpm_age = 0;
	if (in->humidity_fresh) o->rh = in->humidity_rh, o->air = in->humidity_c, o->rh_age = 0;
	for (int i = 0; i < o->s.output_count; i++) {
		oracle_output_t *k = &o->outputs[i];
		k->rpm_age = oracle_add(k->rpm_age, dt);
		if (in->tacho_fresh) k->rpm = in->rpm[i], k->rpm_age = 0;
		bool turns = k->rpm_age < ORACLE_PATIENCE && k->rpm > 0 && k->rpm < 1e307 && k->rpm >= o->s.outputs[i].stall_rpm;
		k->not_turning = k->known && k->before > 0 && k->by != COOL_BY_COMMISSION && !turns ? oracle_add(k->not_turning, dt) : 0;
	}
}

bool oracle_turns(const oracle_t *o, int output) {
	const oracle_output_t *k = &o->outputs[output];
	return o->r.drives[output].duty > 0 && k->rpm_age < ORACLE_PATIENCE && k->rpm > 0 && k->rpm >= o->s.outputs[output].stall_rpm;
}

int oracle_leader(const oracle_t *o, int output) {
	if (o->s.outputs[output].law != COOL_LAW_FOLLOW) return output;
	for (int k = 0; k < o->s.output_count; k++) {
		if (strcmp(o->s.outputs[k].name, o->s.outputs[output].follow) == 0) return k;
	}
	return -1;
}

const oracle_probe_t *oracle_feeds(const oracle_t *o, int role) { return &o->probes[o->holder[role]]; }

bool oracle_lost(const oracle_t *o, int output, bool *not_yet) {
	const cool_input_t *in = &o->s.outputs[oracle_leader(o, output)].input;
	const oracle_probe_t *a = oracle_feeds(o, with_role(o, in->role)), *b = in->minus[0] != '\0' ? oracle_feeds(o, with_role(o, in->minus)) : a;
	*not_yet = !a->ever || !b->ever;
	return a->lost || b->lost;
}

bool oracle_hot(const oracle_t *o) {
	for (int i = 0; i < o->s.probe_count; i++) {
		if (oracle_feeds(o, i)->hot) return true;
	}
	return false;
}

void oracle_begin(oracle_t *o) {
	uint64_t seed = o->seed;
	memset(o, 0, sizeof *o);
	o->seed = seed;
	random_board(&o->seed, &o->b);
	random_settings(&o->seed, &o->s, &o->b);
	random_world_init(&o->seed, &o->w);
	own_roles(o);
	cool_regulator_init(&o->r, &o->s, &o->b);
	o->lpm_age = o->rh_age = UINT32_MAX;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++)
		o->outputs[i].rpm_age = UINT32_MAX;
}

/* Whether the settings say of the probes what they said before, as far as those still hold their roles: then they disturb nothing. */
static bool same_probes(const oracle_t *o, const cool_probe_cfg_t *was, int count) {
	bool same = count == o->s.probe_count;
	for (int i = 0; i < o->s.probe_count && same; i++)
		same = o->holder[i] != i || (was[i].offset_k >= o->s.probes[i].offset_k && was[i].offset_k <= o->s.probes[i].offset_k);
	return same;
}

void oracle_reconfigure(oracle_t *o) {
	int probes = o->s.probe_count;
	cool_probe_cfg_t was[COOL_MAX_PROBES];
	memcpy(was, o->s.probes, sizeof was);
	random_settings(&o->seed, &o->s, &o->b);
	for (int i = 0; i < COOL_MAX_PROBES && !same_probes(o, was, probes); i++) { /* one that was replaced is waited for again */
		if (o->holder[i] != i) o->probes[i] = (oracle_probe_t){.age = 0};
		o->holder[i] = i;
	}
	cool_regulator_apply(&o->r, &o->s);
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++)
		o->outputs[i] = (oracle_output_t){.rpm = o->outputs[i].rpm, .rpm_age = o->outputs[i].rpm_age, .off = o->outputs[i].off};
	for (int i = 0; i < RANDOM_ROMS; i++) {
		if (i >= probes && i < o->s.probe_count && !o->probes[i].found) o->probes[i] = (oracle_probe_t){.age = 0};
		/* The last value gets its new offset; whether it is hot is said by the next reading. */
		o->probes[i].hot = false;
		o->probes[i].value += (i < o->s.probe_count ? o->s.probes[i].offset_k : 0) - (i < probes ? was[i].offset_k : 0);
	}
}
