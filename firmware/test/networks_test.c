#include "cool/networks.h"
#include "test.h"

static cool_networks_t n;

static void expect(uint64_t now, cool_net_do_t what, int index) {
	cool_net_action_t a = cool_networks_next(&n, now);
	CHECK_EQ_INT(a.what, what);
	if (what == COOL_NET_JOIN) CHECK_EQ_INT(a.index, index);
}

TEST(the_one_that_worked_last_is_tried_first_and_then_the_others) {
	cool_networks_init(&n, 3, 1, 0);
	expect(0, COOL_NET_JOIN, 1);
	expect(0, COOL_NET_NOTHING, 0);
	cool_networks_lost(&n, 1000);
	expect(1000, COOL_NET_JOIN, 2);
	cool_networks_lost(&n, 2000);
	expect(2000, COOL_NET_JOIN, 0);
	cool_networks_lost(&n, 3000);
	expect(3000, COOL_NET_NOTHING, 0); // a pause after the round
	CHECK_EQ_INT(cool_networks_wait(&n, 3000), COOL_ROUND_FIRST_MS);
	expect(3000 + COOL_ROUND_FIRST_MS, COOL_NET_JOIN, 1);
}

TEST(pauses_grow_to_a_minute) {
	static const uint32_t pauses[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
	uint64_t now = 0;
	cool_networks_init(&n, 1, 0, now);
	for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
		expect(now, COOL_NET_JOIN, 0);
		cool_networks_lost(&n, now);
		expect(now, COOL_NET_NOTHING, 0);
		CHECK_EQ_INT(cool_networks_wait(&n, now), pauses[i]);
		now += pauses[i];
	}
}

TEST(an_attempt_without_an_answer_is_given_up) {
	cool_networks_init(&n, 2, 0, 0);
	expect(0, COOL_NET_JOIN, 0);
	expect(COOL_JOIN_MS - 1, COOL_NET_NOTHING, 0);
	expect(COOL_JOIN_MS, COOL_NET_GIVE_UP, 0);
	expect(COOL_JOIN_MS, COOL_NET_JOIN, 1);
}

TEST(five_minutes_offline_open_the_access_point_and_trying_goes_on) {
	uint64_t now = 0;
	cool_networks_init(&n, 1, 0, now);
	bool opened = false;
	uint64_t tried = 0;
	for (; now <= 10 * 60 * 1000; now += 500) {
		cool_net_action_t a = cool_networks_next(&n, now);
		if (a.what == COOL_NET_OPEN_AP) {
			CHECK_EQ_INT(now, COOL_AP_AFTER_MS);
			opened = true;
		} else if (a.what == COOL_NET_JOIN) {
			tried += opened;
			cool_networks_lost(&n, now);
		}
	}
	CHECK(opened && tried >= 4);
	CHECK(cool_networks_provisioning(&n));
}

TEST(without_a_known_network_the_access_point_opens_at_once) {
	cool_networks_init(&n, 0, -1, 0);
	expect(0, COOL_NET_OPEN_AP, 0);
	expect(0, COOL_NET_NOTHING, 0);
	CHECK_EQ_INT(cool_networks_wait(&n, 0), 60000);
	// It is provisioned.
	cool_networks_changed(&n, 1, 0, 5000);
	expect(5000, COOL_NET_JOIN, 0);
	CHECK(cool_networks_joined(&n, 8000));
	CHECK(cool_networks_joined(&n, 8000)); // another address
	expect(8000, COOL_NET_NOTHING, 0);
	CHECK_EQ_INT(cool_networks_wait(&n, 8000), COOL_AP_LINGER_MS);
	expect(8000 + COOL_AP_LINGER_MS, COOL_NET_CLOSE_AP, 0);
	expect(9999999, COOL_NET_NOTHING, 0);
	CHECK(!cool_networks_provisioning(&n));
}

TEST(nothing_is_tried_while_somebody_uses_the_access_point) {
	cool_networks_init(&n, 1, 0, 0);
	expect(0, COOL_NET_JOIN, 0);
	cool_networks_lost(&n, 0);
	expect(COOL_AP_AFTER_MS, COOL_NET_OPEN_AP, 0);
	cool_networks_guest(&n, true, COOL_AP_AFTER_MS);
	expect(COOL_AP_AFTER_MS + 600000, COOL_NET_NOTHING, 0);
	cool_networks_guest(&n, false, COOL_AP_AFTER_MS + 600000);
	CHECK_EQ_INT(cool_networks_wait(&n, COOL_AP_AFTER_MS + 600000), 0);
	expect(COOL_AP_AFTER_MS + 600000, COOL_NET_JOIN, 0);
}

TEST(a_network_that_is_lost_is_tried_again_first) {
	cool_networks_init(&n, 3, 0, 0);
	expect(0, COOL_NET_JOIN, 0);
	cool_networks_lost(&n, 0);
	expect(0, COOL_NET_JOIN, 1);
	cool_networks_joined(&n, 100);
	cool_networks_lost(&n, 900000);
	expect(900000, COOL_NET_JOIN, 1);
	expect(900000, COOL_NET_NOTHING, 0); // and the five minutes begin now
	cool_networks_lost(&n, 900000);
	expect(900000, COOL_NET_JOIN, 2);
}

TEST(a_changed_list_gives_up_what_is_under_way) {
	cool_networks_init(&n, 2, 0, 0);
	expect(0, COOL_NET_JOIN, 0);
	cool_networks_joined(&n, 100);
	cool_networks_changed(&n, 5, 2, 200);
	CHECK_EQ_INT(n.count, COOL_MAX_NETWORKS);
	CHECK_EQ_INT(cool_networks_wait(&n, 200), 0);
	expect(200, COOL_NET_GIVE_UP, 0);
	expect(200, COOL_NET_JOIN, 2);
	cool_networks_changed(&n, 0, 0, 300);
	expect(300, COOL_NET_GIVE_UP, 0);
	CHECK(!cool_networks_joined(&n, 300)); // of the attempt that was given up
	CHECK(!n.joined);
	cool_networks_lost(&n, 300);
	expect(300, COOL_NET_OPEN_AP, 0);
}
