/**
 * @file uplink.h
 * What is under way to the broker: which message may be sent now, and what becomes of those that were.
 *
 * Fresh samples never wait for the backlog: each has its own window. After a message that was not acknowledged the
 * uplink rests, longer each time. Every publish with QoS 1 has a token; the glue says which message id it got, and the
 * broker's answer, which may come first, names that id.
 */
#ifndef COOL_UPLINK_H
#define COOL_UPLINK_H

#include "cool/ring.h"

/** What a message is about. */
typedef enum {
	COOL_ABOUT_NOTHING,
	COOL_ABOUT_FRESH,
	COOL_ABOUT_BACKLOG,
	COOL_ABOUT_STATUS,
	COOL_ABOUT_INFO,
	COOL_ABOUT_REPORTED,
	COOL_ABOUT_REPLY
} cool_about_t;

enum {
	COOL_WINDOW_FRESH = 4,
	COOL_WINDOW_BACKLOG = 4,
	COOL_REST_FIRST_MS = 1000,
	COOL_REST_LAST_MS = 60 * 1000,
	COOL_ACK_MS = 60 * 1000, /**< a message without an answer for so long counts as lost */
	COOL_FLIGHTS = COOL_WINDOW_FRESH + COOL_WINDOW_BACKLOG + 6,
	COOL_EARLY = 4, /**< answers that came before their message had an id */
};

/** A message that was handed over. */
typedef struct {
	cool_about_t about; /**< COOL_ABOUT_NOTHING: free */
	uint32_t token;
	int message_id;  /**< 0: not known yet */
	uint64_t flight; /**< of samples */
	uint64_t until;  /**< then it counts as lost */
} cool_flight_t;

/** The messages under way. */
typedef struct {
	cool_flight_t flights[COOL_FLIGHTS];
	struct {
		int message_id;
		bool acked;
	} early[COOL_EARLY];
	int early_next;
	uint32_t tokens;
	bool resting;
	uint32_t rest_ms;
	uint64_t rest_until;
} cool_uplink_t;

/** A connection begins, or ended: nothing is under way. Tokens go on counting. */
void cool_uplink_reset(cool_uplink_t *u);

/** How many messages about something are under way. */
int cool_uplink_count(const cool_uplink_t *u, cool_about_t about);

/** Whether samples of a kind (COOL_ABOUT_FRESH, COOL_ABOUT_BACKLOG) may be sent now. */
bool cool_uplink_open(const cool_uplink_t *u, cool_about_t about, uint64_t now);

/** Notes a message that is about to be sent; returns its token, 0 if too many are under way. */
uint32_t cool_uplink_begin(cool_uplink_t *u, cool_about_t about, uint64_t flight, uint64_t now);

/** What became of a message. */
typedef struct {
	cool_about_t about;
	uint64_t flight;
	bool acked;
} cool_fate_t;

/** The message has an id (above 0), or could not be handed over. Returns its fate, if that is known with this. */
cool_fate_t cool_uplink_sent(cool_uplink_t *u, uint32_t token, int message_id, uint64_t now);

/** The broker's answer. Returns the fate; about nothing, if the id is not known (yet). */
cool_fate_t cool_uplink_settled(cool_uplink_t *u, int message_id, bool acked, uint64_t now);

/** A message that has waited too long for its answer; call until it is about nothing. */
cool_fate_t cool_uplink_overdue(cool_uplink_t *u, uint64_t now);

/** When rest, or the wait of a message, ends next; false if neither is there. */
bool cool_uplink_due(const cool_uplink_t *u, uint64_t now, uint64_t *at);

#endif
