/**
 * @file sense.h
 * What slow buses measured, on its way to the control task, which never waits for them.
 */
#ifndef MAIN_SENSE_H
#define MAIN_SENSE_H

#include "cool/senses.h"
#include "cool/types.h"

/** Before every other function here. */
void sense_init(void);

/** A round over all probes ended; those without a ROM id are not there. */
void sense_probes(const cool_probe_read_t probes[COOL_MAX_PROBES]);

/** The air near the chilled parts was measured. */
void sense_humidity(double rh, double celsius);

/** What came since the last call; everything else is not fresh. Also reads the leak sensor. */
void sense_take(cool_senses_t *out);

#endif
