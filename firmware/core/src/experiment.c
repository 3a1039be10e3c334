/* Experiments: when one may begin, what ends it, and what it claims. */
#include "cool/experiment.h"

#include <string.h>

#include "cool/overrides.h"
#include "cool/share.h"
#include "experiments.h"
#include "text.h"

const char *cool_experiment_word(cool_experiment_kind_t kind) {
	switch (kind) {
	case COOL_AUTOTUNE: return "autotune";
	case COOL_RUN: return "run";
	case COOL_SWEEP: return "sweep";
	case COOL_NO_EXPERIMENT: break;
	}
	return "";
}

const char *cool_experiment_state_word(cool_experiment_state_t state) {
	switch (state) {
	case COOL_EXPERIMENT_DONE: return "done";
	case COOL_EXPERIMENT_FAILED: return "failed";
	case COOL_EXPERIMENT_ABORTED: return "aborted";
	case COOL_EXPERIMENT_RESTING: return "resting";
	case COOL_EXPERIMENT_RUNNING: break;
	}
	return "running";
}

static bool running(const cool_regulator_t *r) {
	const cool_experiment_report_t *e = &r->experiment.report;
	return e->kind != COOL_NO_EXPERIMENT && e->state == COOL_EXPERIMENT_RUNNING;
}

/* Running, or a pump that ran dry rests. */
static bool active(const cool_regulator_t *r) {
	const cool_experiment_report_t *e = &r->experiment.report;
	return running(r) || (e->kind != COOL_NO_EXPERIMENT && e->state == COOL_EXPERIMENT_RESTING);
}

bool cool_experiment_overridden(const cool_regulator_t *r, int i) {
	bool cancelled = r->outputs[i].cancelled;
	return cool_override_holds(&r->settings.outputs[i], &cancelled, r->clock_valid, r->unix_ms);
}

bool cool_experiment_tunes(const cool_regulator_t *r) { return active(r) && r->experiment.report.kind == COOL_AUTOTUNE; }

static bool commissions(const cool_regulator_t *r) { return active(r) && r->experiment.report.kind != COOL_AUTOTUNE; }

/* Whether all other pumps and fans rest for it. */
static bool alone(const cool_regulator_t *r) { return commissions(r) && cool_commissioning_alone(&r->experiment.trial); }

bool cool_experiment_holds(const cool_regulator_t *r, int i) {
	if (!active(r) || !cool_moves(&r->settings.outputs[i])) return false;
	if (i == r->experiment.output || alone(r)) return true;
	return cool_experiment_tunes(r) && cool_share_leader(&r->settings, i) == r->experiment.output;
}

bool cool_experiment_pauses(const cool_regulator_t *r, int i) {
	for (int k = 0; k < r->settings.output_count; k++)
		if (cool_share_leader(&r->settings, k) == i && !cool_experiment_holds(r, k)) return false;
	return cool_experiment_holds(r, i);
}

cool_claim_t cool_experiment_claim(const cool_regulator_t *r, int i) {
	bool shares = cool_share_leader(&r->settings, i) >= 0;
	double duty = i == r->experiment.output ? cool_commissioning_duty(&r->experiment.trial) : 0;
	if (commissions(r)) return (cool_claim_t){COOL_BY_COMMISSION, {.duty = duty, .raw = true}};
	/* A relay is to act at once, but within what the output may do otherwise. */
	duty = shares ? r->outputs[i].law.duty : cool_tune_duty(&r->experiment.tune);
	return (cool_claim_t){COOL_BY_TUNE, {.duty = duty, .urgent = true, .at_once = true}};
}

bool cool_experiment_tries(const cool_regulator_t *r, int i) { return commissions(r) && (i == r->experiment.output || alone(r)); }

bool cool_experiment_sees_flow(const cool_regulator_t *r) {
	const cool_commissioning_t *t = &r->experiment.trial;
	return commissions(r) && (t->cfg.pump || t->cfg.test == COOL_TEST_RUN);
}

bool cool_experiment_because(char reason[COOL_REASON_SIZE], const char *name, const char *what) {
	cool_text_t t;
	cool_text_begin(&t, reason, COOL_REASON_SIZE);
	cool_text_add(&t, name);
	cool_text_add(&t, what);
	return false;
}

