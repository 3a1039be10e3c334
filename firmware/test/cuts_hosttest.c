/*
 * The whole device on the simulated loop through a day in which the network is cut again and again, with a server that stores what it is sent
 * and says so. What regulates does not notice, and the server gets every sample.
 */
#include <stdio.h>
#include <string.h>

#include "closedloop.h"
#include "cool/device.h"
#include "cool/device_state.h"
#include "test.h"
#include "workday.h"

enum { MAX_SEQ = 20000, MAX_FLYING = 64, DAY_MS = 24 * 3600 * 1000 };

/** A device, its loop, its flash, and the server at the other end. Make it static. */
typedef struct {
	rig_t rig;
	cool_device_t device;
	cool_device_cfg_t cfg;
	uint32_t now;
	char buf[COOL_BUF_SIZE];
	struct {
		char data[COOL_BLOB_SIZE];
		size_t len;
	} flash[COOL_BLOB_COUNT];

	bool network, connected;
	int next_id, flying[MAX_FLYING], flights; /* messages that the broker is about to acknowledge */
	bool stored[MAX_SEQ];
	uint64_t through, told; /* of the watermark; as last said */
	int received;           /* samples, those that came twice counted twice */
	uint64_t random;        /* which messages the broker acknowledges and loses all the same; 0: none */
	int lost;
	bool restart;
} world_t;

static rig_weather_t weather(void *ctx, int64_t unix_ms) {
	(void)ctx;
	return (rig_weather_t){workday_heat(1, unix_ms / 1000, 0), workday_ambient(1, unix_ms / 1000, 0)};
}

static size_t load(void *ctx, cool_blob_t blob, void *buf, size_t size) {
	const world_t *w = ctx;
	if (w->flash[blob].len > size) return 0;
	memcpy(buf, w->flash[blob].data, w->flash[blob].len);
	return w->flash[blob].len;
}

/** Switches the power on. */
static void boot(world_t *w, uint64_t number) {
	w->cfg.boot = number;
	w->connected = false;
	w->flights = 0;
	w->through = w->told = 0;
	memset(w->stored, 0, sizeof w->stored);
	cool_device_init(&w->device, &w->cfg, load, w, w->now);
	cool_device_clock(&w->device, w->now, LOOP_MONDAY + w->now);
}

static void make(world_t *w) {
	static const char *const none[] = {NULL};
	memset(w, 0, sizeof *w);
	rig_init(&w->rig, 1, weather, NULL, LOOP_MONDAY);
	w->cfg = (cool_device_cfg_t){
		.id = "loop",
		.name = "",
		.firmware = "1.0.0",
		.chip = "linux",
		.reset_reason = "power_on",
		.capabilities = none,
		.board = rig_board(),
		.seed = 1,
		.provisioned = {.url = "mqtts://broker.example:8883", .username = "loop", .password = "secret"},
	};
	rig_settings(&w->rig, 10000, &w->cfg.defaults);
	boot(w, 1);
}

/** Stores the samples of a message, as the server does. */
static void store(world_t *w, const char *text, size_t len) {
	cool_json_t root, sample, name;
	if (w->random != 0 && test_random_int(&w->random, 1, 20) == 1) {
		w->lost++;
		return;
	}
	if (!CHECK(cool_json_parse(text, len, &root))) return;
	cool_json_t samples = cool_json_member(root, "samples");
	for (cool_json_iter_t it = {0}; cool_json_next(samples, &it, &name, &sample);) {
		int64_t seq = 0;
		if (!CHECK(cool_json_integer(cool_json_member(sample, "seq"), 1, MAX_SEQ - 1, &seq))) return;
		w->stored[seq] = true;
		w->received++;
	}
	while (w->stored[w->through + 1])
		w->through++;
}

