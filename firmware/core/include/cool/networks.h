/**
 * @file networks.h
 * Which of the known Wi-Fi networks to try next, and when to open an access point for provisioning.
 *
 * After five minutes without a network, and at once where none is known, it asks for an access point beside the station, and
 * goes on trying. While somebody uses the access point it does not try, because trying changes the channel under them. A network
 * that is joined closes the access point. It is pure: the glue says what happened, and asks what to do.
 */
#ifndef COOL_NETWORKS_H
#define COOL_NETWORKS_H

#include "cool/types.h"

enum {
	COOL_MAX_NETWORKS = 3,
	COOL_AP_AFTER_MS = 5 * 60 * 1000, /**< offline for so long opens the access point */
	COOL_AP_LINGER_MS = 30 * 1000,    /**< it stays for so long once a network is joined, for the browser to read the result */
	COOL_JOIN_MS = 30 * 1000,         /**< an attempt without an answer for so long has failed */
	COOL_ROUND_FIRST_MS = 2 * 1000,   /**< pause after all of them failed, doubling up to */
	COOL_ROUND_LAST_MS = 60 * 1000,
};

/** What the glue is to do. */
typedef enum {
	COOL_NET_NOTHING,
	COOL_NET_JOIN,    /**< the network .index; answer with cool_networks_joined (it has an address) or _lost */
	COOL_NET_GIVE_UP, /**< end the attempt or the connection; no answer is needed */
	COOL_NET_OPEN_AP,
	COOL_NET_CLOSE_AP,
} cool_net_do_t;

typedef struct {
	cool_net_do_t what;
	int index;
} cool_net_action_t;

/** Its members are its own. */
typedef struct {
	int count; /**< known networks, 0 to COOL_MAX_NETWORKS */
	int index; /**< that is tried, or joined */
	int tried; /**< of this round */
	bool trying, joined, ap, guest, give_up;
	uint64_t until; /**< of an attempt */
	uint64_t again; /**< not before */
	uint32_t pause_ms;
	uint64_t since; /**< of being offline or joined */
} cool_networks_t;

/** Begins with count networks; preferred is the one that worked last, to be tried first. Times are monotonic milliseconds (cool/clock.h). */
void cool_networks_init(cool_networks_t *n, int count, int preferred, uint64_t now);

/** The list was changed: preferred is tried at once, what is under way is given up. */
void cool_networks_changed(cool_networks_t *n, int count, int preferred, uint64_t now);

/** The network that was asked for is joined, with an address. False if that is of an attempt that was given up, and is to be passed over. */
bool cool_networks_joined(cool_networks_t *n, uint64_t now);

/** It could not be joined, or was lost. */
void cool_networks_lost(cool_networks_t *n, uint64_t now);

/** Somebody uses the access point, or nobody any more. */
void cool_networks_guest(cool_networks_t *n, bool present, uint64_t now);

/** The next thing to do; call until it is nothing. */
cool_net_action_t cool_networks_next(cool_networks_t *n, uint64_t now);

/** How many milliseconds nothing is due, at most 60000. */
uint32_t cool_networks_wait(const cool_networks_t *n, uint64_t now);

/** Whether the access point is meant to be open, for the LED. */
bool cool_networks_provisioning(const cool_networks_t *n);

#endif
