#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "log.h"

enum {
	KEEPALIVE_S = 30,
	CONNECT_MS = 20000, /* from the first SYN to CONNACK */
	LEAVE_MS = 2000,
	MISC_MS = 1000,
};

static void on_connect(struct mosquitto *mosq, void *ctx, int code) {
	(void)mosq;
	client_t *c = ctx;
	if (code != 0) {
		snprintf(c->why, sizeof c->why, "the broker refuses the connection: %s", mosquitto_connack_string(code));
		return;
	}
	c->up = true;
	c->events.connected(c->events.ctx);
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *m) {
	(void)mosq;
	const client_t *c = ctx;
	c->events.message(c->events.ctx, m->topic, m->payload, m->payloadlen > 0 ? (size_t)m->payloadlen : 0, m->retain);
}

static void on_publish(struct mosquitto *mosq, void *ctx, int id) {
	(void)mosq;
	const client_t *c = ctx;
	c->events.acked(c->events.ctx, id);
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int id, int count, const int *granted) {
	(void)mosq, (void)ctx, (void)id;
	for (int i = 0; i < count; i++)
		if (granted[i] > 2) log_line(LOG_WARN, "the broker refuses a subscription: it does not let this device read one of its topics");
}

/** Sets up the library; NULL, or what it does not take. */
static const char *configure(client_t *c, const cool_action_t *a) {
	struct mosquitto *m = c->mosq;
	if (mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311) != MOSQ_ERR_SUCCESS ||
		mosquitto_int_option(m, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0) != MOSQ_ERR_SUCCESS ||
		mosquitto_void_option(m, MOSQ_OPT_SSL_CTX, c->trust.ctx) != MOSQ_ERR_SUCCESS)
		return "TLS";
	if (mosquitto_username_pw_set(m, a->connect.to.username, a->connect.to.password) != MOSQ_ERR_SUCCESS) return "user and password";
	if (mosquitto_will_set(m, a->connect.will_topic, (int)a->connect.will_len, a->connect.will, 1, true) != MOSQ_ERR_SUCCESS) return "the last will";
	mosquitto_max_inflight_messages_set(m, 0); /* the core bounds what is in flight */
	mosquitto_connect_callback_set(m, on_connect);
	mosquitto_message_callback_set(m, on_message);
	mosquitto_publish_callback_set(m, on_publish);
	mosquitto_subscribe_callback_set(m, on_subscribe);
	return NULL;
}

/** What a code of the library means; where it is the system's error, that one. */
static const char *meaning(int code) { return code == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(code); }

bool client_open(client_t *c, const cool_action_t *a, const char *id, const char *pem, size_t len, client_events_t events, int64_t now_ms) {
	char host[COOL_HOST_SIZE];
	uint16_t port = 0;
	*c = (client_t){.events = events, .deadline_ms = now_ms + CONNECT_MS, .misc_ms = now_ms};
	if (!cool_split_url(a->connect.to.url, host, &port)) {
		snprintf(c->why, sizeof c->why, "%s is not the address of a broker", a->connect.to.url);
		return false;
	}
	const char *name = a->connect.to.server_name[0] != '\0' ? a->connect.to.server_name : host;
	if (!trust_init(&c->trust, pem, len, name)) {
		snprintf(c->why, sizeof c->why, "%s", c->trust.why);
		trust_free(&c->trust);
		return false;
	}
	c->mosq = mosquitto_new(id, true, c);
	const char *wrong = c->mosq ? configure(c, a) : "the client's id";
	if (wrong) {
		snprintf(c->why, sizeof c->why, "the MQTT library does not take %s", wrong);
	} else {
		int code = mosquitto_connect_async(c->mosq, host, port, KEEPALIVE_S);
		if (code == MOSQ_ERR_SUCCESS) return true;
		snprintf(c->why, sizeof c->why, "connect to %s: %s", host, meaning(code));
	}
	client_drop(c);
	return false;
}

int client_socket(const client_t *c, bool *writing) {
	if (!c->mosq) return -1;
	/* Until CONNACK the handshake may have something to write at any time that the library does not tell of. */
	*writing = mosquitto_want_write(c->mosq);
	return mosquitto_socket(c->mosq);
}