static void carry_out(world_t *w) {
	for (;;) {
		cool_action_t a;
		cool_device_next(&w->device, w->now, &a, w->buf, sizeof w->buf);
		switch (a.what) {
		case COOL_DO_NOTHING: return;
		case COOL_DO_CONNECT:
			w->connected = w->network;
			if (w->network)
				cool_device_connected(&w->device, w->now);
			else
				cool_device_disconnected(&w->device, w->now, "no network");
			break;
		case COOL_DO_CLOSE:
			w->connected = false;
			cool_device_disconnected(&w->device, w->now, "closed");
			break;
		case COOL_DO_PUBLISH:
			cool_device_sent(&w->device, w->now, a.publish.token, ++w->next_id);
			if (!CHECK(w->flights < MAX_FLYING)) return;
			w->flying[w->flights++] = w->next_id;
			if (strcmp(a.publish.topic, "coolant/loop/telemetry") == 0) store(w, a.publish.payload, a.publish.len);
			break;
		case COOL_DO_SAVE:
			memcpy(w->flash[a.save.blob].data, a.save.data, a.save.len);
			w->flash[a.save.blob].len = a.save.len;
			cool_device_saved(&w->device, w->now, a.save.blob, true);
			break;
		case COOL_DO_RESTART:
		case COOL_DO_FACTORY_RESET: w->restart = true; return;
		default: break;
		}
	}
}

/** Acknowledges what came, and says every two seconds what is stored. */
static void answer(world_t *w) {
	for (int i = 0; i < w->flights; i++)
		cool_device_settled(&w->device, w->now, w->flying[i], true);
	w->flights = 0;
	if (w->told == w->through || w->now % 2000 != 0) return;
	char text[96];
	int n = snprintf(text, sizeof text, "{\"boot\":\"%016llx\",\"through\":%llu}", (unsigned long long)w->cfg.boot, (unsigned long long)w->through);
	w->told = w->through;
	cool_device_message(&w->device, w->now, "coolant/loop/committed", 22, text, (size_t)n, false);
}

/** Cuts the network or joins it. What came just before a cut is stored, and its acknowledgement is lost. */
static void join(world_t *w, bool there) {
	if (there == w->network) return;
	w->network = there;
	w->flights = 0;
	if (!there && w->connected) {
		w->connected = false;
		cool_device_disconnected(&w->device, w->now, "the network is lost");
	}
	cool_device_network(&w->device, w->now, there, NULL, 0);
}

static void step(world_t *w) {
	w->now += LOOP_STEP_MS;
	rig_step(&w->rig, LOOP_STEP_MS, LOOP_MONDAY + w->now);
	const cool_drive_t *drives = cool_device_step(&w->device, w->now, rig_senses(&w->rig, cool_device_settings(&w->device)));
	rig_drive(&w->rig, cool_device_settings(&w->device), drives);
	if (w->connected) answer(w);
	carry_out(w);
}

TEST(a_day_of_network_cuts) {
	static world_t cut, alone;
	make(&cut);
	make(&alone);
	uint64_t random = 4;
	cut.random = 9;
	uint32_t change = 0;
	int cuts = 0;
	while (cut.now < DAY_MS) {
		if (cut.now >= change) {
			bool there = !cut.network || cut.now > 22 * 3600 * 1000;
			cuts += cut.network && !there;
			join(&cut, there);
			/* Minutes mostly, and once a night. */
			int minutes = cuts == 3 && !there ? 8 * 60 : test_random_int(&random, 1, there ? 60 : 40);
			change = cut.now + (uint32_t)minutes * 60000 + (uint32_t)test_random_int(&random, 0, 239) * 250;
		}
		step(&cut);
		step(&alone);
	}
	CHECK(memcmp(&cut.rig.plant.state, &alone.rig.plant.state, sizeof cut.rig.plant.state) == 0);
	CHECK(memcmp(cut.rig.duties, alone.rig.duties, sizeof cut.rig.duties) == 0);
	CHECK(memcmp(cut.rig.motors, alone.rig.motors, sizeof cut.rig.motors) == 0);
	cool_health_t health = cool_device_health(&cut.device, cut.now);
	CHECK(health.connected);
	CHECK_EQ_INT(health.dropped, 0);
	CHECK(health.backlog <= 2);
	uint64_t made = cut.device.ring.next - 1;
	CHECK_EQ_INT(made - cut.through, 0);
	figure("day of cuts: cuts of the network", cuts, 17, 0);
	figure("day of cuts: samples made and stored", (double)cut.through, 4850, 100);
	figure("day of cuts: messages that the broker lost", cut.lost, 230, 60);
	figure("day of cuts: deliveries of a sample, mean", (double)cut.received / (double)cut.through, 1.06, 0.04);
	/* Alone it keeps a day at one a minute. */
	CHECK_EQ_INT(cool_device_health(&alone.device, alone.now).dropped, 0);
	figure("day alone: samples kept", (double)cool_device_health(&alone.device, alone.now).backlog, 1451, 2);
}

