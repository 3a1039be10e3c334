/*
 * The start. Outputs take their failsafe before anything else; flash, radio and network come after regulation.
 *
 * Memory of the classic ESP32, which has the least (about 320 kB of DRAM, of which 180 kB can be static): the device 100 kB and the network
 * task's buffer 16 kB are static; Wi-Fi and lwIP take about 60 kB of heap, a TLS connection 35 kB (16 kB to receive, 4 kB to send and the
 * handshake), the tasks' stacks 45 kB, the outbox at most 40 kB. An update opens a second TLS connection beside the first. The certificates
 * of an endpoint are in the heap while it is used.
 */
#include "esp_log.h"

#include "board.h"
#include "cable.h"
#include "clock.h"
#include "control.h"
#include "humidity.h"
#include "identity.h"
#include "mqtt.h"
#include "network.h"
#include "outputs.h"
#include "panel.h"
#include "probes.h"
#include "provisioning.h"
#include "sense.h"
#include "shared.h"
#include "store.h"
#include "wifi.h"

static const char TAG[] = "coolant";

/* Commands and inputs beyond those of the core. */
static const char *const capabilities[] = {"ota", NULL};

static cool_device_cfg_t cfg; /* kept by reference */

static size_t load(void *ctx, cool_blob_t blob, void *buf, size_t size) {
	(void)ctx;
	return store_read(cool_blob_key(blob), buf, size);
}

/* The outputs that the board has by itself, at their failsafe. Settings from flash may add others; those float until then. */
static void fail_safe(void) {
	static outputs_plan_t plan;
	board_describe(&cfg.board);
	board_defaults(&cfg.defaults);
	char reason[COOL_REASON_SIZE];
	if (!cool_settings_check(&cfg.defaults, &cfg.board, reason)) {
		/* What menuconfig says cannot be. Without outputs all pins float, which is full cooling by wiring. */
		ESP_LOGE(TAG, "menuconfig: %s", reason);
		cool_settings_defaults(&cfg.defaults);
	}
	outputs_plan(&plan, &cfg.defaults);
	outputs_wire(&plan);
}

static void describe(void) {
	const cool_provision_t *p = provisioning_get();
	cfg.id = p->id;
	cfg.name = p->name;
	cfg.firmware = identity_version();
	cfg.chip = board_chip();
	cfg.reset_reason = identity_reset_reason();
	cfg.capabilities = capabilities;
	cfg.provisioned = p->broker;
	cfg.provisioned_ca = p->ca;
	identity_early_random(&cfg.boot, sizeof cfg.boot);
	identity_early_random(&cfg.seed, sizeof cfg.seed);
}

void app_main(void) {
	fail_safe();
	sense_init();
	store_init();
	provisioning_init();
	describe();
	shared_init(&cfg, load);
	control_start();
	probes_start();
	humidity_start();

	ESP_LOGI(TAG, "%s %s on %s, %s", cfg.id, cfg.firmware, cfg.chip, cfg.reset_reason);
	clock_init();
	panel_start();
	cable_start();
	mqtt_init(cfg.id);
	esp_err_t err = wifi_start();
	if (err == ESP_OK) {
		clock_start(provisioning_get()->time);
	} else {
		ESP_LOGE(TAG, "no network, only regulation: %s", esp_err_to_name(err));
	}
	network_start();
}
