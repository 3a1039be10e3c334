/* The commands of experiments on a device: they begin, are answered, told, and end. */
#include <string.h>

#include "cool/device_state.h"
#include "device_util.h"
#include "test.h"

static const int64_t wall = 1764000000000;

/* A pump and a fan with tachometers, and a flow meter; nothing turns but by the hand of the test. */
static void start(void) {
	bench_init(1000);
	bench.cfg.board.flow = true;
	bench_fan();
	bench_start();
	bench_probe(0, 25);
	bench_probe(1, 25.5);
	cool_device_clock(&device, bench.now, wall);
	bench_pass(1000);
	bench_online();
	bench.order[0] = '\0';
}

static void command(const char *id, const char *name, const char *args) { bench_command(id, name, args, wall + 3600000); }

static double duty(int i) { return cool_device_step(&device, bench.now, &bench.senses)[i].duty; }

/* Lets a time pass in which the motors turn by what they are told, as far as they may, and water flows. */
static void turn(uint32_t ms, bool pump, bool fan, bool water) {
	for (uint32_t at = 0; at < ms; at += 1000) {
		double pumps = duty(0), fans = duty(1);
		bench.senses.tacho_fresh = bench.senses.flow_fresh = true;
		bench.senses.rpm[0] = pump && pumps >= 20 ? pumps * 40 : 0;
		bench.senses.rpm[1] = fan && fans >= 20 ? fans * 20 : 0;
		bench.senses.flow_lpm = water && pump && pumps >= 20 ? pumps / 50 : 0;
		bench_probe(0, 25);
		bench_probe(1, 25.5);
		bench_pass(1000);
	}
}

TEST(it_is_among_what_it_can_do) {
	start();
	CHECK(bench_has(bench.info, "\"commission\""));
}

TEST(a_run_is_begun_told_and_done) {
	start();
	turn(20000, true, true, true);
	int reports = bench.reports;
	command("c-8", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":5}");
	CHECK_STR(bench.reply, "{\"id\":\"c-8\",\"ok\":true}");
	turn(1000, true, true, true);
	CHECK(bench.reports > reports); /* at once */
	CHECK(bench_has(bench.reported, "\"experiment\":{\"command\":\"c-8\",\"kind\":\"run\",\"output\":\"fan\",\"state\":\"running\"}"));
	CHECK(bench_has(bench.reported, "\"claim\":\"commissioning\""));
	turn(5000, true, true, true);
	CHECK_NEAR(duty(0), 0, 0);
	CHECK_NEAR(duty(1), 60, 0);
	command("c-8", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":5}"); /* delivered again */
	CHECK_STR(bench.reply, "{\"id\":\"c-8\",\"ok\":true}");
	turn(8000, true, true, true);
	if (!CHECK(bench_has(bench.reported,
			"\"experiment\":{\"command\":\"c-8\",\"kind\":\"run\",\"output\":\"fan\",\"state\":\"done\","
			"\"turned\":[{\"output\":\"pump\",\"rpm\":0},{\"output\":\"fan\",\"rpm\":1200}],\"flow_lpm\":0}")))
		CHECK_STR(bench.reported, "");
	CHECK(duty(0) > 0);
	command("c-8", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":5}"); /* and not begun again */
	turn(2000, true, true, true);
	CHECK(bench_has(bench.reported, "\"state\":\"done\""));
}

TEST(a_sweep_tells_its_phases_at_once) {
	start();
	turn(20000, true, true, true);
	command("c-9", "commission", "{\"output\":\"fan\",\"test\":\"sweep\"}");
	static const char *const phases[] = {"resting", "rising", "full", "falling"};
	int at = 0;
	for (int s = 0; s < 300 && !bench_has(bench.reported, "\"state\":\"done\""); s++) {
		turn(1000, true, true, true);
		if (at < 4 && bench_has(bench.reported, phases[at])) at++;
	}
	CHECK_EQ_INT(at, 4);
	CHECK(bench_has(bench.reported, "\"start_duty\":24,\"stop_duty\":22,\"min_rpm\":400,\"max_rpm\":2000}"));
}

TEST(a_pump_that_runs_dry_rests) {
	start();
	turn(20000, true, true, true);
	command("c-10", "commission", "{\"output\":\"pump\",\"test\":\"run\",\"seconds\":30}");
	turn(15000, true, true, false);
	CHECK(bench_has(bench.reported, "\"state\":\"resting\",\"reason\":\"dry: no flow after 5 s\"}"));
	CHECK_NEAR(duty(0), 0, 0);
	command("c-11", "abort", "{}");
	CHECK_STR(bench.reply, "{\"id\":\"c-11\",\"ok\":true}");
	turn(1000, true, true, false);
	CHECK(bench_has(bench.reported, "\"command\":\"c-10\",\"kind\":\"run\",\"output\":\"pump\",\"state\":\"aborted\",\"reason\":"));
	CHECK(duty(0) > 0);
	command("c-12", "abort", "{}");
	CHECK_STR(bench.reply, "{\"id\":\"c-12\",\"ok\":false,\"error\":\"nothing is being tried\"}");
}