/* Whether nothing stronger wants to decide; otherwise the reason. The faults of what is tried are what it is there to find. */
static bool undisturbed(const cool_regulator_t *r, char reason[COOL_REASON_SIZE]) {
	double value;
	const cool_probe_t *water = cool_probes_role(&r->probes, "water");
	if (r->hazards.leak) return cool_experiment_because(reason, "", "there is a leak");
	if (r->hazards.over_temp) return cool_experiment_because(reason, "", "the water is too warm");
	if (!cool_probe_usable(water)) return cool_experiment_because(reason, "", "the water is not known");
	if (water->value >= r->settings.critical_c - COOL_EXPERIMENT_BELOW_K)
		return cool_experiment_because(reason, "", "the water came within 5 K of critical");
	for (int i = 0; i < r->settings.output_count; i++) {
		const cool_output_cfg_t *o = &r->settings.outputs[i];
		if (!cool_moves(o)) continue;
		if (cool_input_state(r, i, &value) != COOL_INPUT_KNOWN) return cool_experiment_because(reason, o->name, ": its input is not known");
		if (!cool_experiment_tries(r, i) && r->outputs[i].stall.stalled) return cool_experiment_because(reason, o->name, ": it stands still");
	}
	if (r->hazards.disagree.on) return cool_experiment_because(reason, "", "the probes contradict each other");
	if (r->dry.on && !cool_experiment_sees_flow(r)) return cool_experiment_because(reason, "", "there is no flow");
	if (r->hazards.no_transfer) return cool_experiment_because(reason, "", "the heat of the host does not arrive in the water");
	return true;
}

/* What a commission found, and how it stands. */
static void take_trial(cool_regulator_t *r) {
	static const cool_experiment_state_t states[] = {
		[COOL_COMMISSION_RUNNING] = COOL_EXPERIMENT_RUNNING,
		[COOL_COMMISSION_DONE] = COOL_EXPERIMENT_DONE,
		[COOL_COMMISSION_FAILED] = COOL_EXPERIMENT_FAILED,
		[COOL_COMMISSION_RESTING] = COOL_EXPERIMENT_RESTING,
	};
	const cool_commissioning_t *t = &r->experiment.trial;
	cool_experiment_report_t *e = &r->experiment.report;
	e->state = states[t->state];
	e->phase = cool_commissioning_phase_word(t);
	if (t->reason != NULL) (void)cool_copy(e->reason, sizeof e->reason, t->reason);
	if (e->state != COOL_EXPERIMENT_DONE) return;
	e->swept = (cool_swept_t){t->start_duty, t->stop_duty, t->min_rpm, t->max_rpm};
	e->ran.metered = t->cfg.flow_meter;
	e->ran.flow_lpm = t->flow_lpm;
	for (int i = 0; i < r->settings.output_count; i++) {
		if ((t->cfg.tachometers >> i & 1) == 0) continue;
		int n = e->ran.turned_count++;
		(void)cool_copy(e->ran.turned[n].output, sizeof e->ran.turned[n].output, r->settings.outputs[i].name);
		e->ran.turned[n].rpm = t->turned[i];
	}
}

/* What an autotune found, and how it stands. */
static void take_tune(cool_regulator_t *r) {
	static const cool_experiment_state_t states[] = {
		[COOL_TUNE_RUNNING] = COOL_EXPERIMENT_RUNNING,
		[COOL_TUNE_DONE] = COOL_EXPERIMENT_DONE,
		[COOL_TUNE_FAILED] = COOL_EXPERIMENT_FAILED,
	};
	const cool_tune_t *t = &r->experiment.tune;
	cool_experiment_report_t *e = &r->experiment.report;
	e->state = states[t->state];
	e->phase = cool_tune_phase_word(t);
	e->cycles = cool_tune_cycles(t);
	e->tuned = t->tuned;
	if (t->reason != NULL) (void)cool_copy(e->reason, sizeof e->reason, t->reason);
}

static void step_law(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms) {
	double value = 0;
	if (!cool_experiment_tunes(r)) {
		cool_commissioning_step(&r->experiment.trial, in, dt_ms);
		return;
	}
	(void)cool_input_state(r, r->experiment.output, &value); /* it is known, or would be a disturbance */
	cool_tune_step(&r->experiment.tune, value, dt_ms);
}

void cool_experiment_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms) {
	char reason[COOL_REASON_SIZE];
	if (!active(r)) return;
	if (!undisturbed(r, reason)) {
		cool_experiment_end(r, COOL_EXPERIMENT_FAILED, reason);
		return;
	}
	if (r->experiment.stepped) step_law(r, in, dt_ms);
	r->experiment.stepped = true;
	if (r->experiment.report.kind == COOL_AUTOTUNE) {
		take_tune(r);
	} else {
		take_trial(r);
	}
}

void cool_experiment_end(cool_regulator_t *r, cool_experiment_state_t state, const char *reason) {
	cool_experiment_report_t *e = &r->experiment.report;
	if (!active(r)) return;
	e->state = state;
	e->phase = "";
	(void)cool_copy(e->reason, sizeof e->reason, reason);
}

