/**
 * @file messages.h
 * The device's side of the contract, version 1: what it says and what it understands. contract/ pins
 * both with vectors that Go and C read.
 */
#ifndef COOL_MESSAGES_H
#define COOL_MESSAGES_H

#include "cool/experiment.h"
#include "cool/json.h"
#include "cool/settings.h"
#include "cool/types.h"

/** The topics of a device: coolant/<id>/<kind>. */
typedef enum {
	COOL_TELEMETRY,
	COOL_COMMITTED,
	COOL_STATUS,
	COOL_INFO,
	COOL_DESIRED,
	COOL_REPORTED,
	COOL_COMMAND,
	COOL_REPLY,
	COOL_INPUT,
	COOL_NO_TOPIC,
} cool_topic_t;

enum { COOL_TOPIC_SIZE = 64 };

/** Writes the topic of a device; false if id is none. */
bool cool_topic(char out[COOL_TOPIC_SIZE], const char *id, cool_topic_t kind);

/** The kind of a topic (len bytes, no NUL needed) if it is one of this device; COOL_NO_TOPIC otherwise. */
cool_topic_t cool_topic_kind(const char *topic, size_t len, const char *id);

/** Why a message is refused; the words are the contract's codes (cool_reject_word). */
typedef enum {
	COOL_ACCEPTED,
	COOL_NOT_JSON,     /**< "not_json" */
	COOL_BAD_FIELD,    /**< "bad_field" */
	COOL_BAD_METRIC,   /**< "bad_metric" */
	COOL_BAD_VALUE,    /**< "bad_value" */
	COOL_OUT_OF_RANGE, /**< "out_of_range" */
	COOL_TOO_LARGE,    /**< "too_large" */
} cool_reject_t;
const char *cool_reject_word(cool_reject_t r);

/** A refusal: its code, and for people what is wrong, where, and what is expected. It never quotes a secret. */
typedef struct {
	cool_reject_t code;
	char reason[COOL_REASON_SIZE];
} cool_problem_t;

/* Up. Each returns the length, or 0 if it does not fit. */

size_t cool_encode_status(char *buf, size_t size, bool online, uint64_t boot, uint64_t conn);
/** error NULL: done. */
size_t cool_encode_reply(char *buf, size_t size, const char *id, const char *error);

/** How the time of a sample is told. */
typedef enum { COOL_NO_TIME, COOL_TS, COOL_AGE } cool_stamp_t;

/** A sample as it is sent. */
typedef struct {
	uint64_t seq;
	cool_stamp_t stamp;
	int64_t time; /**< Unix milliseconds, or an age in milliseconds */
	const cool_metric_t *metrics;
	int count;
	bool watched; /**< `q` is written also when it is empty: the device looks at its probes itself */
} cool_sample_t;

/** Telemetry is written sample by sample; what does not fit leaves the message as it was. */
typedef struct {
	cool_json_writer_t json;
	int samples;
} cool_telemetry_t;
void cool_telemetry_begin(cool_telemetry_t *t, char *buf, size_t size, uint64_t boot);
bool cool_telemetry_add(cool_telemetry_t *t, const cool_sample_t *s);
/** Ends the message and returns its length. Room for the end is always kept. */
size_t cool_telemetry_end(cool_telemetry_t *t);

/** The state of the endpoint in `info`. */
typedef struct {
	const char *url, *state, *reason, *command; /**< reason and command may be NULL or "" */
} cool_endpoint_info_t;

/** What the device says about itself. Empty strings and zeros are left out. */
typedef struct {
	const char *name, *firmware, *chip, *ip, *reset_reason;
	uint64_t boot;
	int rssi;
	uint32_t interval_ms;
	struct {
		uint64_t rom;
		const char *role;
		bool clone;
	} probes[COOL_MAX_PROBES];
	int probe_count;
	const char *metrics[COOL_MAX_METRICS];
	int metric_count;
	const char *outputs[COOL_MAX_OUTPUTS];
	int output_count;
	const char *const *capabilities; /**< ended by NULL */
	cool_endpoint_info_t endpoint;
	const cool_board_t *board;  /**< which pins can do what, so that the server asks for nothing else */
	const cool_settings_t *own; /**< with the board's own outputs, told beside its pins; NULL: it is not said which they are */
} cool_info_t;
size_t cool_encode_info(char *buf, size_t size, const cool_info_t *i);

/** The last experiment of this boot. */
typedef struct {
	const char *command;                    /**< that asked for it; NULL or "": there was none */
	const cool_experiment_report_t *report; /**< with a kind, where there is a command */
} cool_experiment_info_t;

/** What it does now. */
typedef struct {
	const char *epoch;
	uint64_t version;
	const char *refused; /**< NULL or "": applied */
	uint32_t interval_ms;
	struct {
		const char *name, *mode, *claim;
		double duty;
		bool supervised;
		uint32_t cycles;
	} outputs[COOL_MAX_OUTPUTS];
	int output_count;
	struct {
		const char *name;
		uint32_t occurrence;
		bool active;
	} faults[16];
	int fault_count;
	uint64_t dropped; /**< samples that the full ring had to drop */
	/** The last command `zero`: what the probes should have as offsets, or why it is not known. command NULL or "": there was none. */
	struct {
		const char *command, *error;
		struct {
			const char *role;
			double offset_k;
		} offsets[COOL_MAX_PROBES];
		int count;
	} zero;
	struct {
		const char *version, *state, *reason;
	} ota; /**< the last command `ota`: "installing" or "failed"; version NULL or "": there was none */
	cool_experiment_info_t experiment;
} cool_reported_t;
size_t cool_encode_reported(char *buf, size_t size, const cool_reported_t *r);

