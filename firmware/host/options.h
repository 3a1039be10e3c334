/**
 * @file options.h
 * The command line of firmware-host.
 */
#ifndef COOL_HOST_OPTIONS_H
#define COOL_HOST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cool/messages.h"
#include "mishap.h"

/** What the program is to do. */
typedef struct {
	const char *id, *name;
	const char *ca_file;    /**< PEM; NULL: the roots of the system */
	const char *state;      /**< directory */
	cool_endpoint_t broker; /**< with user and password */
	uint64_t seed;
	uint32_t interval_ms;
	int64_t backlog_ms; /**< how much of the past it lives through before it connects */
	double heat;        /**< W; negative: the workday */
	mishaps_t mishaps;
} options_t;

/** What became of the command line. */
typedef enum { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG } options_result_t;

/**
 * Reads the command line and the environment. OPTIONS_DONE: help or version was printed. OPTIONS_WRONG: why says what is
 * wrong and what is expected.
 */
options_result_t options_parse(options_t *o, int argc, char **argv, char *why, size_t size);

#endif
