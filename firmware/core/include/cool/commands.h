/**
 * @file commands.h
 * Commands are carried out once, however often they are delivered, also across a restart: the id and the answer are in
 * flash before anything happens. The order is: keep, reply, act.
 *
 * Whether a command has expired is judged by the clock. Without a clock it counts as in time: sessions are clean and
 * commands are not retained, so that one can only come while it is being sent. A retained one is refused.
 */
#ifndef COOL_COMMANDS_H
#define COOL_COMMANDS_H

#include "cool/messages.h"

enum {
	COOL_REMEMBERED = 32,  /**< executed commands that are known again */
	COOL_ANSWER_SIZE = 96, /**< bytes of an answer's error with its NUL; a longer one is cut */
	COOL_ORDERS = 4,       /**< commands that wait; what comes beside them is sent again by the server */
};

/** What a command asks for. */
typedef enum {
	COOL_ORDER_NONE, /**< nothing, or nothing any more: it is only answered */
	COOL_ORDER_IDENTIFY,
	COOL_ORDER_RESTART,
	COOL_ORDER_OTA,
	COOL_ORDER_CLEAR_FAULT,
	COOL_ORDER_WATCH,
	COOL_ORDER_ENDPOINT,
	COOL_ORDER_FACTORY_RESET,
	COOL_ORDER_ZERO,
	COOL_ORDER_AUTOTUNE,
	COOL_ORDER_COMMISSION,
	COOL_ORDER_ABORT,
} cool_order_kind_t;

/** An answer: done, or why not. */
typedef struct {
	char id[COOL_WORD_SIZE];
	char error[COOL_ANSWER_SIZE];
} cool_answer_t;

/** The answers of executed commands, the newest last. */
typedef struct {
	cool_answer_t answers[COOL_REMEMBERED];
	int count;
} cool_executed_t;

/** The answer to an id, or NULL. */
const cool_answer_t *cool_executed_find(const cool_executed_t *e, const char *id);

/** Keeps an answer; the oldest one makes room. */
void cool_executed_add(cool_executed_t *e, const cool_answer_t *a);

/** Takes an answer back: it could not be kept in flash. */
void cool_executed_remove(cool_executed_t *e, const char *id);

/** Writes the content of the blob; returns its length, 0 if it does not fit. */
size_t cool_executed_store(const cool_executed_t *e, void *out, size_t size);

/** Reads it; false leaves e empty. */
bool cool_executed_load(cool_executed_t *e, const void *content, size_t len);

/** A command on its way. */
typedef struct {
	cool_answer_t answer; /**< error "": it is going to be done */
	bool known;           /**< executed before: it is only answered again */
	bool stored;          /**< the answer is not to be kept, or is kept */
	cool_order_kind_t kind;
	union {
		cool_ota_t ota;
		cool_clear_fault_t clear;
		cool_zero_t zero;
		cool_autotune_t tune;
		cool_commission_t commission;
	};
} cool_order_t;

/** What the judgement of a command needs to know. */
typedef struct {
	const char *firmware; /**< the version that runs */
	bool clock_set;
	int64_t unix_ms;
	bool retained;             /**< the broker had kept it */
	bool moving;               /**< an `endpoint` before it is not yet kept: there is no room for another's certificates */
	bool unkept;               /**< flash does not take what has the place of an `endpoint`'s certificates: it would not take those either */
	cool_endpoint_t *endpoint; /**< the arguments of `endpoint` go here, and its certificates */
	char *ca;                  /**< COOL_CA_SIZE bytes */
} cool_judge_t;

/**
 * Reads and judges a command. Returns false if there is nobody to answer: no id could be read, or `endpoint` has to wait for
 * its turn (the server sends it again). Otherwise *o has its answer, and what is to be done if that is no error.
 */
bool cool_command_judge(const cool_judge_t *j, const cool_executed_t *e, const char *text, size_t len, cool_order_t *o);

#endif