static void run(world_t *w, uint32_t seconds) {
	for (uint32_t i = 0; i < seconds * 1000 / LOOP_STEP_MS; i++)
		step(w);
}

/* The power goes for five minutes: the loop cools by its wiring, and the device comes back with what is desired of it. */
TEST(a_power_cut_keeps_what_is_desired) {
	static world_t w;
	static const char desired[] = "{\"epoch\":\"e1\",\"version\":7,\"interval_ms\":5000,\"critical_c\":44}";
	make(&w);
	join(&w, true);
	run(&w, 600);
	cool_device_message(&w.device, w.now, "coolant/loop/desired", 20, desired, sizeof desired - 1, true);
	run(&w, 10);
	CHECK_EQ_INT(cool_device_settings(&w.device)->version, 7);
	CHECK_NEAR(cool_device_settings(&w.device)->critical_c, 44, 0);

	join(&w, false);
	rig_release(&w.rig);
	for (int i = 0; i < 300 * 4; i++, w.now += LOOP_STEP_MS)
		rig_step(&w.rig, LOOP_STEP_MS, LOOP_MONDAY + w.now);
	CHECK_NEAR(w.rig.motors[RIG_PUMP].speed, 1, 0.01);
	CHECK_NEAR(w.rig.motors[RIG_FAN].speed, 1, 0.01);

	boot(&w, 2);
	CHECK_EQ_INT(cool_device_settings(&w.device)->version, 7);
	CHECK_EQ_INT(cool_device_settings(&w.device)->interval_ms, 5000);
	step(&w);
	CHECK_NEAR(w.rig.duties[RIG_PUMP], 100, 0); /* failsafe before anything else */
	CHECK_NEAR(w.rig.duties[RIG_FAN], 100, 0);
	run(&w, 600);
	CHECK(w.rig.duties[RIG_PUMP] < 60);
	CHECK_EQ_INT(cool_device_health(&w.device, w.now).fault, false);
	/* Without a network it has gone on taking samples. */
	CHECK(cool_device_health(&w.device, w.now).backlog >= 24);
}

/* What was desired is damaged in flash: the device goes by the board's own settings, which cool, and says so. */
TEST(a_damaged_flash_cools_by_the_boards_own_settings) {
	static world_t w;
	static const char desired[] = "{\"epoch\":\"e1\",\"version\":7,\"outputs\":[{\"name\":\"pump\",\"min_duty\":5,\"auto\":{\"input\":\"water\","
								  "\"curve\":{\"points\":[[20,5]]}}}]}";
	make(&w);
	join(&w, true);
	run(&w, 60);
	cool_device_message(&w.device, w.now, "coolant/loop/desired", 20, desired, sizeof desired - 1, true);
	run(&w, 10);
	CHECK_NEAR(cool_device_settings(&w.device)->outputs[RIG_PUMP].min_duty, 5, 0);
	w.flash[COOL_BLOB_DESIRED].data[w.flash[COOL_BLOB_DESIRED].len / 2] ^= 0x10;
	join(&w, false);
	boot(&w, 2);
	CHECK_NEAR(cool_device_settings(&w.device)->outputs[RIG_PUMP].min_duty, 40, 0);
	const cool_fault_t *lost = cool_faults_find(&w.device.regulator.faults, COOL_FAULT_SETTINGS_LOST);
	CHECK(lost != NULL && !lost->active); /* for a person to see */
	double hottest = 0, plate = 0;
	for (int i = 0; i < 10 * 3600 * 4; i++) { /* a morning */
		step(&w);
		hottest = w.rig.plant.state.water > hottest ? w.rig.plant.state.water : hottest;
		plate = w.rig.plant.state.host > plate ? w.rig.plant.state.host : plate;
	}
	printf("  damaged flash: water at most %.1f C, cold plate %.1f C\n", hottest, plate);
	CHECK(hottest < 35 && plate < 45);
}
