#include "mqtt.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_crt_bundle.h"
#include "esp_log.h"
#include "esp_transport.h"
#include "lwip/sockets.h"
#include "mqtt_client.h"

#include "cool/flash.h"
#include "network.h"
#include "shared.h"
#include "store.h"
#include "tasks.h"

static const char TAG[] = "mqtt";

enum {
	KEEPALIVE_S = 60,
	TIMEOUT_MS = 10000,
	ATTEMPT_MS = 90000,       /* looking up the name, connecting, TLS and CONNACK have each their time; together they are shorter */
	IDLE_MS = 200,            /* half of it is how long a client that has no connection takes to notice its end; by default 5 s */
	RETRANSMIT_MS = 30000,    /* by default after 1 s, sooner than a busy server has committed */
	BUFFER = 1024,            /* longer messages come in pieces and go out in pieces */
	OUTBOX_LIMIT = 24 * 1024, /* bytes; what does not fit stays in the core's ring */
	LONGEST_MESSAGE = 20 * 1024,
};

/* The present connection; the network task makes and ends it. */
static struct {
	const char *id;
	esp_mqtt_client_handle_t client;  /* NULL: none */
	char *ca;                         /* the client does not copy it */
	char server_name[COOL_HOST_SIZE]; /* nor this */
	atomic_bool open;                 /* it was asked for, and its end was not told yet */
	atomic_bool stands;               /* the broker has taken it */
	uint32_t asked_ms;                /* when */
	esp_transport_handle_t transport; /* of the client's own task until it connects */
	char why[COOL_REASON_SIZE];       /* the last error; of the client's task */
} now;

/* A message that comes in pieces; of the client's task. */
static struct {
	char topic[COOL_TOPIC_SIZE];
	size_t topic_len;
	char *data; /* NULL: it is too long, or there was no memory */
	bool retained;
} part;

void mqtt_init(const char *id) { now.id = id; }

static void tell_end(const char *why) {
	if (atomic_exchange(&now.open, false)) {
		cool_device_t *d = device_take();
		cool_device_disconnected(d, now_ms(), why);
		device_give();
		network_wake();
	}
}

/* What went wrong, for a person who reads it on the page. */
static void note_error(const esp_mqtt_error_codes_t *e) {
	static const char *const refused[] = {
		"", "wrong protocol", "the client id was refused", "the broker is unavailable", "wrong user name or password", "not authorized"};
	int code = e->connect_return_code;
	if (e->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED && code > 0 && code < (int)(sizeof refused / sizeof refused[0])) {
		(void)cool_copy(now.why, sizeof now.why, refused[code]);
	} else if (e->esp_tls_cert_verify_flags != 0) {
		(void)snprintf(now.why, sizeof now.why, "the broker's certificate was not accepted (flags 0x%x): wrong CA, name or time",
			(unsigned)e->esp_tls_cert_verify_flags);
	} else if (e->esp_tls_last_esp_err != ESP_OK) {
		(void)snprintf(now.why, sizeof now.why, "TLS: %s (-0x%x)", esp_err_to_name(e->esp_tls_last_esp_err), (unsigned)-e->esp_tls_stack_err);
	} else if (e->esp_transport_sock_errno != 0) {
		(void)snprintf(now.why, sizeof now.why, "network: %s", strerror(e->esp_transport_sock_errno));
	}
}

static void deliver(const char *topic, size_t topic_len, const char *data, size_t len, bool retained) {
	cool_device_t *d = device_take();
	cool_device_message(d, now_ms(), topic, topic_len, data, len, retained);
	device_give();
}

static void drop_part(void) {
	free(part.data);
	part.data = NULL;
}

