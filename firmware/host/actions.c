#include "host.h"

#include <stdio.h>
#include <string.h>

#include "cool/flash.h"
#include "log.h"

static void on_connected(void *ctx) {
	host_t *h = ctx;
	log_line(LOG_INFO, "connected");
	pthread_mutex_lock(&h->lock);
	cool_device_connected(&h->device, host_now(h));
	pthread_mutex_unlock(&h->lock);
}

static void on_message(void *ctx, const char *topic, const void *payload, size_t len, bool retained) {
	host_t *h = ctx;
	pthread_mutex_lock(&h->lock);
	cool_device_message(&h->device, host_now(h), topic, strlen(topic), payload, len, retained);
	pthread_mutex_unlock(&h->lock);
}

static void on_acked(void *ctx, int message_id) {
	host_t *h = ctx;
	pthread_mutex_lock(&h->lock);
	cool_device_settled(&h->device, host_now(h), message_id, true);
	pthread_mutex_unlock(&h->lock);
}

void host_lost(host_t *h, const char *why) {
	pthread_mutex_lock(&h->lock);
	cool_device_disconnected(&h->device, host_now(h), why);
	pthread_mutex_unlock(&h->lock);
}

/** Reads the certificates that an endpoint names; false if they are damaged. *pem NULL: the roots of the system. */
static bool read_authorities(host_t *h, cool_blob_t blob, const char **pem, size_t *len) {
	*pem = NULL;
	*len = 0;
	if (blob == COOL_BLOB_COUNT) return true;
	size_t used = statedir_load(&h->state, blob, h->pem, sizeof h->pem - 1);
	*pem = cool_flash_pem((uint8_t)blob, blob != COOL_BLOB_CA_PROVISIONED, h->pem, used, sizeof h->pem, len);
	if (!*pem) return false;
	*len -= 1; /* without its NUL */
	return true;
}

static void connect_to(host_t *h, const cool_action_t *a) {
	const client_events_t events = {on_connected, on_message, on_acked, h};
	const char *pem;
	size_t len;
	client_drop(&h->client); /* there should be none; one that stayed would send its will for the next */
	if (!read_authorities(h, a->connect.ca, &pem, &len)) {
		log_line(LOG_ERROR, "cannot connect to %s: the authorities to trust cannot be read", a->connect.to.url);
		host_lost(h, "the certificates to trust are damaged");
		return;
	}
	log_line(LOG_INFO, "connecting to %s", a->connect.to.url);
	if (!client_open(&h->client, a, h->options->id, pem, len, events, host_monotonic())) {
		log_line(LOG_WARN, "cannot connect to %s: %s", a->connect.to.url, h->client.why);
		host_lost(h, h->client.why);
	}
}

static void publish(host_t *h, const cool_action_t *a) {
	int id = client_publish(&h->client, a->publish.topic, a->publish.payload, a->publish.len, a->publish.qos, a->publish.retain);
	pthread_mutex_lock(&h->lock);
	cool_device_sent(&h->device, host_now(h), a->publish.token, id);
	pthread_mutex_unlock(&h->lock);
}

static void save(host_t *h, const cool_action_t *a) {
	bool ok = statedir_save(&h->state, a->save.blob, a->save.data, a->save.len);
	if (!ok) log_line(LOG_ERROR, "cannot write %s into the state directory", cool_blob_key(a->save.blob));
	pthread_mutex_lock(&h->lock);
	cool_device_saved(&h->device, host_now(h), a->save.blob, ok);
	pthread_mutex_unlock(&h->lock);
}

/** Carries out one action; true if it ends the boot. */
static bool carry_out(host_t *h, const cool_action_t *a) {
	switch (a->what) {
	case COOL_DO_NOTHING: break;
	case COOL_DO_CONNECT: connect_to(h, a); break;
	case COOL_DO_CLOSE:
		if (a->close.goodbye)
			client_leave(&h->client);
		else
			client_drop(&h->client);
		log_line(LOG_INFO, "disconnected: the device ended the connection");
		host_lost(h, "the device ended the connection");
		break;
	case COOL_DO_SUBSCRIBE:
		if (!client_subscribe(&h->client, a->subscribe.topic, a->subscribe.qos)) log_line(LOG_WARN, "cannot subscribe to %s", a->subscribe.topic);
		break;
	case COOL_DO_PUBLISH: publish(h, a); break;
	case COOL_DO_SAVE: save(h, a); break;
	case COOL_DO_RESTART: log_line(LOG_INFO, h->leaving ? "the device has said goodbye" : "restart"); return true;
	case COOL_DO_FACTORY_RESET:
		log_line(LOG_WARN, "factory reset: everything in the state directory is erased");
		if (!statedir_erase(&h->state)) log_line(LOG_ERROR, "cannot erase the state directory");
		return true;
	case COOL_DO_IDENTIFY: log_line(LOG_INFO, "identify: the light blinks"); break;
	case COOL_DO_OTA:
		pthread_mutex_lock(&h->lock);
		cool_device_ota_done(&h->device, host_now(h), "an update over the air is not possible on this host");
		pthread_mutex_unlock(&h->lock);
		break;
	case COOL_DO_REWIRE: log_line(LOG_INFO, "the outputs are wired as the settings say"); break;
	}
	return false;
}

bool host_carry_out(host_t *h) {
	for (;;) {
		cool_action_t a;
		pthread_mutex_lock(&h->lock);
		cool_device_next(&h->device, host_now(h), &a, h->buf, sizeof h->buf);
		pthread_mutex_unlock(&h->lock);
		if (a.what == COOL_DO_NOTHING) return false;
		if (carry_out(h, &a)) return true;
	}
}
