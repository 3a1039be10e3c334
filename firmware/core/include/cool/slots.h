/**
 * @file slots.h
 * How a sample is packed: 16-bit fixed-point values at the resolution of their metric, in columns whose names are kept once
 * for all samples. Temperatures are kept to 0.01 K, `_rpm` to 1, `_duty` to 0.1, `_lpm` to 0.01, `_rh` to 0.1, `_w` to 0.2.
 */
#ifndef COOL_SLOTS_H
#define COOL_SLOTS_H

#include "cool/types.h"

enum { COOL_RING_METRICS = 16 /**< different metrics that a ring holds at a time */ };

/** A sample in 44 bytes. */
typedef struct {
	int16_t values[COOL_RING_METRICS]; /**< by column; the lowest numbers are reserved: absent, and the qualities */
	uint32_t time_low;
	uint32_t mark_low;  /**< of the flight that it flies in, or of when it was acknowledged */
	uint16_t time_high; /**< monotonic milliseconds of 48 bits */
	uint8_t mark_high;  /**< marks have 40 bits: 34 years */
	uint8_t state;      /**< cool_sample_state_t, and whether it was ever sent */
} cool_slot_t;

/** The name of a column, and how many samples have it. */
typedef struct {
	char name[COOL_NAME_SIZE];
	uint16_t used; /**< 0: another name may take the column */
} cool_column_t;

/** A reading as a number of steps. One that does not fit has the quality COOL_RANGE. */
int16_t cool_slot_pack(const char *metric, cool_reading_t reading);

/** The reading again; false if the sample does not have it. */
bool cool_slot_unpack(const char *metric, int16_t value, cool_reading_t *out);

/** Packs the metrics of a sample. Returns how many are left out because no column was free. */
int cool_columns_fill(cool_column_t columns[COOL_RING_METRICS], cool_slot_t *s, const cool_metric_t *metrics, int count);

/** Unpacks them, in the order of the columns; returns how many there are. */
int cool_columns_read(const cool_column_t columns[COOL_RING_METRICS], const cool_slot_t *s, cool_metric_t out[COOL_RING_METRICS]);

/** Says that a sample is gone. */
void cool_columns_release(cool_column_t columns[COOL_RING_METRICS], const cool_slot_t *s);

#endif
