/**
 * @file settings_check.h
 * The two halves of cool_settings_check. Private to the core.
 */
#ifndef COOL_SRC_SETTINGS_CHECK_H
#define COOL_SRC_SETTINGS_CHECK_H

#include "cool/settings.h"

/** Writes "list[i].member: why" into reason, a buffer of COOL_REASON_SIZE; returns false, for the caller to return it. */
bool cool_settings_wrong(char *reason, const char *list, int i, const char *member, const char *why);

/** Whether the board has the pins, the PWM channels and the counters that the outputs ask for, each once. */
bool cool_settings_check_wiring(const cool_settings_t *s, const cool_board_t *b, char *reason);

#endif
