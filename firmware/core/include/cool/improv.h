/**
 * @file improv.h
 * Improv Wi-Fi over a serial line, version 1 (https://www.improv-wifi.com/serial/): packets are found among the lines of the log, checked and
 * taken apart; answers are built. docs/provisioning.md has the commands that Coolant adds for what Improv knows nothing of: the broker.
 *
 * A packet is `IMPROV`, the version, a type, a length, so many bytes, and the sum of all of these modulo 256.
 */
#ifndef COOL_IMPROV_H
#define COOL_IMPROV_H

#include "cool/types.h"

enum {
	COOL_IMPROV_VERSION = 1,
	COOL_IMPROV_DATA = 255,                           /**< bytes of a packet's content */
	COOL_IMPROV_FRAME = 6 + 3 + COOL_IMPROV_DATA + 2, /**< the longest packet with its checksum and a line feed */
	COOL_IMPROV_CHUNK = COOL_IMPROV_DATA - 4,         /**< bytes of a value in one packet */
};

/** Types of packets. */
typedef enum { COOL_IMPROV_STATE = 1, COOL_IMPROV_ERROR = 2, COOL_IMPROV_COMMAND = 3, COOL_IMPROV_RESULT = 4 } cool_improv_type_t;

/** What the device says of itself; there is nothing to be authorized over a cable. */
typedef enum { COOL_IMPROV_READY = 2, COOL_IMPROV_PROVISIONING = 3, COOL_IMPROV_PROVISIONED = 4 } cool_improv_state_t;

/** Why a command was not carried out. */
typedef enum {
	COOL_IMPROV_OK = 0,
	COOL_IMPROV_INVALID = 1,     /**< its content has not the form that it should have */
	COOL_IMPROV_UNKNOWN = 2,     /**< there is no such command */
	COOL_IMPROV_UNREACHABLE = 3, /**< the network could not be joined */
	COOL_IMPROV_FAILED = 255,
} cool_improv_error_t;

/** Commands; from 0xC0 on they are Coolant's own. */
typedef enum {
	COOL_IMPROV_WIFI = 1,
	COOL_IMPROV_GET_STATE = 2,
	COOL_IMPROV_GET_INFO = 3,
	COOL_IMPROV_SCAN = 4,
	COOL_IMPROV_PUT = 0xC0,      /**< a piece of a value: field, begin, bytes */
	COOL_IMPROV_APPLY = 0xC1,    /**< check and keep what was put */
	COOL_IMPROV_NETWORKS = 0xC2, /**< forget the known networks */
} cool_improv_command_t;

/** A command, taken apart. Which value has which number is said in cool/provision.h. */
typedef struct {
	cool_improv_command_t command;
	char ssid[33], password[65]; /**< of COOL_IMPROV_WIFI */
	uint8_t field;               /**< of COOL_IMPROV_PUT */
	bool begin;                  /**< the value begins with this piece; otherwise it goes on */
	const uint8_t *piece;        /**< within the parser, until the next byte is fed */
	size_t piece_len;
} cool_improv_call_t;

/** Finds packets in a stream of bytes. Start with a zero one. */
typedef struct {
	uint8_t head; /**< bytes of the header that were seen */
	size_t got;   /**< bytes of content and checksum that were seen */
	uint8_t type, len, sum;
	uint8_t data[COOL_IMPROV_DATA];
} cool_improv_t;

/** What a byte completed. */
typedef enum {
	COOL_IMPROV_NOTHING,
	COOL_IMPROV_CALL,   /**< a command: take it apart with cool_improv_call */
	COOL_IMPROV_BROKEN, /**< a packet whose checksum does not fit: answer with COOL_IMPROV_INVALID */
} cool_improv_event_t;

/** Takes a byte. Packets of other types and versions are passed over. */
cool_improv_event_t cool_improv_feed(cool_improv_t *p, uint8_t byte);

/** Takes the packet apart that cool_improv_feed has just completed. COOL_IMPROV_OK, or why it cannot be; nothing behind a value is passed over. */
cool_improv_error_t cool_improv_call(const cool_improv_t *p, cool_improv_call_t *out);

/* Answers. Each returns the length of the packet with a line feed behind it. */

size_t cool_improv_write_state(uint8_t out[COOL_IMPROV_FRAME], cool_improv_state_t state);
size_t cool_improv_write_error(uint8_t out[COOL_IMPROV_FRAME], cool_improv_error_t error);

/** The answer to a command: count texts. A text that does not fit any more is cut, and what follows is left out. */
size_t cool_improv_write_result(uint8_t out[COOL_IMPROV_FRAME], cool_improv_command_t command, const char *const *texts, size_t count);

#endif
