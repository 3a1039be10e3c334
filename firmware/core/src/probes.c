#include "cool/probes.h"

#include <string.h>

#include "number.h"

bool cool_water_role(const char *role) {
	static const char *const names[] = {"water", "inlet", "outlet"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t n = strlen(names[i]);
		if (strncmp(role, names[i], n) != 0) continue;
		while (role[n] >= '0' && role[n] <= '9')
			n++;
		if (role[n] == '\0') return true;
	}
	return false;
}

static cool_probe_t *with_role(cool_probes_t *p, const char *role) {
	for (int i = 0; i < p->count; i++) {
		if (strcmp(p->list[i].role, role) == 0) return &p->list[i];
	}
	return NULL;
}

const cool_probe_t *cool_probes_role(const cool_probes_t *p, const char *role) {
	for (int i = 0; i < p->count; i++) {
		if (strcmp(p->list[i].role, role) == 0) return &p->list[i];
	}
	return NULL;
}

static void name(cool_probe_t *e, const char *role) {
	(void)cool_copy(e->role, sizeof e->role, role);
	e->water = cool_water_role(role);
}

/* Gives the first probe without configured roles `water`, every other one the first of `temp2`, `temp3`, .. that is free. */
static void name_itself(cool_probes_t *p, cool_probe_t *e) {
	if (!p->named && with_role(p, "water") == NULL) {
		name(e, "water");
		return;
	}
	char role[] = "temp00";
	for (int n = 2;; n++) {
		role[4] = (char)('0' + (n < 10 ? n : n / 10));
		role[5] = (char)(n < 10 ? '\0' : '0' + n % 10);
		if (with_role(p, role) == NULL) break;
	}
	name(e, role);
}

/* A role that nothing feeds yet, at the end; NULL if there is no room. */
static cool_probe_t *add(cool_probes_t *p, uint64_t rom) {
	if (p->count == COOL_MAX_ROLES) return NULL;
	cool_probe_t *e = &p->list[p->count++];
	*e = (cool_probe_t){.rom = rom, .latest = {.quality = COOL_DISCONNECTED}};
	return e;
}

static int with_rom(const cool_probes_t *p, uint64_t rom, int from) {
	for (int i = from; i < p->count; i++) {
		if (p->list[i].rom == rom) return i;
	}
	return -1;
}

/* The ROM id by which the settings know a probe. */
static uint64_t configured_rom(const cool_probe_t *e) { return e->instead_of != 0 ? e->instead_of : e->rom; }

/* Whether the roles are those of the settings already, so that nothing has to be disturbed. */
static bool unchanged(const cool_probes_t *p, const cool_settings_t *s) {
	if (p->count == 0 || p->roles != s->probe_count) return false;
	for (int i = 0; i < s->probe_count; i++) {
		const cool_probe_cfg_t *c = &s->probes[i];
		const cool_probe_t *e = &p->list[i];
		bool same_offset = e->instead_of != 0 || !(e->offset_k < c->offset_k || e->offset_k > c->offset_k);
		if (i >= p->count || configured_rom(e) != c->rom || !same_offset || strcmp(e->role, c->role) != 0) return false;
	}
	for (int i = s->probe_count; i < p->count; i++) {
		if (s->probe_count > 0 && !p->list[i].found) return false; /* it was configured, and is not any more */
	}
	return true;
}

/* Brings the probe of a configured role to its place, with what is known of it. */
static void place(cool_probes_t *p, const cool_probe_cfg_t *c, int at) {
	int i = with_rom(p, c->rom, at);
	if (i < 0) {
		if (p->count == COOL_MAX_ROLES) p->count--; /* one without a configured role: there are more places than configured ones */
		(void)add(p, c->rom);
		i = p->count - 1;
	}
	if (i != at) {
		cool_probe_t other = p->list[at];
		p->list[at] = p->list[i];
		p->list[i] = other;
	}
	cool_probe_t *e = &p->list[at];
	e->value += c->offset_k - e->offset_k;
	e->latest.value += c->offset_k - e->offset_k;
	e->offset_k = c->offset_k;
	name(e, c->role);
}

