/* Beginning, and taking other settings while everything runs. */
#include <string.h>

#include "claims.h"
#include "cool/regulator.h"
#include "cool/share.h"
#include "experiments.h"

/* What an output does before anything is known. */
static void begin(cool_output_t *out, cool_drive_t *drive, const cool_output_cfg_t *o) {
	bool mover = cool_moves(o);
	memset(out, 0, sizeof *out);
	cool_curve_init(&out->curve);
	cool_pi_init(&out->pi);
	cool_stall_init(&out->stall);
	double duty = !mover ? 0 : o->kind == COOL_SWITCH ? 100 : o->failsafe_duty;
	cool_motor_init(&out->motor, duty);
	*drive = (cool_drive_t){.duty = duty, .by = o->role == COOL_CHILLER ? COOL_BY_INTERLOCK : COOL_BY_BOOT};
}

/* Copies settings with the laws' bounds filled in. */
static void settle(cool_regulator_t *r, const cool_settings_t *s) {
	if (&r->settings != s) r->settings = *s;
	for (int i = 0; i < r->settings.output_count; i++)
		cool_output_bind(&r->settings.outputs[i]);
	cool_share_inputs(&r->settings);
	cool_probes_apply(&r->probes, &r->settings);
}

void cool_regulator_init(cool_regulator_t *r, const cool_settings_t *settings, const cool_board_t *board) {
	memset(r, 0, sizeof *r);
	r->board = *board;
	settle(r, settings);
	for (int i = 0; i < r->settings.output_count; i++) {
		begin(&r->outputs[i], &r->drives[i], &r->settings.outputs[i]);
		r->drives[i].supervised = cool_supervised(r, i);
	}
}

static bool same(double a, double b) { return a >= b && a <= b; }

static bool same_input(const cool_input_t *a, const cool_input_t *b) { return strcmp(a->role, b->role) == 0 && strcmp(a->minus, b->minus) == 0; }

static bool same_pi(const cool_pi_cfg_t *a, const cool_pi_cfg_t *b) {
	return same(a->setpoint, b->setpoint) && same(a->kp, b->kp) && same(a->ti_s, b->ti_s) && same(a->deadband_k, b->deadband_k) &&
		same(a->ff_duty_per_w, b->ff_duty_per_w);
}

/* A demand is none any more where the range is another. */
static bool same_range(const cool_range_t *a, const cool_range_t *b) { return a->set == b->set && same(a->from, b->from) && same(a->to, b->to); }

static bool same_override(const cool_override_t *a, const cool_override_t *b) {
	return a->set == b->set && same(a->duty, b->duty) && a->until_ms == b->until_ms;
}

/* Keeps what still holds of an output that goes on under other settings. */
static void go_on(cool_output_t *out, const cool_drive_t *drive, const cool_output_cfg_t *was, const cool_output_cfg_t *is) {
	/* A curve's state is the temperature that it holds, which is as true for another curve; a PI's belongs to its parameters. */
	if (was->law != is->law || !same_input(&was->input, &is->input)) {
		cool_curve_init(&out->curve);
		cool_pi_init(&out->pi);
	} else if (!same_pi(&was->pi, &is->pi) || !same_range(&was->range, &is->range)) {
		cool_pi_init(&out->pi);
	}
	if (was->kind != is->kind) {
		uint32_t cycles = out->motor.cycles;
		cool_motor_init(&out->motor, drive->duty);
		out->motor.cycles = cycles;
	}
	out->motor.band = -1; /* the bands may be others */
	if (out->motor.spin_ms > is->spin_up_ms) out->motor.spin_ms = is->spin_up_ms;
	if (was->wiring.tacho_pin != is->wiring.tacho_pin) cool_stall_init(&out->stall);
	if (!same_override(&was->override, &is->override)) out->cancelled = false;
}

/* A stall of an output that is not supervised any more is over; it stays latched. */
static void end_stalls(cool_regulator_t *r, const cool_settings_t *next) {
	for (int i = 0; i < r->settings.output_count; i++) {
		int j = cool_settings_output(next, r->settings.outputs[i].name);
		if (j >= 0 && next->outputs[j].wiring.tacho_pin >= 0) continue;
		char fault[COOL_FAULT_SIZE];
		cool_stall_fault(fault, &r->settings.outputs[i]);
		cool_faults_set(&r->faults, fault, false, false);
	}
}