/* Puts a message together. Only the first piece has the topic and the flag. */
static void on_data(const esp_mqtt_event_t *e) {
	if (e->current_data_offset == 0 && e->data_len == e->total_data_len) {
		deliver(e->topic, (size_t)e->topic_len, e->data, (size_t)e->data_len, e->retain);
		return;
	}
	if (e->current_data_offset == 0) {
		drop_part();
		if (e->total_data_len > LONGEST_MESSAGE || e->topic_len <= 0 || e->topic_len >= (int)sizeof part.topic) {
			ESP_LOGW(TAG, "a message of %d bytes is too long", e->total_data_len);
			return;
		}
		part.data = malloc((size_t)e->total_data_len);
		if (part.data == NULL) {
			ESP_LOGW(TAG, "no memory for a message of %d bytes", e->total_data_len);
			return;
		}
		part.topic_len = (size_t)e->topic_len;
		memcpy(part.topic, e->topic, part.topic_len);
		part.retained = e->retain;
	}
	if (part.data == NULL) {
		return;
	}
	memcpy(part.data + e->current_data_offset, e->data, (size_t)e->data_len);
	if (e->current_data_offset + e->data_len == e->total_data_len) {
		deliver(part.topic, part.topic_len, part.data, (size_t)e->total_data_len, part.retained);
		drop_part();
	}
}

static void settled(int message_id, bool acked) {
	cool_device_t *d = device_take();
	cool_device_settled(d, now_ms(), message_id, acked);
	device_give();
}

/* In the client's task, with the client's lock held; the device's lock comes after it, never before. */
static void on_event(void *arg, esp_event_base_t base, int32_t id, void *data) {
	(void)arg;
	(void)base;
	const esp_mqtt_event_t *e = data;
	switch ((esp_mqtt_event_id_t)id) {
	case MQTT_EVENT_BEFORE_CONNECT: now.transport = esp_mqtt_client_get_transport(e->client, (char[]){MQTT_OVER_SSL_SCHEME}); break;
	case MQTT_EVENT_CONNECTED: {
		atomic_store(&now.stands, true);
		cool_device_t *d = device_take();
		cool_device_connected(d, now_ms());
		device_give();
		break;
	}
	case MQTT_EVENT_DISCONNECTED:
		drop_part();
		tell_end(now.why[0] != '\0' ? now.why : "the broker ended the connection");
		break;
	case MQTT_EVENT_ERROR:
		if (e->error_handle != NULL) {
			note_error(e->error_handle);
		}
		break;
	case MQTT_EVENT_DATA: on_data(e); break;
	case MQTT_EVENT_PUBLISHED: settled(e->msg_id, true); break;
	case MQTT_EVENT_DELETED: settled(e->msg_id, false); break;
	default: return;
	}
	network_wake();
}

bool mqtt_certificates(cool_blob_t blob, char **pem) {
	*pem = NULL;
	if (blob == COOL_BLOB_COUNT) return true;
	char *buf = malloc(COOL_BLOB_SIZE);
	if (buf == NULL) return false;
	size_t used = store_read(cool_blob_key(blob), buf, COOL_BLOB_SIZE), len;
	const char *found = cool_flash_pem((uint8_t)blob, blob != COOL_BLOB_CA_PROVISIONED, buf, used, COOL_BLOB_SIZE, &len);
	if (found == NULL) {
		free(buf);
		return false;
	}
	/* One root is some 2 kB, the buffer 16. */
	memmove(buf, found, len);
	*pem = realloc(buf, len);
	if (*pem == NULL) *pem = buf;
	return true;
}

/* Ends and forgets the client. Waits until its task has ended: at most for a connection attempt under way. */
static void discard(void) {
	if (now.client != NULL) {
		ESP_ERROR_CHECK_WITHOUT_ABORT(esp_mqtt_client_destroy(now.client));
		now.client = NULL;
	}
	now.transport = NULL;
	drop_part();
	free(now.ca);
	now.ca = NULL;
}

