#include <string.h>

#include "cool/device_state.h"
#include "device_util.h"
#include "test.h"

static const int64_t wall = 1764000000000;

static void start(void) {
	bench_init(1000);
	bench_start();
	bench_probe(0, 25);
	bench_probe(1, 25.5);
	cool_device_clock(&device, bench.now, wall);
	bench_pass(1000);
	bench_online();
	bench.order[0] = '\0';
}

static void command(const char *id, const char *name, const char *args) { bench_command(id, name, args, wall + 60000); }

TEST(keep_reply_act) {
	start();
	command("c-1", "restart", NULL);
	CHECK_STR(bench.order, "WrPXB");
	CHECK_STR(bench.reply, "{\"id\":\"c-1\",\"ok\":true}");
	CHECK_EQ_INT(bench.goodbyes, 1);
	CHECK_STR(bench.status, "{\"state\":\"offline\",\"boot\":\"000000000000b007\",\"conn\":1}");
	bench_start();
	bench_online();
	command("c-1", "restart", NULL); // delivered again
	CHECK_EQ_INT(bench.restarts, 1);
	CHECK_STR(bench.reply, "{\"id\":\"c-1\",\"ok\":true}");
}

TEST(commands_that_act_at_once) {
	start();
	command("c-1", "identify", NULL);
	CHECK_EQ_INT(bench.identifies, 1);
	command("c-1", "identify", NULL);
	CHECK_EQ_INT(bench.identifies, 1);
	CHECK_EQ_INT(bench.replies, 2);
	command("c-2", "factory_reset", NULL);
	CHECK_EQ_INT(bench.resets, 1);
}

TEST(errors_are_answered) {
	static const struct {
		const char *name, *args, *says;
	} cases[] = {
		{"autotune", NULL, "output: it is missing"},
		{"commission", "{\"output\":\"fan\",\"test\":\"run\"}", "fan: there is no such output"},
		{"abort", NULL, "nothing is being tried"},
		{"dance", NULL, "does not know the command dance"},
		{"clear_fault", "{\"fault\":\"pump_stall\",\"occurrence\":1}", "\"ok\":false"},
		{"clear_fault", "{}", "\"ok\":false"},
		{"ota", "{\"url\":\"http://x/y.bin\",\"version\":\"2.0.0\"}", "\"ok\":false"},
		{"endpoint", "{\"url\":\"mqtt://plain\"}", "\"ok\":false"},
		{"zero", "{\"roles\":3}", "\"ok\":false"},
	};
	start();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char id[] = "c-0";
		id[2] = (char)('0' + i);
		test_in(cases[i].name);
		command(id, cases[i].name, cases[i].args);
		if (!CHECK(bench_has(bench.reply, cases[i].says) && bench_has(bench.reply, id))) CHECK_STR(bench.reply, cases[i].says);
	}
	test_in(NULL);
	CHECK_EQ_INT(bench.replies, sizeof cases / sizeof cases[0]);
}

TEST(an_update_has_to_be_newer) {
	static const char *const sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static char args[300];
	start();
	static const struct {
		const char *version;
		bool taken;
	} cases[] = {{"0.9.0", false}, {"1.0.0", false}, {"1.0.1", true}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].version);
		strcpy(args, "{\"url\":\"https://coolant.local/fw.bin\",\"version\":\"");
		strcat(args, cases[i].version);
		strcat(args, "\",\"sha256\":\"");
		strcat(args, sha);
		strcat(args, "\"}");
		int before = bench.otas;
		char id[] = "c-0";
		id[2] = (char)('0' + i);
		command(id, "ota", args);
		CHECK_EQ_INT(bench.otas - before, cases[i].taken);
		if (!CHECK(bench_has(bench.reply, cases[i].taken ? "\"ok\":true" : "\"ok\":false"))) CHECK_STR(bench.reply, "");
	}
	test_in(NULL);
	bench_pass(500);
	CHECK(bench_has(bench.reported, "\"ota\":{\"version\":\"1.0.1\",\"state\":\"installing\"}"));
	cool_device_ota_done(&device, bench.now, "the signature does not fit");
	bench_pass(500);
	CHECK(bench_has(bench.reported, "\"state\":\"failed\",\"reason\":\"the signature does not fit\""));
	cool_device_ota_done(&device, bench.now, NULL);
	bench_pass(500);
	CHECK(bench_has(bench.reported, "no reason given"));
}

