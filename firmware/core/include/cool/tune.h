/**
 * @file tune.h
 * The law of the command `autotune`: a relay experiment that finds gains for a PI. It is pure: a value and a time step in, a duty (or, where work is shared, a
 * demand) out; the same as Go's control.Tune, held together by contract/tune.json. Whether one may begin, and what ends it from outside, is for the
 * regulator (experiment.h).
 *
 * Relay (Astrom and Hagglund, "Automatic tuning of simple regulators", Automatica 20, 1984; "Advanced PID Control", ISA 2006): least cooling until the value is COOL_TUNE_HYSTERESIS_K above the
 * setpoint, then full cooling until it is as far below, and so on. The hysteresis is more than two steps of a DS18B20 at 12 bits (0.0625 K), so that its noise switches nothing.
 *  - approaching: full or least cooling, whichever leads to the setpoint, until the value has crossed it. heating, cooling: from then on.
 *  - It has failed when a phase takes half of the time, when the value is further than COOL_TUNE_STRAY_K from the setpoint once it has been there, and when the time is up.
 *  - A cycle is two phases that follow each other. The first is left out, because the loop comes from somewhere else. It is done when COOL_TUNE_ALIKE cycles in succession
 *    are alike: gains and lengths of phases within a factor of COOL_TUNE_LIKENESS of each other, lengths COOL_TUNE_SLACK_S more. A load that changes makes them unlike.
 *
 * Model: near the setpoint the water is an integrator with a delay (its own time constant is many minutes, a phase one or two): dv/dt = w - k u(t - theta), with w the warming by
 * the host, k the gain (K per second per percent) and theta the effective delay, which is the sum of all lags: probe, fan, cold plate. Each phase gives a straight line by least squares,
 * of the values from where they have come COOL_TUNE_LEAVE_K from their turning point to the next switch; the steps of the probe average out. With a the slope upward in K/s, b downward, and Full and Least
 *
 *     k = (a + b) / (Full - Least)                           whatever the host's heat is
 *     theta = time from a switch to where the lines before and after it meet, the mean of all; COOL_TUNE_LEAST_DELAY_S at least
 *
 * Gains: SIMC (Skogestad, "Simple analytic rules for model reduction and PID controller tuning", J. Process Control 13, 2003) for an integrating process with tau_c = theta has Kp = 1 / (2 k theta)
 * and Ti = 8 theta. Of a water loop Kp would be some hundred percent per K, and one step of the probe would be heard. So
 *
 *     Kp = min(1 / (2 k T), 100)                             T = theta + COOL_TUNE_AVERAGE_S
 *     x = k Kp T                                             1/2 where the delay bounds Kp, less where 100 does
 *     Ti = (COOL_TUNE_SWIFT + COOL_TUNE_CALM x x) / (k Kp)   x = 1/2: 4 / (k Kp) = 8 T, as SIMC has it
 *
 * With Ti = 4 / (k Kp) for a small x, too, the loop would be right but slow: the integral would take many minutes after a change of the heat. An integrator with PI and delay keeps a margin of phase of 34 degrees
 * or more along this rule; the loop's own time constant adds to it. The deadband is COOL_TUNE_DEADBAND_K.
 *
 * settle_s: the model with its delay as a lag, and the law of pi.h, are stepped once through a change of the heat from a quarter to three quarters of what the output can hold; it is
 * how long the value is further than 0.25 K from the setpoint then; 0 where it never is.
 */
#ifndef COOL_TUNE_H
#define COOL_TUNE_H

#include "cool/types.h"

enum {
	COOL_TUNE_STRAY_K = 4,
	COOL_TUNE_ALIKE = 3,         /**< cycles */
	COOL_TUNE_SLACK_S = 5,       /**< seconds */
	COOL_TUNE_LEAST_DELAY_S = 5, /**< the steps of the probe and the own time constant of the loop make a short one look some seconds shorter */
	COOL_TUNE_AVERAGE_S = 5,     /**< half of the longest average of a PI with a deadband (pi.h), by the half rule of SIMC */
	COOL_TUNE_APART = 20,        /**< percent that full cooling is more than least */
};

