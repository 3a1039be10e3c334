/* The commands of experiments, and what is told of them. The regulator does the rest (experiment.h). */
#include <string.h>

#include "device_parts.h"

static bool begin_tune(cool_device_t *d, const cool_autotune_t *a, char reason[COOL_REASON_SIZE]) {
	return cool_regulator_autotune(&d->regulator, a->output, a->at ? &a->setpoint : NULL, a->minutes, reason);
}

static bool begin_commission(cool_device_t *d, const cool_commission_t *c, char reason[COOL_REASON_SIZE]) {
	cool_commissioning_cfg_t ask = {.test = c->test, .duty = c->duty, .seconds = c->seconds, .filled = c->filled};
	return cool_regulator_commission(&d->regulator, c->output, &ask, reason);
}

static bool begins(const cool_order_t *o) { return o->kind == COOL_ORDER_AUTOTUNE || o->kind == COOL_ORDER_COMMISSION; }

void cool_device_experiment(cool_device_t *d, cool_order_t *o) {
	char reason[COOL_REASON_SIZE];
	bool done = true;
	if (o->answer.error[0] != '\0') return;
	if (o->kind == COOL_ORDER_AUTOTUNE) done = begin_tune(d, &o->tune, reason);
	if (o->kind == COOL_ORDER_COMMISSION) done = begin_commission(d, &o->commission, reason);
	if (o->kind == COOL_ORDER_ABORT) done = cool_regulator_abort(&d->regulator, reason);
	if (!done) {
		(void)cool_copy(o->answer.error, sizeof o->answer.error, reason);
	} else if (begins(o)) {
		(void)cool_copy(d->experiment, sizeof d->experiment, o->answer.id);
	}
}

void cool_device_forgo(cool_device_t *d, const cool_order_t *o) {
	char reason[COOL_REASON_SIZE];
	if (begins(o) && o->answer.error[0] == '\0' && strcmp(d->experiment, o->answer.id) == 0) (void)cool_regulator_abort(&d->regulator, reason);
}

static void fill_tuned(cool_experiment_info_t *i, const cool_tuned_t *t) {
	i->tuned = true;
	i->setpoint = t->setpoint;
	i->kp = t->kp;
	i->ti_s = t->ti_s;
	i->deadband_k = t->deadband_k;
	i->delay_s = t->delay_s;
	i->gain = t->gain;
	i->swing_k = t->swing_k;
	i->settle_s = t->settle_s;
}

static void fill_ran(cool_experiment_info_t *i, const cool_ran_t *ran) {
	i->ran = true;
	i->turned_count = ran->turned_count;
	for (int k = 0; k < ran->turned_count; k++) {
		i->turned[k].output = ran->turned[k].output;
		i->turned[k].rpm = ran->turned[k].rpm;
	}
	i->metered = ran->metered;
	i->flow_lpm = ran->flow_lpm;
}

static void fill_swept(cool_experiment_info_t *i, const cool_swept_t *s) {
	i->swept = true;
	i->start_duty = s->start_duty;
	i->stop_duty = s->stop_duty;
	i->min_rpm = s->min_rpm;
	i->max_rpm = s->max_rpm;
}

cool_experiment_info_t cool_device_experiment_info(const cool_device_t *d) {
	cool_experiment_info_t i = {.command = NULL};
	const cool_experiment_report_t *r = cool_regulator_experiment(&d->regulator);
	if (r->kind == COOL_NO_EXPERIMENT) return i;
	i.command = d->experiment;
	i.kind = cool_experiment_word(r->kind);
	i.output = r->output;
	i.state = cool_experiment_state_word(r->state);
	i.phase = r->phase;
	i.reason = r->reason;
	i.counting = r->kind == COOL_AUTOTUNE && r->state == COOL_EXPERIMENT_RUNNING;
	i.cycles = r->cycles;
	if (r->state != COOL_EXPERIMENT_DONE) return i;
	if (r->kind == COOL_AUTOTUNE) fill_tuned(&i, &r->tuned);
	if (r->kind == COOL_RUN) fill_ran(&i, &r->ran);
	if (r->kind == COOL_SWEEP) fill_swept(&i, &r->swept);
	return i;
}
