/* The simulated loop itself: the same physics as internal/sim, and probes that answer like the real ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "closedloop.h"
#include "cool/ds18b20.h"
#include "test.h"
#include "workday.h"

/* From internal/sim: a step of 90 s from host 30 C and water 26 C. */
static const struct {
	plant_drive_t drive;
	plant_state_t after, steady;
	plant_energy_t energy;
	double inlet, outlet;
} steps[] = {
	{{60, 1, 22, 1.3, 0.5}, {31.201090092278, 26.990571396169}, {35.429800861577, 31.328538637536}, {5490.0, 2810.871160008, 2679.128839992},
		26.711860755870, 27.269282036467},
	{{60, 4, 22, 2.17, 1}, {29.800020560909, 26.920483530613}, {32.384964504466, 29.527445812271}, {5760.0, 3546.811032208, 2213.188967792},
		26.748488570139, 27.092478491087},
	{{100, 0, 25, 0, 0}, {64.746436723459, 25.979175079142}, {148.475609756098, 26.524390243902}, {9000.0, 1754.269344177, 7245.730655823},
		25.979175079142, 25.979175079142},
	{{6, 0.5, 18, 0.9, 0}, {25.933461856328, 25.812069104466}, {20.835968155472, 20.419151083476}, {585.0, 1899.403704230, -1314.403704230},
		25.803417940636, 25.820720268295},
};

TEST(the_plant_is_that_of_the_simulator) {
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		plant_t p = {plant_default_params(), {30, 26}};
		plant_energy_t e = plant_step(&p, &steps[i].drive, 90);
		plant_state_t steady = plant_steady(&p.params, &steps[i].drive);
		double inlet, outlet;
		plant_legs(&p, &steps[i].drive, &inlet, &outlet);
		CHECK_NEAR(p.state.host, steps[i].after.host, 1e-9);
		CHECK_NEAR(p.state.water, steps[i].after.water, 1e-9);
		CHECK_NEAR(steady.host, steps[i].steady.host, 1e-9);
		CHECK_NEAR(steady.water, steps[i].steady.water, 1e-9);
		CHECK_NEAR(e.in, steps[i].energy.in, 1e-6);
		CHECK_NEAR(e.rejected, steps[i].energy.rejected, 1e-6);
		CHECK_NEAR(e.stored, steps[i].energy.stored, 1e-6);
		CHECK_NEAR(inlet, steps[i].inlet, 1e-9);
		CHECK_NEAR(outlet, steps[i].outlet, 1e-9);
	}
}

TEST(long_steps_are_exact) {
	plant_drive_t d = {60, 1, 22, 1.3, 0.5};
	plant_t once = {plant_default_params(), {30, 26}}, often = once;
	plant_step(&once, &d, 3600);
	for (int i = 0; i < 14400; i++)
		plant_step(&often, &d, 0.25);
	CHECK_NEAR(once.state.host, often.state.host, 1e-8);
	CHECK_NEAR(once.state.water, often.state.water, 1e-8);
}

/* From internal/sim: Unix time, heat and room of seed 1 in UTC, and of seed 77 eight hours east. */
static const struct {
	int64_t at;
	double heat, room, east_heat, east_room;
} days[] = {
	{1763944200, 6.103745942722, 21.868772706323, 12.038546397728, 21.641768282184},
	{1763970840, 11.886274561050, 21.525756754421, 27.548384807874, 23.420065023268},
	{1763975160, 47.721536722374, 21.997901960277, 18.988889839373, 23.494291898285},
	{1763978400, 19.985871496144, 22.243483325190, 20.397334868395, 23.231959795020},
	{1763991360, 62.381701386680, 23.352819172484, 51.789325273003, 22.555221138301},
	{1763994636, 22.399028595341, 23.353454681985, 14.935836157418, 22.213353610112},
	{1764002880, 63.697281518684, 23.431180062222, 6.008376728746, 21.673255335333},
	{1764018900, 53.593777543083, 22.649251250435, 5.982437172643, 21.142372019906},
	{1764028440, 5.913937963939, 22.089280826602, 12.006338873023, 21.735483658982},
};

TEST(the_day_is_that_of_the_simulator) {
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		CHECK_NEAR(workday_heat(1, days[i].at, 0), days[i].heat, 1e-9);
		CHECK_NEAR(workday_ambient(1, days[i].at, 0), days[i].room, 1e-9);
		CHECK_NEAR(workday_heat(77, days[i].at, 8 * 3600), days[i].east_heat, 1e-9);
		CHECK_NEAR(workday_ambient(77, days[i].at, 8 * 3600), days[i].east_room, 1e-9);
	}
}

