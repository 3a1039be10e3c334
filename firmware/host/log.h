/**
 * @file log.h
 * Lines on standard error: time, level, message. An event is one line; nobody hands it a secret.
 */
#ifndef COOL_HOST_LOG_H
#define COOL_HOST_LOG_H

/** How much a line matters. */
typedef enum { LOG_INFO, LOG_WARN, LOG_ERROR } log_level_t;

/** Writes a line; safe for concurrent use. Line ends and control characters within the message become blanks. */
__attribute__((format(printf, 2, 3))) void log_line(log_level_t level, const char *format, ...);

#endif
