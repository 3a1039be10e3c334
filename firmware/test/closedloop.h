/**
 * @file closedloop.h
 * The regulator on the simulated loop of firmware/host, in virtual time, and the figures of how it does. For *_hosttest.c.
 */
#ifndef COOL_TEST_CLOSEDLOOP_H
#define COOL_TEST_CLOSEDLOOP_H

#include "cool/regulator.h"
#include "mishap.h"
#include "rig.h"

/** Monday 2025-11-24 00:00 UTC in Unix milliseconds: the day of internal/sim's figures. */
#define LOOP_MONDAY 1763942400000LL

enum { LOOP_STEP_MS = 250 };

/** A regulator on a loop. Make it static and call loop_init. */
typedef struct loop {
	rig_t rig;
	cool_settings_t settings; /**< change them before loop_start */
	cool_regulator_t reg;
	int64_t unix_ms;
	uint64_t seed;  /**< of the workday */
	double heat;    /**< W; negative: the workday's */
	double ambient; /**< C, unless the day's or the recording's is used */
	enum { LOOP_CONSTANT_ROOM, LOOP_WORKDAY_ROOM, LOOP_RECORDED_ROOM } room;
	mishaps_t mishaps; /**< their times count from loop_start */
	int64_t started_ms;
} loop_t;

/** A loop with the board's own settings, a constant room of 22 C and a workday's heat, at a time. */
void loop_init(loop_t *l, uint64_t seed, int64_t unix_ms);

/** Starts the regulator. */
void loop_start(loop_t *l);

/** Plans a fault; a text that is none fails the test. */
void loop_plan(loop_t *l, const char *fault);

/** Advances by one step of LOOP_STEP_MS. */
void loop_step(loop_t *l);

/** Advances by so many seconds. */
void loop_run(loop_t *l, double seconds);

/** A metric as the device would report it; its quality is COOL_STALE where there is none. */
cool_reading_t loop_metric(const loop_t *l, const char *name);

/** The duty of the pump or the fan: RIG_PUMP or RIG_FAN. */
double loop_duty(const loop_t *l, int motor);
/** Who decides it. */
const char *loop_by(const loop_t *l, int motor);

/** Whether a fault is latched, and whether it is active. */
bool loop_fault(const loop_t *l, const char *name, bool *active);

/** The recorded room's temperature so many milliseconds after its start, and how long the recording is. */
double recorded_room(int64_t after_ms);
int64_t recorded_room_ms(void);

/** A figure: its name, what came out, what is stored, and how far it may be away. Prints a line and checks it. */
void figure(const char *name, double got, double want, double tolerance);

#endif
