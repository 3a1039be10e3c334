/**
 * @file types.h
 * The words that the parts of the firmware's core share: limits, qualities, readings.
 *
 * The core is C11 without any SDK. It allocates nothing, reads no clock and does no
 * I/O: time comes in as an argument, and what is to be done comes out as a value.
 * Nothing in it is safe for concurrent use; whoever calls it from several tasks holds
 * one lock around each call. No call blocks.
 *
 * Monotonic times are milliseconds in a uint32_t that wraps after 49.7 days. They are
 * compared by their difference only (cool_since), so that the wrap has no effect.
 */
#ifndef COOL_TYPES_H
#define COOL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Limits of what a device has room for. */
enum {
	COOL_MAX_PROBES = 8,      /**< DS18B20 on the bus */
	COOL_MAX_OUTPUTS = 6,     /**< pumps, fans, chillers, buzzers */
	COOL_MAX_POINTS = 16,     /**< corners of a curve; the same in Go (control.MaxPoints) */
	COOL_MAX_BANDS = 4,       /**< bands of duty that an output skips */
	COOL_MAX_METRICS = 24,    /**< metrics of a sample */
	COOL_NAME_SIZE = 33,      /**< bytes of a metric's, role's or output's name with its NUL */
	COOL_WORD_SIZE = 65,      /**< bytes of a command's id or an epoch with its NUL */
	COOL_DEVICE_ID_SIZE = 33, /**< bytes of a device's id with its NUL */
	COOL_REASON_SIZE = 160,   /**< bytes of a reason for people with its NUL */
	COOL_MAX_MESSAGE = 65536, /**< bytes of a message that the server may send */
};

/** Why a metric has a trustworthy value, or none. The numbers are those of contract/words.json. */
typedef enum {
	COOL_GOOD = 0,
	COOL_POR85 = 1,        /**< the power-on value of a DS18B20: no conversion happened */
	COOL_DISCONNECTED = 2, /**< nothing answers */
	COOL_CRC = 3,          /**< the checksum does not fit */
	COOL_RANGE = 4,        /**< outside of what the part can measure */
	COOL_STUCK = 5,        /**< does not move while its surroundings do */
	COOL_STALE = 6,        /**< too old to be used */
} cool_quality_t;

/** The contract's word for a quality; "stale" for a number that is none. */
const char *cool_quality_word(cool_quality_t q);

/** A value and whether it can be trusted. */
typedef struct {
	double value; /**< in the unit of its metric; undefined unless quality is COOL_GOOD */
	cool_quality_t quality;
} cool_reading_t;

/** A named reading, as a sample holds it. */
typedef struct {
	char name[COOL_NAME_SIZE]; /**< of the metric: [a-z][a-z0-9_]{0,31} */
	cool_reading_t reading;
} cool_metric_t;

/** The milliseconds from then to now; right across the wrap for spans below 49.7 days. */
static inline uint32_t cool_since(uint32_t now_ms, uint32_t then_ms) { return now_ms - then_ms; }

/** Whether now has reached at; right across the wrap for spans below 24.8 days. */
static inline bool cool_reached(uint32_t now_ms, uint32_t at_ms) { return (int32_t)(now_ms - at_ms) >= 0; }

/** Whether a name has the form of a metric's: a letter a-z, then up to 31 of a-z, 0-9 and _. */
bool cool_valid_metric(const char *name);

/** Whether an id has the form of a device's: a-z or 0-9, then up to 31 of a-z, 0-9 and -. */
bool cool_valid_device(const char *id);

/** Copies src into a buffer of size bytes, cut to fit and always ended by a NUL. Returns false if it was cut. */
bool cool_copy(char *dst, size_t size, const char *src);

/** Whether v is neither infinite nor NaN. */
bool cool_finite(double v);

#ifdef __cplusplus
}
#endif

#endif
