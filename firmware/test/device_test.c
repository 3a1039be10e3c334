#include <stdio.h>
#include <string.h>

#include "cool/device_state.h"
#include "device_util.h"
#include "test.h"

static const int64_t wall = 1764000000000;

/** A device that is online, with a clock and a probe in the water. */
static void start(void) {
	bench_init(1000);
	bench_start();
	bench_probe(0, 25);
	cool_device_clock(&device, bench.now, wall);
	bench_pass(1000);
	bench_online();
}

TEST(sizes) {
	printf("a device takes %lu bytes, its ring %lu, its settings %lu; the network task's buffer %lu\n", (unsigned long)sizeof(cool_device_t),
		(unsigned long)sizeof(cool_ring_t), (unsigned long)sizeof(cool_settings_t), (unsigned long)COOL_BUF_SIZE);
	CHECK(sizeof(cool_device_t) < 150 * 1024);
	CHECK(COOL_BUF_SIZE >= COOL_CA_SIZE + COOL_SEAL_SIZE);
}

TEST(it_subscribes_greets_and_then_says_the_rest) {
	start();
	CHECK_STR(bench.order, "CSSSSPIRT");
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_PROVISIONED);
	CHECK_STR(bench.will, "{\"state\":\"offline\",\"boot\":\"000000000000b007\",\"conn\":1}");
	CHECK_STR(bench.status, "{\"state\":\"online\",\"boot\":\"000000000000b007\",\"conn\":1}");
	CHECK(bench_has(bench.telemetry, "\"seq\":1,\"ts\":1764000000250,\"m\":{\"water\":25,"));
	CHECK(bench_has(bench.info, "\"metrics\":[\"water\",") && bench_has(bench.info, "\"rssi\":-50"));
	CHECK(bench_has(bench.info, "\"endpoint\":{\"url\":\"mqtts://home.example:8883\",\"state\":\"confirmed\"}"));
	CHECK(bench_has(bench.reported, "\"version\":0"));
	CHECK(!bench_has(bench.info, "secret"));
	cool_health_t h = cool_device_health(&device, bench.now);
	CHECK(h.connected && h.sensed && !h.critical);
	CHECK_EQ_INT(h.offline_ms, 0);
}

TEST(nothing_but_the_greeting_before_it_is_acknowledged) {
	bench_init(1000);
	bench.silent = true;
	bench_start();
	cool_device_clock(&device, bench.now, wall);
	bench_pass(6000);
	bench_online();
	bench_pass(10000);
	CHECK_STR(bench.order, "CSSSSP");
	CHECK(!cool_device_health(&device, bench.now).connected);
	bench_pass(60000); // of no use: it is closed, and tried again
	CHECK(bench.closes == 1 && bench.goodbyes == 0 && bench.connects == 2);
	CHECK(bench_has(bench.will, "\"conn\":2"));
}

TEST(samples_wait_for_the_clock_and_then_go_with_their_age) {
	bench_init(1000);
	bench_start();
	bench_probe(0, 25);
	bench_pass(1000);
	bench_online();
	bench_pass(119000);
	CHECK_EQ_INT(bench.telemetries, 0);
	bench_pass(2000);
	CHECK(bench.telemetries > 0);
	CHECK(bench_has(bench.telemetry, "\"age\":"));
	cool_device_clock(&device, bench.now, wall);
	bench_pass(10000);
	CHECK(bench_has(bench.telemetry, "\"ts\":1764000"));
	// A clock that is set again moves no sample.
	cool_device_clock(&device, bench.now, wall + 3600000);
	bench_pass(10000);
	CHECK(bench_has(bench.telemetry, "\"ts\":176400001"));
}

TEST(an_interval_that_is_desired_is_taken_reported_and_kept) {
	start();
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":2000}", true);
	bench_pass(500);
	CHECK(bench_has(bench.reported, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":2000"));
	CHECK(bench_has(bench.info, "\"interval_ms\":2000"));
	int before = bench.telemetries;
	bench_pass(20000);
	CHECK_EQ_INT(bench.telemetries - before, 10);
	bench_start();
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, 2000);
	CHECK_STR(device.judged.epoch, "e1");
}

