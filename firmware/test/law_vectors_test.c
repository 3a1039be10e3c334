/* The curve and the PI against the vectors that Go reads, too. */
#include <string.h>

#include "cool/curve.h"
#include "cool/json.h"
#include "cool/pi.h"
#include "test.h"

VECTORS(curve);
VECTORS(pi);

static double number(cool_json_t object, const char *name, double otherwise) {
	double v = otherwise;
	cool_json_t m = cool_json_member(object, name);
	if (m.at != NULL && cool_json_kind(m) != COOL_JSON_NULL) CHECK(cool_json_double(m, &v));
	return v;
}

static cool_law_in_t input(cool_json_t step) {
	cool_json_t v = cool_json_member(step, "value");
	cool_law_in_t in = {.good = cool_json_kind(v) == COOL_JSON_NUMBER};
	if (in.good) CHECK(cool_json_double(v, &in.value));
	return in;
}

static void compare(cool_json_t step, cool_law_out_t out) {
	bool failsafe = false;
	cool_json_t f = cool_json_member(step, "failsafe");
	if (f.at != NULL) CHECK(cool_json_bool(f, &failsafe));
	CHECK_NEAR(out.duty, number(step, "duty", -1), 1e-6);
	CHECK_EQ_INT(out.failsafe, failsafe);
}

static cool_curve_cfg_t curve_config(cool_json_t c) {
	cool_curve_cfg_t cfg = {
		.hysteresis_k = number(c, "hysteresis_k", 0),
		.min_duty = number(c, "min_duty", 0),
		.max_duty = number(c, "max_duty", 0),
		.start_duty = number(c, "start_duty", 0),
		.stop_duty = number(c, "stop_duty", 0),
		.failsafe_duty = number(c, "failsafe_duty", 0),
		.patience_ms = (uint32_t)number(c, "patience_ms", 0),
	};
	cool_json_iter_t points = {NULL, NULL};
	cool_json_t point, v;
	while (cool_json_next(cool_json_member(c, "points"), &points, NULL, &point) && cfg.count < COOL_MAX_POINTS) {
		cool_json_iter_t two = {NULL, NULL};
		CHECK(cool_json_next(point, &two, NULL, &v) && cool_json_double(v, &cfg.points[cfg.count].temp));
		CHECK(cool_json_next(point, &two, NULL, &v) && cool_json_double(v, &cfg.points[cfg.count].duty));
		cfg.count++;
	}
	return cfg;
}

static void run_curve(cool_json_t law) {
	char reason[COOL_REASON_SIZE];
	cool_curve_cfg_t cfg = curve_config(cool_json_member(law, "config"));
	cool_curve_t c;
	CHECK(cool_curve_check(&cfg, reason));
	cool_curve_init(&c);
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t step;
	int n = 0;
	for (; cool_json_next(cool_json_member(law, "steps"), &it, NULL, &step); n++) {
		compare(step, cool_curve_step(&c, &cfg, input(step), (uint32_t)number(step, "dt_ms", 0)));
	}
	CHECK(n > 1);
}

static void run_pi(cool_json_t law) {
	char reason[COOL_REASON_SIZE];
	cool_json_t c = cool_json_member(law, "config");
	cool_pi_cfg_t cfg = {
		.setpoint = number(c, "setpoint", 0),
		.kp = number(c, "kp", 0),
		.ti_s = number(c, "ti_s", 0),
		.deadband_k = number(c, "deadband_k", 0),
		.ff_duty_per_w = number(c, "ff_duty_per_w", 0),
		.min_duty = number(c, "min_duty", 0),
		.max_duty = number(c, "max_duty", 0),
		.failsafe_duty = number(c, "failsafe_duty", 0),
		.patience_ms = (uint32_t)number(c, "patience_ms", 0),
	};
	cool_pi_t p;
	CHECK(cool_pi_check(&cfg, reason));
	cool_pi_init(&p);
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t step;
	double from = 100;
	int n = 0;
	for (; cool_json_next(cool_json_member(law, "steps"), &it, NULL, &step); n++) {
		cool_law_out_t out =
			cool_pi_step(&p, &cfg, input(step), number(step, "host_w", 0), number(step, "in_effect", from), (uint32_t)number(step, "dt_ms", 0));
		compare(step, out);
		from = out.duty;
	}
	CHECK(n > 1);
}

static void run_all(const char *text, size_t len, const char *list, int least, void (*run)(cool_json_t)) {
	cool_json_t file, law;
	cool_json_iter_t it = {NULL, NULL};
	if (!CHECK(cool_json_parse(text, len, &file))) return;
	int n = 0;
	for (; cool_json_next(cool_json_member(file, list), &it, NULL, &law); n++) {
		char name[128];
		CHECK(cool_json_string(cool_json_member(law, "name"), name, sizeof name));
		test_in(name);
		run(law);
	}
	test_in(NULL);
	CHECK_EQ_INT(n, cool_json_count(cool_json_member(file, list)));
	CHECK(n >= least);
}