static esp_err_t start(const esp_mqtt_client_config_t *cfg) {
	now.client = esp_mqtt_client_init(cfg);
	if (now.client == NULL) {
		return ESP_ERR_NO_MEM;
	}
	esp_err_t err = esp_mqtt_client_register_event(now.client, MQTT_EVENT_ANY, on_event, NULL);
	return err == ESP_OK ? esp_mqtt_client_start(now.client) : err;
}

void mqtt_connect(const cool_action_t *a) {
	discard();
	now.why[0] = '\0';
	now.asked_ms = now_ms();
	atomic_store(&now.stands, false);
	atomic_store(&now.open, true);
	if (!mqtt_certificates(a->connect.ca, &now.ca)) {
		tell_end("the broker's CA certificates cannot be read from flash");
		return;
	}
	const cool_endpoint_t *to = &a->connect.to;
	(void)cool_copy(now.server_name, sizeof now.server_name, to->server_name);
	const esp_mqtt_client_config_t cfg = {
		.broker =
			{
				.address.uri = to->url,
				.verification =
					{
						.certificate = now.ca, /* its length stays 0: that tells PEM from DER */
						.crt_bundle_attach = now.ca == NULL ? esp_crt_bundle_attach : NULL,
						.common_name = now.server_name[0] != '\0' ? now.server_name : NULL,
					},
			},
		.credentials = {.username = to->username, .client_id = now.id, .authentication.password = to->password},
		.session =
			{
				.last_will = {.topic = a->connect.will_topic, .msg = a->connect.will, .msg_len = (int)a->connect.will_len, .qos = 1, .retain = 1},
				.keepalive = KEEPALIVE_S,
				.message_retransmit_timeout = RETRANSMIT_MS,
				.protocol_ver = MQTT_PROTOCOL_V_3_1_1, /* with a clean session, which is esp-mqtt's default */
			},
		.network = {.timeout_ms = TIMEOUT_MS, .disable_auto_reconnect = true, .reconnect_timeout_ms = IDLE_MS},
		.task = {.priority = PRIORITY_MQTT, .stack_size = STACK_MQTT},
		.buffer = {.size = BUFFER, .out_size = BUFFER},
		.outbox.limit = OUTBOX_LIMIT,
	};
	esp_err_t err = start(&cfg);
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "start: %s", esp_err_to_name(err));
		tell_end(esp_err_to_name(err));
	}
}

void mqtt_close(bool goodbye) {
	/* esp-mqtt says DISCONNECT whenever it is stopped, and the broker then forgets the last will. Without goodbye the socket is shut first. */
	int socket = !goodbye && now.transport != NULL ? esp_transport_get_socket(now.transport) : -1;
	if (socket >= 0 && shutdown(socket, SHUT_RDWR) != 0) {
		ESP_LOGD(TAG, "shutdown: %s", strerror(errno)); /* it had ended by itself */
	}
	discard();
	tell_end("closed");
}

void mqtt_watch(void) {
	if (atomic_load(&now.open) && !atomic_load(&now.stands) && cool_since(now_ms(), now.asked_ms) >= ATTEMPT_MS) {
		discard();
		tell_end("nothing came of the attempt; there may not be enough memory");
	}
}

void mqtt_subscribe(const char *topic, int qos) {
	if (now.client != NULL && esp_mqtt_client_subscribe_single(now.client, topic, qos) < 0) {
		ESP_LOGE(TAG, "%s cannot be subscribed to", topic); /* the connection is on its way down; the core subscribes again on the next one */
	}
}

void mqtt_publish(const cool_action_t *a) {
	int id = -1;
	if (now.client != NULL) {
		/* Into the outbox; the client's task sends it. */
		id = esp_mqtt_client_enqueue(now.client, a->publish.topic, a->publish.payload, (int)a->publish.len, a->publish.qos, a->publish.retain, true);
	}
	if (a->publish.qos > 0) {
		cool_device_t *d = device_take();
		cool_device_sent(d, now_ms(), a->publish.token, id > 0 ? id : -1);
		device_give();
	}
}