TEST(a_refused_desired_changes_nothing_and_is_reported) {
	static const struct {
		const char *payload, *says;
	} cases[] = {
		{"{\"epoch\":\"e1\",\"version\":4,\"interval_ms\":5}", "{\"epoch\":\"e1\",\"version\":4,\"refused\":\""},
		{"{\"epoch\":\"e1\",\"version\":5,\"interval_ms\":\"fast\"}", "{\"epoch\":\"e1\",\"version\":5,\"refused\":\""},
		{"{\"epoch\":\"e1\",\"version\":6,\"outputs\":[{\"name\":\"pump\",\"min_duty\":90,\"max_duty\":50}]}", "\"version\":6,\"refused\":\""},
		{"{\"epoch\":\"e1\",\"version\":7,\"outputs\":[{\"name\":\"pump\",\"override\":{\"duty\":0,\"until\":1764009000000}}]}",
			"outputs.pump.override.until: 1764009000000 is more than 30 min ahead"},
		{"{\"epoch\":\"e1\",\"ver", "\"version\":0,\"refused\":\""},
	};
	start();
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	bench_pass(500);
	size_t kept = bench.flash_len[COOL_BLOB_DESIRED];
	CHECK(kept > 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].payload);
		bench_say(COOL_DESIRED, cases[i].payload, true);
		bench_pass(500);
		if (!CHECK(bench_has(bench.reported, cases[i].says))) CHECK_STR(bench.reported, cases[i].says);
		CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, 5000);
		CHECK_EQ_INT(bench.flash_len[COOL_BLOB_DESIRED], kept);
	}
	test_in(NULL);
	// The good one again is no news for the device, and it is said again that it is applied.
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	bench_pass(500);
	CHECK(bench_has(bench.reported, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000"));
}

TEST(a_desired_state_that_is_too_large_is_refused) {
	static char large[COOL_MAX_DESIRED + 64];
	start();
	memset(large, ' ', sizeof large - 1);
	const char *head = "{\"epoch\":\"e1\",\"version\":9}";
	memcpy(large, head, strlen(head));
	bench_say(COOL_DESIRED, large, true);
	bench_pass(500);
	CHECK(bench_has(bench.reported, "12 KiB"));
	CHECK_EQ_INT(bench.flash_len[COOL_BLOB_DESIRED], 0);
}

TEST(damaged_flash_is_a_fault_and_the_board_s_own_settings) {
	start();
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	bench.flash[COOL_BLOB_DESIRED][20] ^= 1;
	bench_start();
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, bench.cfg.defaults.interval_ms);
	CHECK(cool_device_health(&device, bench.now).fault);
	bench_online();
	CHECK(bench_has(bench.reported, "\"settings_lost\""));
	for (int blob = COOL_BLOB_EXECUTED; blob <= COOL_BLOB_HOME; blob++) {
		// Whole, and yet nonsense.
		memset(bench.flash, 0, sizeof bench.flash);
		memset(bench.flash_len, 0, sizeof bench.flash_len);
		memset(bench.flash[blob] + COOL_SEAL_SIZE, 0xff, 40);
		bench.flash_len[blob] = cool_flash_seal(bench.flash[blob], (uint8_t)blob, 40);
		bench_start();
		CHECK(blob == COOL_BLOB_HOME || cool_device_health(&device, bench.now).fault);
		CHECK_STR(device.home.confirmed.url, "mqtts://home.example:8883");
	}
}

TEST(a_kept_desired_state_that_is_not_understood_any_more_is_refused) {
	bench_init(0);
	const char *text = "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":\"fast\"}";
	memcpy(bench.flash[COOL_BLOB_DESIRED] + COOL_SEAL_SIZE, text, strlen(text));
	bench.flash_len[COOL_BLOB_DESIRED] = cool_flash_seal(bench.flash[COOL_BLOB_DESIRED], COOL_BLOB_DESIRED, strlen(text));
	bench_start();
	bench_online();
	CHECK(bench_has(bench.reported, "{\"epoch\":\"e1\",\"version\":3,\"refused\":\""));
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, bench.cfg.defaults.interval_ms);
}

TEST(other_wiring_is_said_to_the_glue) {
	start();
	bench_say(
		COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":1,\"outputs\":[{\"name\":\"pump\",\"role\":\"pump\",\"kind\":\"pwm4\",\"min_duty\":50}]}", true);
	CHECK_EQ_INT(bench.rewires, 0);
	bench_say(COOL_DESIRED,
		"{\"epoch\":\"e1\",\"version\":2,\"outputs\":[{\"name\":\"pump\",\"role\":\"pump\",\"kind\":\"pwm4\",\"wiring\":{\"pin\":17,\"hz\":25000}}]}",
		true);
	CHECK_EQ_INT(bench.rewires, 1);
	CHECK_EQ_INT(cool_device_settings(&device)->outputs[0].wiring.pin, 17);
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump\",\"kind\":\"none\"}]}", true);
	bench_pass(500);
	CHECK_EQ_INT(cool_device_settings(&device)->output_count, 0);
	CHECK_EQ_INT(bench.rewires, 2);
}

