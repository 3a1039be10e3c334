/* The trials of `commission` against the vectors that Go reads, too, and whatever is sensed. */
#include "cool/commission.h"

#include <string.h>

#include "vectors_util.h"

VECTORS(commission);

static const char *word(cool_commissioning_state_t state) {
	switch (state) {
	case COOL_COMMISSION_RUNNING: return "running";
	case COOL_COMMISSION_DONE: return "done";
	case COOL_COMMISSION_FAILED: return "failed";
	case COOL_COMMISSION_RESTING: return "resting";
	}
	return "";
}

static cool_commissioning_cfg_t config(cool_json_t from) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t value;
	bool has;
	cool_commissioning_cfg_t cfg = {
		.test = strcmp(vectors_text(from, "test"), "run") == 0 ? COOL_TEST_RUN : COOL_TEST_SWEEP,
		.output = (int)vectors_integer(from, "output"),
		.duty = vectors_number(from, "duty"),
		.seconds = (uint32_t)vectors_integer(from, "seconds"),
		.filled = vectors_bool(from, "filled"),
		.pump = vectors_bool(from, "pump"),
		.flow_meter = vectors_bool(from, "flow_meter"),
	};
	for (int i = 0; cool_json_next(cool_json_member(from, "tachometers"), &it, NULL, &value); i++) {
		CHECK(cool_json_bool(value, &has));
		if (has) cfg.tachometers |= 1u << i;
	}
	return cfg;
}

static int read_numbers(cool_json_t list, double out[COOL_MAX_OUTPUTS]) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t value;
	int n = 0;
	while (cool_json_next(list, &it, NULL, &value))
		CHECK(cool_json_double(value, &out[n++]));
	return n;
}

static void take_step(cool_commissioning_t *c, cool_json_t step) {
	cool_senses_t in;
	cool_json_t rpm = cool_json_member(step, "rpm"), flow = cool_json_member(step, "flow_lpm");
	memset(&in, 0, sizeof in);
	in.tacho_fresh = rpm.at != NULL;
	(void)read_numbers(rpm, in.rpm);
	in.flow_fresh = flow.at != NULL;
	in.flow_lpm = vectors_number(step, "flow_lpm");
	int64_t times = vectors_integer(step, "times");
	for (int64_t i = 0; i < (times > 0 ? times : 1); i++) {
		cool_commissioning_step(c, &in, (uint32_t)vectors_integer(step, "dt_ms"));
		CHECK_NEAR(cool_commissioning_duty(c), vectors_number(step, "duty"), 0);
		CHECK_STR(word(c->state), vectors_text(step, "state"));
		CHECK_STR(cool_commissioning_phase_word(c), vectors_text(step, "phase"));
		bool running = c->state == COOL_COMMISSION_RUNNING;
		CHECK_EQ_INT(cool_commissioning_alone(c), running && c->cfg.test == COOL_TEST_RUN);
		CHECK_EQ_INT(cool_commissioning_active(c), running || c->state == COOL_COMMISSION_RESTING);
	}
}

static void compare_result(const cool_commissioning_t *c, cool_json_t want) {
	double turned[COOL_MAX_OUTPUTS];
	const char *reason = vectors_text(want, "reason");
	CHECK_EQ_INT(c->reason != NULL, reason[0] != '\0');
	if (c->reason != NULL) CHECK(strstr(c->reason, reason) != NULL);
	if (c->state != COOL_COMMISSION_DONE) return;
	int n = read_numbers(cool_json_member(want, "turned"), turned);
	for (int i = 0; i < n; i++)
		CHECK_NEAR(c->turned[i], turned[i], 0);
	CHECK_NEAR(c->flow_lpm, vectors_number(want, "flow_lpm"), 0);
	CHECK_NEAR(c->start_duty, vectors_number(want, "start_duty"), 0);
	CHECK_NEAR(c->stop_duty, vectors_number(want, "stop_duty"), 0);
	CHECK_NEAR(c->min_rpm, vectors_number(want, "min_rpm"), 0);
	CHECK_NEAR(c->max_rpm, vectors_number(want, "max_rpm"), 0);
}