TEST(curve_vectors) { run_all(vectors_curve, vectors_curve_len, "curves", 6, run_curve); }

TEST(pi_vectors) { run_all(vectors_pi, vectors_pi_len, "laws", 16, run_pi); }

static double nan_value(void) {
	double zero = 0;
	return zero / zero;
}

TEST(curve_check) {
	static const struct {
		const char *says;
		cool_curve_cfg_t cfg;
	} cases[] = {
		{"points: 0 of them; 1 to 16 are expected", {.count = 0}},
		{"points: 17 of them; 1 to 16 are expected", {.count = 17}},
		{"points[0][1]: 101 is not a duty within 0 to 100", {.count = 1, .points = {{30, 101}}}},
		{"points[1][0]: 30 is not above the temperature before it", {.count = 2, .points = {{30, 1}, {30, 2}}}},
		{"points[1][1]: 40 is below the duty before it; less cooling for hotter water is a mistake", {.count = 2, .points = {{30, 50}, {40, 40}}}},
		{"hysteresis_k: -1 is not within 0 to 20 K", {.count = 1, .hysteresis_k = -1}},
		{"min_duty: -1 is not within 0 to 100", {.count = 1, .min_duty = -1}},
		{"max_duty: 50 is not within min_duty to 100", {.count = 1, .min_duty = 60, .max_duty = 50}},
		{"start_duty: 101 is not within 0 to 100", {.count = 1, .start_duty = 101}},
		{"stop_duty: 30 is not within 0 to start_duty", {.count = 1, .start_duty = 20, .stop_duty = 30}},
		{"failsafe_duty: 49.9 is not within 50 to 100", {.count = 1, .failsafe_duty = 49.9}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char reason[COOL_REASON_SIZE];
		CHECK(!cool_curve_check(&cases[i].cfg, reason));
		CHECK_STR(reason, cases[i].says);
	}
	char reason[COOL_REASON_SIZE];
	cool_curve_cfg_t cfg = {.count = 1, .points = {{nan_value(), 50}}};
	CHECK(!cool_curve_check(&cfg, reason));
	CHECK_STR(reason, "points[0][0]: not a number; a temperature is expected");
}

TEST(pi_check) {
	static const struct {
		const char *says;
		double setpoint, kp, ti, deadband, ff, min, max, failsafe;
	} cases[] = {
		{"setpoint: 60 is not within -20 to below 60", 60, 1, 1, 0, 0, 0, 0, 0},
		{"kp: 0 is not above 0 and up to 100 percent per K", 30, 0, 1, 0, 0, 0, 0, 0},
		{"ti_s: 0.5 is not within 1 to 36000 s", 30, 1, 0.5, 0, 0, 0, 0, 0},
		{"deadband_k: 2.1 is not within 0 to 2 K", 30, 1, 1, 2.1, 0, 0, 0, 0},
		{"ff_duty_per_w: 5.5 is not within 0 to 5 percent per W", 30, 1, 1, 0, 5.5, 0, 0, 0},
		{"min_duty: 101 is not within 0 to 100", 30, 1, 1, 0, 0, 101, 0, 0},
		{"max_duty: 40 is not within min_duty to 100", 30, 1, 1, 0, 0, 50, 40, 0},
		{"failsafe_duty: 20 is not within 50 to 100", 30, 1, 1, 0, 0, 0, 0, 20},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char reason[COOL_REASON_SIZE];
		cool_pi_cfg_t cfg = {
			.setpoint = cases[i].setpoint,
			.kp = cases[i].kp,
			.ti_s = cases[i].ti,
			.deadband_k = cases[i].deadband,
			.ff_duty_per_w = cases[i].ff,
			.min_duty = cases[i].min,
			.max_duty = cases[i].max,
			.failsafe_duty = cases[i].failsafe,
		};
		CHECK(!cool_pi_check(&cfg, reason));
		CHECK_STR(reason, cases[i].says);
	}
}

TEST(what_is_no_number_is_lost) {
	cool_curve_cfg_t curve = {.count = 1, .points = {{30, 50}}};
	cool_pi_cfg_t cfg = {.setpoint = 30, .kp = 1, .ti_s = 1};
	cool_curve_t c;
	cool_pi_t p;
	cool_curve_init(&c);
	cool_pi_init(&p);
	cool_law_in_t in = {.value = nan_value(), .good = true};
	CHECK(cool_curve_step(&c, &curve, in, 1000).failsafe);
	CHECK(cool_pi_step(&p, &cfg, in, 0, 50, 1000).failsafe);
	in.value = 30;
	CHECK_NEAR(cool_pi_step(&p, &cfg, in, nan_value(), 50, 1000).duty, 50, 1e-9);
}