TEST(a_probe_takes_its_time_and_answers_in_sixteenths) {
	chance_t c = {1};
	probe_t p;
	uint8_t pad[9];
	probe_init(&p, &c);
	CHECK_EQ_INT(p.rom >> 56, 0x28);
	CHECK(probe_read(&p, pad));
	CHECK_EQ_INT(pad[0] | pad[1] << 8, 85 * 16);
	CHECK_EQ_INT(pad[6], 0x0c);
	probe_convert(&p);
	CHECK(!probe_step(&p, 30, 500, &c));
	CHECK(!probe_step(&p, 30, 249, &c));
	CHECK(probe_read(&p, pad));
	CHECK_EQ_INT(pad[0] | pad[1] << 8, 85 * 16); /* until the conversion ends it holds the one before */
	CHECK(probe_step(&p, 30, 1, &c));
	CHECK(probe_read(&p, pad));
	CHECK_NEAR((pad[0] | pad[1] << 8) / 16.0, 30, 0.3);
	/* It follows the water with the lag of its tube. */
	for (int i = 0; i < 4; i++) {
		probe_convert(&p);
		probe_step(&p, 40, 1250, &c);
	}
	probe_read(&p, pad);
	CHECK_NEAR((pad[0] | pad[1] << 8) / 16.0, 40 - 10 * exp(-1), 0.35);
}

/* The datasheet's examples, by the raw value: what the emulated chip writes has the checksum that a real one has. */
TEST(scratchpads_have_the_checksums_of_real_ones) {
	static const struct {
		double celsius;
		uint8_t pad[9];
	} known[] = {
		{25.0625, {0x91, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x0f, 0x10, 0x25}},
		{0.5, {0x08, 0x00, 0x4b, 0x46, 0x7f, 0xff, 0x08, 0x10, 0xd9}},
		{-10.125, {0x5e, 0xff, 0x4b, 0x46, 0x7f, 0xff, 0x02, 0x10, 0xb6}},
		{125, {0xd0, 0x07, 0x4b, 0x46, 0x7f, 0xff, 0x10, 0x10, 0x55}},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		chance_t c = {1};
		probe_t p;
		uint8_t pad[9];
		probe_init(&p, &c);
		p.offset = p.noise = 0;
		probe_convert(&p);
		probe_step(&p, known[i].celsius, PROBE_CONVERSION_MS, &c);
		probe_read(&p, pad);
		CHECK(memcmp(pad, known[i].pad, 9) == 0);
	}
}

TEST(motors_start_higher_than_they_stop) {
	chance_t c = {1};
	motor_t m = {.max_rpm = 2000, .idle = 0.1, .start = 20, .stop = 12, .lag = 1};
	static const struct { double duty, low, high; } parts[] = {{15, 0, 0}, {20, 500, 600}, {15, 420, 480}, {10, 0, 0}, {15, 0, 0}, {100, 1990, 2010}};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		for (int n = 0; n < 80; n++)
			motor_step(&m, parts[i].duty, 0.25, &c);
		CHECK(motor_rpm(&m) >= parts[i].low && motor_rpm(&m) <= parts[i].high);
	}
	m.stalled = true;
	for (int n = 0; n < 80; n++)
		motor_step(&m, 100, 0.25, &c);
	CHECK_NEAR(motor_rpm(&m), 0, 0);
}

TEST(counters_lose_no_pulse) {
	counter_t count = {.window = 2};
	double sum = 0;
	int windows = 0;
	for (int i = 0; i < 8000; i++)
		if (counter_step(&count, 80.3, 0.25)) {
			CHECK_NEAR(count.rate * 2, floor(count.rate * 2), 0);
			sum += count.rate;
			windows++;
		}
	CHECK_EQ_INT(windows, 1000);
	CHECK_NEAR(sum / windows, 80.3, 0.001);
}

