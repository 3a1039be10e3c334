/**
 * @file version.h
 * Which of two firmware versions is the later one, by the rules of Semantic Versioning 2.0.0 (https://semver.org), section 11.
 */
#ifndef COOL_VERSION_H
#define COOL_VERSION_H

#include "cool/types.h"

/** Whether a text is a semantic version such as "1.4.0", "v1.4.0" or "1.4.0-rc.1+build7". Leading zeros are refused. */
bool cool_version_valid(const char *text);

/** Below 0 if a comes before b, 0 if they are of the same precedence, above 0 if it comes after. Both have to be valid. */
int cool_version_compare(const char *a, const char *b);

/**
 * Whether an update may replace what runs: it is later, by precedence. The same version and an earlier one are refused, and so is what is no
 * version, because a downgrade could hide in it. reason says why not.
 */
bool cool_version_may_update(const char *running, const char *offered, char reason[COOL_REASON_SIZE]);

#endif
