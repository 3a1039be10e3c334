/**
 * @file senses.h
 * What the device senses between two steps of its regulator.
 */
#ifndef COOL_SENSES_H
#define COOL_SENSES_H

#include "cool/types.h"

/** What came from one probe. */
typedef struct {
	uint64_t rom;   /**< 0: no such probe */
	bool fresh;     /**< a conversion ended since the last step; otherwise the rest says nothing */
	bool present;   /**< there was a presence pulse */
	uint8_t pad[9]; /**< the scratchpad as it was read */
} cool_probe_read_t;

/** Everything that a step goes by. What is not wired or not known has its flag false. */
typedef struct {
	cool_probe_read_t probes[COOL_MAX_PROBES]; /**< the same probe at the same index in every step of a boot */
	bool tacho_fresh;                          /**< rpm was measured since the last step */
	double rpm[COOL_MAX_OUTPUTS];              /**< by index of the output in the settings */
	bool flow_fresh;
	double flow_lpm;
	bool leak_wet; /**< the raw input; it is debounced in the regulator */
	bool humidity_fresh;
	double humidity_rh, humidity_c; /**< of the air near the chilled parts */
	bool host_known;                /**< `input` is valid now */
	double host_w;
	bool clock_valid; /**< without it overrides do not apply */
	int64_t unix_ms;
} cool_senses_t;

#endif
