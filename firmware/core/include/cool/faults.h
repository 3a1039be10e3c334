/**
 * @file faults.h
 * The faults of the device: what is wrong now, and what was and has not been acknowledged.
 *
 * A fault is latched from its beginning until a person clears it; it is active as long as its cause is there. Each time that it becomes
 * active counts as an occurrence, so that an acknowledgement cannot hit a later one than it meant.
 */
#ifndef COOL_FAULTS_H
#define COOL_FAULTS_H

#include "cool/types.h"

enum {
	COOL_MAX_FAULTS = 16,
	COOL_FAULT_SIZE = COOL_NAME_SIZE + 16, /**< bytes of a name with its NUL: an output's name and "_stall" */
};

#define COOL_FAULT_LEAK "leak"
#define COOL_FAULT_OVER_TEMP "over_temperature"
#define COOL_FAULT_INPUT_LOST "input_lost"
#define COOL_FAULT_DISAGREE "probes_disagree"
#define COOL_FAULT_NO_FLOW "no_flow" /**< the flow meter stands still while a pump should run */
#define COOL_FAULT_NO_TRANSFER "no_heat_transfer"
#define COOL_FAULT_INTERLOCK "chiller_interlock" /**< a chiller is wanted and not allowed to run */
#define COOL_FAULT_STUCK "probe_stuck"
#define COOL_FAULT_REPLACED "probe_replaced" /**< a probe took over the role of one that does not answer */
#define COOL_FAULT_SETTINGS_LOST "settings_lost"

/** A fault. */
typedef struct {
	char name[COOL_FAULT_SIZE];
	uint32_t occurrence; /**< from 1, by name, since the start */
	bool latched;        /**< there is such a fault; otherwise the entry only remembers its occurrence */
	bool active;         /**< its cause is there */
	bool critical;       /**< it calls for somebody now */
} cool_fault_t;

/** All of them; all zero is none. */
typedef struct {
	cool_fault_t list[COOL_MAX_FAULTS];
	int count;
	uint32_t forgotten; /**< the highest occurrence of a name that made room for another; no later one repeats it */
} cool_faults_t;

/** Says that a fault's cause is there, or is not. Where the table is full, the oldest that is over makes room. */
void cool_faults_set(cool_faults_t *f, const char *name, bool active, bool critical);

/** Notes something that happened and is over: a new occurrence, latched and not active. */
void cool_faults_event(cool_faults_t *f, const char *name);

/** The fault of that name if it is latched; NULL otherwise. */
const cool_fault_t *cool_faults_find(const cool_faults_t *f, const char *name);

/** Copies those that are latched, oldest first; returns how many. */
int cool_faults_list(const cool_faults_t *f, cool_fault_t out[COOL_MAX_FAULTS]);

/** Whether a critical fault is active. */
bool cool_faults_critical(const cool_faults_t *f);

/** Clears a latched fault. occurrence 0 means whichever there is. there: its cause is still there. Returns false with the reason. */
bool cool_faults_clear(cool_faults_t *f, const char *name, uint32_t occurrence, bool there, char reason[COOL_REASON_SIZE]);

#endif
