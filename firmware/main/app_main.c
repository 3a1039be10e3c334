/*
 * The start. Outputs take their failsafe before anything else; flash, radio and network come after regulation.
 *
 * Memory of the classic ESP32, which has the least: of its DRAM some 180 kB can be static and some 290 kB are usable in all.
 *
 *     static    114 kB the device, 70 of them the ring; 10 kB the rest of main; about 35 kB ESP-IDF
 *     heap       17 kB the network task's buffer; 37 kB stacks; about 45 kB Wi-Fi and lwIP with the buffers of sdkconfig.defaults
 *                15 to 30 kB a TLS connection, most during its handshake; an update opens a second one
 *                 2 kB a root certificate; up to 24 kB the outbox, up to 20 kB a message that comes in
 *
 * The figures of main are measured on 32-bit RISC-V, those of ESP-IDF are estimates. Whoever enlarges something weighs it against the ring.
 */
#include "esp_log.h"
#include "esp_system.h"

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
	outputs_begin(board_loose_pins(&cfg.board));
	board_defaults(&cfg.defaults);
	char reason[COOL_REASON_SIZE];
	if (!cool_settings_check(&cfg.defaults, &cfg.board, reason)) {
		/* What menuconfig says cannot be. Without outputs all pins float, which is full cooling by wiring. */
		ESP_LOGE(TAG, "menuconfig: %s", reason);
		cool_settings_defaults(&cfg.defaults);
	}
	outputs_plan(&plan, &cfg.defaults);
	outputs_wire(&plan);
	/* A restart resets the processors only: pins and PWM would keep the last duty until the next start has come so far. */
	ESP_ERROR_CHECK_WITHOUT_ABORT(esp_register_shutdown_handler(outputs_release));
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
