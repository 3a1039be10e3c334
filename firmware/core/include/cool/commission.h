/**
 * @file commission.h
 * The laws of the command `commission`: what is asked of the output that is tried, and what it turned out to be. They are pure: senses and
 * a time step in, a duty out; the same as Go's control.Commission, held together by contract/commission.json. Whether a trial may begin, and
 * what ends it from outside, is for the regulator (experiment.h).
 *
 * Both begin with rest, so that what is seen afterwards is this output's own: the duty is 0 until the tachometers that count have shown nothing for COOL_REST_MIN_MS,
 * at most COOL_REST_MAX_MS. Of a run all of them count, because all others rest as well; of a sweep only that of the output. The output "turns" where two measurements
 * in succession say at least COOL_TURNS_RPM, and "stands" where two say less: one stray pulse in a second is 15 to 60 rpm.
 *
 * Run: the duty for the seconds. The greatest speed of each tachometer and the greatest flow in that time are the result.
 *
 * Sweep:
 *  - rising: from COOL_SWEEP_STEP on, a step more every COOL_RISE_MS until it turns, so that a fan that needs some seconds to begin is blamed for
 *    a step or two. start_duty is two steps above, at most 100: a cold bearing needs more. Where it does not turn within COOL_FULL_MIN_MS at 100: failed.
 *  - full: 100 for COOL_FULL_MIN_MS, and on until the speed changes by less than 2 % within 2 s, at most COOL_FULL_MAX_MS. max_rpm is the greatest speed then.
 *  - falling: at start_duty for COOL_SETTLE_MS, then a step less every COOL_FALL_MS until it stands, or the duty is 0. stop_duty is a step above the least duty at
 *    which it turned to the end of its time, min_rpm its speed there. Above start_duty nothing is looked for: what starts there does not stand there.
 *  - An output that turns at the duty 0 cannot be stopped by its wire, as many pumps cannot: it is not made to rise or fall, start_duty and stop_duty are 0, and min_rpm is
 *    its speed at 0. Where the speed at 100 is not a tenth more than that, the wire does nothing: failed.
 *
 * A pump that runs dry: where a flow meter shows nothing for COOL_DRY_MS of running, or where there is none, nobody has said `filled`, and the pump has run for so
 * long without being done. Of a sweep the flow counts at full speed only, because little of it cannot be measured. Then the pump rests for COOL_DRY_REST_MS, so that
 * the loop can be filled, and after that the trial has failed.
 *
 * An output is asked for 0 for at most COOL_REST_MAX_MS before it is tried, and for as long at the end of a sweep. A run takes at most COOL_REST_MAX_MS more than its
 * seconds, a sweep at most COOL_SWEEP_MAX_MS; most take two minutes.
 */
#ifndef COOL_COMMISSION_H
#define COOL_COMMISSION_H

#include "cool/senses.h"
#include "cool/settings.h"
#include "cool/types.h"

enum {
	COOL_REST_MIN_MS = 2000,
	COOL_REST_MAX_MS = 15000,
	COOL_RISE_MS = 3000,
	COOL_FULL_MIN_MS = 6000,
	COOL_FULL_MAX_MS = 20000,
	COOL_SETTLE_MS = 10000,
	COOL_FALL_MS = 5000,
	COOL_DRY_MS = 5000,
	COOL_DRY_REST_MS = 600000,
	COOL_SWEEP_MAX_MS = 480000,
	COOL_SWEEP_STEP = 2, /**< percent */
	COOL_TURNS_RPM = 60, /**< what turns slower cools nothing */
};

/** What is tried. */
typedef enum {
	COOL_TEST_RUN,   /**< "run": one output alone for some seconds */
	COOL_TEST_SWEEP, /**< "sweep": its start point, its stop point, and its speeds */
} cool_test_t;

/** A trial, with what the law has to know of the device. */
typedef struct {
	cool_test_t test;
	int output;           /**< its index */
	double duty;          /**< of a run: percent, 0 to 100 */
	uint32_t seconds;     /**< of a run: 2 to 60 */
	bool filled;          /**< a person has seen water move */
	bool pump;            /**< the output is one */
	bool flow_meter;      /**< there is one */
	unsigned tachometers; /**< bit n: output n has one */
} cool_commissioning_cfg_t;

/** How it stands. */
typedef enum {
	COOL_COMMISSION_RUNNING,
	COOL_COMMISSION_DONE,
	COOL_COMMISSION_FAILED,  /**< reason says why */
	COOL_COMMISSION_RESTING, /**< it ran dry: the pump rests; then it has failed, with the same reason */
} cool_commissioning_state_t;

/** Where a trial is. */
typedef enum {
	COOL_PHASE_REST,
	COOL_PHASE_RUN, /**< of a run */
	COOL_PHASE_RISING,
	COOL_PHASE_FULL,
	COOL_PHASE_FALLING,
} cool_commissioning_phase_t;

/** A trial under way, and its result. */
typedef struct {
	cool_commissioning_cfg_t cfg;
	cool_commissioning_state_t state;
	cool_commissioning_phase_t phase;
	const char *reason; /**< why it failed, or rests; a constant; NULL: it did not */

	/* Of a run that is done. */
	double turned[COOL_MAX_OUTPUTS]; /**< the greatest speed of each tachometer */
	double flow_lpm;                 /**< the greatest flow, where there is a flow meter */

	/* Of a sweep that is done. */
	double start_duty, stop_duty; /**< percent; both 0: it cannot be stopped */
	double min_rpm, max_rpm;

	/* Its own. */
	double duty;       /**< asked for now */
	double rpm;        /**< of the output, as last measured */
	double least;      /**< the least duty at which it turned while falling; 0: none yet */
	double rest_rpm;   /**< at the duty 0; 0: it stood */
	double earlier;    /**< the speed 2 s ago, at full */
	uint32_t total_ms; /**< since it began */
	uint32_t phase_ms; /**< since the phase began */
	uint32_t step_ms;  /**< since the duty changed, or since `earlier` */
	uint32_t still_ms; /**< at rest: since something turned */
	uint32_t dry_ms;   /**< of running without flow, or without anybody who knows of water */
	int turns;         /**< measurements in succession that say that it turns; 2 is also more */
	int stands;        /**< and that it does not */
} cool_commissioning_t;

/** Why a trial cannot be begun with this device: a sweep needs a tachometer, and that of a pump a flow meter or `filled`. NULL: it can. */
const char *cool_commissioning_check(const cool_commissioning_cfg_t *cfg);

/** Begins a trial. It asks for 0 until the first step. */
void cool_commissioning_begin(cool_commissioning_t *c, const cool_commissioning_cfg_t *cfg);

/**
 * Advances by dt_ms, in which the output was driven by what cool_commissioning_duty said, and looks at what is sensed. After the end of a trial it changes
 * nothing.
 */
void cool_commissioning_step(cool_commissioning_t *c, const cool_senses_t *in, uint32_t dt_ms);

/** The duty of the output that is tried, 0 to 100 percent. It is to be driven as it is: without least duty, slew, skipped bands and spin-up. */
double cool_commissioning_duty(const cool_commissioning_t *c);

/** Whether it decides the output now: it runs, or the pump that ran dry rests. */
bool cool_commissioning_active(const cool_commissioning_t *c);

/** Whether all other pumps and fans are to rest now: as long as a run lasts. */
bool cool_commissioning_alone(const cool_commissioning_t *c);

/** The word of `reported` for the phase of a sweep that runs: "resting", "rising", "full" or "falling"; "" where none is told. */
const char *cool_commissioning_phase_word(const cool_commissioning_t *c);

#endif