/* Whether a fault is what a trial may be there to find. */
static bool excused(const cool_regulator_t *r, const char *fault) {
	if (strcmp(fault, COOL_FAULT_NO_FLOW) == 0) return cool_experiment_sees_flow(r);
	for (int i = 0; i < r->settings.output_count; i++) {
		char stall[COOL_FAULT_SIZE];
		cool_stall_fault(stall, &r->settings.outputs[i]);
		if (strcmp(fault, stall) == 0) return cool_experiment_tries(r, i);
	}
	return false;
}

static bool no_critical_fault(const cool_regulator_t *r, char reason[COOL_REASON_SIZE]) {
	cool_fault_t list[COOL_MAX_FAULTS];
	int n = cool_faults_list(&r->faults, list);
	for (int i = 0; i < n; i++)
		if (list[i].active && list[i].critical && !excused(r, list[i].name))
			return cool_experiment_because(reason, list[i].name, ": this fault is active");
	return true;
}

int cool_experiment_may_try(const cool_regulator_t *r, const char *output, char reason[COOL_REASON_SIZE]) {
	int i = cool_settings_output(&r->settings, output);
	bool may = true;
	if (i < 0) {
		may = cool_experiment_because(reason, output, ": there is no such output");
	} else if (!cool_moves(&r->settings.outputs[i])) {
		may = cool_experiment_because(reason, output, ": a pump or a fan is expected");
	} else if (running(r)) {
		may = cool_experiment_because(reason, r->experiment.report.output, ": it is tried already; abort that, or wait for its end");
	} else if (cool_experiment_overridden(r, i)) {
		may = cool_experiment_because(reason, output, ": it is overridden; end that first");
	}
	return may ? i : -1;
}

/* Byte by byte: the stack of the network task has no room for a third one. */
static void exchange(cool_experiment_t *a, cool_experiment_t *b) {
	unsigned char *x = (unsigned char *)a, *y = (unsigned char *)b;
	for (size_t i = 0; i < sizeof *a; i++) {
		unsigned char was = x[i];
		x[i] = y[i];
		y[i] = was;
	}
}

bool cool_experiment_begin(cool_regulator_t *r, cool_experiment_t *e, cool_experiment_kind_t kind, int i, char reason[COOL_REASON_SIZE]) {
	e->output = i;
	e->report.kind = kind;
	e->report.phase = kind == COOL_AUTOTUNE ? cool_tune_phase_word(&e->tune) : cool_commissioning_phase_word(&e->trial);
	(void)cool_copy(e->report.output, COOL_NAME_SIZE, r->settings.outputs[i].name);
	exchange(&r->experiment, e);
	if (no_critical_fault(r, reason) && undisturbed(r, reason)) return true;
	exchange(&r->experiment, e);
	return false;
}

static unsigned tachometers(const cool_regulator_t *r) {
	unsigned bits = 0;
	for (int i = 0; i < r->settings.output_count; i++)
		if (r->settings.outputs[i].wiring.tacho_pin >= 0) bits |= 1u << i;
	return bits;
}

bool cool_regulator_commission(cool_regulator_t *r, const char *output, const cool_commissioning_cfg_t *ask, char reason[COOL_REASON_SIZE]) {
	int i = cool_experiment_may_try(r, output, reason);
	if (i < 0) return false;
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	cool_commissioning_cfg_t cfg = *ask;
	cfg.output = i;
	cfg.pump = o->role == COOL_PUMP;
	cfg.flow_meter = r->board.flow;
	cfg.tachometers = tachometers(r);
	const char *not_with_this = cool_commissioning_check(&cfg);
	if (cfg.test == COOL_TEST_SWEEP && o->kind == COOL_SWITCH) not_with_this = "a switch has one speed; there is nothing to sweep";
	if (not_with_this != NULL) return cool_experiment_because(reason, "", not_with_this);
	const cool_probe_t *water = cool_probes_role(&r->probes, "water");
	if (cool_probe_usable(water) && water->value >= r->settings.critical_c - COOL_COMMISSION_BELOW_K)
		return cool_experiment_because(reason, "", "the water has to be more than 10 K below critical");
	cool_experiment_t e = {.stepped = false};
	cool_commissioning_begin(&e.trial, &cfg);
	return cool_experiment_begin(r, &e, cfg.test == COOL_TEST_RUN ? COOL_RUN : COOL_SWEEP, i, reason);
}

bool cool_regulator_abort(cool_regulator_t *r, char reason[COOL_REASON_SIZE]) {
	if (!active(r)) return cool_experiment_because(reason, "", "nothing is being tried");
	cool_experiment_end(r, COOL_EXPERIMENT_ABORTED, "somebody ended it");
	return true;
}

const cool_experiment_report_t *cool_regulator_experiment(const cool_regulator_t *r) { return &r->experiment.report; }
