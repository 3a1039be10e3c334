/* What a device keeps in flash, also where that cannot be written for a while. */
#include <string.h>

#include "device_util.h"
#include "test.h"

static const int64_t wall = 1764000000000;
static const char *const state_3 = "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}";
static const char *const state_4 = "{\"epoch\":\"e1\",\"version\":4,\"interval_ms\":7000}";
static const char *const identify = "{\"id\":\"c-1\",\"name\":\"identify\",\"expires\":1764000600000}";
static const char *const said_2 = "{\"boot\":\"b007\",\"through\":2}";

#define MOVE(id, url) \
	"{\"id\":\"" id "\",\"name\":\"endpoint\",\"expires\":1764000600000,\"args\":{\"url\":\"" url "\",\"username\":\"u\",\"password\":\"p\"}}"

static void start(void) {
	bench_init(1000);
	bench_start();
	bench_probe(0, 25);
	cool_device_clock(&device, bench.now, wall);
	bench_pass(1000);
	bench_online();
}

/** A trial that succeeds, whose result cannot be written. */
static void confirm_without_flash(void) {
	start();
	bench_say(COOL_COMMAND, MOVE("m-1", "mqtts://new.example"), false);
	bench_pass(250);
	bench.broken_flash = true;
	bench_say(COOL_COMMITTED, said_2, false);
	bench_pass(1000);
	CHECK(!device.home.trying);
}

TEST(a_desired_state_is_kept_when_flash_works_again) {
	start();
	bench.broken_flash = true;
	bench_say(COOL_DESIRED, state_3, true);
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, 5000); // it is in effect all the same
	bench_pass(1000);
	bench.broken_flash = false;
	int saves = bench.saves;
	bench_pass(61000);
	CHECK_EQ_INT(bench.saves - saves, 1);
	bench_start();
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, 5000);
}

TEST(a_later_desired_state_takes_the_place_of_one_that_waits) {
	start();
	bench.broken_flash = true;
	bench_say(COOL_DESIRED, state_3, true);
	bench_pass(1000);
	bench.broken_flash = false;
	bench_say(COOL_DESIRED, state_4, true);
	bench_pass(61000);
	bench_start();
	CHECK_EQ_INT(cool_device_settings(&device)->interval_ms, 7000);
}

TEST(flash_that_does_not_work_is_not_tried_all_the_time) {
	start();
	bench.broken_flash = true;
	bench_say(COOL_DESIRED, state_3, true);
	bench_pass(600000);
	CHECK(bench.saves <= 12);
}

TEST(a_command_is_answered_while_the_result_of_a_trial_waits) {
	confirm_without_flash();
	int replies = bench.replies;
	bench_say(COOL_COMMAND, identify, false);
	bench_pass(1000);
	CHECK_EQ_INT(bench.replies - replies, 1);
	CHECK(bench_has(bench.reply, "flash could not be written"));
	CHECK_EQ_INT(bench.identifies, 0);
}

TEST(a_move_that_cannot_be_kept_leaves_what_is_said_of_the_one_before) {
	confirm_without_flash();
	bench_say(COOL_COMMAND, MOVE("m-2", "mqtts://third.example"), false);
	bench_pass(1000);
	CHECK(bench_has(bench.reply, "\"id\":\"m-2\",\"ok\":false,\"error\":\"flash could not be written"));
	CHECK(bench_has(bench.info, "\"state\":\"confirmed\",\"command\":\"m-1\""));
	CHECK_STR(bench.to.url, "mqtts://new.example:8883");
	bench.broken_flash = false;
	bench_pass(61000);
	bench_start();
	CHECK_STR(device.home.confirmed.url, "mqtts://new.example:8883");
}

TEST(a_move_is_refused_while_a_desired_state_waits_for_flash) {
	start();
	bench.broken_flash = true;
	bench_say(COOL_DESIRED, state_3, true);
	bench_pass(1000);
	bench_say(COOL_COMMAND, MOVE("m-1", "mqtts://new.example"), false);
	bench_pass(1000);
	CHECK(bench_has(bench.reply, "\"id\":\"m-1\",\"ok\":false,\"error\":\"flash could not be written"));
	bench.broken_flash = false;
	bench_pass(61000);
	bench_say(COOL_COMMAND, MOVE("m-1", "mqtts://new.example"), false);
	CHECK_STR(bench.to.url, "mqtts://new.example:8883");
}

TEST(a_leak_stays_latched_over_a_power_cut) {
	start();
	bench.senses.leak_wet = true;
	bench_pass(2000);
	CHECK(bench_has(bench.reported, "\"claim\":\"leak\""));
	bench.senses.leak_wet = false; // the water has run past the sensor
	bench_pass(2000);
	bench_start();
	bench.now += 250;
	CHECK_NEAR(cool_device_step(&device, bench.now, &bench.senses)[0].duty, 0, 0);
	bench_online();
	bench_pass(20000);
	CHECK(bench_has(bench.reported, "\"claim\":\"leak\"") && bench_has(bench.reported, "\"name\":\"leak\",\"occurrence\":1,\"active\":true"));
	// A person clears it, and then it is over for good.
	bench_say(
		COOL_COMMAND, "{\"id\":\"l-1\",\"name\":\"clear_fault\",\"expires\":1764000600000,\"args\":{\"fault\":\"leak\",\"occurrence\":1}}", false);
	CHECK_STR(bench.reply, "{\"id\":\"l-1\",\"ok\":true}");
	bench_pass(2000);
	bench_start();
	bench_pass(20000);
	CHECK(cool_device_step(&device, bench.now, &bench.senses)[0].duty > 0);
}