TEST(a_loop_is_the_same_for_the_same_seed) {
	static loop_t a, b, other;
	loop_init(&a, 5, LOOP_MONDAY);
	loop_init(&b, 5, LOOP_MONDAY);
	loop_init(&other, 6, LOOP_MONDAY);
	for (int i = 0; i < 400; i++) {
		rig_step(&a.rig, 250, LOOP_MONDAY + i * 250);
		rig_step(&b.rig, 250, LOOP_MONDAY + i * 250);
		rig_step(&other.rig, 250, LOOP_MONDAY + i * 250);
	}
	CHECK(memcmp(&a.rig.senses, &b.rig.senses, sizeof a.rig.senses) == 0);
	CHECK(memcmp(&a.rig.plant.state, &b.rig.plant.state, sizeof a.rig.plant.state) == 0);
	CHECK(memcmp(&a.rig.senses, &other.rig.senses, sizeof a.rig.senses) != 0);
}

TEST(a_pin_that_nobody_drives_is_full_cooling) {
	static loop_t l;
	loop_init(&l, 1, LOOP_MONDAY);
	CHECK_NEAR(l.rig.duties[RIG_PUMP], 100, 0);
	cool_drive_t drives[COOL_MAX_OUTPUTS] = {{.duty = 55}, {.duty = 30}};
	rig_drive(&l.rig, &l.settings, drives);
	CHECK_NEAR(l.rig.duties[RIG_PUMP], 55, 0);
	CHECK_NEAR(l.rig.duties[RIG_FAN], 30, 0);
	l.settings.outputs[1].wiring.pin = 23; /* nothing hangs there */
	rig_drive(&l.rig, &l.settings, drives);
	CHECK_NEAR(l.rig.duties[RIG_FAN], 100, 0);
}

TEST(faults_are_read_as_the_demo_reads_them) {
	static const struct {
		const char *text;
		bool ok;
		mishap_t want;
	} cases[] = {
		{"probe-lost@30s", true, {MISHAP_PROBE_LOST, 30000, 0}},
		{"wifi-lost@10m+2m", true, {MISHAP_WIFI_LOST, 600000, 120000}},
		{"por85@1h30m+1.5s", true, {MISHAP_POR85, 5400000, 1500}},
		{"reboot@250ms", true, {MISHAP_REBOOT, 250, 0}},
		{"leak@0s", true, {MISHAP_LEAK, 0, 0}},
		{"leak", false, {0, 0, 0}},
		{"leak@", false, {0, 0, 0}},
		{"leak@soon", false, {0, 0, 0}},
		{"leak@-3s", false, {0, 0, 0}},
		{"leak@30", false, {0, 0, 0}},
		{"leak@3s+", false, {0, 0, 0}},
		{"leak@3s+0s", false, {0, 0, 0}},
		{"leak@99999999999999999999h", false, {0, 0, 0}},
		{"leaks@3s", false, {0, 0, 0}},
		{"@3s", false, {0, 0, 0}},
		{"", false, {0, 0, 0}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		mishaps_t m = {0};
		char why[256] = "";
		test_in(cases[i].text);
		CHECK_EQ_INT(mishaps_add(&m, cases[i].text, why, sizeof why), cases[i].ok);
		CHECK_EQ_INT(m.count, cases[i].ok ? 1 : 0);
		CHECK_EQ_INT(why[0] == '\0', cases[i].ok);
		if (m.count == 1) {
			CHECK_EQ_INT(m.list[0].kind, cases[i].want.kind);
			CHECK_EQ_INT(m.list[0].at_ms, cases[i].want.at_ms);
			CHECK_EQ_INT(m.list[0].for_ms, cases[i].want.for_ms);
		}
	}
	test_in(NULL);
	mishaps_t m = {0};
	char why[64];
	for (int i = 0; i < MISHAPS_MAX; i++)
		CHECK(mishaps_add(&m, "leak@1s", why, sizeof why));
	CHECK(!mishaps_add(&m, "leak@1s", why, sizeof why));
}

TEST(faults_happen_when_they_are_planned) {
	mishaps_t m = {0};
	char why[64];
	CHECK(mishaps_add(&m, "leak@10s+5s", why, sizeof why) && mishaps_add(&m, "crc@20s", why, sizeof why) &&
		mishaps_add(&m, "reboot@30s", why, sizeof why));
	CHECK(!mishaps_active(&m, MISHAP_LEAK, 9999) && mishaps_active(&m, MISHAP_LEAK, 10000));
	CHECK(mishaps_active(&m, MISHAP_LEAK, 14999) && !mishaps_active(&m, MISHAP_LEAK, 15000));
	CHECK(mishaps_active(&m, MISHAP_CRC, 1000000));
	CHECK(!mishaps_active(&m, MISHAP_REBOOT, 30000));
	CHECK(mishaps_reboots(&m, 29900, 30000) && !mishaps_reboots(&m, 30000, 30250));
}
