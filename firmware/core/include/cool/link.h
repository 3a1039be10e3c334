/**
 * @file link.h
 * The connection as a state machine, and the endpoint: which broker, which one is on trial, and what
 * proves it. There is never more than one connection, or attempt at one, at a time.
 */
#ifndef COOL_LINK_H
#define COOL_LINK_H

#include "cool/backoff.h"
#include "cool/messages.h"

/** What a connection is doing. */
typedef enum {
	COOL_LINK_DOWN,       /**< none; the next attempt waits for the network, an endpoint and the backoff */
	COOL_LINK_CONNECTING, /**< asked for, no answer yet */
	COOL_LINK_GREETING,   /**< it stands: subscribe, then say `online` */
	COOL_LINK_ONLINE,     /**< `online` is acknowledged: everything else may flow */
	COOL_LINK_PARTING,    /**< saying `offline` */
	COOL_LINK_CLOSING,    /**< asked to end, no answer yet */
} cool_link_phase_t;

enum {
	COOL_SUBSCRIPTIONS = 4,       /**< committed, desired, command, input */
	COOL_GREETING_MS = 60 * 1000, /**< a connection that is not online by then is of no use */
	COOL_PARTING_MS = 2 * 1000,   /**< for `offline` to be acknowledged */
};

/** The connection. */
typedef struct {
	cool_link_phase_t phase;
	cool_backoff_t backoff;
	bool network; /**< there is one */
	bool usable;  /**< there is an endpoint */
	bool planned; /**< `at` is the time of the next attempt */
	uint64_t at;
	uint64_t conn;  /**< counts attempts; that of the present one */
	int subscribed; /**< so many subscriptions are made */
	bool greeted;   /**< `online` was sent */
	bool parted;    /**< `offline` was sent */
	bool leave;     /**< end this connection */
	bool polite;    /**< say `offline` before, if there is somebody to say it to */
	bool goodbye;   /**< end it with a DISCONNECT, so that the broker forgets the last will */
	bool stay;      /**< do not connect again: a restart follows */
	uint64_t until; /**< of greeting or parting */
	uint64_t since; /**< of being online, or of not being it */
} cool_link_t;

/** What the connection wants done. */
typedef enum {
	COOL_LINK_NOTHING,
	COOL_LINK_CONNECT,
	COOL_LINK_SUBSCRIBE,
	COOL_LINK_SAY_ONLINE,
	COOL_LINK_SAY_OFFLINE,
	COOL_LINK_CLOSE,
} cool_link_do_t;

/** Begins without a network and without an endpoint. */
void cool_link_init(cool_link_t *l, uint32_t seed, uint64_t now);

/** The network came or went. When it comes the first attempt does not wait. */
void cool_link_network(cool_link_t *l, bool up, uint64_t now);

/** Whether there is an endpoint to connect to. */
void cool_link_usable(cool_link_t *l, bool usable, uint64_t now);

/** Leaves the present connection or attempt in order; the next one does not wait. stay: there is no next one. */
void cool_link_leave(cool_link_t *l, bool stay, uint64_t now);

/** What is to be done now. The state moves on as if it were done. */
cool_link_do_t cool_link_next(cool_link_t *l, uint64_t now);

/** When next may have something although nothing happens; false if never. */
bool cool_link_due(const cool_link_t *l, uint64_t *at);

/** What the transport says. */
void cool_link_connected(cool_link_t *l, uint64_t now);
void cool_link_disconnected(cool_link_t *l, uint64_t now);

/** The status message of greeting or parting was acknowledged, or lost. */
void cool_link_told(cool_link_t *l, bool acked, uint64_t now);

/** Whether the transport stands: messages may come. */
bool cool_link_stands(const cool_link_t *l);

/** Whether nothing is there and nothing is under way: a restart is safe. */
bool cool_link_quiet(const cool_link_t *l);

#endif
