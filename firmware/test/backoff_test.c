#include "cool/backoff.h"
#include "cool/clock.h"
#include "test.h"

TEST(it_doubles_up_to_a_minute_and_half_of_it_is_random) {
	static const uint32_t whole[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
	cool_backoff_t b;
	cool_backoff_init(&b, 42);
	CHECK_EQ_INT(cool_backoff_next(&b, 0), 0); // the very first does not wait
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
		uint32_t wait = cool_backoff_next(&b, 0);
		CHECK(wait >= whole[i] / 2 && wait <= whole[i]);
	}
}

TEST(only_a_steady_connection_lets_it_start_again) {
	cool_backoff_t b;
	cool_backoff_init(&b, 0);
	for (int i = 0; i < 6; i++)
		(void)cool_backoff_next(&b, 0);
	cool_backoff_connected(&b, 1000);
	CHECK(cool_backoff_next(&b, 1000 + COOL_BACKOFF_STEADY_MS - 1) >= 16000);
	cool_backoff_connected(&b, 50000);
	CHECK(cool_backoff_next(&b, 50000 + COOL_BACKOFF_STEADY_MS) <= 1000);
	CHECK(cool_backoff_next(&b, 99000) >= 1000);
	cool_backoff_reset(&b);
	CHECK_EQ_INT(cool_backoff_next(&b, 99000), 0);
}

TEST(a_fleet_does_not_come_back_in_step) {
	enum { FLEET = 64 };
	int same = 0;
	uint32_t first = 0;
	for (uint32_t seed = 0; seed < FLEET; seed++) {
		cool_backoff_t b;
		cool_backoff_init(&b, seed * 2654435761u);
		for (int i = 0; i < 8; i++)
			(void)cool_backoff_next(&b, 0);
		uint32_t wait = cool_backoff_next(&b, 0);
		if (seed == 0) first = wait;
		same += wait / 100 == first / 100;
	}
	CHECK(same < 4);
}

TEST(the_counter_wraps_without_effect) {
	cool_clock_t c;
	cool_clock_init(&c, UINT32_MAX - 9);
	CHECK_EQ_INT(cool_clock_at(&c, UINT32_MAX), 9);
	CHECK_EQ_INT(cool_clock_at(&c, 0), 10);
	CHECK_EQ_INT(cool_clock_peek(&c, 5), 15);
	CHECK_EQ_INT(cool_clock_at(&c, 4), 14);
	// Many turns of it, as in a device that runs for years.
	uint64_t mono = cool_clock_at(&c, 4);
	uint32_t counter = 4;
	for (int i = 0; i < 1000; i++) {
		counter += 0x70000000;
		mono += 0x70000000;
		CHECK_EQ_INT(cool_clock_at(&c, counter), mono);
	}
}

TEST(a_counter_that_was_read_before_the_other_task_s_counts_as_the_latest) {
	cool_clock_t c;
	cool_clock_init(&c, 0);
	CHECK_EQ_INT(cool_clock_at(&c, 1000), 1000);
	CHECK_EQ_INT(cool_clock_at(&c, 998), 1000);
	CHECK_EQ_INT(cool_clock_peek(&c, 998), 1000);
	CHECK_EQ_INT(cool_clock_at(&c, 1001), 1001);
}

TEST(stamps_go_by_the_first_time_that_the_clock_was_set) {
	cool_clock_t c;
	int64_t unix_ms;
	cool_clock_init(&c, 0);
	CHECK(!cool_clock_wall(&c, 0, &unix_ms));
	cool_clock_set(&c, 5000, 1764000005000);
	CHECK(cool_clock_wall(&c, 6000, &unix_ms));
	CHECK_EQ_INT(unix_ms, 1764000006000);
	cool_clock_set(&c, 7000, 1764000009000);
	CHECK(cool_clock_wall(&c, 7000, &unix_ms));
	CHECK_EQ_INT(unix_ms, 1764000009000);
	CHECK_EQ_INT(c.stamping, 1764000000000);
}
