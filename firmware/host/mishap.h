/**
 * @file mishap.h
 * What can be made to go wrong, and when: the faults of `coolant demo --fault`, in the same words.
 */
#ifndef COOL_HOST_MISHAP_H
#define COOL_HOST_MISHAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The faults. Those of probes hit the water probe. */
typedef enum {
	MISHAP_PROBE_LOST, /**< "probe-lost": the probe does not answer */
	MISHAP_POR85,      /**< "por85": it answers 85.0, its power-on value */
	MISHAP_CRC,        /**< "crc": its checksums are wrong */
	MISHAP_STUCK,      /**< "stuck": it always answers the same */
	MISHAP_PUMP_STALL, /**< "pump-stall": the pump's rotor is held */
	MISHAP_FAN_STALL,  /**< "fan-stall": the fan's rotor is held */
	MISHAP_DRY,        /**< "dry": the loop is empty: the pump turns in air */
	MISHAP_LEAK,       /**< "leak": the leak sensor is wet */
	MISHAP_WIFI_LOST,  /**< "wifi-lost": no network */
	MISHAP_REBOOT,     /**< "reboot": loses power for a moment; a duration changes nothing */
	MISHAP_COUNT,
} mishap_kind_t;

/** A fault at a time. */
typedef struct {
	mishap_kind_t kind;
	int64_t at_ms;  /**< after the start */
	int64_t for_ms; /**< how long; 0: for good */
} mishap_t;

enum { MISHAPS_MAX = 32 };

/** When which faults happen. */
typedef struct {
	mishap_t list[MISHAPS_MAX];
	int count;
} mishaps_t;

/**
 * Reads NAME@TIME or NAME@TIME+DURATION, such as "probe-lost@30s" or "wifi-lost@10m+2m", and adds it. Returns false
 * with the reason in why, which has size bytes.
 */
bool mishaps_add(mishaps_t *m, const char *text, char *why, size_t size);

/** Whether a fault is present at a time after the start. A reboot never is: it is an event. */
bool mishaps_active(const mishaps_t *m, mishap_kind_t kind, int64_t after_ms);

/** Whether a reboot is due after one time and up to another. */
bool mishaps_reboots(const mishaps_t *m, int64_t after_ms, int64_t up_to_ms);

/**
 * Reads a duration such as "250ms", "30s", "10m", "24h" or "1h30m", not negative and at most a year; false if it is none.
 */
bool duration_parse(const char *text, int64_t *ms);

#endif