TEST(commission_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_commission, vectors_commission_len, "trials");
	while (vectors_next(&v)) {
		cool_commissioning_t c;
		cool_json_iter_t it = {NULL, NULL};
		cool_json_t step;
		cool_commissioning_cfg_t cfg = config(vectors_member(&v, "config"));
		cool_commissioning_begin(&c, &cfg);
		CHECK_NEAR(cool_commissioning_duty(&c), 0, 0);
		while (cool_json_next(vectors_member(&v, "steps"), &it, NULL, &step))
			take_step(&c, step);
		compare_result(&c, vectors_member(&v, "result"));
	}
}

TEST(what_cannot_be_tried) {
	static const struct {
		cool_commissioning_cfg_t cfg;
		bool may;
	} cases[] = {
		{{.test = COOL_TEST_RUN, .pump = true}, true},
		{{.test = COOL_TEST_SWEEP, .output = 1, .tachometers = 1}, false},
		{{.test = COOL_TEST_SWEEP, .output = 1, .tachometers = 2}, true},
		{{.test = COOL_TEST_SWEEP, .pump = true, .tachometers = 1}, false},
		{{.test = COOL_TEST_SWEEP, .pump = true, .tachometers = 1, .filled = true}, true},
		{{.test = COOL_TEST_SWEEP, .pump = true, .tachometers = 1, .flow_meter = true}, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		CHECK_EQ_INT(cool_commissioning_check(&cases[i].cfg) == NULL, cases[i].may);
}

static uint64_t seed = 2463534242;

/* A number below n. */
static uint32_t chance(uint32_t n) { return (uint32_t)(test_random(&seed) % n); }

/* Whatever is sensed, a trial ends within its time, and leaves an output at rest no longer than is said. */
TEST(a_trial_always_ends) {
	volatile double zero = 0;
	const double odd[] = {zero / zero, 1 / zero, -5, 1e300};
	for (int n = 0; n < 300; n++) {
		bool sweep = chance(2) == 0;
		cool_commissioning_cfg_t cfg = {
			.test = sweep ? COOL_TEST_SWEEP : COOL_TEST_RUN,
			.output = (int)chance(2),
			.duty = chance(100) + 1,
			.seconds = 2 + chance(59),
			.filled = chance(2) == 0,
			.pump = chance(2) == 0,
			.flow_meter = chance(2) == 0,
			.tachometers = chance(4),
		};
		uint32_t most = sweep ? COOL_SWEEP_MAX_MS : COOL_REST_MAX_MS + cfg.seconds * 1000, total = 0, rest = 0;
		uint32_t turns = chance(100), flows = chance(100);
		cool_commissioning_t c;
		cool_commissioning_begin(&c, &cfg);
		while (c.state == COOL_COMMISSION_RUNNING && total <= most + 2000) {
			cool_senses_t in;
			uint32_t dt = 1 + chance(1000);
			memset(&in, 0, sizeof in);
			in.tacho_fresh = chance(3) > 0;
			for (int i = 0; i < 2; i++)
				in.rpm[i] = chance(50) == 0 ? odd[chance(4)] : chance(100) < turns ? 900 : 0;
			in.flow_fresh = chance(3) > 0;
			in.flow_lpm = chance(100) < flows ? 1 : 0;
			cool_commissioning_step(&c, &in, dt);
			total += dt;
			rest = cool_commissioning_duty(&c) > 0 ? 0 : rest + dt;
			CHECK(c.duty >= 0 && c.duty <= 100 && rest <= COOL_REST_MAX_MS + 2000);
		}
		CHECK(c.state != COOL_COMMISSION_RUNNING);
		for (total = 0; cool_commissioning_active(&c) && total < COOL_DRY_REST_MS; total += 1000) {
			cool_senses_t in;
			memset(&in, 0, sizeof in);
			CHECK(cfg.pump && cool_commissioning_duty(&c) <= 0);
			cool_commissioning_step(&c, &in, 1000);
		}
		CHECK(!cool_commissioning_active(&c));
		CHECK_EQ_INT(c.reason != NULL, c.state == COOL_COMMISSION_FAILED);
	}
}