TEST(expired_or_retained_it_is_not_carried_out) {
	start();
	bench_say(COOL_COMMAND, "{\"id\":\"c-1\",\"name\":\"restart\",\"expires\":1763999999999}", false);
	CHECK(bench_has(bench.reply, "expired"));
	bench_say(COOL_COMMAND, "{\"id\":\"c-2\",\"name\":\"restart\",\"expires\":1764000060000}", true);
	CHECK(bench_has(bench.reply, "retain"));
	CHECK_EQ_INT(bench.restarts, 0);
}

TEST(without_a_clock_nothing_has_expired) {
	bench_init(1000);
	bench_start();
	bench_online();
	bench_say(COOL_COMMAND, "{\"id\":\"c-1\",\"name\":\"identify\",\"expires\":1}", false);
	CHECK_EQ_INT(bench.identifies, 1);
}

TEST(what_cannot_be_read_is_answered_if_the_id_can) {
	static const struct {
		const char *payload;
		bool answered;
	} cases[] = {
		{"{\"id\":\"c-7\",\"name\":\"identify\"}", true},
		{"{\"id\":\"c-7\",\"name\":5,\"expires\":1764000060000}", true},
		{"{\"id\":\"c-7\",\"name\":\"identify\",\"expires\":\"soon\"}", true},
		{"{\"id\":\"c-7\",\"name\":\"identify\",\"expires\":1764000060000,\"args\":[]}", true},
		{"{\"id\":\"c 7\",\"name\":\"identify\",\"expires\":1764000060000}", false},
		{"{\"id\":\"\",\"name\":\"identify\",\"expires\":1764000060000}", false},
		{"{\"id\":7}", false},
		{"[\"c-7\"]", false},
		{"{\"id\":\"c-7\"", false},
	};
	start();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].payload);
		int before = bench.replies;
		bench_say(COOL_COMMAND, cases[i].payload, false);
		CHECK_EQ_INT(bench.replies - before, cases[i].answered);
		if (cases[i].answered) CHECK(bench_has(bench.reply, "{\"id\":\"c-7\",\"ok\":false,\"error\":\""));
	}
	test_in(NULL);
	// It is not remembered, so that the right one can still come.
	command("c-7", "identify", NULL);
	CHECK_EQ_INT(bench.identifies, 1);
}

TEST(thirty_two_are_remembered_across_a_restart) {
	start();
	char id[] = "c-00";
	for (int i = 0; i < 33; i++) {
		id[2] = (char)('0' + i / 10);
		id[3] = (char)('0' + i % 10);
		command(id, "identify", NULL);
	}
	CHECK_EQ_INT(bench.identifies, 33);
	bench_start();
	CHECK_EQ_INT(device.executed.count, 32);
	bench_online();
	command("c-01", "identify", NULL);
	CHECK_EQ_INT(bench.identifies, 33);
	command("c-00", "identify", NULL); // too long ago
	CHECK_EQ_INT(bench.identifies, 34);
}

TEST(what_cannot_be_kept_is_not_carried_out) {
	start();
	bench.broken_flash = true;
	command("c-1", "restart", NULL);
	CHECK_EQ_INT(bench.restarts, 0);
	CHECK(bench_has(bench.reply, "flash could not be written"));
	CHECK_EQ_INT(device.executed.count, 0);
	bench.broken_flash = false;
	command("c-1", "restart", NULL);
	CHECK_EQ_INT(bench.restarts, 1);
}

