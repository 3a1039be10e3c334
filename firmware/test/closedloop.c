#include "closedloop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "workday.h"

/**
 * A morning in a heated room, from a recording of the article's system: the temperature of its probe on 2023-12-08 from 02:52 on, every
 * tenth minute (697 lines of one a minute in the original). The loop's water stood within a degree of its room then, so it serves as the
 * temperature of a real room: a heating that sets in at 03:40 and at 06:10, and a window.
 */
static const double room[] = {
	16.3750,
	16.3750,
	16.3750,
	16.3125,
	16.3750,
	16.7500,
	17.1250,
	17.2500,
	17.3750,
	17.4375,
	17.5000,
	17.5000,
	17.5625,
	17.6250,
	17.6875,
	17.6875,
	17.6250,
	17.5625,
	17.5625,
	17.5000,
	18.0625,
	18.8750,
	19.6875,
	20.5000,
	21.1250,
	21.3750,
	21.5000,
	21.5000,
	20.8125,
	20.1875,
	20.5000,
	21.3750,
	21.6250,
	21.3125,
	21.3750,
	21.5000,
	21.4375,
	21.5000,
	21.3125,
	21.3125,
	21.3125,
	21.3125,
	21.3125,
	21.3750,
	21.5625,
	21.6250,
	21.6875,
	21.7500,
	21.8125,
	21.7500,
	21.6875,
	21.5000,
	21.3125,
	21.2500,
	21.1875,
	21.1875,
	21.1250,
	20.8750,
	20.5000,
	20.1875,
	20.1250,
	20.1875,
	20.1875,
	19.9375,
	19.8125,
	19.8125,
	19.8125,
	19.8750,
	20.1250,
	20.1875,
};

enum { ROOM_STEP_MS = 10 * 60 * 1000, ROOM_POINTS = sizeof room / sizeof room[0] };

int64_t recorded_room_ms(void) { return (int64_t)(ROOM_POINTS - 1) * ROOM_STEP_MS; }

double recorded_room(int64_t after_ms) {
	if (after_ms <= 0) return room[0];
	if (after_ms >= recorded_room_ms()) return room[ROOM_POINTS - 1];
	int64_t i = after_ms / ROOM_STEP_MS;
	double part = (double)(after_ms % ROOM_STEP_MS) / ROOM_STEP_MS;
	return room[i] + part * (room[i + 1] - room[i]);
}

static rig_weather_t weather(void *ctx, int64_t unix_ms) {
	const loop_t *l = ctx;
	rig_weather_t w = {.heat = l->heat, .ambient = l->ambient};
	if (l->heat < 0) w.heat = workday_heat(l->seed, unix_ms / 1000, 0);
	if (l->room == LOOP_WORKDAY_ROOM)
		w.ambient = workday_ambient(l->seed, unix_ms / 1000, 0);
	else if (l->room == LOOP_RECORDED_ROOM)
		w.ambient = recorded_room(unix_ms - l->started_ms);
	return w;
}

void loop_init(loop_t *l, uint64_t seed, int64_t unix_ms) {
	memset(l, 0, sizeof *l);
	l->unix_ms = l->started_ms = unix_ms;
	l->seed = seed;
	l->heat = -1;
	l->ambient = 22;
	rig_init(&l->rig, seed, weather, l, unix_ms);
	rig_settings(&l->rig, 10000, &l->settings);
}

void loop_start(loop_t *l) {
	cool_board_t board = rig_board();
	char reason[COOL_REASON_SIZE];
	if (!CHECK(cool_settings_check(&l->settings, &board, reason))) printf("settings: %s\n", reason);
	l->started_ms = l->unix_ms;
	double ambient = weather(l, l->unix_ms).ambient;
	l->rig.plant.state = (plant_state_t){ambient, ambient};
	l->rig.drive.ambient = ambient;
	cool_regulator_init(&l->reg, &l->settings, &board);
}

void loop_plan(loop_t *l, const char *fault) {
	char why[256] = "";
	if (!CHECK(mishaps_add(&l->mishaps, fault, why, sizeof why))) printf("%s\n", why);
}

void loop_step(loop_t *l) {
	l->unix_ms += LOOP_STEP_MS;
	rig_mishaps(&l->rig, &l->mishaps, l->unix_ms - l->started_ms);
	rig_step(&l->rig, LOOP_STEP_MS, l->unix_ms);
	cool_senses_t in = *rig_senses(&l->rig, &l->reg.settings);
	in.clock_valid = true;
	in.unix_ms = l->unix_ms;
	cool_regulator_step(&l->reg, &in, LOOP_STEP_MS);
	rig_drive(&l->rig, &l->reg.settings, l->reg.drives);
}

void loop_run(loop_t *l, double seconds) {
	for (long n = lround(seconds * 1000 / LOOP_STEP_MS); n > 0; n--)
		loop_step(l);
}

cool_reading_t loop_metric(const loop_t *l, const char *name) {
	cool_metric_t all[COOL_MAX_METRICS];
	int count = cool_regulator_metrics(&l->reg, all);
	for (int i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0) return all[i].reading;
	return (cool_reading_t){0, COOL_STALE};
}

double loop_duty(const loop_t *l, int motor) { return l->rig.duties[motor]; }

const char *loop_by(const loop_t *l, int motor) { return cool_by_word(l->reg.drives[motor].by); }

bool loop_fault(const loop_t *l, const char *name, bool *active) {
	const cool_fault_t *f = cool_faults_find(&l->reg.faults, name);
	*active = f && f->active;
	return f != NULL;
}

void figure(const char *name, double got, double want, double tolerance) {
	printf("  %-58s %10.3f  (stored %.3f within %.3f)\n", name, got, want, tolerance);
	test_in(name);
	CHECK_NEAR(got, want, tolerance);
	test_in(NULL);
}
