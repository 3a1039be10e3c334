/**
 * @file build_time.h
 * The time at which the firmware was built, from what the C preprocessor says.
 */
#ifndef COOL_BUILD_TIME_H
#define COOL_BUILD_TIME_H

#include "cool/types.h"

/**
 * Unix seconds of a date and a time in the form of __DATE__ ("Jan  2 2026") and __TIME__ ("15:04:05"), read as UTC and a day earlier, because the
 * builder's zone is not known. 0 if they have another form, as in a build without them.
 */
int64_t cool_build_time(const char *date, const char *time);

#endif
