/* The command `autotune` on a device: it is answered, its phases are told at once, and so is what it found. */
#include <string.h>

#include "cool/device_state.h"
#include "device_util.h"
#include "test.h"

static const int64_t wall = 1764000000000;
static double water;

/* A pump and a fan with tachometers on a loop that warms by itself and that the fan cools. */
static void start(void) {
	bench_init(1000);
	bench_fan();
	water = 30;
	bench_start();
	cool_device_clock(&device, bench.now, wall);
	bench_online();
	bench.order[0] = '\0';
}

static double duty(int i) { return cool_device_step(&device, bench.now, &bench.senses)[i].duty; }

static void second(void) {
	double pump = duty(0), fan = duty(1);
	bench.senses.tacho_fresh = true;
	bench.senses.rpm[0] = pump * 40;
	bench.senses.rpm[1] = fan * 20;
	water += 0.012 - 0.0002 * fan;
	bench_probe(0, (double)(int)(water * 16 + 0.5) / 16);
	bench_probe(1, (double)(int)(water * 16 + 0.5) / 16);
	bench_pass(1000);
}

static void command(const char *id, const char *name, const char *args) { bench_command(id, name, args, wall + 3600000); }

TEST(gains_are_looked_for_told_and_found) {
	start();
	for (int s = 0; s < 20; s++)
		second();
	CHECK(bench_has(bench.info, "\"autotune\",\"commission\""));
	command("c-1", "autotune", "{\"output\":\"fan\"}");
	CHECK_STR(bench.reply, "{\"id\":\"c-1\",\"ok\":false,\"error\":\"fan: its curve has no setpoint; say the one that it is to be tuned for\"}");
	command("c-7", "autotune", "{\"output\":\"fan\",\"setpoint\":31}");
	CHECK_STR(bench.reply, "{\"id\":\"c-7\",\"ok\":true}");
	second();
	CHECK(bench_has(bench.reported,
		"\"experiment\":{\"command\":\"c-7\",\"kind\":\"autotune\",\"output\":\"fan\",\"state\":\"running\",\"phase\":\"approaching\",\"cycles\":"
		"0}"));
	CHECK(bench_has(bench.reported, "\"claim\":\"autotune\""));
	static const char *const told[] = {"\"phase\":\"heating\",\"cycles\":0", "\"phase\":\"cooling\",\"cycles\":0",
		"\"phase\":\"heating\",\"cycles\":0", "\"phase\":\"cooling\",\"cycles\":1", "\"phase\":\"heating\",\"cycles\":1",
		"\"phase\":\"cooling\",\"cycles\":2"};
	size_t at = 0;
	int reports = bench.reports;
	for (int s = 0; s < 3600 && !bench_has(bench.reported, "\"state\":\"done\""); s++) {
		const cool_experiment_report_t *e = cool_regulator_experiment(&device.regulator);
		const char *was = e->phase;
		second();
		if (e->phase != was) CHECK(bench.reports > reports); /* at once */
		reports = bench.reports;
		if (at < sizeof told / sizeof told[0] && bench_has(bench.reported, told[at])) at++;
	}
	CHECK_EQ_INT(at, sizeof told / sizeof told[0]);
	const cool_tuned_t *found = &cool_regulator_experiment(&device.regulator)->tuned;
	CHECK_NEAR(found->gain, 0.0002, 0.00002);
	CHECK(bench_has(
		bench.reported, "\"command\":\"c-7\",\"kind\":\"autotune\",\"output\":\"fan\",\"state\":\"done\",\"pi\":{\"setpoint\":31,\"kp\":100,"));
	second();
	CHECK(!bench_has(bench.reported, "\"claim\":\"autotune\""));
}

TEST(an_autotune_can_be_aborted) {
	start();
	for (int s = 0; s < 20; s++)
		second();
	command("c-7", "autotune", "{\"output\":\"fan\",\"setpoint\":31,\"minutes\":10}");
	for (int s = 0; s < 60; s++)
		second();
	CHECK_NEAR(duty(1), 20, 0);
	command("c-8", "abort", "{}");
	CHECK_STR(bench.reply, "{\"id\":\"c-8\",\"ok\":true}");
	second();
	CHECK(bench_has(
		bench.reported, "\"command\":\"c-7\",\"kind\":\"autotune\",\"output\":\"fan\",\"state\":\"aborted\",\"reason\":\"somebody ended it\"}"));
	CHECK(!bench_has(bench.reported, "\"claim\":\"autotune\""));
}
