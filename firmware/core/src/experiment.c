/* Experiments: when one may begin, what ends it, and what it claims. */
#include "cool/experiment.h"

#include <string.h>

#include "cool/overrides.h"
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

static bool is_mover(const cool_output_cfg_t *o) { return o->role == COOL_PUMP || o->role == COOL_FAN; }

static bool running(const cool_regulator_t *r) {
	const cool_experiment_report_t *e = &r->experiment.report;
	return e->kind != COOL_NO_EXPERIMENT && e->state == COOL_EXPERIMENT_RUNNING;
}

/* Running, or a pump that ran dry rests. */
static bool active(const cool_regulator_t *r) {
	const cool_experiment_report_t *e = &r->experiment.report;
	return running(r) || (e->kind != COOL_NO_EXPERIMENT && e->state == COOL_EXPERIMENT_RESTING);
}

bool cool_experiment_holds(const cool_regulator_t *r, int i) {
	if (!active(r) || !is_mover(&r->settings.outputs[i])) return false;
	return i == r->experiment.output || cool_commissioning_alone(&r->experiment.trial);
}

cool_claim_t cool_experiment_claim(const cool_regulator_t *r, int i) {
	double duty = i == r->experiment.output ? cool_commissioning_duty(&r->experiment.trial) : 0;
	return (cool_claim_t){COOL_BY_COMMISSION, {.duty = duty, .raw = true}};
}

bool cool_experiment_tries(const cool_regulator_t *r, int i) { return active(r) && i == r->experiment.output; }

bool cool_experiment_sees_flow(const cool_regulator_t *r) {
	const cool_commissioning_t *t = &r->experiment.trial;
	return active(r) && (t->cfg.pump || t->cfg.test == COOL_TEST_RUN);
}

/* Puts "name: what" together; returns false. */
static bool because(char reason[COOL_REASON_SIZE], const char *name, const char *what) {
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
	if (r->hazards.leak) return because(reason, "", "there is a leak");
	if (r->hazards.over_temp) return because(reason, "", "the water is too warm");
	if (!cool_probe_usable(water)) return because(reason, "", "the water is not known");
	if (water->value >= r->settings.critical_c - COOL_EXPERIMENT_BELOW_K) return because(reason, "", "the water came within 5 K of critical");
	for (int i = 0; i < r->settings.output_count; i++) {
		const cool_output_cfg_t *o = &r->settings.outputs[i];
		if (!is_mover(o)) continue;
		if (cool_input_state(r, i, &value) != COOL_INPUT_KNOWN) return because(reason, o->name, ": its input is not known");
		if (i != r->experiment.output && !cool_commissioning_alone(&r->experiment.trial) && r->outputs[i].stall.stalled)
			return because(reason, o->name, ": it stands still");
	}
	if (r->hazards.disagree.on) return because(reason, "", "the probes contradict each other");
	if (r->dry.on && !cool_experiment_sees_flow(r)) return because(reason, "", "there is no flow");
	if (r->hazards.no_transfer) return because(reason, "", "the heat of the host does not arrive in the water");
	return true;
}

/* What the law found, and how it stands. */
static void take_over(cool_regulator_t *r) {
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

void cool_experiment_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms) {
	char reason[COOL_REASON_SIZE];
	if (!active(r)) return;
	if (!undisturbed(r, reason)) {
		cool_experiment_end(r, COOL_EXPERIMENT_FAILED, reason);
		return;
	}
	if (r->experiment.stepped) cool_commissioning_step(&r->experiment.trial, in, dt_ms);
	r->experiment.stepped = true;
	take_over(r);
}

void cool_experiment_end(cool_regulator_t *r, cool_experiment_state_t state, const char *reason) {
	cool_experiment_report_t *e = &r->experiment.report;
	if (!active(r)) return;
	e->state = state;
	e->phase = "";
	(void)cool_copy(e->reason, sizeof e->reason, reason);
}

static int named(const cool_regulator_t *r, const char *output) {
	for (int i = 0; i < r->settings.output_count; i++)
		if (strcmp(r->settings.outputs[i].name, output) == 0) return i;
	return -1;
}

