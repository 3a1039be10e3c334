/**
 * @file loop_util.h
 * A loop for tests of the regulator: probes with scratchpads, motors that turn as they are told, and what can go wrong with them.
 */
#ifndef COOL_LOOP_UTIL_H
#define COOL_LOOP_UTIL_H

#include "cool/regulator.h"

/** Writes the scratchpad of a healthy DS18B20 at 12 bits. */
void loop_scratchpad(uint8_t pad[9], double celsius);

/** A ROM id with a checksum that fits; n tells them apart. */
uint64_t loop_rom(int n);

/** A board whose pins 0 to 31 can do everything. */
cool_board_t loop_board(void);

enum { LOOP_PUMP, LOOP_FAN, LOOP_CHILLER, LOOP_BUZZER };

/** The loop. Change s before loop_begin, and the rest at any time. */
typedef struct {
	cool_settings_t s;
	cool_board_t b;
	cool_regulator_t r;
	cool_senses_t in;
	double celsius[COOL_MAX_PROBES]; /**< of the probes water, ambient, outlet, and further ones */
	bool broken[COOL_MAX_PROBES];    /**< its checksum is wrong */
	bool absent[COOL_MAX_PROBES];    /**< it is not found */
	bool held[COOL_MAX_OUTPUTS];     /**< its rotor is held */
	bool no_tacho;                   /**< no tachometer is measured any more */
} loop_t;

/** Settings with a pump, a fan, a chiller and a buzzer (all but the buzzer with tachometers), and the probes water, ambient and outlet at 28, 22 and 28.5 C. */
void loop_init(loop_t *l);

/** What breaks the settings of a loop, and what cool_settings_check says of that. */
typedef struct {
	void (*change)(cool_settings_t *, cool_board_t *);
	const char *says;
} loop_mistake_t;

/** Checks that each mistake, by itself, is refused in just these words. */
void loop_refused(const loop_mistake_t *mistakes, size_t count);

/** Checks the settings and makes the regulator. */
void loop_begin(loop_t *l);

/** One step. */
void loop_step(loop_t *l, uint32_t dt_ms);

/** Steps of 250 ms for so long. */
void loop_run(loop_t *l, uint32_t ms);

/** The word of who decides an output. */
const char *loop_by(const loop_t *l, int output);

/** The duty of an output. */
double loop_duty(const loop_t *l, int output);

/** Whether a fault is latched, and whether it is active. */
bool loop_latched(const loop_t *l, const char *fault);
bool loop_active(const loop_t *l, const char *fault);

/** Takes the settings l->s over while it runs. */
void loop_apply(loop_t *l);

#endif