/* The watches know the other probes by their place. */
static void forget_places(cool_probes_t *p) {
	for (int i = 0; i < p->count; i++)
		memset(p->list[i].stuck.seen, 0, sizeof p->list[i].stuck.seen);
}

/* A probe that another one stands in for gets the offset of the latest settings when it answers. */
static void note_offsets(cool_probes_t *p, const cool_settings_t *s) {
	for (int i = 0; i < s->probe_count && i < p->roles; i++) {
		if (p->list[i].instead_of != 0 && p->list[i].instead_of == s->probes[i].rom) p->list[i].configured_k = s->probes[i].offset_k;
	}
}

/* Brings the probes without a configured role into the order in which they were found, which is that of their names after a restart, too. */
static void sort_rest(cool_probes_t *p) {
	for (int i = p->roles + 1; i < p->count; i++) {
		for (int k = i; k > p->roles && p->list[k].turn < p->list[k - 1].turn; k--) {
			cool_probe_t later = p->list[k - 1];
			p->list[k - 1] = p->list[k];
			p->list[k] = later;
		}
	}
}

void cool_probes_apply(cool_probes_t *p, const cool_settings_t *s) {
	note_offsets(p, s);
	if (unchanged(p, s)) return;
	p->named = s->probe_count > 0;
	p->roles = s->probe_count;
	for (int i = 0; i < p->count; i++) {
		p->list[i].role[0] = '\0';
		p->list[i].instead_of = 0;
	}
	for (int i = 0; i < s->probe_count; i++)
		place(p, &s->probes[i], i);
	int kept = s->probe_count;
	for (int i = kept; i < p->count; i++) {
		if (!p->list[i].found) continue; /* it was only ever a name in the settings */
		if (kept != i) p->list[kept] = p->list[i];
		kept++;
	}
	p->count = kept;
	sort_rest(p);
	for (int i = s->probe_count; i < p->count; i++) {
		cool_probe_t *e = &p->list[i];
		e->value -= e->offset_k;
		e->latest.value -= e->offset_k;
		e->offset_k = 0;
		name_itself(p, e);
	}
	if (p->count == 0) name(add(p, 0), "water");
	forget_places(p);
}

/* The probe that had been given up answers after all: it gets its role back, and the other one a place without. */
static bool give_back(cool_probes_t *p, uint64_t rom) {
	for (int i = 0; i < p->roles; i++) {
		cool_probe_t *e = &p->list[i];
		if (e->instead_of != rom) continue;
		cool_probe_t other = *e;
		char role[COOL_NAME_SIZE];
		memcpy(role, e->role, sizeof role);
		*e = (cool_probe_t){.rom = rom, .offset_k = other.configured_k, .found = true, .latest = {.quality = COOL_DISCONNECTED}};
		e->lost = true; /* three good readings end that */
		e->good_ms = COOL_INPUT_PATIENCE_MS;
		name(e, role);
		cool_probe_t *extra = add(p, other.rom);
		if (extra != NULL) {
			other.instead_of = 0;
			*extra = other;
			name_itself(p, extra);
		}
		forget_places(p);
		return true;
	}
	return false;
}

/* One probe of the settings that never answered, and one good probe without a role: it was put in for that one. */
static void fill_vacancy(cool_probes_t *p) {
	int vacant = -1, spare = -1;
	if (p->age_ms < COOL_VACANT_MS) return;
	for (int i = 0; i < p->count; i++) {
		const cool_probe_t *e = &p->list[i];
		int *which = i < p->roles ? &vacant : &spare;
		/* A role whose probe was on the bus since the start is lost, not vacant: it may come back. */
		if (i < p->roles ? e->found : !cool_probe_usable(e)) continue;
		if (*which >= 0) return;
		*which = i;
	}
	if (vacant < 0 || spare < 0) return;
	cool_probe_t *v = &p->list[vacant];
	cool_probe_t taken = p->list[spare];
	taken.instead_of = v->rom;
	taken.configured_k = v->offset_k;
	memcpy(taken.role, v->role, sizeof taken.role);
	taken.water = v->water;
	*v = taken;
	p->count--;
	if (spare != p->count) p->list[spare] = p->list[p->count];
	forget_places(p);
	p->replaced = true;
}

