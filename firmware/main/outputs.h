/**
 * @file outputs.h
 * The pins that drive motors: LEDC at 25 kHz, or a level. Only the control task uses it, after app_main's first call.
 *
 * A pin that is released floats, and the wiring then means full cooling. A mistake at one output never keeps another from being driven.
 */
#ifndef MAIN_OUTPUTS_H
#define MAIN_OUTPUTS_H

#include "cool/settings.h"

/** How one output is wired, without its law. */
typedef struct {
	cool_kind_t kind;
	cool_wiring_t wiring;
	double boot_duty; /**< percent, until it is driven */
} outputs_wire_t;

/** All of them, by the index in the settings. */
typedef struct {
	outputs_wire_t wires[COOL_MAX_OUTPUTS];
	int count;
} outputs_plan_t;

/**
 * Lets these pins float, bit n for GPIO n. First of all: a crash resets the processors only, and a pin whose output nobody knows any more, because
 * settings are lost or the start fails, would keep a pump stopped.
 */
void outputs_begin(uint64_t pins);

/** What settings say about wiring. */
void outputs_plan(outputs_plan_t *plan, const cool_settings_t *s);

/** Releases what is no longer wired as before and sets the rest up at its boot duty; what did not change is not touched. Cheap if nothing did. */
void outputs_wire(const outputs_plan_t *plan);

/** Lets all pins float, for a restart. From any task; nothing is driven after it. */
void outputs_release(void);

/** Drives an output with a duty in percent. */
void outputs_drive(int index, double duty);

#endif
