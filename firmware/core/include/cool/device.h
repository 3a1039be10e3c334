/**
 * @file device.h
 * The whole device as a state machine without I/O: the regulator, the ring of samples, the connection, the
 * commands. The glue (ESP-IDF in firmware/main, Linux in firmware/host) feeds it with what it senses and with
 * what happens on the network, and carries out the actions that it asks for.
 *
 * Two tasks use one device, under one lock that is never held during I/O:
 *  - control, at least four times a second: cool_device_step, then it drives the outputs;
 *  - network: the events below, and cool_device_next until it says that there is nothing.
 * So regulation never waits for the network, and what one call takes is bounded: the longest writes one telemetry message.
 */
#ifndef COOL_DEVICE_H
#define COOL_DEVICE_H

#include "cool/led.h"
#include "cool/link.h"
#include "cool/messages.h"
#include "cool/regulator.h"
#include "cool/ring.h"
#include "cool/types.h"

/** What a device is made of. It is kept by reference, with its strings: it has to outlive the device and stay the same. */
typedef struct {
	const char *id;                  /**< the device's id */
	const char *name;                /**< for people; may be "" */
	const char *firmware;            /**< version, such as "1.0.0" */
	const char *chip;                /**< "esp32", "esp32s3", "esp32c3", "linux" */
	const char *reset_reason;        /**< "power_on", "software", "watchdog", "brownout", "panic", "unknown" */
	const char *const *capabilities; /**< commands beyond those of the core, such as "ota"; at most 8, ended by NULL. NULL: none */
	cool_board_t board;
	cool_settings_t defaults;    /**< the board's own settings; must pass cool_settings_check */
	cool_endpoint_t provisioned; /**< the broker from provisioning; url "" : none yet */
	bool provisioned_ca;         /**< its certificates are in COOL_BLOB_CA_PROVISIONED; otherwise the public roots */
	uint64_t boot;               /**< 64 random bits */
	uint32_t seed;               /**< of jitter */
} cool_device_cfg_t;

/** The blobs that outlive a restart. Each is versioned and checksummed by cool_flash_seal. */
typedef enum {
	COOL_BLOB_DESIRED,        /**< the last good desired state */
	COOL_BLOB_EXECUTED,       /**< ids and answers of executed commands */
	COOL_BLOB_HOME,           /**< the confirmed endpoint, a trial, how the last one ended; without certificates */
	COOL_BLOB_CA_PROVISIONED, /**< PEM from provisioning; the glue writes it, unsealed */
	COOL_BLOB_CA_A,           /**< PEM of an endpoint that a command gave, with its NUL; sealed: read it through cool_flash_pem */
	COOL_BLOB_CA_B,           /**< the same; the confirmed one and the one on trial take turns */
	COOL_BLOB_LEAK,           /**< whether a leak is latched, and which overrides safety ended: a power cut is no person who decides otherwise */
	COOL_BLOB_COUNT,          /**< also: none */
} cool_blob_t;

/** The key of a blob in NVS or the name of its file, at most 15 characters. */
const char *cool_blob_key(cool_blob_t b);

enum {
	COOL_BLOB_SIZE = COOL_CA_SIZE + 64, /**< the largest blob, sealed */
};

/** Reads a blob; returns its length, 0 if there is none or it does not fit. */
typedef size_t (*cool_load_t)(void *ctx, cool_blob_t blob, void *buf, size_t size);

/** What the glue is to do. */
typedef enum {
	COOL_DO_NOTHING,
	COOL_DO_CONNECT,   /**< to .connect; answer with cool_device_connected, or with _disconnected within some 30 s */
	COOL_DO_CLOSE,     /**< end the connection or the attempt: with an MQTT DISCONNECT if .close.goodbye; always answer with _disconnected */
	COOL_DO_SUBSCRIBE, /**< to .subscribe */
	COOL_DO_PUBLISH,   /**< .publish; with QoS 1 call cool_device_sent and later cool_device_settled */
	COOL_DO_SAVE,      /**< write .save to flash, then call cool_device_saved before the next cool_device_next */
	COOL_DO_RESTART,
	COOL_DO_FACTORY_RESET, /**< erase everything, then restart */
	COOL_DO_IDENTIFY,      /**< blink for 30 s */
	COOL_DO_OTA,           /**< install .ota; answer with cool_device_ota_done, if it does not restart */
	COOL_DO_REWIRE,        /**< the settings' wiring changed: release what is no longer used, set up the rest */
} cool_do_t;

