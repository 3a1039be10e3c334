/**
 * @file device_state.h
 * The device's members, for whoever makes one: make it static, and zero. Everybody goes through the functions of
 * cool/device.h all the same.
 */
#ifndef COOL_DEVICE_STATE_H
#define COOL_DEVICE_STATE_H

#include "cool/clock.h"
#include "cool/commands.h"
#include "cool/device.h"
#include "cool/flash.h"
#include "cool/home.h"
#include "cool/link.h"
#include "cool/ring.h"
#include "cool/uplink.h"

/** What of `reported` was last told, to see what is news. */
typedef struct {
	bool told; /**< on this connection */
	uint64_t at;
	uint32_t hard;                    /**< a checksum over everything but the duties */
	int16_t duties[COOL_MAX_OUTPUTS]; /**< whole percents */
	int outputs;
} cool_told_t;

/** A comparison of probes that stand in the same water. */
typedef struct {
	bool running;
	uint64_t until;
	cool_zero_t what;
	double sums[COOL_MAX_PROBES];
	uint32_t counts[COOL_MAX_PROBES];
	char command[COOL_WORD_SIZE]; /**< "" : never asked */
	double offsets[COOL_MAX_PROBES];
	char error[COOL_ANSWER_SIZE];
	bool done;
} cool_zeroing_t;

/** An update on its way. */
typedef struct {
	bool asked;      /**< COOL_DO_OTA is to be said */
	cool_ota_t what; /**< version "" : never asked */
	char error[COOL_ANSWER_SIZE];
} cool_updating_t;

struct cool_device {
	const cool_device_cfg_t *cfg;
	cool_clock_t clock;
	cool_regulator_t regulator;
	cool_settings_t scratch; /**< settings while they are judged */
	cool_senses_t senses;    /**< of the last step */
	uint64_t stepped;        /**< when that was, monotonic */

	/* desired */
	cool_desired_id_t judged;       /**< of the desired state that was judged last */
	char refused[COOL_REASON_SIZE]; /**< why, if it was */
	bool rewire;

	/* samples */
	cool_ring_t ring;
	bool sampled;         /**< the first one of the boot is taken */
	uint32_t interval_ms; /**< by which the next one is planned */
	uint64_t sample_at;
	uint64_t watch_until; /**< 0: nobody watches */
	double host_w;
	uint64_t host_until; /**< 0: the host's heat is not known */

	/* network */
	cool_link_t link;
	cool_uplink_t uplink;
	cool_home_t home;
	cool_proof_t proof;
	bool elsewhere; /**< the next connection is to another broker than the last */
	char ip[46];
	int rssi;
	bool info_told;    /**< on this connection */
	uint32_t info_sum; /**< a checksum over what was told, but the signal's strength */
	cool_told_t told;
	uint64_t looked;     /**< when news were looked for */
	uint64_t voice_rest; /**< documents and replies are not sent before */

	/* commands */
	cool_executed_t executed;
	cool_order_t orders[COOL_ORDERS];
	int order_count;
	bool replying;               /**< the first order's reply is under way */
	cool_endpoint_t incoming;    /**< arguments of the order `endpoint` */
	bool incoming_ca;            /**< its certificates are in stage */
	bool restart, factory_reset; /**< as soon as the connection is closed, or */
	uint64_t restart_by;         /**< by then; 0: not begun */
	bool identify;
	cool_zeroing_t zeroing;
	char experiment[COOL_WORD_SIZE]; /**< the command that began the regulator's last experiment; "": there was none */
	cool_updating_t ota;

	/* flash */
	uint32_t unsaved;   /**< bit n: cool_blob_t n is to be written */
	uint64_t save_rest; /**< what nobody waits for is not written before: it failed */
	bool leak_kept;     /**< what flash says, or will say, of a leak */
	bool saving;
	cool_blob_t saved;  /**< being written */
	cool_blob_t staged; /**< whose content is in stage; COOL_BLOB_COUNT: free */
	size_t stage_len;
	char stage[COOL_BLOB_SIZE]; /**< a desired state, or certificates, until they are written */
};

#endif
