/**
 * @file tachos.h
 * The counters of the outputs' tachometers and of the flow meter, as the settings wire them. Only the control task uses it.
 */
#ifndef MAIN_TACHOS_H
#define MAIN_TACHOS_H

#include "cool/senses.h"
#include "cool/settings.h"

/** How the tachometers are wired, by the index of the output. */
typedef struct {
	int pins[COOL_MAX_OUTPUTS]; /* -1: none */
	uint8_t pulses[COOL_MAX_OUTPUTS];
} tachos_plan_t;

/** What settings say about them. */
void tachos_plan(tachos_plan_t *plan, const cool_settings_t *s);

/** Counts where the plan says; what did not change counts on. */
void tachos_wire(const tachos_plan_t *plan);

/** Once a second it fills in speeds and flow and marks them as fresh; otherwise it changes nothing. */
void tachos_read(cool_senses_t *in, uint32_t now_ms);

#endif
