/**
 * @file device_util.h
 * A device with a broker, a server and a flash that a test has in its hands.
 */
#ifndef COOL_DEVICE_UTIL_H
#define COOL_DEVICE_UTIL_H

#include "cool/device_state.h"

enum { BENCH_QUEUE = 32, BENCH_TEXT = 2048 };

/** A publish that waits for its answer. */
typedef struct {
	int id;
	cool_topic_t kind;
} bench_sent_t; /* its payload is for on_telemetry */

/** The bench. One at a time, because a device is large. */
typedef struct {
	cool_device_cfg_t cfg;
	uint32_t now; /**< the counter, which may wrap */
	cool_senses_t senses;
	bool connected, connecting; /**< as the glue sees it */
	bool refuse;                /**< no broker takes the device */
	const char *refused;        /**< nor does the one with this address; NULL: none */
	bool silent;                /**< it acknowledges nothing by itself */
	bool broken_flash;          /**< cannot be written */
	int connects, closes, goodbyes, restarts, resets, identifies, otas, rewires, saves;
	int next_id;
	bench_sent_t sent[BENCH_QUEUE];
	int sent_count;
	cool_endpoint_t to; /**< of the last connection */
	cool_blob_t ca;
	char will[BENCH_TEXT], status[BENCH_TEXT], info[BENCH_TEXT], reported[BENCH_TEXT], reply[BENCH_TEXT], telemetry[COOL_BUF_SIZE];
	int statuses, infos, reports, replies, telemetries;
	char order
		[64]; /**< what happened, a letter each: C connect, S subscribe, P status, I info, R reported, T telemetry, r reply, W save, X close, B restart */
	uint8_t flash[COOL_BLOB_COUNT][COOL_BLOB_SIZE];
	size_t flash_len[COOL_BLOB_COUNT];
	void (*on_telemetry)(const char *payload, size_t len, int id);
} bench_t;

extern bench_t bench;
extern cool_device_t device;

/** Forgets everything, with an endpoint and a pump of the board's own; then start. */
void bench_init(uint32_t now);

/** A fan beside the pump, both with tachometers; before the start. */
void bench_fan(void);

/** A boot: what is in flash stays. */
void bench_start(void);

/** Carries out everything that the device wants now. */
void bench_run(void);

/** Lets time pass in steps of 250 ms, with everything that the device wants. */
void bench_pass(uint32_t ms);

/** The same in steps of another length. */
void bench_pass_by(uint32_t ms, uint32_t step_ms);

/** The server says `committed`. */
void bench_committed(uint64_t boot, uint64_t through);

/** Gives a network and lets the device get online. */
void bench_online(void);

/** A message of the server. */
void bench_say(cool_topic_t kind, const char *payload, bool retained);

/** A command with an id, a name, arguments (a JSON object, NULL: none), and when it expires in Unix milliseconds. */
void bench_command(const char *id, const char *name, const char *args, int64_t expires);

/** Ends the connection. */
void bench_cut(const char *why);

/** A good reading of the probe at an index. */
void bench_probe(int index, double celsius);

/** Whether text has part. */
bool bench_has(const char *text, const char *part);

#endif
