/**
 * @file number.h
 * Small arithmetic without libm, shared by the laws. Private to the core.
 */
#ifndef COOL_SRC_NUMBER_H
#define COOL_SRC_NUMBER_H

#include "cool/types.h"

static inline double cool_min(double a, double b) { return b < a ? b : a; }

static inline double cool_max(double a, double b) { return b > a ? b : a; }

/** v within low and high; low for a NaN. */
static inline double cool_clamp(double v, double low, double high) { return v >= low ? (v > high ? high : v) : low; }

static inline double cool_abs(double v) { return v < 0 ? -v : v; }

/** Whether low <= v <= high; false for a NaN. */
static inline bool cool_within(double v, double low, double high) { return v >= low && v <= high; }

/** A span that grows by dt and stays at its greatest, so that a long time never looks like a short one. */
static inline uint32_t cool_grow(uint32_t ms, uint32_t dt_ms) { return ms > UINT32_MAX - dt_ms ? UINT32_MAX : ms + dt_ms; }

#endif