TEST(watching_lasts_five_minutes) {
	start();
	bench_pass(1000);
	command("c-1", "watch", NULL);
	uint64_t before = device.ring.next;
	bench_pass(60000);
	CHECK(device.ring.next - before >= 29 && device.ring.next - before <= 31);
	CHECK(bench_has(bench.reported, "\"interval_ms\":2000"));
	bench_pass(245000);
	before = device.ring.next;
	bench_pass(60000);
	CHECK(device.ring.next - before <= 7);
	CHECK(bench_has(bench.reported, "\"interval_ms\":10000"));
}

TEST(a_fault_is_cleared_by_its_occurrence) {
	start();
	bench_probe(0, 60);
	bench_pass(20000);
	command("c-1", "clear_fault", "{\"fault\":\"over_temperature\",\"occurrence\":1}");
	CHECK(bench_has(bench.reply, "\"ok\":false")); // it is still hot
	bench_probe(0, 25);
	bench_pass(20000);
	CHECK(bench_has(bench.reported, "\"active\":false"));
	command("c-2", "clear_fault", "{\"fault\":\"over_temperature\",\"occurrence\":2}");
	CHECK(bench_has(bench.reply, "\"ok\":false"));
	bench.broken_flash = true; // clearing does not depend on it
	command("c-3", "clear_fault", "{\"fault\":\"over_temperature\",\"occurrence\":1}");
	CHECK_STR(bench.reply, "{\"id\":\"c-3\",\"ok\":true}");
	bench_pass(500);
	CHECK(!bench_has(bench.reported, "over_temperature"));
}

TEST(a_reply_that_gets_lost_does_not_hold_up_the_command) {
	start();
	bench.silent = true;
	command("c-1", "identify", NULL);
	CHECK_EQ_INT(bench.identifies, 0);
	command("c-1", "identify", NULL); // it waits already
	CHECK_EQ_INT(device.order_count, 1);
	bench_cut("lost");
	bench_run();
	CHECK_EQ_INT(bench.identifies, 1);
	bench.silent = false;
	bench_pass(2000);
	CHECK(bench.connects == 2);
	command("c-1", "identify", NULL);
	CHECK_STR(bench.reply, "{\"id\":\"c-1\",\"ok\":true}");
	CHECK_EQ_INT(bench.identifies, 1);
}

TEST(commands_wait_for_their_turn_and_a_fifth_for_the_server) {
	start();
	bench.silent = true;
	char id[] = "c-0";
	for (int i = 0; i < 6; i++) {
		id[2] = (char)('0' + i);
		command(id, "identify", NULL);
	}
	CHECK_EQ_INT(device.order_count, COOL_ORDERS);
	CHECK_EQ_INT(bench.replies, 1);
	bench_pass(61000); // the reply is overdue, and the next is said
	CHECK_EQ_INT(bench.identifies, 1);
	CHECK_EQ_INT(bench.replies, 2);
}

TEST(after_a_disconnection_orders_are_carried_out_without_replies) {
	start();
	bench.silent = true;
	command("c-1", "identify", NULL);
	command("c-2", "watch", NULL);
	bench.refuse = true;
	bench_cut("lost");
	bench_pass(1000);
	CHECK_EQ_INT(bench.identifies, 1);
	CHECK(device.watch_until > 0);
	CHECK_EQ_INT(device.order_count, 0);
	CHECK_EQ_INT(bench.replies, 1);
}

TEST(zero_brings_probes_to_their_mean) {
	start();
	command("c-1", "zero", "{\"roles\":[\"water\",\"temp2\"],\"seconds\":5}");
	CHECK_STR(bench.reply, "{\"id\":\"c-1\",\"ok\":true}");
	bench_pass(6000);
	if (!CHECK(bench_has(bench.reported, "\"zero\":{\"command\":\"c-1\",\"offsets\":{\"water\":0.25,\"temp2\":-0.25}}")))
		CHECK_STR(bench.reported, "");
	bench_probe(1, 40);
	bench_pass(2000);
	command("c-2", "zero", "{\"roles\":[\"water\",\"temp2\"],\"seconds\":5}");
	bench_pass(6000);
	CHECK(bench_has(bench.reported, "\"command\":\"c-2\",\"error\":\"water: more than 5 K"));
	command("c-3", "zero", "{\"roles\":[\"water\",\"nowhere\"],\"seconds\":5}");
	bench_pass(6000);
	CHECK(bench_has(bench.reported, "\"command\":\"c-3\",\"error\":\"nowhere: no good reading"));
}

