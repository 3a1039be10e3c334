/**
 * @file experiments.h
 * What the regulator and its claims ask its experiment. Private to the core; cool/experiment.h says what there is.
 */
#ifndef COOL_SRC_EXPERIMENTS_H
#define COOL_SRC_EXPERIMENTS_H

#include "claims.h"

/** Whether an experiment decides output i, unless something stronger does: it is the one that is tried, or rests for it. */
bool cool_experiment_holds(const cool_regulator_t *r, int i);

/** Whether the law of output i waits meanwhile: what it saw would not be its doing. Where others go on by its demand it does not wait. */
bool cool_experiment_pauses(const cool_regulator_t *r, int i);

/** What it then asks for. */
cool_claim_t cool_experiment_claim(const cool_regulator_t *r, int i);

/** Whether a law looks at the tachometer of output i itself: that it stands is no stall. Of a run that is all of them, since all but one rest. */
bool cool_experiment_tries(const cool_regulator_t *r, int i);

/** Whether the law looks at the flow itself: that there is none claims nothing. */
bool cool_experiment_sees_flow(const cool_regulator_t *r);

/** Whether an autotune is active: then it sets the demand of its output, where that leads others. */
bool cool_experiment_tunes(const cool_regulator_t *r);

/** Ends the experiment where something stronger wants to decide, and advances it otherwise. */
void cool_experiment_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms);

/** Ends one that runs, or a pump's rest, from outside. */
void cool_experiment_end(cool_regulator_t *r, cool_experiment_state_t state, const char *reason);

/** Puts "name: what" together; returns false. */
bool cool_experiment_because(char reason[COOL_REASON_SIZE], const char *name, const char *what);

/** Whether an override of output i holds, by the clock of the last step. */
bool cool_experiment_overridden(const cool_regulator_t *r, int i);

/** The index of the output, if it may be tried, as far as concerns every experiment; -1 with the reason otherwise. */
int cool_experiment_may_try(const cool_regulator_t *r, const char *output, char reason[COOL_REASON_SIZE]);

/** Begins an experiment of a kind with output i, unless something stronger speaks against it now; e has its law and nothing else, and is used up. Returns false with the reason. */
bool cool_experiment_begin(cool_regulator_t *r, cool_experiment_t *e, cool_experiment_kind_t kind, int i, char reason[COOL_REASON_SIZE]);

#endif
