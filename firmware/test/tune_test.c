/* The law of `autotune` against the vectors that Go reads, too, and whatever is seen. */
#include "cool/tune.h"

#include <stdio.h>
#include <string.h>

#include "cool/pi.h"
#include "vectors_util.h"

VECTORS(tune);

static const char *word(cool_tune_state_t state) {
	switch (state) {
	case COOL_TUNE_RUNNING: return "running";
	case COOL_TUNE_DONE: return "done";
	case COOL_TUNE_FAILED: return "failed";
	}
	return "";
}

/* What is asked for and told from a step on. */
typedef struct {
	double step, duty, cycles;
	char phase[16];
} ask_t;

static bool next_ask(cool_json_t asks, cool_json_iter_t *it, ask_t *a) {
	cool_json_t ask, part;
	cool_json_iter_t in = {NULL, NULL};
	if (!cool_json_next(asks, it, NULL, &ask)) return false;
	CHECK(cool_json_next(ask, &in, NULL, &part) && cool_json_double(part, &a->step));
	CHECK(cool_json_next(ask, &in, NULL, &part) && cool_json_double(part, &a->duty));
	CHECK(cool_json_next(ask, &in, NULL, &part) && cool_json_string(part, a->phase, sizeof a->phase));
	CHECK(cool_json_next(ask, &in, NULL, &part) && cool_json_double(part, &a->cycles));
	return true;
}

static void compare(const cool_tune_t *t, const ask_t *a) {
	CHECK_NEAR(cool_tune_duty(t), a->duty, 0);
	CHECK_NEAR(cool_tune_cycles(t), a->cycles, 0);
	CHECK_STR(cool_tune_phase_word(t), a->phase);
}

static void near(double got, cool_json_t result, const char *name) {
	double want = vectors_number(result, name);
	CHECK_NEAR(got, want, 1e-9 * want);
}

static void compare_result(const cool_tune_t *t, cool_json_t result) {
	const char *reason = vectors_text(result, "reason");
	CHECK_STR(word(t->state), vectors_text(result, "state"));
	CHECK_EQ_INT(t->reason != NULL, reason[0] != '\0');
	if (t->reason != NULL) CHECK(strstr(t->reason, reason) != NULL);
	if (t->state != COOL_TUNE_DONE) return;
	near(t->tuned.kp, result, "kp");
	near(t->tuned.ti_s, result, "ti_s");
	near(t->tuned.deadband_k, result, "deadband_k");
	near(t->tuned.delay_s, result, "delay_s");
	near(t->tuned.gain, result, "gain");
	near(t->tuned.swing_k, result, "swing_k");
	near(t->tuned.settle_s, result, "settle_s");
	CHECK_NEAR(t->tuned.setpoint, t->cfg.setpoint, 0);
}

static void run(const vectors_t *v) {
	volatile double zero = 0;
	cool_json_t config = vectors_member(v, "config"), asks = vectors_member(v, "asks"), pair, part;
	cool_tune_cfg_t cfg = {
		.setpoint = vectors_number(config, "setpoint"),
		.least = vectors_number(config, "least"),
		.full = vectors_number(config, "full"),
		.time_ms = (uint32_t)vectors_integer(config, "minutes") * 60000,
	};
	cool_tune_t t;
	cool_json_iter_t it = {NULL, NULL}, at = {NULL, NULL};
	ask_t now = {.step = 0}, next = {.step = 0};
	uint32_t dt = (uint32_t)vectors_integer(v->now, "dt_ms");
	cool_tune_begin(&t, &cfg);
	CHECK(next_ask(asks, &at, &next));
	for (double step = 0; cool_json_next(vectors_member(v, "trace"), &it, NULL, &pair);) {
		double value = zero / zero, times = 0;
		cool_json_iter_t in = {NULL, NULL};
		CHECK(cool_json_next(pair, &in, NULL, &part));
		if (cool_json_kind(part) != COOL_JSON_NULL) CHECK(cool_json_double(part, &value));
		CHECK(cool_json_next(pair, &in, NULL, &part) && cool_json_double(part, &times));
		for (; times > 0; times--) {
			cool_tune_step(&t, value, dt);
			step++;
			if (step >= next.step) {
				now = next;
				if (!next_ask(asks, &at, &next)) next.step = 1e9;
			}
			compare(&t, &now);
		}
	}
	compare_result(&t, vectors_member(v, "result"));
}

TEST(tune_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_tune, vectors_tune_len, "experiments");
	while (vectors_next(&v))
		run(&v);
}

static uint64_t seed = 2463534242;

/* A number below n. */
static uint32_t chance(uint32_t n) { return (uint32_t)(test_random(&seed) % n); }

/* The value of a loop that a relay drives, with the steps of a probe; odd now and then. */
static double seen(double value, bool wild) {
	volatile double zero = 0;
	const double odd[] = {zero / zero, 1 / zero, -1 / zero, 1e300};
	if (wild && chance(1000) == 0) return odd[chance(4)];
	return (double)(int)(value * 16 + 0.3 * ((double)chance(3) - 1)) / 16;
}

/* Whatever is seen, an experiment ends in its time, asks for one of its two duties, and finds what a PI may have. */
TEST(a_relay_experiment_always_ends) {
	int done = 0, failed = 0;
	for (int n = 0; n < 60; n++) {
		cool_tune_cfg_t cfg = {.setpoint = 20 + chance(10), .least = chance(40), .full = 60 + chance(41), .time_ms = (10 + chance(20)) * 60000};
		double value = cfg.setpoint + 0.1 * chance(40) - 2, rate = 0.001 * (1 + chance(20));
		uint32_t total = 0, longest = chance(3) == 0 ? 90000 : 2000;
		bool wild = chance(3) == 0;
		cool_tune_t t;
		cool_tune_begin(&t, &cfg);
		while (t.state == COOL_TUNE_RUNNING && total <= cfg.time_ms + 60000) {
			uint32_t dt = 1 + chance(longest);
			double duty = cool_tune_duty(&t);
			CHECK(duty >= cfg.full || duty <= cfg.least);
			value += (duty >= cfg.full ? -rate : rate) * (dt > 2000 ? 2000 : dt) / 1000.0;
			cool_tune_step(&t, seen(value, wild), dt);
			total += dt > 60000 ? 60000 : dt;
		}
		CHECK(t.state != COOL_TUNE_RUNNING);
		CHECK_STR(cool_tune_phase_word(&t), "");
		CHECK_EQ_INT(t.reason != NULL, t.state == COOL_TUNE_FAILED);
		failed += t.state == COOL_TUNE_FAILED;
		if (t.state != COOL_TUNE_DONE) continue;
		char reason[COOL_REASON_SIZE];
		cool_pi_cfg_t pi = {.setpoint = t.tuned.setpoint, .kp = t.tuned.kp, .ti_s = t.tuned.ti_s, .deadband_k = t.tuned.deadband_k};
		done++;
		CHECK(cool_pi_check(&pi, reason));
		CHECK(t.tuned.settle_s >= 0 && t.tuned.settle_s <= 3600 && t.tuned.swing_k > 0);
	}
	CHECK(done > 5 && failed > 5);
}
