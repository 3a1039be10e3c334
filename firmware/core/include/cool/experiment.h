/**
 * @file experiment.h
 * Experiments: what the regulator does with one output for a while because a person asked for it. contract/README.md ("Experiments") has the rules, ADR 13
 * the reasons. There is one at a time; it changes no setting, and a restart forgets it.
 *
 * `autotune` (tune.h) finds gains, `run` and `sweep` (commission.h) what an output is. Here is what they have in common: what is asked, what is told, and
 * when one ends. cool_regulator_autotune, cool_regulator_commission and cool_regulator_abort (regulator.h) begin and end one; the regulator's step does the rest.
 */
#ifndef COOL_EXPERIMENT_H
#define COOL_EXPERIMENT_H

#include "cool/commission.h"
#include "cool/settings.h"
#include "cool/tune.h"
#include "cool/types.h"

/** Limits of the contract. */
enum {
	COOL_EXPERIMENT_BELOW_K = 5,  /**< so far below critical every experiment ends */
	COOL_COMMISSION_BELOW_K = 10, /**< and so far below it a `commission` has to begin */
	COOL_TUNE_BELOW_K = 6,        /**< and at least so far below it a setpoint of the water has to be, which swings */
};

/** What is tried. */
typedef enum {
	COOL_NO_EXPERIMENT,
	COOL_AUTOTUNE, /**< "autotune" */
	COOL_RUN,      /**< "run" */
	COOL_SWEEP,    /**< "sweep" */
} cool_experiment_kind_t;

/** The word of `reported` for a kind. */
const char *cool_experiment_word(cool_experiment_kind_t kind);

/** How far it is. */
typedef enum {
	COOL_EXPERIMENT_RUNNING, /**< "running" */
	COOL_EXPERIMENT_DONE,    /**< "done" */
	COOL_EXPERIMENT_FAILED,  /**< "failed", with a reason */
	COOL_EXPERIMENT_ABORTED, /**< "aborted", with a reason */
	COOL_EXPERIMENT_RESTING, /**< "resting", with a reason: a pump that ran dry rests */
} cool_experiment_state_t;

/** The word of `reported` for a state. */
const char *cool_experiment_state_word(cool_experiment_state_t state);

/** What a run found: who turned. */
typedef struct {
	struct {
		char output[COOL_NAME_SIZE];
		double rpm;             /**< the greatest */
	} turned[COOL_MAX_OUTPUTS]; /**< outputs with a tachometer */
	int turned_count;
	bool metered; /**< there is a flow meter, and flow_lpm is what it said at most */
	double flow_lpm;
} cool_ran_t;

/** What a sweep found. */
typedef struct {
	double start_duty, stop_duty; /**< percent: where it began to turn, and where it stood still again */
	double min_rpm, max_rpm;      /**< the slowest that it turned steadily, and at full duty */
} cool_swept_t;

/** What is told of the last experiment of this boot. */
typedef struct {
	cool_experiment_kind_t kind; /**< COOL_NO_EXPERIMENT: there was none, and the rest says nothing */
	cool_experiment_state_t state;
	char output[COOL_NAME_SIZE];
	char reason[COOL_REASON_SIZE]; /**< of one that failed, was aborted, or rests; "" otherwise */
	const char *phase;             /**< the contract's word while it runs; "" where there is none */
	uint32_t cycles;               /**< of an autotune: complete ones so far */
	cool_tuned_t tuned;            /**< of an autotune that is done */
	cool_ran_t ran;                /**< of a run that is done */
	cool_swept_t swept;            /**< of a sweep that is done */
} cool_experiment_report_t;

/** The regulator's experiment, with what it keeps of the last one. */
typedef struct {
	cool_experiment_report_t report;
	int output;                 /**< the index of the one that is tried */
	bool stepped;               /**< the law has seen a step; the first one was not driven by it */
	cool_commissioning_t trial; /**< of a run and a sweep */
	cool_tune_t tune;           /**< of an autotune */
} cool_experiment_t;

#endif
