#include "random_loop_util.h"

#include <string.h>

#include "cool/crc.h"
#include "loop_util.h"
#include "test.h"

static int pick(uint64_t *seed, int low, int high) { return test_random_int(seed, low, high); }

static double real(uint64_t *seed, double low, double high) { return high > low ? test_random_double(seed, low, high) : low; }

static bool one_in(uint64_t *seed, int n) { return pick(seed, 1, n) == 1; }

void random_board(uint64_t *seed, cool_board_t *b) {
	*b = loop_board();
	b->flow = one_in(seed, 3);
	b->humidity = !one_in(seed, 4);
	b->leak = true;
}

static void draw_curve(uint64_t *seed, cool_output_cfg_t *o) {
	double temp = real(seed, 10, 35), duty = o->role == COOL_CHILLER ? 0 : real(seed, 0, 40);
	o->law = COOL_LAW_CURVE;
	o->curve.count = pick(seed, 1, COOL_MAX_POINTS);
	for (int i = 0; i < o->curve.count; i++) {
		o->curve.points[i] = (cool_point_t){temp, duty};
		temp += real(seed, 0.1, 6);
		duty = duty + real(seed, 0, 30);
		if (duty > 100) duty = 100;
	}
	o->curve.hysteresis_k = one_in(seed, 3) ? 0 : real(seed, 0, 3);
}

static void draw_law(uint64_t *seed, cool_output_cfg_t *o, const cool_settings_t *s) {
	if (one_in(seed, 2)) {
		draw_curve(seed, o);
	} else {
		o->law = COOL_LAW_PI;
		o->pi = (cool_pi_cfg_t){
			.setpoint = real(seed, 5, 45),
			.kp = real(seed, 0.1, 40),
			.ti_s = real(seed, 1, 600),
			.deadband_k = one_in(seed, 2) ? 0 : real(seed, 0, 1),
			.ff_duty_per_w = one_in(seed, 2) ? 0 : real(seed, 0, 2),
		};
	}
	(void)cool_copy(o->input.role, COOL_NAME_SIZE, s->probes[pick(seed, 0, s->probe_count - 1)].role);
	o->input.minus[0] = '\0';
	if (one_in(seed, 4)) (void)cool_copy(o->input.minus, COOL_NAME_SIZE, s->probes[pick(seed, 0, s->probe_count - 1)].role);
	if (strcmp(o->input.role, o->input.minus) == 0) o->input.minus[0] = '\0';
}

static void draw_bands(uint64_t *seed, cool_output_cfg_t *o) {
	double from = real(seed, 1, 50);
	o->skips = 0;
	while (o->skips < COOL_MAX_BANDS && one_in(seed, 2)) {
		double to = from + real(seed, 1, 15);
		if (to >= o->max_duty) break;
		o->skip[o->skips++] = (cool_band_t){from, to};
		from = to + real(seed, 0.5, 10);
	}
}

static void draw_output(uint64_t *seed, cool_settings_t *s, int i) {
	static const char *const names[] = {"a", "b2", "pump", "fan", "chiller", "buzzer"};
	cool_role_t role = i == 0 ? COOL_PUMP : i == 1 ? COOL_FAN : (cool_role_t)pick(seed, COOL_PUMP, COOL_BUZZER);
	cool_output_cfg_t *o = &s->outputs[i];
	cool_output_defaults(o, names[i], role, (cool_kind_t)pick(seed, role == COOL_CHILLER ? COOL_DC_PWM : COOL_PWM4, COOL_SWITCH));
	o->wiring.pin = 2 * i;
	if (!one_in(seed, 4)) o->wiring.tacho_pin = 2 * i + 1;
	o->min_duty = role == COOL_PUMP ? real(seed, 1, 60) : one_in(seed, 2) ? 0 : real(seed, 0, 60);
	o->max_duty = one_in(seed, 2) ? 100 : real(seed, o->min_duty + 1, 100);
	o->failsafe_duty = one_in(seed, 2) ? 100 : real(seed, 50, 100);
	o->start_duty = o->stop_duty = 0;
	if (role != COOL_PUMP && one_in(seed, 2)) {
		o->start_duty = real(seed, 1, 60);
		o->stop_duty = real(seed, 0, o->start_duty);
	}
	o->spin_up_ms = one_in(seed, 2) ? 0 : (uint32_t)pick(seed, 0, 5000);
	o->stall_rpm = one_in(seed, 4) ? 0 : real(seed, 1, 1500);
	o->slew_up = one_in(seed, 3) ? 0 : real(seed, 0.1, 100);
	o->slew_down = one_in(seed, 3) ? 0 : real(seed, 0.1, 100);
	o->min_on_ms = one_in(seed, 2) ? 0 : (uint32_t)pick(seed, 0, 200000);
	o->min_off_ms = one_in(seed, 2) ? 0 : (uint32_t)pick(seed, 0, 200000);
	draw_bands(seed, o);
	if (role != COOL_BUZZER) draw_law(seed, o, s);
}

