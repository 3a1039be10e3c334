#include "provisioning.h"

#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#include "cool/flash.h"
#include "identity.h"
#include "network.h"
#include "shared.h"
#include "store.h"
#include "wifi.h"

static const char TAG[] = "provisioning";

static const char KEY_SETUP[] = "setup";
static const char KEY_NETWORKS[] = "networks";
static const char KEY_AP[] = "ap_password";

/* Kinds of sealed blobs; those of cool_blob_t are below. */
enum { KIND_SETUP = 0x40, KIND_NETWORKS = 0x41 };

enum { ANSWER_MS = 1000 };

static cool_provision_t kept;
static cool_wifi_list_t networks;
static char ap_password[COOL_AP_PASSWORD_SIZE];
static StaticSemaphore_t mutex_memory;
static SemaphoreHandle_t mutex; /* of networks and of writing */

/* Reads and opens a sealed blob; *memory is to be freed. */
static bool read_sealed(const char *key, uint8_t kind, size_t size, uint8_t **memory, const char **content, size_t *len) {
	const uint8_t *at;
	*memory = malloc(size);
	if (*memory == NULL) {
		return false;
	}
	size_t used = store_read(key, *memory, size);
	if (used == 0 || !cool_flash_open(*memory, used, kind, &at, len)) {
		return false;
	}
	*content = (const char *)at;
	return true;
}

static bool write_sealed(const char *key, uint8_t kind, uint8_t *blob, size_t len) {
	return len > 0 && store_write(key, blob, cool_flash_seal(blob, kind, len));
}

static void read_ap_password(void) {
	if (store_read(KEY_AP, ap_password, sizeof ap_password) == sizeof ap_password && ap_password[sizeof ap_password - 1] == '\0') {
		return;
	}
	uint8_t random[12];
	identity_early_random(random, sizeof random);
	cool_ap_password(ap_password, random);
	(void)store_write(KEY_AP, ap_password, sizeof ap_password); /* if it cannot be kept, there is another one after the next start */
}

void provisioning_init(void) {
	uint8_t *memory;
	const char *content;
	size_t len;
	mutex = xSemaphoreCreateMutexStatic(&mutex_memory);
	if (!read_sealed(KEY_SETUP, KIND_SETUP, COOL_PROVISION_SIZE + COOL_SEAL_SIZE, &memory, &content, &len) ||
		!cool_provision_load(&kept, content, len)) {
		ESP_LOGW(TAG, "not set up yet");
	}
	free(memory);
	if (read_sealed(KEY_NETWORKS, KIND_NETWORKS, COOL_WIFI_LIST_SIZE + COOL_SEAL_SIZE, &memory, &content, &len)) {
		(void)cool_wifi_load(&networks, content, len);
	}
	free(memory);
	if (kept.id[0] == '\0') {
		identity_default(kept.id);
	}
	read_ap_password();
}

const cool_provision_t *provisioning_get(void) { return &kept; }

void provisioning_networks(cool_wifi_list_t *out) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	*out = networks;
	(void)xSemaphoreGive(mutex);
}

const char *provisioning_ap_password(void) { return ap_password; }

cool_draft_t *provisioning_draft(void) {
	cool_draft_t *d = malloc(sizeof *d);
	char *ca = malloc(COOL_CA_SIZE);
	if (d == NULL || ca == NULL) {
		free(d);
		free(ca);
		return NULL;
	}
	cool_draft_begin(d, &kept, ca, COOL_CA_SIZE);
	return d;
}

void provisioning_drop(cool_draft_t *d) {
	if (d != NULL) {
		free(d->ca);
		free(d);
	}
}

/* The certificates first: an address that is kept always finds its own. */
static bool keep(const cool_draft_t *d) {
	const char *ca_key = cool_blob_key(COOL_BLOB_CA_PROVISIONED);
	if (d->ca_said && !(d->p.ca ? store_write(ca_key, d->ca, strlen(d->ca)) : store_forget(ca_key))) {
		return false;
	}
	uint8_t *blob = malloc(COOL_PROVISION_SIZE + COOL_SEAL_SIZE);
	if (blob == NULL) {
		return false;
	}
	bool ok = write_sealed(KEY_SETUP, KIND_SETUP, blob, cool_provision_store(&d->p, (char *)blob + COOL_SEAL_SIZE, COOL_PROVISION_SIZE));
	free(blob);
	return ok;
}

bool provisioning_apply(cool_draft_t *d, char reason[COOL_REASON_SIZE]) {
	if (!cool_draft_check(d, reason)) {
		return false;
	}
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	bool ok = keep(d);
	(void)xSemaphoreGive(mutex);
	if (!ok) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "it could not be written to flash; if this happens again, reset the device to factory settings");
		return false;
	}
	return true;
}

void provisioning_restart(void) {
	/* The core keeps references to what is provisioned, and the id is a part of every topic: a restart is the one way that cannot be half done. */
	vTaskDelay(pdMS_TO_TICKS(ANSWER_MS));
	cool_device_ask_restart(device_take());
	device_give();
	network_wake();
}

static bool keep_networks(void) {
	uint8_t blob[COOL_SEAL_SIZE + COOL_WIFI_LIST_SIZE];
	return write_sealed(KEY_NETWORKS, KIND_NETWORKS, blob, cool_wifi_store(&networks, (char *)blob + COOL_SEAL_SIZE, COOL_WIFI_LIST_SIZE));
}

bool provisioning_add_network(const char *ssid, const char *password, char reason[COOL_REASON_SIZE]) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	bool ok = cool_wifi_add(&networks, ssid, password, reason);
	if (ok && !keep_networks()) {
		/* It is used all the same until the next start. */
		ESP_LOGE(TAG, "the network could not be written to flash");
	}
	(void)xSemaphoreGive(mutex);
	if (ok) {
		wifi_changed();
	}
	return ok;
}

bool provisioning_forget_networks(void) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	memset(&networks, 0, sizeof networks);
	bool ok = keep_networks();
	(void)xSemaphoreGive(mutex);
	wifi_changed();
	return ok;
}