static bool same_bands(const cool_output_cfg_t *a, const cool_output_cfg_t *b) {
	bool equal = a->skips == b->skips;
	for (int i = 0; equal && i < a->skips; i++)
		equal = same(a->skip[i].from, b->skip[i].from) && same(a->skip[i].to, b->skip[i].to);
	return equal;
}

static bool same_wiring(const cool_wiring_t *a, const cool_wiring_t *b) {
	return a->pin == b->pin && a->hz == b->hz && a->inverted == b->inverted && a->tacho_pin == b->tacho_pin && a->tacho_pulses == b->tacho_pulses;
}

static bool same_curve(const cool_curve_cfg_t *a, const cool_curve_cfg_t *b) {
	bool equal = a->count == b->count && same(a->hysteresis_k, b->hysteresis_k);
	for (int i = 0; equal && i < a->count; i++)
		equal = same(a->points[i].temp, b->points[i].temp) && same(a->points[i].duty, b->points[i].duty);
	return equal;
}

static bool same_motor(const cool_output_cfg_t *a, const cool_output_cfg_t *b) {
	return same(a->min_duty, b->min_duty) && same(a->max_duty, b->max_duty) && same(a->failsafe_duty, b->failsafe_duty) &&
		same(a->start_duty, b->start_duty) && same(a->stop_duty, b->stop_duty) && same_bands(a, b) && a->spin_up_ms == b->spin_up_ms &&
		same(a->stall_rpm, b->stall_rpm) && same(a->slew_up, b->slew_up) && same(a->slew_down, b->slew_down) && a->min_on_ms == b->min_on_ms &&
		a->min_off_ms == b->min_off_ms;
}

/* Whether the automatic parts are alike. What one that follows looks at is its leader's: in settings that are not applied yet it says nothing. */
static bool same_law(const cool_output_cfg_t *a, const cool_output_cfg_t *b) {
	if (a->law != b->law || !same_range(&a->range, &b->range)) return false;
	if (a->law == COOL_LAW_FOLLOW) return strcmp(a->follow, b->follow) == 0;
	return same_input(&a->input, &b->input) && (a->law != COOL_LAW_PI || same_pi(&a->pi, &b->pi)) &&
		(a->law != COOL_LAW_CURVE || same_curve(&a->curve, &b->curve));
}

/* Whether other settings change any output; the laws' bounds are the outputs'. */
static bool outputs_differ(const cool_settings_t *was, const cool_settings_t *is) {
	bool equal = was->output_count == is->output_count;
	for (int i = 0; equal && i < is->output_count; i++) {
		const cool_output_cfg_t *a = &was->outputs[i], *b = &is->outputs[i];
		equal = strcmp(a->name, b->name) == 0 && a->role == b->role && a->kind == b->kind && same_wiring(&a->wiring, &b->wiring) &&
			same_motor(a, b) && same_law(a, b) && same_override(&a->override, &b->override);
	}
	return !equal;
}

void cool_regulator_apply(cool_regulator_t *r, const cool_settings_t *settings) {
	cool_output_t outputs[COOL_MAX_OUTPUTS];
	cool_drive_t drives[COOL_MAX_OUTPUTS];
	memcpy(outputs, r->outputs, sizeof outputs);
	memcpy(drives, r->drives, sizeof drives);
	end_stalls(r, settings);
	if (outputs_differ(&r->settings, settings)) cool_experiment_end(r, COOL_EXPERIMENT_ABORTED, "the settings of an output were changed");
	for (int i = 0; i < settings->output_count; i++) {
		const cool_output_cfg_t *is = &settings->outputs[i];
		int j = cool_settings_output(&r->settings, is->name);
		if (j < 0 || r->settings.outputs[j].role != is->role) {
			begin(&r->outputs[i], &r->drives[i], is);
			continue;
		}
		r->outputs[i] = outputs[j];
		r->drives[i] = drives[j];
		go_on(&r->outputs[i], &r->drives[i], &r->settings.outputs[j], is);
	}
	settle(r, settings);
	for (int i = 0; i < r->settings.output_count; i++)
		r->drives[i].supervised = cool_supervised(r, i);
}