/* Lets pumps and fans share the demand of one of them, as far as they are no switches. */
static void draw_share(uint64_t *seed, cool_settings_t *s) {
	int leader = -1;
	for (int i = 0; i < s->output_count; i++) {
		cool_output_cfg_t *o = &s->outputs[i];
		if ((o->role != COOL_PUMP && o->role != COOL_FAN) || o->kind == COOL_SWITCH) continue;
		double from = one_in(seed, 2) ? 0 : real(seed, 0, 90);
		if (leader < 0) {
			if (o->law != COOL_LAW_PI) continue;
			leader = i;
		} else if (one_in(seed, 2)) {
			o->law = COOL_LAW_FOLLOW;
			memset(&o->input, 0, sizeof o->input);
			(void)cool_copy(o->follow, COOL_NAME_SIZE, s->outputs[leader].name);
		} else {
			continue;
		}
		o->range = (cool_range_t){.set = true, .from = from, .to = one_in(seed, 2) ? 100 : real(seed, from + 0.01, 100)};
	}
}

void random_settings(uint64_t *seed, cool_settings_t *s, const cool_board_t *b) {
	static const char *const roles[] = {"water", "ambient", "outlet", "inlet", "water2", "case"};
	cool_settings_defaults(s);
	s->probe_count = pick(seed, 1, RANDOM_ROMS);
	for (int i = 0; i < s->probe_count; i++) {
		s->probes[i].rom = loop_rom(i);
		s->probes[i].offset_k = one_in(seed, 2) ? 0 : real(seed, -5, 5);
		(void)cool_copy(s->probes[i].role, COOL_NAME_SIZE, roles[i]);
	}
	s->critical_c = real(seed, 30, 59.9);
	s->dew_margin_k = real(seed, 2, 20);
	s->standby = one_in(seed, 2);
	s->idle_w = real(seed, 0, 30);
	s->busy_w = one_in(seed, 4) ? 0 : real(seed, s->idle_w, 100);
	s->output_count = pick(seed, 2, COOL_MAX_OUTPUTS);
	for (int i = 0; i < s->output_count; i++)
		draw_output(seed, s, i);
	if (one_in(seed, 2)) draw_share(seed, s);
	char reason[COOL_REASON_SIZE];
	if (!CHECK(cool_settings_check(s, b, reason))) CHECK_STR(reason, "");
}

void random_overrides(uint64_t *seed, cool_settings_t *s, int64_t unix_ms) {
	for (int i = 0; i < s->output_count; i++) {
		s->outputs[i].override = (cool_override_t){
			.set = one_in(seed, 2),
			.duty = one_in(seed, 2) ? 0 : real(seed, 0, 100),
			.until_ms = unix_ms + pick(seed, -1000, one_in(seed, 3) ? 100000000 : 1900000),
		};
	}
}

void random_world_init(uint64_t *seed, random_world_t *w) {
	memset(w, 0, sizeof *w);
	for (int i = 0; i < RANDOM_ROMS; i++) {
		w->found[i] = !one_in(seed, 8);
		w->celsius[i] = real(seed, 15, 35);
	}
	w->tacho = w->flow = w->humidity = w->clock = true;
	w->calm = one_in(seed, 4) ? 200 : one_in(seed, 3) ? 700 : one_in(seed, 2) ? 4000 : 40000;
	w->host = one_in(seed, 2);
	w->watt = one_in(seed, 2) ? 0 : 60;
	if (one_in(seed, 2)) {
		for (int i = 0; i < RANDOM_ROMS; i++)
			w->celsius[i] = 23;
	}
	w->lpm = 1.3;
	w->rh = 50;
	w->air = 22;
	w->unix_ms = 1764000000000;
	if (one_in(seed, 5)) { /* a quiet night */
		w->calm = 100000;
		w->host = true;
		w->watt = 0;
		for (int i = 0; i < RANDOM_ROMS; i++) {
			w->found[i] = true;
			w->celsius[i] = 23;
		}
	}
}

static double odd(uint64_t *seed, double usual) {
	double zero = 0;
	switch (pick(seed, 0, 7)) {
	case 0: return zero / zero;
	case 1: return 1 / zero;
	case 2: return -1 / zero;
	case 3: return -1e300;
	case 4: return 1e300;
	case 5: return 0;
	default: return usual;
	}
}

