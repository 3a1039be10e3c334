/**
 * @file client.h
 * One MQTT 3.1.1 connection over TLS by libmosquitto, without its thread and its reconnecting: the core decides when
 * to connect, and the caller's loop moves the bytes. All functions and callbacks are the network thread's.
 */
#ifndef COOL_HOST_CLIENT_H
#define COOL_HOST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mosquitto.h>

#include "cool/device.h"
#include "trust.h"

/** What a connection tells. Called from within client_step, never while the caller holds a lock of its own. */
typedef struct {
	void (*connected)(void *ctx);
	void (*message)(void *ctx, const char *topic, const void *payload, size_t len, bool retained);
	void (*acked)(void *ctx, int message_id);
	void *ctx;
} client_events_t;

/** A connection, or none. */
typedef struct {
	struct mosquitto *mosq; /**< NULL: there is none */
	trust_t trust;
	client_events_t events;
	bool reached;        /**< something listens there */
	bool up;             /**< the broker has accepted it */
	int64_t deadline_ms; /**< until then it must have, in the time of client_step */
	int64_t misc_ms;     /**< when the library looked after its timers last */
	char why[512];       /**< why it ended */
} client_t;

/**
 * Begins to connect: pem as in trust_init. Returns false with the reason in c->why, and then there is no connection. now_ms
 * is any monotonic time. The look-up of a host name blocks, as long as the system's resolver takes.
 */
bool client_open(client_t *c, const cool_action_t *connect, const char *id, const char *pem, size_t len, client_events_t events, int64_t now_ms);

/** The socket to poll, -1 if there is none, and whether to wait until it can be written, too. */
int client_socket(const client_t *c, bool *writing);

/**
 * Moves what can be moved; hung says that poll found the socket broken. False: the connection has ended or could not be made; c->why says why, and
 * client_drop has to follow.
 */
bool client_step(client_t *c, bool readable, bool writable, bool hung, int64_t now_ms);

/** Subscribes; false if that cannot be asked for. */
bool client_subscribe(client_t *c, const char *topic, int qos);

/** Hands a message over; its id above 0, or below 0 if it cannot be sent. */
int client_publish(client_t *c, const char *topic, const char *payload, size_t len, int qos, bool retain);

/** Says DISCONNECT, lets what was handed over before go out, for two seconds at the most, and ends the connection. */
void client_leave(client_t *c);

/** Ends the connection without a word, as a lost network does: the broker sends the will. */
void client_drop(client_t *c);

#endif
