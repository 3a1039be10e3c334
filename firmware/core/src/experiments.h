/**
 * @file experiments.h
 * What the regulator and its claims ask its experiment. Private to the core; cool/experiment.h says what there is.
 */
#ifndef COOL_SRC_EXPERIMENTS_H
#define COOL_SRC_EXPERIMENTS_H

#include "claims.h"

/** Whether an experiment decides output i, unless something stronger does: it is the one that is tried, or rests for it. */
bool cool_experiment_holds(const cool_regulator_t *r, int i);

/** What it then asks for. */
cool_claim_t cool_experiment_claim(const cool_regulator_t *r, int i);

/** Whether output i is tried by a law that looks at its tachometer itself: that it stands is no stall. */
bool cool_experiment_tries(const cool_regulator_t *r, int i);

/** Whether the law looks at the flow itself: that there is none claims nothing. */
bool cool_experiment_sees_flow(const cool_regulator_t *r);

/** Ends the experiment where something stronger wants to decide, and advances it otherwise. */
void cool_experiment_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms);

/** Ends one that runs, or a pump's rest, from outside. */
void cool_experiment_end(cool_regulator_t *r, cool_experiment_state_t state, const char *reason);

#endif