/* Whether a fault is what a trial may be there to find. */
static bool excused(const cool_regulator_t *r, const char *fault) {
	if (strcmp(fault, COOL_FAULT_NO_FLOW) == 0) return cool_experiment_sees_flow(r);
	for (int i = 0; i < r->settings.output_count; i++) {
		size_t n = strlen(r->settings.outputs[i].name);
		bool stall = strncmp(fault, r->settings.outputs[i].name, n) == 0 && strcmp(fault + n, "_stall") == 0;
		if (stall) return i == r->experiment.output || cool_commissioning_alone(&r->experiment.trial);
	}
	return false;
}

static bool no_critical_fault(const cool_regulator_t *r, char reason[COOL_REASON_SIZE]) {
	cool_fault_t list[COOL_MAX_FAULTS];
	int n = cool_faults_list(&r->faults, list);
	for (int i = 0; i < n; i++)
		if (list[i].active && list[i].critical && !excused(r, list[i].name)) return because(reason, list[i].name, ": this fault is active");
	return true;
}

/* Whether an output may be tried, as far as concerns every experiment. */
static bool may_try(const cool_regulator_t *r, const char *output, char reason[COOL_REASON_SIZE]) {
	int i = named(r, output);
	if (i < 0) return because(reason, output, ": there is no such output");
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	if (!is_mover(o)) return because(reason, output, ": a pump or a fan is expected");
	if (running(r)) return because(reason, r->experiment.report.output, ": it is tried already; abort that, or wait for its end");
	bool cancelled = r->outputs[i].cancelled;
	if (cool_override_holds(o, &cancelled, r->clock_valid, r->unix_ms)) return because(reason, output, ": it is overridden; end that first");
	return true;
}

static unsigned tachometers(const cool_regulator_t *r) {
	unsigned bits = 0;
	for (int i = 0; i < r->settings.output_count; i++)
		if (r->settings.outputs[i].wiring.tacho_pin >= 0) bits |= 1u << i;
	return bits;
}

bool cool_regulator_commission(cool_regulator_t *r, const char *output, const cool_commissioning_cfg_t *ask, char reason[COOL_REASON_SIZE]) {
	if (!may_try(r, output, reason)) return false;
	int i = named(r, output);
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	cool_commissioning_cfg_t cfg = *ask;
	cfg.output = i;
	cfg.pump = o->role == COOL_PUMP;
	cfg.flow_meter = r->board.flow;
	cfg.tachometers = tachometers(r);
	const char *not_with_this = cool_commissioning_check(&cfg);
	if (cfg.test == COOL_TEST_SWEEP && o->kind == COOL_SWITCH) not_with_this = "a switch has one speed; there is nothing to sweep";
	if (not_with_this != NULL) return because(reason, "", not_with_this);
	const cool_probe_t *water = cool_probes_role(&r->probes, "water");
	if (cool_probe_usable(water) && water->value >= r->settings.critical_c - COOL_COMMISSION_BELOW_K)
		return because(reason, "", "the water has to be more than 10 K below critical");

	cool_experiment_t before = r->experiment;
	r->experiment = (cool_experiment_t){.output = i};
	cool_experiment_report_t *e = &r->experiment.report;
	*e = (cool_experiment_report_t){.kind = cfg.test == COOL_TEST_RUN ? COOL_RUN : COOL_SWEEP, .phase = ""};
	(void)cool_copy(e->output, sizeof e->output, output);
	cool_commissioning_begin(&r->experiment.trial, &cfg);
	if (no_critical_fault(r, reason) && undisturbed(r, reason)) return true;
	r->experiment = before;
	return false;
}

bool cool_regulator_autotune(cool_regulator_t *r, const char *output, const double *setpoint, uint32_t minutes, char reason[COOL_REASON_SIZE]) {
	(void)r;
	(void)output;
	(void)setpoint;
	(void)minutes;
	return because(reason, "", "autotune: not supported by this firmware yet");
}

bool cool_regulator_abort(cool_regulator_t *r, char reason[COOL_REASON_SIZE]) {
	if (!active(r)) return because(reason, "", "nothing is being tried");
	cool_experiment_end(r, COOL_EXPERIMENT_ABORTED, "somebody ended it");
	return true;
}

const cool_experiment_report_t *cool_regulator_experiment(const cool_regulator_t *r) { return &r->experiment.report; }
