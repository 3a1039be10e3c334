/**
 * @file claims.h
 * Who decides an output, and what it then asks for. Private to the core; regulator.h has the order.
 */
#ifndef COOL_SRC_CLAIMS_H
#define COOL_SRC_CLAIMS_H

#include "cool/regulator.h"

/** What concerns all outputs in a step. */
typedef struct {
	const cool_senses_t *in;
	bool stalled;                     /**< something that should turn or flow does not */
	bool resting;                     /**< standby */
	bool chilling;                    /**< a chiller is wanted, so fans do not rest */
	bool may_chill[COOL_MAX_OUTPUTS]; /**< a chiller may run */
	bool critical;                    /**< a critical fault is active */
} cool_scene_t;

/** A decision. */
typedef struct {
	cool_by_t by;
	cool_ask_t ask;
} cool_claim_t;

/** How the input of an automatic part is. */
typedef enum {
	COOL_INPUT_KNOWN,
	COOL_INPUT_NOT_YET, /**< nothing has been read since the start, and that is not long ago */
	COOL_INPUT_LOST,
} cool_input_state_t;

/** The input of an output now; value is set where it is known. */
cool_input_state_t cool_input_state(const cool_regulator_t *r, int i, double *value);

/** Decides output i. */
cool_claim_t cool_claim(cool_regulator_t *r, const cool_scene_t *scene, int i);

/** Whether chiller i may run: docs in chiller.c. */
bool cool_may_chill(const cool_regulator_t *r, int i);

/** The name of the fault of an output that does not turn. */
void cool_stall_fault(char name[COOL_FAULT_SIZE], const cool_output_cfg_t *o);

/** L/min: turbine meters stand below 0.3, so whatever one counts is flow. */
#define COOL_LEAST_FLOW_LPM 0.1

/** Whether the water moves as far as the flow meter can tell; false also if it has said nothing for too long. */
bool cool_flows(const cool_regulator_t *r);

/** Whether an output has something that notices if it stands still. */
bool cool_supervised(const cool_regulator_t *r, int i);

#endif