/* Occurrences count from each start. What somebody said of the leak of another start must not end one that nobody has seen. */
TEST(a_clear_from_before_a_restart_ends_no_other_leak) {
	static const char *const said =
		"{\"id\":\"l-1\",\"name\":\"clear_fault\",\"expires\":1764000600000,\"args\":{\"fault\":\"leak\",\"occurrence\":1}}";
	static const char *const late =
		"{\"id\":\"l-2\",\"name\":\"clear_fault\",\"expires\":1763999999999,\"args\":{\"fault\":\"leak\",\"occurrence\":1}}";
	static const char *const kept =
		"{\"id\":\"l-3\",\"name\":\"clear_fault\",\"expires\":1764000600000,\"args\":{\"fault\":\"leak\",\"occurrence\":1}}";
	for (int starts = 0; starts < 2; starts++) {
		if (starts == 0) {
			start();
		} else {
			bench_start();
			cool_device_clock(&device, bench.now, wall + 20000);
			bench_online();
		}
		bench.senses.leak_wet = true;
		bench_pass(2000);
		bench.senses.leak_wet = false;
		bench_pass(2000);
		CHECK(bench_has(bench.reported, "\"name\":\"leak\",\"occurrence\":1,\"active\":true"));
		if (starts > 0) break;
		bench_say(COOL_COMMAND, said, false);
		bench_pass(5000);
		CHECK(!bench_has(bench.reported, "\"claim\":\"leak\""));
	}
	/* Delivered again, it is answered as it was, and does nothing; nor does one whose time is over, nor one that a broker kept. */
	bench_say(COOL_COMMAND, said, false);
	CHECK_STR(bench.reply, "{\"id\":\"l-1\",\"ok\":true}");
	bench_say(COOL_COMMAND, late, false);
	CHECK(bench_has(bench.reply, "\"id\":\"l-2\",\"ok\":false"));
	bench_say(COOL_COMMAND, kept, true);
	CHECK(bench_has(bench.reply, "\"id\":\"l-3\",\"ok\":false"));
	bench_pass(5000);
	CHECK(bench_has(bench.reported, "\"claim\":\"leak\""));
}

static const char *const by_hand =
	"{\"epoch\":\"e1\",\"version\":5,\"outputs\":[{\"name\":\"pump\",\"override\":{\"duty\":45,\"until\":1764007200000}}]}";

TEST(an_override_holds_over_a_power_cut) {
	start();
	bench_say(COOL_DESIRED, by_hand, true);
	bench_pass(2000);
	CHECK(bench_has(bench.reported, "\"mode\":\"override\""));
	bench_start();
	cool_device_clock(&device, bench.now, wall + 10000);
	bench_online();
	bench_pass(20000);
	CHECK(bench_has(bench.reported, "\"mode\":\"override\"") && bench_has(bench.reported, "\"claim\":\"override\""));
}

TEST(an_override_that_over_temperature_cancelled_does_not_come_back_by_a_power_cut) {
	start();
	bench_say(COOL_DESIRED, by_hand, true);
	bench_pass(2000);
	int saves = bench.saves;
	bench_probe(0, 55);
	bench_pass(2000);
	CHECK(bench_has(bench.reported, "\"claim\":\"over_temperature\""));
	CHECK_EQ_INT(bench.saves - saves, 1);
	bench_probe(0, 25);
	bench_start();
	cool_device_clock(&device, bench.now, wall + 10000);
	bench_online();
	bench_say(COOL_DESIRED, by_hand, true); // as the broker keeps it
	bench_pass(20000);
	CHECK(bench_has(bench.reported, "\"mode\":\"auto\"") && bench_has(bench.reported, "\"claim\":\"auto\""));
	// Another one is a person's new decision.
	bench_say(
		COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":6,\"outputs\":[{\"name\":\"pump\",\"override\":{\"duty\":50,\"until\":1764007200000}}]}", true);
	bench_pass(2000);
	CHECK(bench_has(bench.reported, "\"claim\":\"override\""));
	bench_start();
	cool_device_clock(&device, bench.now, wall + 30000);
	bench_online();
	bench_pass(20000);
	CHECK(bench_has(bench.reported, "\"claim\":\"override\""));
}

/* Firmware of before kept one byte. */
TEST(a_leak_that_older_firmware_kept_is_known) {
	start();
	bench.flash[COOL_BLOB_LEAK][COOL_SEAL_SIZE] = 1;
	bench.flash_len[COOL_BLOB_LEAK] = cool_flash_seal(bench.flash[COOL_BLOB_LEAK], COOL_BLOB_LEAK, 1);
	bench_start();
	bench_online();
	bench_pass(2000);
	CHECK(bench_has(bench.reported, "\"claim\":\"leak\""));
}

TEST(a_leak_is_kept_when_flash_works_again) {
	start();
	bench.broken_flash = true;
	bench.senses.leak_wet = true;
	bench_pass(2000);
	CHECK(bench_has(bench.reported, "\"claim\":\"leak\""));
	bench.broken_flash = false;
	bench.senses.leak_wet = false;
	int saves = bench.saves;
	bench_pass(61000);
	CHECK_EQ_INT(bench.saves - saves, 1);
	bench_start();
	bench.now += 250;
	CHECK_NEAR(cool_device_step(&device, bench.now, &bench.senses)[0].duty, 0, 0);
}
