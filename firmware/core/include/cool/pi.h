/**
 * @file pi.h
 * The PI law toward a setpoint: the same as Go's control.PI, held together by contract/pi.json.
 *
 * With the reading v, the setpoint s, the deadband b, the bounds min and max, and the host's heat w (0 where it is not known):
 *
 *     d = clamp(v - s, -1000, 1000)
 *     e = d - clamp(d, -b, b)                               what of it lies beyond the deadband
 *     a = s + d at the start, and where b is 0; else a + (s + d - a) dt / (dt + min(ti / 10, 10 s))
 *     P = kp (a - s - clamp(a - s, -b, b))                  percent
 *     F = clamp(ff w, 0, 100)                               percent
 *     start:  I = from - P - F, where from is the duty in effect; so nothing jumps
 *     else:   N = I + kp e dt / ti
 *             e > 0:  I = max(I, min(N, max - P - F))       conditional integration: it stops where the sum
 *             e < 0:  I = min(I, max(N, min - P - F))       reaches the bound, and never turns back for it
 *     I = clamp(I, -100, 100)
 *     duty = clamp(P + I + F, min, max)
 *
 * A deadband says that the reading is noisy. P then goes by an average a of it: the integral brings the water to the edge of the deadband, where every step of
 * the probe would otherwise be a step of the duty. A tenth of the integral time costs the loop no more than some degrees of phase.
 *
 * The last bound also holds at the start; what it cuts off is a jump toward what the error asks for. A reading that is not good, or not finite, holds
 * the duty until the last good one is patience old; then, and before the first one, the duty is the failsafe's, and the law starts anew with
 * the next good reading. The failsafe is not bounded by max. One step counts at most 60 s.
 */
#ifndef COOL_PI_H
#define COOL_PI_H

#include "cool/curve.h"
#include "cool/settings.h"
#include "cool/types.h"

/** The state of a PI. */
typedef struct {
	double integral; /**< I, percent */
	double smooth;   /**< a, C or K */
	double duty;     /**< the last answer, percent */
	uint32_t lost_ms;
	bool seen;
} cool_pi_t;

/** Checks a configuration; reason names the member, what it is, and what is expected. */
bool cool_pi_check(const cool_pi_cfg_t *cfg, char reason[COOL_REASON_SIZE]);

/** Starts anew: the next good reading takes over the duty in effect. */
void cool_pi_init(cool_pi_t *p);

/**
 * Advances by dt_ms. host_w is the host's heat in W, 0 where it is not known; a negative or not finite one counts as 0. from is the duty
 * in effect, in percent; it is used only where the law starts. cfg must have passed cool_pi_check; max and failsafe 0 mean 100.
 */
cool_law_out_t cool_pi_step(cool_pi_t *p, const cool_pi_cfg_t *cfg, cool_law_in_t in, double host_w, double from, uint32_t dt_ms);

#endif
