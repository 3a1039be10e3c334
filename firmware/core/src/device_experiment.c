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

cool_experiment_info_t cool_device_experiment_info(const cool_device_t *d) {
	const cool_experiment_report_t *r = cool_regulator_experiment(&d->regulator);
	return (cool_experiment_info_t){.command = r->kind == COOL_NO_EXPERIMENT ? NULL : d->experiment, .report = r};
}