TEST(an_override_without_a_clock_is_reviewed_when_it_comes) {
	bench_init(1000);
	bench_start();
	bench_online();
	bench_say(COOL_DESIRED,
		"{\"epoch\":\"e1\",\"version\":2,\"outputs\":[{\"name\":\"pump\",\"role\":\"pump\",\"kind\":\"pwm4\",\"override\":{\"duty\":0,\"until\":"
		"1764009000000}}]}",
		true);
	CHECK(cool_device_settings(&device)->outputs[0].override.set);
	CHECK(!bench_has(bench.reported, "refused"));
	cool_device_clock(&device, bench.now, wall);
	bench_pass(500);
	CHECK(bench_has(bench.reported, "is more than 30 min ahead"));
	CHECK(bench_has(bench.reported, "\"mode\":\"auto\"") && device.regulator.drives[0].duty > 0);
	bench_say(COOL_DESIRED,
		"{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump\",\"role\":\"pump\",\"kind\":\"pwm4\",\"override\":{\"duty\":80,\"until\":"
		"1764000600000}}]}",
		true);
	bench_probe(0, 25);
	bench_pass(10000);
	CHECK(bench_has(bench.reported, "\"mode\":\"override\"") && bench_has(bench.reported, "\"claim\":\"override\""));
	bench_pass(600000);
	CHECK(bench_has(bench.reported, "\"mode\":\"auto\""));
}

TEST(alone_it_takes_fewer_samples) {
	start();
	uint64_t before = device.ring.next;
	bench_pass(60000);
	CHECK_EQ_INT(device.ring.next - before, 6);
	cool_device_network(&device, bench.now, false, NULL, 0);
	bench_pass(120000);
	before = device.ring.next;
	bench_pass(600000);
	CHECK(device.ring.next - before >= 10 && device.ring.next - before <= 11);
	bench_online();
	before = device.ring.next;
	bench_pass(60000);
	CHECK(device.ring.next - before >= 6);
}

TEST(a_server_that_is_away_behind_its_broker_counts_as_alone) {
	start();
	bench_committed(0xb007, 1);
	bench_pass(150000);
	uint64_t before = device.ring.next;
	bench_pass(600000);
	CHECK(device.ring.next - before <= 11);
	bench_committed(0xb007, device.ring.next - 1);
	before = device.ring.next;
	bench_pass(60000);
	CHECK(device.ring.next - before >= 5);
	CHECK_EQ_INT(device.ring.dropped, 0);
}

TEST(duties_are_told_at_once_when_they_change_much_and_later_when_little) {
	start();
	bench_pass(180000); // the pump comes down from its failsafe duty
	int before = bench.reports;
	bench_pass(120000); // a steady loop has no news
	CHECK_EQ_INT(bench.reports, before);
	bench_probe(0, 60); // over-temperature claims the pump
	bench_pass(20000);
	CHECK(bench.reports > before);
	CHECK(bench_has(bench.reported, "\"claim\":\"over_temperature\""));
	CHECK(bench_has(bench.reported, "\"alarms\":[{\"name\":\"over_temperature\",\"occurrence\":1,\"active\":true}]"));
	CHECK(cool_device_health(&device, bench.now).critical);
}

TEST(what_was_lost_is_told_again) {
	start();
	bench.silent = true;
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	bench_pass(500);
	CHECK(bench.sent_count >= 2);
	int infos = bench.infos, reports = bench.reports;
	bench_pass(59000);
	CHECK_EQ_INT(bench.infos, infos); // one of each is under way at a time
	bench_pass(3000);
	CHECK(bench.infos > infos && bench.reports > reports);
}

TEST(a_new_address_is_news) {
	start();
	int before = bench.infos;
	cool_device_network(&device, bench.now, true, "192.0.2.7", -80);
	bench_pass(1000);
	CHECK_EQ_INT(bench.infos, before); // the signal's strength alone is none
	cool_device_network(&device, bench.now, true, "192.0.2.8", -80);
	bench_pass(1000);
	CHECK_EQ_INT(bench.infos, before + 1);
}

TEST(input_counts_while_it_is_valid) {
	start();
	bench_say(COOL_INPUT, "{\"host_w\":45,\"valid_s\":30}", true);
	bench_pass(250);
	CHECK(!device.senses.host_known); // what a broker kept is of any age
	bench_say(COOL_INPUT, "{\"host_w\":45,\"valid_s\":30}", false);
	bench_pass(250);
	CHECK(device.senses.host_known);
	CHECK_NEAR(device.senses.host_w, 45, 1e-9);
	bench_say(COOL_INPUT, "{\"host_w\":\"45\",\"valid_s\":30}", false);
	bench_pass(29000);
	CHECK(device.senses.host_known);
	bench_pass(1000);
	CHECK(!device.senses.host_known);
}

