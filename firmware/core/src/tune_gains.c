/* From what is known of a loop to the gains of its PI; tune.h has the equations. */
#include "cool/tune.h"
#include "number.h"

enum {
	MOST_KP = 100, /* percent per K, as the contract has it */
	LEAST_TI_S = 1,
	MOST_TI_S = 36000,
	SETTLE_MOST_S = 3600,
};

#define LEAST_KP 0.01
#define WITHIN_K 0.25
/* The part of what the output can hold from which, and to which, the heat steps. */
#define FROM 0.25
#define TO 0.75

/* For how long the loop is expected to be further than WITHIN_K from the setpoint: an integrator with a lag, and the law of pi.h, a second a step. */
static double settle(const cool_tuned_t *t, double by) {
	double value = 0, done = FROM * by, integral = FROM * by;
	int last = 0;
	for (int s = 1; s <= SETTLE_MOST_S; s++) {
		double e = value - cool_clamp(value, -t->deadband_k, t->deadband_k);
		double p = t->kp * e, next = integral + p / t->ti_s;
		if (e > 0) integral = cool_max(integral, cool_min(next, by - p));
		if (e < 0) integral = cool_min(integral, cool_max(next, -p));
		done += (cool_clamp(p + integral, 0, by) - done) / (t->delay_s + COOL_TUNE_AVERAGE_S);
		value += t->gain * (TO * by - done);
		if (cool_abs(value) > WITHIN_K) last = s;
	}
	return last;
}

void cool_tune_gains(cool_tuned_t *t, double by) {
	t->deadband_k = COOL_TUNE_DEADBAND_K;
	t->delay_s = cool_max(t->delay_s, COOL_TUNE_LEAST_DELAY_S);
	double delay = t->delay_s + COOL_TUNE_AVERAGE_S;
	t->kp = cool_clamp(1 / (2 * t->gain * delay), LEAST_KP, MOST_KP);
	double fast = t->gain * t->kp, x = fast * delay;
	t->ti_s = cool_clamp((COOL_TUNE_SWIFT + COOL_TUNE_CALM * x * x) / fast, LEAST_TI_S, MOST_TI_S);
	t->settle_s = settle(t, by);
}
