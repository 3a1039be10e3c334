#include "cool/uplink.h"
#include "test.h"

static cool_uplink_t u;

static void start(void) {
	u = (cool_uplink_t){.tokens = 0};
	cool_uplink_reset(&u);
}

TEST(fresh_and_backlog_have_windows_of_their_own) {
	start();
	for (int i = 0; i < COOL_WINDOW_BACKLOG; i++) {
		CHECK(cool_uplink_open(&u, COOL_ABOUT_BACKLOG, 0));
		CHECK(cool_uplink_begin(&u, COOL_ABOUT_BACKLOG, (uint64_t)i + 1, 0) != 0);
	}
	CHECK(!cool_uplink_open(&u, COOL_ABOUT_BACKLOG, 0));
	for (int i = 0; i < COOL_WINDOW_FRESH; i++) {
		CHECK(cool_uplink_open(&u, COOL_ABOUT_FRESH, 0));
		CHECK(cool_uplink_begin(&u, COOL_ABOUT_FRESH, (uint64_t)i + 10, 0) != 0);
	}
	CHECK(!cool_uplink_open(&u, COOL_ABOUT_FRESH, 0));
	CHECK_EQ_INT(cool_uplink_count(&u, COOL_ABOUT_FRESH), 4);
	while (cool_uplink_begin(&u, COOL_ABOUT_INFO, 0, 0) != 0) {
	}
	CHECK_EQ_INT(cool_uplink_count(&u, COOL_ABOUT_INFO), COOL_FLIGHTS - 8);
}

TEST(an_answer_may_come_before_its_id_is_known) {
	start();
	uint32_t a = cool_uplink_begin(&u, COOL_ABOUT_FRESH, 7, 0), b = cool_uplink_begin(&u, COOL_ABOUT_REPLY, 0, 0);
	CHECK_EQ_INT(cool_uplink_settled(&u, 12, true, 0).about, COOL_ABOUT_NOTHING);
	CHECK_EQ_INT(cool_uplink_sent(&u, b, 11, 0).about, COOL_ABOUT_NOTHING);
	cool_fate_t f = cool_uplink_sent(&u, a, 12, 0);
	CHECK(f.about == COOL_ABOUT_FRESH && f.acked && f.flight == 7);
	f = cool_uplink_settled(&u, 11, false, 0);
	CHECK(f.about == COOL_ABOUT_REPLY && !f.acked);
	CHECK_EQ_INT(cool_uplink_settled(&u, 11, true, 0).about, COOL_ABOUT_NOTHING);
}

TEST(an_answer_that_nobody_waits_for_is_not_kept) {
	start();
	CHECK_EQ_INT(cool_uplink_settled(&u, 5, true, 0).about, COOL_ABOUT_NOTHING);
	CHECK_EQ_INT(cool_uplink_settled(&u, 0, true, 0).about, COOL_ABOUT_NOTHING);
	uint32_t a = cool_uplink_begin(&u, COOL_ABOUT_FRESH, 7, 0);
	CHECK_EQ_INT(cool_uplink_sent(&u, a, 5, 0).about, COOL_ABOUT_NOTHING); // the 5 from before is another message's
	CHECK(cool_uplink_settled(&u, 5, true, 0).acked);
}

TEST(tokens_of_a_connection_that_is_over_are_ignored) {
	start();
	uint32_t a = cool_uplink_begin(&u, COOL_ABOUT_FRESH, 7, 0);
	cool_uplink_reset(&u);
	uint32_t b = cool_uplink_begin(&u, COOL_ABOUT_FRESH, 8, 0);
	CHECK(a != b);
	CHECK_EQ_INT(cool_uplink_sent(&u, a, 5, 0).about, COOL_ABOUT_NOTHING);
	u.tokens = UINT32_MAX;
	CHECK_EQ_INT(cool_uplink_begin(&u, COOL_ABOUT_FRESH, 9, 0), 1); // 0 is none
}

TEST(after_a_failure_it_rests_longer_each_time) {
	static const uint64_t rests[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	uint64_t now = 0, at;
	start();
	CHECK(!cool_uplink_due(&u, now, &at));
	for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
		uint32_t token = cool_uplink_begin(&u, COOL_ABOUT_BACKLOG, 1, now);
		CHECK(cool_uplink_due(&u, now, &at) && at == now + COOL_ACK_MS);
		CHECK(!cool_uplink_sent(&u, token, -1, now).acked); // could not be handed over
		CHECK(cool_uplink_due(&u, now, &at) && at == now + rests[i]);
		CHECK(!cool_uplink_open(&u, COOL_ABOUT_FRESH, now + rests[i] - 1));
		now += rests[i];
		CHECK(cool_uplink_open(&u, COOL_ABOUT_FRESH, now));
	}
	uint32_t token = cool_uplink_begin(&u, COOL_ABOUT_FRESH, 1, now);
	(void)cool_uplink_sent(&u, token, 3, now);
	CHECK(cool_uplink_settled(&u, 3, true, now).acked);
	CHECK_EQ_INT(u.rest_ms, 0);
	CHECK(cool_uplink_open(&u, COOL_ABOUT_FRESH, now));
}

TEST(a_reply_that_fails_is_no_reason_to_rest) {
	start();
	(void)cool_uplink_sent(&u, cool_uplink_begin(&u, COOL_ABOUT_REPLY, 0, 0), -1, 0);
	CHECK(cool_uplink_open(&u, COOL_ABOUT_FRESH, 0));
}

TEST(a_message_without_an_answer_counts_as_lost) {
	start();
	uint32_t token = cool_uplink_begin(&u, COOL_ABOUT_FRESH, 7, 500);
	(void)cool_uplink_sent(&u, token, 3, 500);
	CHECK_EQ_INT(cool_uplink_overdue(&u, 499 + COOL_ACK_MS).about, COOL_ABOUT_NOTHING);
	cool_fate_t f = cool_uplink_overdue(&u, 500 + COOL_ACK_MS);
	CHECK(f.about == COOL_ABOUT_FRESH && f.flight == 7 && !f.acked);
	CHECK_EQ_INT(cool_uplink_settled(&u, 3, true, 0).about, COOL_ABOUT_NOTHING);
}
