#include "cool/link.h"
#include "test.h"

static cool_link_t l;

/** Greets until the connection is online. */
static void get_online(uint64_t now) {
	CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_CONNECT);
	cool_link_connected(&l, now);
	for (int i = 0; i < COOL_SUBSCRIPTIONS; i++)
		CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_SUBSCRIBE);
	CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_SAY_ONLINE);
	CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_NOTHING);
	cool_link_told(&l, true, now);
	CHECK_EQ_INT(l.phase, COOL_LINK_ONLINE);
}

static void start(void) {
	cool_link_init(&l, 7, 0);
	cool_link_usable(&l, true, 0);
	cool_link_network(&l, true, 0);
}

TEST(it_needs_a_network_and_an_endpoint) {
	uint64_t at;
	cool_link_init(&l, 7, 0);
	CHECK_EQ_INT(cool_link_next(&l, 0), COOL_LINK_NOTHING);
	cool_link_network(&l, true, 0);
	CHECK_EQ_INT(cool_link_next(&l, 0), COOL_LINK_NOTHING);
	CHECK(!cool_link_due(&l, &at));
	cool_link_usable(&l, true, 0);
	CHECK(cool_link_due(&l, &at) && at == 0);
	get_online(0);
	cool_link_usable(&l, false, 0); // the endpoint was taken away
	CHECK_EQ_INT(cool_link_next(&l, 0), COOL_LINK_SAY_OFFLINE);
}

TEST(never_two_at_a_time) {
	start();
	CHECK_EQ_INT(cool_link_next(&l, 0), COOL_LINK_CONNECT);
	CHECK_EQ_INT(cool_link_next(&l, 1000000), COOL_LINK_NOTHING); // no answer yet
	cool_link_leave(&l, false, 1000000);
	CHECK_EQ_INT(cool_link_next(&l, 1000000), COOL_LINK_CLOSE);
	CHECK_EQ_INT(cool_link_next(&l, 2000000), COOL_LINK_NOTHING); // still none
	cool_link_leave(&l, false, 2000000);
	cool_link_network(&l, false, 2000000);
	cool_link_network(&l, true, 2000000);
	CHECK_EQ_INT(cool_link_next(&l, 2000000), COOL_LINK_NOTHING);
	cool_link_connected(&l, 2000000); // too late
	CHECK(!cool_link_stands(&l));
	cool_link_disconnected(&l, 2000000);
	CHECK_EQ_INT(cool_link_next(&l, 2000000), COOL_LINK_CONNECT);
	CHECK_EQ_INT(l.conn, 2);
}

TEST(attempts_back_off_and_a_network_that_comes_is_tried_at_once) {
	uint64_t now = 0, at;
	start();
	CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_CONNECT);
	uint64_t last = 0;
	for (int i = 0; i < 8; i++) {
		cool_link_disconnected(&l, now);
		CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_NOTHING);
		CHECK(cool_link_due(&l, &at) && at > now);
		last = at - now;
		CHECK_EQ_INT(cool_link_next(&l, at - 1), COOL_LINK_NOTHING);
		now = at;
		CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_CONNECT);
	}
	CHECK(last >= 30000);
	cool_link_disconnected(&l, now);
	cool_link_disconnected(&l, now); // said twice
	cool_link_network(&l, false, now);
	cool_link_network(&l, true, now);
	CHECK_EQ_INT(cool_link_next(&l, now), COOL_LINK_CONNECT);
}

TEST(it_parts_with_offline_and_a_disconnect) {
	uint64_t at;
	start();
	get_online(0);
	cool_link_leave(&l, false, 100);
	CHECK_EQ_INT(cool_link_next(&l, 100), COOL_LINK_SAY_OFFLINE);
	CHECK_EQ_INT(cool_link_next(&l, 100), COOL_LINK_NOTHING);
	CHECK(cool_link_stands(&l));
	CHECK(cool_link_due(&l, &at) && at == 100 + COOL_PARTING_MS);
	cool_link_told(&l, true, 150);
	CHECK_EQ_INT(cool_link_next(&l, 150), COOL_LINK_CLOSE);
	CHECK(l.goodbye);
	cool_link_disconnected(&l, 160);
	CHECK(cool_link_quiet(&l));
	CHECK_EQ_INT(cool_link_next(&l, 160), COOL_LINK_CONNECT); // elsewhere, at once
}

TEST(it_does_not_wait_long_for_offline_to_be_acknowledged) {
	start();
	get_online(0);
	cool_link_leave(&l, true, 100);
	CHECK_EQ_INT(cool_link_next(&l, 100), COOL_LINK_SAY_OFFLINE);
	CHECK_EQ_INT(cool_link_next(&l, 99 + COOL_PARTING_MS), COOL_LINK_NOTHING);
	CHECK_EQ_INT(cool_link_next(&l, 100 + COOL_PARTING_MS), COOL_LINK_CLOSE);
	cool_link_disconnected(&l, 3000);
	CHECK_EQ_INT(cool_link_next(&l, 999999), COOL_LINK_NOTHING); // a restart follows
}

TEST(a_network_that_goes_while_it_parts) {
	start();
	get_online(0);
	cool_link_leave(&l, false, 100);
	CHECK_EQ_INT(cool_link_next(&l, 100), COOL_LINK_SAY_OFFLINE);
	cool_link_network(&l, false, 200);
	CHECK_EQ_INT(cool_link_next(&l, 200), COOL_LINK_CLOSE);
	CHECK(!l.goodbye);
}

TEST(a_greeting_that_is_lost_ends_the_connection) {
	uint64_t at;
	start();
	CHECK_EQ_INT(cool_link_next(&l, 0), COOL_LINK_CONNECT);
	CHECK(!cool_link_due(&l, &at));
	cool_link_connected(&l, 0);
	CHECK(cool_link_due(&l, &at) && at == COOL_GREETING_MS);
	for (int i = 0; i <= COOL_SUBSCRIPTIONS; i++)
		(void)cool_link_next(&l, 0);
	cool_link_told(&l, false, 10);
	CHECK_EQ_INT(cool_link_next(&l, 10), COOL_LINK_CLOSE);
	CHECK(!l.goodbye);            // the last will says it
	cool_link_told(&l, true, 20); // too late
	CHECK_EQ_INT(l.phase, COOL_LINK_CLOSING);
}

TEST(online_and_offline_since) {
	start();
	get_online(500);
	CHECK_EQ_INT(l.since, 500);
	cool_link_disconnected(&l, 9000);
	CHECK_EQ_INT(l.since, 9000);
	(void)cool_link_next(&l, 9000);
	cool_link_disconnected(&l, 12000); // an attempt that failed does not count
	CHECK_EQ_INT(l.since, 9000);
}
