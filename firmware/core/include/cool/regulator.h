/**
 * @file regulator.h
 * The fast loop: from what the device senses to the duty of each output. It is pure: senses and
 * a time step in, drives out. It knows no network, and goes on whatever happens there.
 *
 * The claims of the design, strongest first, for each output by itself:
 *  1. leak: pumps and chillers off at once, fans full, until it is cleared.
 *  2. chiller interlock: a chiller is off unless everything in chiller.c is proven. Nothing but its automatic part and an override turns one on:
 *     full cooling, in what follows, means pumps and fans, since a chiller at full can make parts drip.
 *  3. over-temperature of any probe on the water side: full, overrides cancelled; until that probe says that it is cooler by COOL_RELEASE_K, while
 *     no pump stands still: beside standing water a probe cools without the water in the cold plate doing so.
 *  4. input failsafe, or boot: the input of the output is lost (probes.h), or has not been read yet, or probes on the water side contradict each
 *     other (then not less than the automatic part asks for: one of them is right).
 *  5. stall: something with a tachometer does not turn (stall.h), or the flow meter stands still while a pump is told to run: full.
 *  6. no heat transfer (hazards.h): full.
 *  7. an experiment (experiment.h), which each of the claims above ends. 8. override. 9. standby, or auto. Fans do not rest while a chiller is wanted.
 * A buzzer sounds while a critical fault is active, unless an override says otherwise. Critical are all faults but a fan's stall, a stuck probe, the
 * interlock, and lost settings.
 */
#ifndef COOL_REGULATOR_H
#define COOL_REGULATOR_H

#include "cool/commission.h"
#include "cool/curve.h"
#include "cool/experiment.h"
#include "cool/faults.h"
#include "cool/hazards.h"
#include "cool/motor.h"
#include "cool/pi.h"
#include "cool/probes.h"
#include "cool/senses.h"
#include "cool/settings.h"
#include "cool/stall.h"
#include "cool/standby.h"
#include "cool/types.h"

/** Who decides an output. The words are those of `reported`. */
typedef enum {
	COOL_BY_BOOT,        /**< "boot": nothing is known yet; failsafe */
	COOL_BY_LEAK,        /**< "leak" */
	COOL_BY_INTERLOCK,   /**< "chiller_interlock" */
	COOL_BY_OVER_TEMP,   /**< "over_temperature" */
	COOL_BY_FAILSAFE,    /**< "input_failsafe" */
	COOL_BY_STALL,       /**< "stall" */
	COOL_BY_NO_TRANSFER, /**< "no_heat_transfer" */
	COOL_BY_TUNE,        /**< "autotune" */
	COOL_BY_COMMISSION,  /**< "commissioning": it is tried, or rests while another one is */
	COOL_BY_OVERRIDE,    /**< "override" */
	COOL_BY_STANDBY,     /**< "standby": the automatic part rests */
	COOL_BY_AUTO,        /**< "auto" */
} cool_by_t;

/** The word of `reported` for a claim. */
const char *cool_by_word(cool_by_t by);

/** What an output is to do. */
typedef struct {
	double duty; /**< percent at the motor, 0 to 100, after spin-up, slew and skipped bands */
	cool_by_t by;
	bool supervised; /**< a tachometer or a flow meter would notice if it stood still */
	uint32_t cycles; /**< of a COOL_SWITCH: how often it went on since the start */
} cool_drive_t;

/** What is kept for each output. */
typedef struct {
	cool_curve_t curve;
	cool_pi_t pi;
	cool_law_out_t demand; /**< of one that leads: what its PI asks for, in percent of demand (share.h) */
	cool_law_out_t law;    /**< what the automatic part asks for now */
	cool_motor_t motor;
	cool_stall_t stall;
	bool cancelled; /**< its override was cancelled */
} cool_output_t;

/** A value that a part measures now and then. */
typedef struct {
	double value;
	uint32_t age_ms;
	bool known; /**< it was measured since the start */
} cool_measured_t;

/** The regulator's state. Its members are its own; the size is fixed, so that it can be static. */
typedef struct {
	cool_settings_t settings; /**< the laws' bounds are filled in from their outputs' */
	cool_board_t board;
	cool_drive_t drives[COOL_MAX_OUTPUTS];
	cool_faults_t faults;
	cool_probes_t probes;
	cool_hazards_t hazards;
	cool_standby_t standby;
	cool_output_t outputs[COOL_MAX_OUTPUTS];
	cool_measured_t flow, rh, air; /**< L/min; percent and C of the air near the chilled parts */
	cool_lasting_t dry;            /**< no flow while a pump should run */
	cool_lasting_t blocked;        /**< a chiller is wanted and not allowed to run */
	bool started;                  /**< a step was taken */
	cool_experiment_t experiment;
	bool clock_valid; /**< of the last step */
	int64_t unix_ms;
} cool_regulator_t;