/** Adds a probe of the bench to a list of desired ones. */
static void add_probe(cool_json_writer_t *w, int index, const char *role, double offset_k) {
	char rom[17] = "";
	for (int i = 0; i < 16; i++)
		rom[i] = "0123456789abcdef"[bench.senses.probes[index].rom >> (4 * (15 - i)) & 15];
	cool_json_open_object(w);
	cool_json_key(w, "rom");
	cool_json_put_string(w, rom);
	cool_json_key(w, "role");
	cool_json_put_string(w, role);
	cool_json_key(w, "offset_k");
	cool_json_put_decimal(w, offset_k, 2);
	cool_json_close_object(w);
}

TEST(zero_counts_the_offset_that_is_there) {
	start();
	char text[300];
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "epoch");
	cool_json_put_string(&w, "e1");
	cool_json_key(&w, "version");
	cool_json_put_int(&w, 1);
	cool_json_key(&w, "probes");
	cool_json_open_array(&w);
	add_probe(&w, 0, "water", 1);
	add_probe(&w, 1, "inlet", 0);
	cool_json_close_array(&w);
	cool_json_close_object(&w);
	bench_say(COOL_DESIRED, text, true);
	bench_pass(2000);
	CHECK(bench_has(bench.info, "\"role\":\"inlet\""));
	// 26 with its offset and 25.5: the mean is 25.75.
	command("c-1", "zero", "{\"roles\":[\"water\",\"inlet\"],\"seconds\":5}");
	bench_pass(6000);
	CHECK(bench_has(bench.reported, "\"offsets\":{\"water\":0.75,\"inlet\":0.25}"));
}

TEST(zero_counts_no_offset_for_a_probe_that_stands_in) {
	bench_init(1000);
	bench_start();
	bench_probe(0, 25);
	bench_probe(1, 25.5);
	cool_device_clock(&device, bench.now, wall);
	bench_online();
	// Probe 1 has the role `inlet` of a probe that never answers.
	char text[300];
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "epoch");
	cool_json_put_string(&w, "e1");
	cool_json_key(&w, "version");
	cool_json_put_int(&w, 1);
	cool_json_key(&w, "probes");
	cool_json_open_array(&w);
	add_probe(&w, 0, "water", 0);
	bench.senses.probes[2].rom = 0x28aabbccddeeff00;
	add_probe(&w, 2, "inlet", 2);
	bench.senses.probes[2].rom = 0;
	cool_json_close_array(&w);
	cool_json_close_object(&w);
	bench_say(COOL_DESIRED, text, true);
	bench_pass(12000);
	CHECK(bench_has(bench.reported, "probe_replaced"));
	command("c-1", "zero", "{\"roles\":[\"water\",\"inlet\"],\"seconds\":5}");
	bench_pass(6000);
	if (!CHECK(bench_has(bench.reported, "\"offsets\":{\"water\":0.25,\"inlet\":-0.25}"))) CHECK_STR(bench.reported, "");
}

TEST(a_restart_does_not_wait_for_a_connection_that_hangs) {
	start();
	bench.silent = true;
	cool_device_ask_factory_reset(&device);
	bench_run();
	CHECK_EQ_INT(bench.resets, 0);
	command("c-9", "identify", NULL); // no time for that any more
	CHECK_EQ_INT(device.order_count, 0);
	bench_pass(2500);
	CHECK_EQ_INT(bench.resets, 1);
	CHECK_EQ_INT(bench.closes, 1);
}
