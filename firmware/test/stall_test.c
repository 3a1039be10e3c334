#include "cool/stall.h"

#include "test.h"

static bool step(cool_stall_t *s, double duty, double rpm, uint32_t dt) {
	cool_stall_in_t in = {.duty = duty, .fresh = true, .rpm = rpm, .stall_rpm = 500, .spin_up_ms = 500};
	return cool_stall_step(s, &in, dt);
}

TEST(a_stall_needs_five_seconds_after_the_spin_up) {
	static const struct {
		const char *name;
		double duty, rpm;
		int at; /* the step of 250 ms with which it is one; 0: never */
	} cases[] = {
		{"no pulses", 50, 0, 22},
		{"too slow", 50, 499, 22},
		{"just fast enough", 50, 500, 0},
		{"told to rest", 0, 0, 0},
		{"nonsense", 50, -3000, 22},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		cool_stall_t s;
		cool_stall_init(&s);
		int at = 0;
		for (int k = 1; k <= 40 && at == 0; k++) {
			if (step(&s, cases[i].duty, cases[i].rpm, 250)) at = k;
		}
		CHECK_EQ_INT(at, cases[i].at);
		CHECK_EQ_INT(s.proven, cases[i].rpm >= 500 && cases[i].duty > 0);
	}
}

TEST(only_what_lies_behind_the_spin_up_counts) {
	cool_stall_t s;
	cool_stall_init(&s);
	CHECK(!step(&s, 50, 0, 5499));
	CHECK(step(&s, 50, 0, 1));
}

TEST(one_pulse_in_between_starts_anew) {
	cool_stall_t s;
	cool_stall_init(&s);
	CHECK(!step(&s, 50, 0, 5000));
	CHECK(!step(&s, 50, 600, 250));
	CHECK(!step(&s, 50, 0, 4999));
	CHECK(step(&s, 50, 0, 1));
}

TEST(it_ends_when_it_turned_for_five_seconds_or_rests) {
	cool_stall_t s;
	cool_stall_init(&s);
	CHECK(step(&s, 50, 0, 10000));
	CHECK(step(&s, 100, 2000, 4999));
	CHECK(step(&s, 100, 0, 1));
	CHECK(step(&s, 100, 2000, 4999));
	CHECK(!step(&s, 100, 2000, 1));
	CHECK(step(&s, 50, 0, 10000));
	CHECK(!step(&s, 0, 0, 250));
}

TEST(an_old_measurement_counts_as_none) {
	cool_stall_t s;
	cool_stall_init(&s);
	CHECK(!step(&s, 50, 2000, 1000));
	cool_stall_in_t in = {.duty = 50, .rpm = 2000, .stall_rpm = 500};
	CHECK(!cool_stall_step(&s, &in, 4999));
	CHECK(s.proven);
	CHECK(!cool_stall_step(&s, &in, 1));
	CHECK(!s.proven);
	CHECK(cool_stall_step(&s, &in, 5000));
}

TEST(with_no_least_speed_any_pulse_will_do) {
	cool_stall_t s;
	cool_stall_init(&s);
	cool_stall_in_t in = {.duty = 50, .fresh = true, .rpm = 1};
	CHECK(!cool_stall_step(&s, &in, 60000));
	in.rpm = 0;
	CHECK(cool_stall_step(&s, &in, 60000));
}

TEST(attempts_to_start_are_a_minute_apart) {
	cool_stall_t s;
	cool_stall_init(&s);
	CHECK(step(&s, 50, 0, 10000));
	int attempts = 0;
	bool before = false;
	for (int i = 0; i < 4 * 305; i++) {
		(void)step(&s, 100, 0, 250);
		if (cool_stall_retry(&s) && !before) attempts++;
		before = cool_stall_retry(&s);
	}
	CHECK_EQ_INT(attempts, 5);
	/* Fifty days later it still tries. */
	for (int i = 0; i < 72000; i++)
		(void)step(&s, 100, 0, 60000);
	CHECK(cool_stall_retry(&s));
	(void)step(&s, 100, 0, 500);
	CHECK(!cool_stall_retry(&s));
}
