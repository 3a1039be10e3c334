/**
 * @file curve.h
 * The curve from temperature to duty: the same law as Go's control.Curve, held together by contract/curve.json.
 */
#ifndef COOL_CURVE_H
#define COOL_CURVE_H

#include "cool/settings.h"
#include "cool/types.h"

/** What a law looks at. */
typedef struct {
	double value; /**< C, or K for a difference */
	bool good;    /**< false: there is no trustworthy reading */
} cool_law_in_t;

/** A law's answer. */
typedef struct {
	double duty;   /**< percent, 0 to 100 */
	bool failsafe; /**< duty is not the law's but the answer to a lost input */
} cool_law_out_t;

/** The state of a curve. It starts running and, until its first good reading, in failsafe. */
typedef struct {
	double held; /**< the temperature that the duty stands for, within input and input + hysteresis */
	uint32_t lost_ms;
	bool seen, stopped;
} cool_curve_t;

/** Checks a configuration; reason names the member, what it is, and what is expected. */
bool cool_curve_check(const cool_curve_cfg_t *cfg, char reason[COOL_REASON_SIZE]);

/** Starts anew. */
void cool_curve_init(cool_curve_t *c);

/** Advances by dt_ms. A value that is not finite counts as lost. cfg must have passed cool_curve_check; max and failsafe 0 mean 100. */
cool_law_out_t cool_curve_step(cool_curve_t *c, const cool_curve_cfg_t *cfg, cool_law_in_t in, uint32_t dt_ms);

/** The duty of the corners alone at a temperature, between them by a straight line and outside of them the nearest corner's. */
double cool_curve_at(const cool_curve_cfg_t *cfg, double temp);

#endif