static void discover(cool_probes_t *p, uint64_t rom) {
	int known = with_rom(p, rom, 0);
	if (known >= 0) {
		p->list[known].found = true;
	} else if (give_back(p, rom)) {
		known = with_rom(p, rom, 0);
	} else if (!p->named && p->list[0].rom == 0) {
		p->list[0].rom = rom;
		known = 0;
	} else {
		cool_probe_t *e = add(p, rom);
		if (e == NULL) return;
		/* Without a reading since the start it is as lost as any other: it is not put in for one that is gone before it has proved itself. */
		e->good_ms = p->age_ms;
		e->lost = e->good_ms >= COOL_INPUT_PATIENCE_MS;
		name_itself(p, e);
		known = p->count - 1;
	}
	if (p->list[known].turn == 0) p->list[known].turn = ++p->turns;
}

/* Whether a good reading comes from a probe that is frozen. Only the water side is judged: the air may well stand still for hours. */
static bool frozen(cool_probes_t *p, int i, double celsius) {
	cool_probe_t *e = &p->list[i];
	if (!e->water) return false;
	cool_other_t others[COOL_STUCK_OTHERS] = {{.good = false}};
	for (int k = 0; k < p->count; k++) {
		const cool_probe_t *o = &p->list[k];
		others[k] = (cool_other_t){.good = k != i && o->water && o->latest.quality == COOL_GOOD, .value = o->latest.value};
	}
	uint32_t dt_ms = e->watched_ms;
	e->watched_ms = 0;
	return cool_stuck_step(&e->stuck, celsius, others, dt_ms);
}

static void take(cool_probes_t *p, int i, const cool_probe_read_t *read) {
	cool_probe_t *e = &p->list[i];
	cool_reading_t r = cool_ds18b20_decode(read->present, read->pad, &e->raw);
	e->found = true;
	e->fresh_ms = 0;
	if (r.quality == COOL_GOOD) {
		e->raw = (cool_previous_t){.known = true, .celsius = r.value};
		if (frozen(p, i, r.value)) r.quality = COOL_STUCK;
	}
	r.value += e->offset_k;
	e->latest = r;
	if (r.quality != COOL_GOOD) {
		e->streak = 0;
		return;
	}
	e->value = r.value;
	e->good_ms = 0;
	e->streak = e->streak < COOL_RECOVERY_READINGS ? e->streak + 1 : e->streak;
	e->seen = p->sensed = true;
	if (e->streak >= COOL_RECOVERY_READINGS) e->lost = false;
}

static const cool_probe_read_t *read_of(const cool_probe_read_t reads[COOL_MAX_PROBES], uint64_t rom) {
	for (int i = 0; i < COOL_MAX_PROBES; i++) {
		if (rom != 0 && reads[i].rom == rom && reads[i].fresh) return &reads[i];
	}
	return NULL;
}

void cool_probes_step(cool_probes_t *p, const cool_probe_read_t reads[COOL_MAX_PROBES], uint32_t dt_ms) {
	p->replaced = false;
	for (int i = 0; i < COOL_MAX_PROBES; i++) {
		if (reads[i].rom != 0) discover(p, reads[i].rom);
	}
	p->age_ms = cool_grow(p->age_ms, dt_ms);
	for (int i = 0; i < p->count; i++) {
		cool_probe_t *e = &p->list[i];
		e->good_ms = cool_grow(e->good_ms, dt_ms);
		e->fresh_ms = cool_grow(e->fresh_ms, dt_ms);
		e->watched_ms = cool_grow(e->watched_ms, dt_ms);
		e->raw.ago_ms = cool_grow(e->raw.ago_ms, dt_ms);
		const cool_probe_read_t *read = read_of(reads, e->rom);
		if (read != NULL) {
			take(p, i, read);
		} else if (e->fresh_ms >= COOL_INPUT_PATIENCE_MS) {
			e->streak = 0;
			if (e->found) e->latest.quality = COOL_STALE;
		}
		if (e->good_ms >= COOL_INPUT_PATIENCE_MS) e->lost = true;
	}
	if (p->named) fill_vacancy(p);
}
