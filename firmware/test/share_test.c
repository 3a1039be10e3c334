/* Parts of a demand, against the vectors that Go reads, too, and with any numbers. */
#include "cool/share.h"
#include "test.h"
#include "vectors_util.h"

VECTORS(share);

static double member(cool_json_t object, const char *name) {
	double v = -1;
	CHECK(cool_json_double(cool_json_member(object, name), &v));
	return v;
}

static void pair(cool_json_t list, double out[2]) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t v;
	CHECK_EQ_INT(cool_json_count(list), 2);
	for (int i = 0; i < 2; i++)
		CHECK(cool_json_next(list, &it, NULL, &v) && cool_json_double(v, &out[i]));
}

static cool_output_cfg_t read_output(cool_json_t c) {
	char role[8];
	double range[2];
	cool_output_cfg_t o;
	CHECK(cool_json_string(cool_json_member(c, "role"), role, sizeof role));
	cool_output_defaults(&o, "x", role[0] == 'p' ? COOL_PUMP : COOL_FAN, COOL_PWM4);
	o.min_duty = member(c, "min_duty");
	o.max_duty = member(c, "max_duty");
	o.start_duty = member(c, "start_duty");
	o.stop_duty = member(c, "stop_duty");
	pair(cool_json_member(c, "range"), range);
	o.law = COOL_LAW_FOLLOW;
	o.range = (cool_range_t){true, range[0], range[1]};
	return o;
}

static int compare(const cool_output_cfg_t *o, cool_json_t list, double (*answer)(const cool_output_cfg_t *, double)) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t v;
	int n = 0;
	for (; cool_json_next(list, &it, NULL, &v); n++) {
		double two[2] = {0, 0};
		pair(v, two);
		CHECK_NEAR(answer(o, two[0]), two[1], 1e-9);
	}
	return n;
}

TEST(share_vectors) {
	vectors_t v;
	int n = 0;
	vectors_begin(&v, vectors_share, vectors_share_len, "shares");
	for (; vectors_next(&v); n++) {
		cool_output_cfg_t o = read_output(vectors_member(&v, "output"));
		CHECK(compare(&o, vectors_member(&v, "parts"), cool_share_part) >= 3);
		CHECK(compare(&o, vectors_member(&v, "demands"), cool_share_demand) >= 3);
	}
	CHECK(n >= 6);
}

/* A greater demand is never less cooling, every part is within its bounds, and nobody slows down where a PI starts. */
TEST(parts_of_any_output) {
	uint64_t seed = 7;
	for (int i = 0; i < 20000 && test_failures() < 10; i++) {
		cool_output_cfg_t o;
		bool pump = test_random_int(&seed, 0, 1) == 0;
		cool_output_defaults(&o, "x", pump ? COOL_PUMP : COOL_FAN, COOL_PWM4);
		o.min_duty = test_random_double(&seed, pump ? 1 : 0, 100);
		o.max_duty = test_random_double(&seed, o.min_duty, 100);
		o.start_duty = pump || test_random_int(&seed, 0, 1) == 0 ? 0 : test_random_double(&seed, 0.1, 100);
		o.stop_duty = test_random_double(&seed, 0, o.start_duty);
		o.range = (cool_range_t){.set = true, .from = test_random_double(&seed, 0, 99)};
		o.range.to = test_random_double(&seed, o.range.from + 0.001, 100);
		double least = o.start_duty > 0 ? 0 : o.min_duty, before = least;
		for (double u = 0; u <= 100; u += test_random_double(&seed, 0, 10)) {
			double duty = cool_share_part(&o, u);
			CHECK(duty >= before - 1e-9 && duty <= o.max_duty + 1e-9);
			before = duty;
		}
		CHECK_NEAR(cool_share_part(&o, 0), o.range.from > 0 || o.start_duty <= 0 ? least : cool_share_part(&o, o.range.from), 1e-9);
		CHECK_NEAR(cool_share_part(&o, 100), o.max_duty, 1e-9);
		double has = test_random_double(&seed, 0, 100), demand = cool_share_demand(&o, has);
		CHECK(demand >= 0 && demand <= 100 + 1e-9);
		double more = cool_share_part(&o, demand + 1e-9);
		CHECK(more >= has - 1e-6 || more >= o.max_duty - 1e-6);
	}
}