/* Something changes every eighth step where the world is not calm, and hardly ever where it is; what goes wrong mostly heals, too. */
static void change(uint64_t *seed, random_world_t *w) {
	int i = pick(seed, 0, RANDOM_ROMS - 1);
	switch (pick(seed, 0, w->calm)) {
	case 0: w->fault[i] = pick(seed, 1, 6); break;
	case 1: w->fault[0] = one_in(seed, 2) ? pick(seed, 1, 6) : 0; break;
	case 2: memset(w->fault, 0, sizeof w->fault); break;
	case 3: w->found[i] = true; break;
	case 4: w->held[i] = one_in(seed, 2); break;
	case 5: memset(w->held, 0, sizeof w->held); break;
	case 6: w->tacho = !one_in(seed, 4); break;
	case 7: w->flow = !one_in(seed, 4); break;
	case 8: w->humidity = !one_in(seed, 4); break;
	case 9: w->wet = one_in(seed, 4); break;
	case 10: w->wet = false; break;
	case 11: w->host = one_in(seed, 2); break;
	case 12: w->clock = one_in(seed, 2); break;
	case 13: w->lpm = one_in(seed, 2) ? 1.3 : odd(seed, 0.05); break;
	case 14: w->rh = one_in(seed, 3) ? odd(seed, 101) : real(seed, 1, 100); break;
	case 15: w->air = one_in(seed, 6) ? odd(seed, 200) : real(seed, 5, 40); break;
	case 16: w->watt = one_in(seed, 6) ? odd(seed, -20) : real(seed, 0, 120); break;
	case 17: w->unix_ms += one_in(seed, 4) ? (int64_t)real(seed, -1e12, 1e12) : pick(seed, -100000, 2000000); break;
	case 18: w->celsius[i] = real(seed, 20, 70); break;
	case 19: w->celsius[i] = real(seed, 15, 30); break;
	case 20: /* all water alike, as it is in a loop */
		for (int k = 0; k < RANDOM_ROMS; k++)
			w->celsius[k] = w->celsius[0] + (k == 1 ? real(seed, -8, 0) : 0);
		break;
	case 21: memset(w->fault, 0, sizeof w->fault); break;
	case 22: w->watt = real(seed, 0, 10); break;
	case 23: w->wet = false; break;
	default: break;
	}
}

/* A bad scratchpad; none of them decodes. */
static void spoil(uint64_t *seed, cool_probe_read_t *p, int fault) {
	switch (fault) {
	case 1: p->present = false; break;
	case 2: memset(p->pad, 0xff, sizeof p->pad); break;
	case 3: memset(p->pad, 0, sizeof p->pad); break;
	case 4: p->pad[8] ^= 0x10; break;
	case 5: /* the power-on value */
		loop_scratchpad(p->pad, 85);
		p->pad[6] = 0x0c;
		p->pad[8] = cool_crc8(p->pad, 8);
		break;
	default:
		for (size_t k = 0; k < sizeof p->pad; k++)
			p->pad[k] = (uint8_t)test_random(seed);
		if (cool_crc8(p->pad, sizeof p->pad) == 0) p->pad[3] ^= 0x40;
		break;
	}
}

static void read_probe(uint64_t *seed, random_world_t *w, int i) {
	cool_probe_read_t *p = &w->in.probes[(i * 5 + 2) % COOL_MAX_PROBES];
	random_read_t *r = &w->reads[i];
	*r = (random_read_t){.fresh = w->found[i] && !one_in(seed, 3)};
	p->rom = w->found[i] ? loop_rom(i) : 0;
	p->fresh = r->fresh;
	if (!r->fresh) return;
	/* It always moves a little, so that it is not taken for a stuck one. */
	w->up[i] = !w->up[i];
	double celsius = (double)(int)(w->celsius[i] * 16 + (w->up[i] ? 1 : 0)) / 16;
	p->present = true;
	loop_scratchpad(p->pad, celsius);
	int fault = one_in(seed, 50) ? pick(seed, 1, 6) : w->fault[i];
	r->good = fault == 0;
	r->celsius = celsius;
	if (fault != 0) spoil(seed, p, fault);
}

uint32_t random_world_step(uint64_t *seed, random_world_t *w, const cool_settings_t *s, const cool_drive_t *drives) {
	uint32_t dt = w->calm > 1000 ? 1000 : 250;
	switch (pick(seed, 0, w->calm / 8)) {
	case 0: dt = 0; break;
	case 1: dt = (uint32_t)pick(seed, 0, 10000); break;
	case 2: dt = one_in(seed, 10) ? UINT32_MAX : (uint32_t)pick(seed, 0, 60000); break;
	case 3:
	case 4: dt = (uint32_t)pick(seed, 1, 1000); break;
	default: break;
	}
	change(seed, w);
	for (int i = 0; i < RANDOM_ROMS; i++)
		read_probe(seed, w, i);
	w->in.tacho_fresh = w->tacho && !one_in(seed, 3);
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		w->in.rpm[i] = i < s->output_count && !w->held[i] && drives[i].duty > 0 ? 1000 + 30 * drives[i].duty : 0;
		if (one_in(seed, 200)) w->in.rpm[i] = odd(seed, 3);
	}
	w->in.flow_fresh = w->flow && !one_in(seed, 3);
	w->in.flow_lpm = w->lpm;
	w->in.humidity_fresh = w->humidity && one_in(seed, 4);
	w->in.humidity_rh = w->rh;
	w->in.humidity_c = w->air;
	w->in.leak_wet = one_in(seed, w->calm / 2) ? !w->wet : w->wet;
	w->in.host_known = w->host;
	w->in.host_w = w->watt;
	w->in.clock_valid = w->clock;
	w->unix_ms += dt > 60000 ? 60000 : dt;
	w->in.unix_ms = w->unix_ms;
	return dt;
}