#define COOL_TUNE_HYSTERESIS_K 0.16
#define COOL_TUNE_LEAVE_K 0.1
#define COOL_TUNE_LIKENESS 1.25
#define COOL_TUNE_DEADBAND_K 0.1
#define COOL_TUNE_SWIFT 0.5
#define COOL_TUNE_CALM 14.0

/** What an autotune found. */
typedef struct {
	double setpoint, kp, ti_s, deadband_k; /**< the PI; settings.h has the units */
	double delay_s;                        /**< effective delay, s */
	double gain;                           /**< K per second per percent */
	double swing_k;                        /**< from crest to trough of the value in the last cycles, K */
	double settle_s;                       /**< expected time back within 0.25 K after a step of the heat, s */
} cool_tuned_t;

/** A relay experiment. */
typedef struct {
	double setpoint;    /**< of the value that is looked at; C, or K for a difference */
	double least, full; /**< percent of duty or of demand; full is at least COOL_TUNE_APART more */
	uint32_t time_ms;   /**< after it the experiment has failed; 10 to 120 min */
} cool_tune_cfg_t;

/** How it stands. */
typedef enum {
	COOL_TUNE_RUNNING,
	COOL_TUNE_DONE,
	COOL_TUNE_FAILED, /**< reason says why */
} cool_tune_state_t;

/** Where it is. */
typedef enum {
	COOL_TUNE_APPROACHING,
	COOL_TUNE_HEATING, /**< least cooling */
	COOL_TUNE_COOLING, /**< full cooling */
} cool_tune_phase_t;

/** A phase: where the value turned, and the line on which it then came. Values are counted in the direction in which the phase leads. */
typedef struct {
	double length_s; /**< 0 until the end */
	double lowest;   /**< K, the turning point */
	double slope;    /**< K/s; 0 where there is no line */
	double before;   /**< K, the line at the begin of the phase */
	double after;    /**< K, and at its end */
	bool seen, turned;
	double w, st, sv, stt, stv; /**< sums: weight, time, value, time squared, time by value */
} cool_flank_t;

/** A cycle. */
typedef struct {
	double length_s[2]; /**< of its phases */
	double delay_s[2];  /**< at the begin of each */
	double gain[2];     /**< K per second per percent, by each and the phase before it */
	double swing_k;
	bool ok; /**< every phase had a line */
} cool_tune_cycle_t;

/** An experiment under way, and its result. */
typedef struct {
	cool_tune_cfg_t cfg;
	cool_tune_state_t state;
	cool_tune_phase_t phase;
	const char *reason; /**< why it failed; a constant; NULL: it did not */
	cool_tuned_t tuned; /**< once it is done */

	/* Its own. */
	bool least;        /**< least cooling is asked for */
	bool begun;        /**< the first value was seen */
	bool whole;        /**< the phase began with a switch, so that it counts */
	uint32_t total_ms; /**< since it began */
	uint32_t phase_ms; /**< since the phase began */
	double value;      /**< K, the last one that was a number, less the setpoint */
	cool_flank_t last; /**< the phase before */
	cool_flank_t now;
	uint32_t halves; /**< phases that were complete */
	cool_tune_cycle_t cycle;
	cool_tune_cycle_t cycles[COOL_TUNE_ALIKE]; /**< the last complete ones */
} cool_tune_t;

/** Begins an experiment. It asks for full cooling until the first step. */
void cool_tune_begin(cool_tune_t *t, const cool_tune_cfg_t *cfg);

/** Advances by dt_ms, in which cool_tune_duty was done, and looks at the value that was reached; what is not a number counts as the value before. After the end it changes nothing. */
void cool_tune_step(cool_tune_t *t, double value, uint32_t dt_ms);

/** What is to be done now, in percent: full or least cooling. It is to be done at once, without slew. */
double cool_tune_duty(const cool_tune_t *t);

/** How many cycles are complete so far. */
uint32_t cool_tune_cycles(const cool_tune_t *t);

/** The word of `reported` for the phase while it runs: "approaching", "heating" or "cooling"; "" after that. */
const char *cool_tune_phase_word(const cool_tune_t *t);

/** What is known of the loop makes gains: tuned has setpoint, delay and gain; by is how far full cooling is from least, in percent. */
void cool_tune_gains(cool_tuned_t *tuned, double by);

#endif