TEST(what_speaks_against_it_is_answered) {
	static const struct {
		const char *name, *args, *says;
	} cases[] = {
		{"commission", "{\"output\":\"fan2\",\"test\":\"run\"}", "fan2: there is no such output"},
		{"commission", "{\"output\":\"fan\",\"test\":\"walk\"}", "test: run or sweep is expected"},
		{"commission", "{\"output\":\"fan\",\"test\":\"run\"}", "pump: it is tried already"},
		{"autotune", "{\"output\":\"fan\"}", "\"ok\":false"},
	};
	start();
	turn(20000, true, true, true);
	command("c-1", "commission", "{\"output\":\"pump\",\"test\":\"run\",\"seconds\":60}");
	CHECK(bench_has(bench.reply, "\"ok\":true"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char id[] = "d-0";
		id[2] = (char)('0' + i);
		command(id, cases[i].name, cases[i].args);
		if (!CHECK(bench_has(bench.reply, cases[i].says) && bench_has(bench.reply, id))) CHECK_STR(bench.reply, cases[i].says);
	}
	turn(1000, true, true, true);
	CHECK(bench_has(bench.reported, "\"experiment\":{\"command\":\"c-1\"")); /* what was refused is not told of */
}

TEST(what_cannot_be_kept_is_ended_again) {
	start();
	turn(20000, true, true, true);
	bench.broken_flash = true;
	command("c-1", "commission", "{\"output\":\"fan\",\"test\":\"run\"}");
	CHECK(bench_has(bench.reply, "flash could not be written"));
	turn(1000, true, true, true);
	CHECK(duty(0) > 0);
	CHECK(bench_has(bench.reported, "\"state\":\"aborted\""));
}

/* It has been ended, so nobody is told that it was not. */
TEST(an_abort_that_cannot_be_kept_is_done_all_the_same) {
	start();
	turn(20000, true, true, true);
	command("c-1", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":60}");
	turn(5000, true, true, true);
	bench.broken_flash = true;
	command("c-2", "abort", "{}");
	CHECK_STR(bench.reply, "{\"id\":\"c-2\",\"ok\":true}");
	turn(1000, true, true, true);
	CHECK(duty(0) > 0);
	CHECK(bench_has(bench.reported, "\"command\":\"c-1\",\"kind\":\"run\",\"output\":\"fan\",\"state\":\"aborted\""));
}

TEST(a_restart_forgets_it) {
	start();
	turn(20000, true, true, true);
	command("c-1", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":60}");
	turn(5000, true, true, true);
	bench_start();
	bench_probe(0, 25);
	bench_online();
	turn(2000, true, true, true);
	CHECK(!bench_has(bench.reported, "experiment"));
	CHECK(duty(0) > 0);
	command("c-1", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":60}"); /* answered before the restart */
	CHECK_STR(bench.reply, "{\"id\":\"c-1\",\"ok\":true}");
	turn(2000, true, true, true);
	CHECK(!bench_has(bench.reported, "experiment"));
}

TEST(settings_that_change_an_output_end_it) {
	static const struct {
		const char *state, *desired;
	} cases[] = {
		{"running", "{\"epoch\":\"e\",\"version\":1,\"interval_ms\":5000}"},
		{"aborted", "{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"pump\",\"min_duty\":41}]}"},
		{"aborted", "{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"pump\",\"skip\":[[50,60]]}]}"},
		{"aborted", "{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"fan\",\"wiring\":{\"pin\":15}}]}"},
		{"aborted", "{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"fan\",\"kind\":\"none\"}]}"},
		{"aborted", "{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"fan\",\"override\":{\"duty\":50,\"until\":1764000600000}}]}"},
		{"aborted",
			"{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"fan\",\"auto\":{\"input\":\"water\",\"curve\":{\"points\":[[20,30]]}}}]}"},
		{"aborted",
			"{\"epoch\":\"e\",\"version\":1,\"outputs\":[{\"name\":\"fan\",\"auto\":{\"input\":\"water\",\"pi\":{\"setpoint\":30,\"kp\":1,\"ti_s\":"
			"60}}}]}"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].desired);
		start();
		turn(20000, true, true, true);
		command("c-1", "commission", "{\"output\":\"pump\",\"test\":\"run\",\"seconds\":60}");
		turn(8000, true, true, true);
		CHECK(bench_has(bench.reported, "\"state\":\"running\""));
		bench_say(COOL_DESIRED, cases[i].desired, true);
		turn(1000, true, true, true);
		CHECK(!bench_has(bench.reported, "refused"));
		CHECK(bench_has(bench.reported, cases[i].state));
		if (cases[i].state[0] == 'a')
			CHECK(bench_has(bench.reported, "\"output\":\"pump\",\"state\":\"aborted\",\"reason\":\"the settings of an output were changed\""));
	}
	test_in(NULL);
}

/* Whatever found them, the gains are told as the contract has them. */
TEST(gains_are_told) {
	start();
	turn(20000, true, true, true);
	command("c-7", "commission", "{\"output\":\"fan\",\"test\":\"run\",\"seconds\":60}");
	cool_experiment_report_t *e = &device.regulator.experiment.report;
	*e = (cool_experiment_report_t){.kind = COOL_AUTOTUNE, .state = COOL_EXPERIMENT_DONE, .output = "fan", .phase = ""};
	e->tuned = (cool_tuned_t){31.5, 52.5, 64, 0.13, 9.5, 0.00021, 0.41, 190};
	bench_pass(500);
	CHECK(bench_has(bench.reported,
		"\"state\":\"done\",\"pi\":{\"setpoint\":31.5,\"kp\":52.5,\"ti_s\":64,\"deadband_k\":0.13},\"delay_s\":9.5,\"gain\":0.00021,"
		"\"swing_k\":0.41,\"settle_s\":190}"));
}