/**
 * Makes a regulator that has seen nothing: every pump and fan at its failsafe duty, claimed by "boot"; chillers off, claimed by
 * their interlock, buzzers silent.
 * settings must have passed cool_settings_check.
 */
void cool_regulator_init(cool_regulator_t *r, const cool_settings_t *settings, const cool_board_t *board);

/**
 * Takes other settings while it runs. Latched faults, stall counters and the duty in effect of outputs
 * with the same name stay; laws start from the duty in effect, without a jump. Settings that differ in
 * overrides only disturb nothing else.
 */
void cool_regulator_apply(cool_regulator_t *r, const cool_settings_t *settings);

/**
 * Advances by dt_ms (0 to 60000; more counts as 60000) and decides every output. Call it at least
 * once a second; four times a second lets a leak act within 0.75 s. The result is in r->drives, by the index of
 * the output, until the next call.
 */
void cool_regulator_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms);

/**
 * Clears a latched fault whose cause is gone. occurrence 0 means whichever there is. Returns false with
 * the reason if there is no such fault, if the occurrence is another one, or if its cause is still there.
 */
bool cool_regulator_clear(cool_regulator_t *r, const char *fault, uint32_t occurrence, char reason[COOL_REASON_SIZE]);

/**
 * The metrics of a sample as they are now: each role's temperature, `<output>_rpm` and `<output>_duty`,
 * `flow_lpm`, `ambient_rh`. What has no trustworthy value is there with its quality: a probe that is configured and not found does not vanish. Returns how many there are, at most COOL_MAX_METRICS.
 */
int cool_regulator_metrics(const cool_regulator_t *r, cool_metric_t out[COOL_MAX_METRICS]);

/** A leak was latched before the start, and nobody has cleared it. */
void cool_regulator_leaked(cool_regulator_t *r);

/** Whether a leak is latched. */
bool cool_regulator_leak(const cool_regulator_t *r);

/** The outputs whose override was cancelled, a bit each by their index: by over-temperature, or because it ends too far ahead. */
uint32_t cool_regulator_cancelled(const cool_regulator_t *r);

/** Overrides of these outputs, a bit each, were cancelled before the start: what safety ended does not begin again by a restart. */
void cool_regulator_cancel(cool_regulator_t *r, uint32_t outputs);

/** Notes a fault that something else found, such as COOL_FAULT_SETTINGS_LOST: latched, and over already. */
void cool_regulator_event(cool_regulator_t *r, const char *fault);

/** The role that a probe feeds; "" for a probe that has none. */
const char *cool_regulator_role(const cool_regulator_t *r, uint64_t rom);

/** Whether a critical fault is present, for the buzzer and the LED. */
bool cool_regulator_critical(const cool_regulator_t *r);

/**
 * Begins an experiment in the next step. Returns false with the reason, and begins nothing, where the output is unknown or of another kind than is needed, where an override of it
 * holds by the clock of the last step, where an experiment runs already, while a critical fault is active, and while the input or (`commission`) the water is not known
 * or is too warm. What the last experiment left to report is forgotten with the begin of the next one. A pump that rests because it ran dry does not stand in the way.
 *
 * `autotune`: setpoint (C, or K where the input is a difference; -20 to below 60) is NULL for that of the output's PI; minutes is 10 to 120. It is refused, too, for a switch, for an
 * output that follows another one or leads one that is overridden, without a setpoint, and where least and full cooling, or setpoint and critical, are too near to each other.
 * `commission`: of ask the test, duty, seconds and filled say what is wanted; the rest is filled in.
 */
bool cool_regulator_autotune(cool_regulator_t *r, const char *output, const double *setpoint, uint32_t minutes, char reason[COOL_REASON_SIZE]);
bool cool_regulator_commission(cool_regulator_t *r, const char *output, const cool_commissioning_cfg_t *ask, char reason[COOL_REASON_SIZE]);

/** Ends an experiment that runs, or the rest of a pump that ran dry. Returns false with the reason where there is none. */
bool cool_regulator_abort(cool_regulator_t *r, char reason[COOL_REASON_SIZE]);

/** What is to be told of the last experiment of this boot; its kind is COOL_NO_EXPERIMENT where there was none. Valid until the next call that changes r. */
const cool_experiment_report_t *cool_regulator_experiment(const cool_regulator_t *r);

/** Whether any probe has given a good reading since the start. */
bool cool_regulator_sensed(const cool_regulator_t *r);

#endif