/* Down. Each returns COOL_ACCEPTED, or says in p why not. What is refused changes nothing in *out. */

typedef struct {
	uint64_t boot, through;
} cool_committed_t;
cool_reject_t cool_decode_committed(const char *text, size_t len, cool_committed_t *out, cool_problem_t *p);

typedef struct {
	char id[COOL_WORD_SIZE], name[COOL_WORD_SIZE];
	int64_t expires_ms;
	cool_json_t args; /**< an object within text; at is NULL without one */
} cool_command_t;
cool_reject_t cool_decode_command(const char *text, size_t len, cool_command_t *out, cool_problem_t *p);

typedef struct {
	double host_w;
	uint32_t valid_s;
} cool_input_msg_t;
cool_reject_t cool_decode_input(const char *text, size_t len, cool_input_msg_t *out, cool_problem_t *p);

enum { COOL_URL_SIZE = 257, COOL_SECRET_SIZE = 129, COOL_CA_SIZE = 16385, COOL_HOST_SIZE = 254 };

/** A broker, and who the device is there. */
typedef struct {
	char url[COOL_URL_SIZE]; /**< mqtts://host:port, the port always there */
	char username[COOL_SECRET_SIZE], password[COOL_SECRET_SIZE];
	char server_name[COOL_HOST_SIZE]; /**< "" : the host of the url */
	uint32_t trial_s;                 /**< of the command only: 5 to 3600 */
} cool_endpoint_t;

/**
 * The arguments of the command `endpoint`. The certificates go into ca (COOL_CA_SIZE bytes), "" if there are none and the
 * public roots are meant. They are checked as PEM and base64 with the frame of an X.509 certificate in DER; whether one can be used is
 * found out by the TLS library. What is refused may leave ca changed.
 */
cool_reject_t cool_decode_endpoint(cool_json_t args, cool_endpoint_t *out, char ca[COOL_CA_SIZE], cool_problem_t *p);

/** Checks and completes the address of a broker; also for provisioning. Returns false with the reason. */
bool cool_secure_url(const char *text, char out[COOL_URL_SIZE], char reason[COOL_REASON_SIZE]);

/** Splits a checked address. host has no brackets. */
bool cool_split_url(const char *url, char host[COOL_HOST_SIZE], uint16_t *port);

enum { COOL_MAX_DESIRED = 12 * 1024 /**< bytes of a desired state; a larger one is refused */ };

/** What identifies a desired state; filled as far as it could be read, also when it is refused. */
typedef struct {
	char epoch[COOL_WORD_SIZE];
	uint64_t version;
	bool known;
} cool_desired_id_t;

/**
 * Decodes a desired state. What it does not mention is taken from defaults (the board's own); probes are
 * replaced as a whole, and outputs are joined with the board's by name. Each member is checked by itself; how they go together is for
 * cool_settings_check, which it does not call. out must not be defaults.
 */
cool_reject_t cool_decode_desired(
	const char *text, size_t len, const cool_settings_t *defaults, cool_settings_t *out, cool_desired_id_t *id, cool_problem_t *p);

/** The arguments of the other commands. */
typedef struct {
	char fault[COOL_NAME_SIZE + 16];
	uint32_t occurrence;
} cool_clear_fault_t;
cool_reject_t cool_decode_clear_fault(cool_json_t args, cool_clear_fault_t *out, cool_problem_t *p);
/** An image to install: where (https:// only), which version, its SHA-256. */
typedef struct {
	char url[COOL_URL_SIZE];
	char version[COOL_NAME_SIZE];
	uint8_t sha256[32];
} cool_ota_t;
cool_reject_t cool_decode_ota(cool_json_t args, cool_ota_t *out, cool_problem_t *p);
/** Which probes stand in the same water, and for how long to average, 5 to 300 s (30 if missing). */
typedef struct {
	char roles[COOL_MAX_PROBES][COOL_NAME_SIZE];
	int count;
	uint32_t seconds;
} cool_zero_t;
cool_reject_t cool_decode_zero(cool_json_t args, cool_zero_t *out, cool_problem_t *p);
/** Of which output the gains are to be found. */
typedef struct {
	char output[COOL_NAME_SIZE];
	bool at;          /**< setpoint was said; otherwise it is that of the output's PI */
	double setpoint;  /**< C, or K where the input is a difference; -20 to below 60 */
	uint32_t minutes; /**< 10 to 120, 60 if missing */
} cool_autotune_t;
cool_reject_t cool_decode_autotune(cool_json_t args, cool_autotune_t *out, cool_problem_t *p);
/** Which output is to be tried, and how (commission.h). duty, seconds and filled of a sweep are read and not used. */
typedef struct {
	char output[COOL_NAME_SIZE];
	cool_test_t test;
	double duty;      /**< percent, 0 to 100, 60 if missing */
	uint32_t seconds; /**< 2 to 60, 10 if missing */
	bool filled;      /**< a person has seen water move */
} cool_commission_t;
cool_reject_t cool_decode_commission(cool_json_t args, cool_commission_t *out, cool_problem_t *p);

#endif