typedef struct {
	cool_do_t what;
	/* Of the present action; the others say nothing. */
	union {
		struct {
			cool_endpoint_t to;
			cool_blob_t ca;                /**< which blob has its certificates; COOL_BLOB_COUNT: the public roots */
			const char *will_topic, *will; /**< QoS 1, retained */
			size_t will_len;
		} connect;
		struct {
			bool goodbye;
		} close;
		struct {
			const char *topic;
			int qos;
		} subscribe;
		struct {
			const char *topic, *payload;
			size_t len;
			int qos;
			bool retain;
			uint32_t token;
		} publish;
		struct {
			cool_blob_t blob;
			const void *data;
			size_t len;
		} save;
		cool_ota_t ota;
	};
} cool_action_t;

/** The device. Its members are its own. It is large (about 110 kB, of which the ring is 68): make it static. */
typedef struct cool_device cool_device_t;

/* Whoever makes one includes cool/device_state.h, which has the struct; everybody else goes through these functions. */

/**
 * Makes a device, reads its blobs, and sets every output to failsafe. A blob that is corrupt or of a
 * later version counts as none and raises the fault `settings_lost`. A trial of an endpoint that was under way is rolled back.
 */
void cool_device_init(cool_device_t *d, const cool_device_cfg_t *cfg, cool_load_t load, void *ctx, uint32_t now_ms);

/** The control task's step. The drives are valid until the next step or settings; copy them under the lock. */
const cool_drive_t *cool_device_step(cool_device_t *d, uint32_t now_ms, const cool_senses_t *in);

/** The settings in effect, for the glue to wire outputs and name probes. */
const cool_settings_t *cool_device_settings(const cool_device_t *d);

/** The wall clock was set: it is unix_ms now. Only the first time of a boot counts for timestamps. */
void cool_device_clock(cool_device_t *d, uint32_t now_ms, int64_t unix_ms);

/** The network came or went; ip may be NULL, rssi 0 if there is none. */
void cool_device_network(cool_device_t *d, uint32_t now_ms, bool up, const char *ip, int rssi);

/** A connection asked for by COOL_DO_CONNECT stands. */
void cool_device_connected(cool_device_t *d, uint32_t now_ms);

/** It could not be made, or ended; why in English, without secrets. */
void cool_device_disconnected(cool_device_t *d, uint32_t now_ms, const char *why);

/** A message came. */
void cool_device_message(cool_device_t *d, uint32_t now_ms, const char *topic, size_t topic_len, const char *payload, size_t len, bool retained);

/** A publish was handed over and has this message id (above 0), or could not be (below 0). The broker's answer may come before this. */
void cool_device_sent(cool_device_t *d, uint32_t now_ms, uint32_t token, int message_id);

/** The broker acknowledged a message, or the client gave it up. */
void cool_device_settled(cool_device_t *d, uint32_t now_ms, int message_id, bool acked);

/**
 * A blob was written, or could not be. What waits for it (a move, a command) is given up then, with a reason; what is in effect all the same (a
 * desired state, a leak, how a trial ended) is asked to be written again after a minute.
 */
void cool_device_saved(cool_device_t *d, uint32_t now_ms, cool_blob_t blob, bool ok);

/** An OTA did not succeed; why in English. */
void cool_device_ota_done(cool_device_t *d, uint32_t now_ms, const char *error);

/** A button or provisioning asks for the same as the commands of that name. */
void cool_device_ask_restart(cool_device_t *d);
void cool_device_ask_factory_reset(cool_device_t *d);

/**
 * The next thing to do. Payloads are written into buf (at least COOL_BUF_SIZE bytes) of the network task,
 * and are valid until its next call. COOL_DO_NOTHING: wait for an event, or for cool_device_wait.
 */
enum { COOL_BUF_SIZE = COOL_BLOB_SIZE };
void cool_device_next(cool_device_t *d, uint32_t now_ms, cool_action_t *a, char *buf, size_t size);

/**
 * For how many milliseconds cool_device_next need not be called if no event comes: at most 250 while connected, so that the samples and
 * the news of the control task get out, and at most 1000 otherwise.
 */
uint32_t cool_device_wait(const cool_device_t *d, uint32_t now_ms);

/** How the device is, for LED, buzzer and OTA. */
typedef struct {
	bool connected;      /**< to the broker */
	bool sensed;         /**< a probe has given a good reading */
	bool critical;       /**< a critical fault is present */
	bool fault;          /**< any fault is present or latched */
	uint32_t offline_ms; /**< since when there is no broker; 0 if there is */
	size_t backlog;      /**< samples that the server is not known to have */
	uint64_t dropped;
} cool_health_t;
cool_health_t cool_device_health(const cool_device_t *d, uint32_t now_ms);

#endif
