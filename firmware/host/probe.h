/**
 * @file probe.h
 * A DS18B20 in its steel tube, down to the nine bytes that are read from it.
 */
#ifndef COOL_HOST_PROBE_H
#define COOL_HOST_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"

enum { PROBE_CONVERSION_MS = 750 /**< at 12 bits, by the datasheet */ };

/** A way in which a probe fails. */
typedef enum {
	PROBE_HEALTHY,
	PROBE_LOST,  /**< does not answer the bus reset */
	PROBE_POR,   /**< loses power in every conversion */
	PROBE_CRC,   /**< a checksum that does not match */
	PROBE_STUCK, /**< answers with the same number for ever */
} probe_fault_t;

/** A probe. */
typedef struct {
	uint64_t rom;  /**< as the contract writes it: the family code in the highest byte */
	double offset; /**< C, of this specimen */
	double noise;  /**< C, standard deviation */
	double lag;    /**< s, of tube and glue */

	probe_fault_t fault;
	double core; /**< C, of the chip */
	bool settled;
	int converting; /**< ms left of a conversion; 0: none runs */
	uint8_t pad[9];
} probe_t;

/** A good specimen with power just switched on: offset within 0.2 C, noise of 0.02 C, lag of 5 s, a genuine ROM id. */
void probe_init(probe_t *p, chance_t *c);

/** Starts a conversion. */
void probe_convert(probe_t *p);

/** Advances by ms in a surrounding of the given temperature. True: a conversion ended. */
bool probe_step(probe_t *p, double surrounding, int ms, chance_t *c);

/** Reads the scratchpad, whether or not a conversion runs. False: nothing answers, and pad is all ones. */
bool probe_read(const probe_t *p, uint8_t pad[9]);

#endif
