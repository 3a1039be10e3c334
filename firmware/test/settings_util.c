#include "settings_util.h"

#include <stdio.h>

static void text(cool_json_writer_t *w, const char *name, const char *value) {
	cool_json_key(w, name);
	cool_json_put_string(w, value);
}

static void integer(cool_json_writer_t *w, const char *name, int64_t value) {
	cool_json_key(w, name);
	cool_json_put_int(w, value);
}

static void number(cool_json_writer_t *w, const char *name, double value) {
	cool_json_key(w, name);
	cool_json_put_decimal(w, value, 4);
}

static void boolean(cool_json_writer_t *w, const char *name, bool value) {
	cool_json_key(w, name);
	cool_json_put_bool(w, value);
}

static void pair(cool_json_writer_t *w, double a, double b) {
	cool_json_open_array(w);
	cool_json_put_decimal(w, a, 4);
	cool_json_put_decimal(w, b, 4);
	cool_json_close_array(w);
}

static void nothing(cool_json_writer_t *w, const char *name) {
	cool_json_key(w, name);
	cool_json_put_decimal(w, 1e300, 0); /* null */
}

static void range(cool_json_writer_t *w, const cool_range_t *r) {
	cool_json_key(w, "range");
	pair(w, r->from, r->to);
}

static void follow(cool_json_writer_t *w, const cool_output_cfg_t *o) {
	cool_json_key(w, "auto");
	cool_json_open_object(w);
	cool_json_key(w, "follow");
	cool_json_open_object(w);
	text(w, "output", o->follow);
	range(w, &o->range);
	cool_json_close_object(w);
	cool_json_close_object(w);
}

static void law(cool_json_writer_t *w, const cool_output_cfg_t *o) {
	char input[2 * COOL_NAME_SIZE];
	if (o->law == COOL_LAW_FOLLOW) {
		follow(w, o);
		return;
	}
	snprintf(input, sizeof input, "%s%s%s", o->input.role, o->input.minus[0] ? "-" : "", o->input.minus);
	cool_json_key(w, "auto");
	cool_json_open_object(w);
	text(w, "input", input);
	cool_json_key(w, o->law == COOL_LAW_CURVE ? "curve" : "pi");
	cool_json_open_object(w);
	if (o->law == COOL_LAW_CURVE) {
		cool_json_key(w, "points");
		cool_json_open_array(w);
		for (int i = 0; i < o->curve.count; i++)
			pair(w, o->curve.points[i].temp, o->curve.points[i].duty);
		cool_json_close_array(w);
		number(w, "hysteresis_k", o->curve.hysteresis_k);
	} else {
		number(w, "setpoint", o->pi.setpoint);
		number(w, "kp", o->pi.kp);
		number(w, "ti_s", o->pi.ti_s);
		number(w, "deadband_k", o->pi.deadband_k);
		number(w, "ff_duty_per_w", o->pi.ff_duty_per_w);
		if (o->range.set) range(w, &o->range);
	}
	cool_json_close_object(w);
	cool_json_close_object(w);
}

static void wiring(cool_json_writer_t *w, const cool_wiring_t *x) {
	cool_json_key(w, "wiring");
	cool_json_open_object(w);
	integer(w, "pin", x->pin);
	integer(w, "hz", x->hz);
	boolean(w, "inverted", x->inverted);
	integer(w, "tacho_pin", x->tacho_pin);
	integer(w, "tacho_pulses", x->tacho_pulses);
	cool_json_close_object(w);
}

static void output(cool_json_writer_t *w, const cool_output_cfg_t *o, bool nulls) {
	static const char *const roles[] = {"pump", "fan", "chiller", "buzzer"}, *const kinds[] = {"pwm4", "dc_pwm", "switch"};
	cool_json_open_object(w);
	text(w, "name", o->name);
	text(w, "role", roles[o->role]);
	text(w, "kind", kinds[o->kind]);
	wiring(w, &o->wiring);
	number(w, "min_duty", o->min_duty);
	number(w, "max_duty", o->max_duty);
	number(w, "failsafe_duty", o->failsafe_duty);
	number(w, "start_duty", o->start_duty);
	number(w, "stop_duty", o->stop_duty);
	cool_json_key(w, "skip");
	cool_json_open_array(w);
	for (int i = 0; i < o->skips; i++)
		pair(w, o->skip[i].from, o->skip[i].to);
	cool_json_close_array(w);
	integer(w, "spin_up_ms", o->spin_up_ms);
	number(w, "stall_rpm", o->stall_rpm);
	number(w, "slew_up", o->slew_up);
	number(w, "slew_down", o->slew_down);
	integer(w, "min_on_s", o->min_on_ms / 1000);
	integer(w, "min_off_s", o->min_off_ms / 1000);
	if (o->law != COOL_LAW_NONE) {
		law(w, o);
	} else if (nulls) {
		nothing(w, "auto");
	}
	if (o->override.set) {
		cool_json_key(w, "override");
		cool_json_open_object(w);
		number(w, "duty", o->override.duty);
		integer(w, "until", o->override.until_ms);
		cool_json_close_object(w);
	} else if (nulls) {
		nothing(w, "override");
	}
	cool_json_close_object(w);
}

size_t settings_dump(const cool_settings_t *s, bool nulls, char *buf, size_t size) {
	cool_json_writer_t w;
	cool_json_writer_init(&w, buf, size);
	cool_json_open_object(&w);
	text(&w, "epoch", s->epoch);
	integer(&w, "version", (int64_t)s->version);
	integer(&w, "interval_ms", s->interval_ms);
	cool_json_key(&w, "probes");
	cool_json_open_array(&w);
	for (int i = 0; i < s->probe_count; i++) {
		char rom[17];
		snprintf(rom, sizeof rom, "%08lx%08lx", (unsigned long)(s->probes[i].rom >> 32), (unsigned long)(s->probes[i].rom & 0xffffffff));
		cool_json_open_object(&w);
		text(&w, "rom", rom);
		text(&w, "role", s->probes[i].role);
		number(&w, "offset_k", s->probes[i].offset_k);
		cool_json_close_object(&w);
	}
	cool_json_close_array(&w);
	number(&w, "critical_c", s->critical_c);
	number(&w, "dew_margin_k", s->dew_margin_k);
	cool_json_key(&w, "standby");
	cool_json_open_object(&w);
	boolean(&w, "enabled", s->standby);
	number(&w, "idle_w", s->idle_w);
	cool_json_close_object(&w);
	number(&w, "busy_w", s->busy_w);
	cool_json_key(&w, "outputs");
	cool_json_open_array(&w);
	for (int i = 0; i < s->output_count; i++)
		output(&w, &s->outputs[i], nulls);
	cool_json_close_array(&w);
	cool_json_close_object(&w);
	return w.full ? 0 : w.len;
}