TEST(strange_messages_do_nothing) {
	start();
	int saves = bench.saves;
	bench_say(COOL_STATUS, "{}", false);
	bench_say(COOL_COMMITTED, "{\"boot\":1}", false);
	cool_device_message(&device, bench.now, "coolant/other/command", 21, "{}", 2, false);
	bench_cut("lost");
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, bench.cfg.defaults.interval_ms);
	CHECK_EQ_INT(bench.saves, saves);
	cool_device_saved(&device, bench.now, COOL_BLOB_HOME, true);
	cool_device_settled(&device, bench.now, 4711, true);
	cool_device_sent(&device, bench.now, 4711, 1);
	CHECK_STR(cool_blob_key(COOL_BLOB_COUNT), "");
	for (int b = 0; b < COOL_BLOB_COUNT; b++)
		CHECK(strlen(cool_blob_key((cool_blob_t)b)) > 0 && strlen(cool_blob_key((cool_blob_t)b)) < 16);
}

TEST(it_waits_no_longer_than_something_is_due) {
	bench_init(0xfffff000);
	bench_start();
	CHECK_EQ_INT(cool_device_wait(&device, bench.now), 1000);
	bench.refuse = true;
	bench_online();
	CHECK(bench.connects == 1);
	uint32_t wait = cool_device_wait(&device, bench.now);
	CHECK(wait >= 500 && wait <= 1000); // the backoff
	bench.refuse = false;
	bench_pass(1250);
	CHECK_EQ_INT(bench.connects, 2);
	CHECK(cool_device_wait(&device, bench.now) <= 250);
	cool_device_ask_restart(&device);
	CHECK_EQ_INT(cool_device_wait(&device, bench.now), 0);
	bench_run();
	CHECK_EQ_INT(bench.restarts, 1);
	CHECK_EQ_INT(bench.goodbyes, 1);
	CHECK(bench_has(bench.status, "offline"));
}

TEST(a_network_that_goes_ends_the_connection) {
	start();
	cool_device_network(&device, bench.now, false, NULL, 0);
	bench_run();
	CHECK(bench.closes == 1 && bench.goodbyes == 0);
	CHECK(!cool_device_health(&device, bench.now).connected);
	bench_pass(90000);
	CHECK_EQ_INT(bench.connects, 1);
	CHECK_EQ_INT(cool_device_health(&device, bench.now).offline_ms, 90000);
	bench_online();
	CHECK_EQ_INT(bench.connects, 2);
	CHECK_EQ_INT(cool_device_health(&device, bench.now).backlog, 0);
}

TEST(a_device_without_a_broker_regulates_and_keeps_its_samples) {
	bench_init(1000);
	bench.cfg.provisioned.url[0] = '\0';
	bench_start();
	bench_probe(0, 25);
	bench_online();
	bench_pass(30000);
	CHECK_EQ_INT(bench.connects, 0);
	CHECK(cool_ring_len(&device.ring) > 2);
	CHECK(device.regulator.drives[0].duty > 0);
}

TEST(the_wiring_stays_while_a_leak_is_latched) {
	start();
	bench.senses.leak_wet = true;
	bench_pass(2000);
	bench.senses.leak_wet = false;
	bench_pass(2000);
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":1,\"outputs\":[{\"name\":\"pump\",\"kind\":\"none\"}]}", true);
	bench_pass(1000);
	CHECK(bench_has(bench.reported, "\"version\":1,\"refused\":\"outputs: the wiring cannot be changed while a leak is latched"));
	CHECK_EQ_INT(bench.rewires, 0);
	CHECK(cool_device_settings(&device)->output_count > 0);
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":2,\"interval_ms\":5000}", true);
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, 5000);
	char reason[COOL_REASON_SIZE];
	CHECK(cool_regulator_clear(&device.regulator, "leak", 0, reason));
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump\",\"kind\":\"none\"}]}", true);
	CHECK_EQ_INT(cool_device_settings(&device)->output_count, 0);
}

TEST(what_does_not_fit_into_a_sample_is_refused) {
	start();
	char text[2048];
	int n = snprintf(text, sizeof text, "{\"epoch\":\"e1\",\"version\":1,\"probes\":[");
	static const char *const roles[] = {"water", "inlet", "outlet", "ambient", "case", "cpu", "gpu", "room"};
	for (int i = 0; i < 8; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%s{\"rom\":\"28ff641e8216043%d\",\"role\":\"%s\"}", i > 0 ? "," : "", i, roles[i]);
	n += snprintf(text + n, sizeof text - (size_t)n, "],\"outputs\":[");
	for (int i = 0; i < 5; i++)
		n += snprintf(text + n, sizeof text - (size_t)n,
			"%s{\"name\":\"fan%d\",\"role\":\"fan\",\"kind\":\"switch\",\"wiring\":{\"pin\":%d,\"tacho_pin\":%d}}", i > 0 ? "," : "", i, 4 + 2 * i,
			i < 3 ? 5 + 2 * i : -1);
	(void)snprintf(text + n, sizeof text - (size_t)n, "]}");
	bench_say(COOL_DESIRED, text, true);
	bench_pass(1000);
	CHECK(bench_has(bench.reported, "a sample holds 16"));
}