/** Keeps the reason of an end, the most telling one there is. */
static bool ended(client_t *c, const char *what) {
	if (c->trust.why[0] != '\0')
		snprintf(c->why, sizeof c->why, "%s", c->trust.why);
	else if (c->why[0] != '\0')
		return false; /* CONNACK said it */
	else if (c->reached && !c->up)
		snprintf(c->why, sizeof c->why, "%s before TLS and MQTT stood: is this the port of MQTT over TLS?", what);
	else
		snprintf(c->why, sizeof c->why, "%s", what);
	return false;
}

/** The error that a socket has met, 0 if none. */
static int socket_error(int fd) {
	int error = 0;
	socklen_t size = sizeof error;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool client_step(client_t *c, bool readable, bool writable, bool hung, int64_t now_ms) {
	int fd = mosquitto_socket(c->mosq);
	int error = fd >= 0 && !c->up ? socket_error(fd) : 0;
	/* Only somebody who was reached resets. */
	c->reached = c->reached || error == ECONNRESET || ((readable || writable) && !hung);
	if (error != 0) return ended(c, strerror(error));
	int code = MOSQ_ERR_SUCCESS;
	if (readable) code = mosquitto_loop_read(c->mosq, 1);
	if (code == MOSQ_ERR_SUCCESS && (writable || mosquitto_want_write(c->mosq))) code = mosquitto_loop_write(c->mosq, 1);
	if (code == MOSQ_ERR_SUCCESS && now_ms - c->misc_ms >= MISC_MS) {
		c->misc_ms = now_ms;
		code = mosquitto_loop_misc(c->mosq);
	}
	c->reached = c->reached || (code == MOSQ_ERR_ERRNO && (errno == ECONNRESET || errno == EPIPE));
	if (code != MOSQ_ERR_SUCCESS || mosquitto_socket(c->mosq) < 0)
		return ended(
			c, code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_CONN_LOST || code == MOSQ_ERR_NO_CONN ? "the connection was lost" : meaning(code));
	/* The library takes the error of a connection that was refused off the socket, and then waits for it to be made. */
	if (hung && !c->up) return ended(c, c->reached ? "the connection was lost" : "nothing listens there (connection refused)");
	return c->up || now_ms < c->deadline_ms || ended(c, "no answer came for 20 s");
}

bool client_subscribe(client_t *c, const char *topic, int qos) {
	return c->mosq && mosquitto_subscribe(c->mosq, NULL, topic, qos) == MOSQ_ERR_SUCCESS;
}

int client_publish(client_t *c, const char *topic, const char *payload, size_t len, int qos, bool retain) {
	int id = 0;
	if (!c->mosq || mosquitto_publish(c->mosq, &id, topic, (int)len, payload, qos, retain) != MOSQ_ERR_SUCCESS) return -1;
	return id;
}

static int64_t leave_clock(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void client_leave(client_t *c) {
	if (c->mosq && c->up && mosquitto_disconnect(c->mosq) == MOSQ_ERR_SUCCESS) {
		/* A socket that is closed with something unread in it is reset, and the broker might not read what we said last. So the
		 * broker ends the connection, as it does on DISCONNECT. */
		int64_t end = leave_clock() + LEAVE_MS;
		for (int64_t left = LEAVE_MS; left > 0 && mosquitto_socket(c->mosq) >= 0; left = end - leave_clock()) {
			short events = (short)(POLLIN | (mosquitto_want_write(c->mosq) ? POLLOUT : 0));
			struct pollfd p = {.fd = mosquitto_socket(c->mosq), .events = events};
			if (poll(&p, 1, (int)left) < 0 && errno != EINTR) break;
			if ((p.revents & POLLOUT) && mosquitto_loop_write(c->mosq, 1) != MOSQ_ERR_SUCCESS) break;
			if ((p.revents & (POLLIN | POLLHUP | POLLERR)) && mosquitto_loop_read(c->mosq, 1) != MOSQ_ERR_SUCCESS) break;
		}
	}
	client_drop(c);
}

void client_drop(client_t *c) {
	if (c->mosq) mosquitto_destroy(c->mosq);
	c->mosq = NULL;
	c->up = false;
	trust_free(&c->trust);
}
