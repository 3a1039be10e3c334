#include "ota.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sdkconfig.h"

#include "esp_app_desc.h"
#include "esp_crt_bundle.h"
#include "esp_https_ota.h"
#include "esp_log.h"
#include "esp_ota_ops.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "psa/crypto.h"

#include "cool/version.h"
#include "identity.h"
#include "mqtt.h"
#include "network.h"
#include "provisioning.h"
#include "shared.h"
#include "tasks.h"

#if !CONFIG_SECURE_SIGNED_ON_UPDATE
#error "An update has to be signed: see CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT in sdkconfig.defaults"
#endif

static const char TAG[] = "ota";

enum {
	TIMEOUT_MS = 20000,
	BUFFER = 4096,
	SHA256_SIZE = 32,
	PROVE_MS = 15 * 60 * 1000, /* a new image has so long: the access point opens after five minutes, and somebody may have to help */
	JUDGE_EVERY_MS = 60 * 1000,
};

static cool_ota_t job; /* of the task, while busy */
static atomic_bool busy;

/* The public roots, or the provisioned CA where the image comes from the broker's own host. */
static bool trust(esp_http_client_config_t *http, char **pem) {
	const cool_provision_t *p = provisioning_get();
	*pem = NULL;
	if (p->ca && cool_same_host(job.url, p->broker.url) && !mqtt_certificates(COOL_BLOB_CA_PROVISIONED, pem)) return false;
	http->cert_pem = *pem;
	http->crt_bundle_attach = *pem == NULL ? esp_crt_bundle_attach : NULL;
	return true;
}

/* Whether the image's own description lets it be installed. */
static const char *check_description(esp_https_ota_handle_t ota, char reason[COOL_REASON_SIZE]) {
	esp_app_desc_t offered;
	const esp_app_desc_t *running = esp_app_get_description();
	if (esp_https_ota_get_img_desc(ota, &offered) != ESP_OK) {
		return "what was downloaded is not a firmware image";
	}
	if (strncmp(offered.project_name, running->project_name, sizeof offered.project_name) != 0) {
		return "the image is another program's";
	}
	offered.version[sizeof offered.version - 1] = '\0';
	const char *version = offered.version[0] == 'v' ? offered.version + 1 : offered.version;
	if (strcmp(version, job.version[0] == 'v' ? job.version + 1 : job.version) != 0) {
		return "the image has another version than the command said";
	}
	return cool_version_may_update(identity_version(), version, reason) ? NULL : reason;
}

/* Whether len bytes of the partition have the SHA-256 of the command: what is in flash is what counts. */
static bool hash_fits(const esp_partition_t *part, size_t len) {
	psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;
	uint8_t got[SHA256_SIZE];
	size_t got_len = 0;
	uint8_t *block = malloc(BUFFER);
	bool ok = block != NULL && psa_crypto_init() == PSA_SUCCESS && psa_hash_setup(&hash, PSA_ALG_SHA_256) == PSA_SUCCESS;
	for (size_t at = 0; ok && at < len; at += BUFFER) {
		size_t n = len - at < BUFFER ? len - at : BUFFER;
		ok = esp_partition_read(part, at, block, n) == ESP_OK && psa_hash_update(&hash, block, n) == PSA_SUCCESS;
	}
	ok = ok && psa_hash_finish(&hash, got, sizeof got, &got_len) == PSA_SUCCESS;
	(void)psa_hash_abort(&hash); /* does nothing after a finish */
	free(block);
	return ok && got_len == sizeof got && memcmp(got, job.sha256, sizeof got) == 0;
}

static const char *download(esp_https_ota_handle_t ota, const esp_partition_t *part, char reason[COOL_REASON_SIZE]) {
	const char *problem = check_description(ota, reason);
	if (problem != NULL) {
		return problem;
	}
	esp_err_t err;
	do {
		err = esp_https_ota_perform(ota);
	} while (err == ESP_ERR_HTTPS_OTA_IN_PROGRESS);
	if (err != ESP_OK || !esp_https_ota_is_complete_data_received(ota)) {
		return "the download broke off";
	}
	int len = esp_https_ota_get_image_len_read(ota);
	return len > 0 && hash_fits(part, (size_t)len) ? NULL : "the image has not the SHA-256 that the command said";
}

/* NULL: it is installed, and runs after a restart. */
static const char *install(char reason[COOL_REASON_SIZE]) {
	esp_http_client_config_t http = {.url = job.url, .timeout_ms = TIMEOUT_MS, .buffer_size = BUFFER, .keep_alive_enable = true};
	char *pem;
	if (!trust(&http, &pem)) return "the CA certificates cannot be read from flash";
	const esp_https_ota_config_t cfg = {.http_config = &http};
	const esp_partition_t *part = esp_ota_get_next_update_partition(NULL);
	esp_https_ota_handle_t ota = NULL;
	const char *problem = NULL;
	if (part == NULL || esp_https_ota_begin(&cfg, &ota) != ESP_OK) {
		problem = "the image's server cannot be reached, or its certificate is not trusted";
	} else {
		problem = download(ota, part, reason);
		if (problem != NULL) {
			ESP_ERROR_CHECK_WITHOUT_ABORT(esp_https_ota_abort(ota));
		} else if (esp_https_ota_finish(ota) != ESP_OK) { /* checks the image and its signature */
			problem = "the image is damaged, or not signed by the key of this device's firmware";
		}
	}
	free(pem);
	return problem;
}

static void run(void *arg) {
	(void)arg;
	char reason[COOL_REASON_SIZE];
	const char *problem = install(reason);
	cool_device_t *d = device_take();
	if (problem != NULL) {
		cool_device_ota_done(d, now_ms(), problem);
	} else {
		cool_device_ask_restart(d);
	}
	device_give();
	ESP_LOGW(TAG, "%s", problem != NULL ? problem : "installed; restarting");
	network_wake();
	atomic_store(&busy, false);
	vTaskDelete(NULL);
}

static void refuse(const char *why) {
	cool_device_t *d = device_take();
	cool_device_ota_done(d, now_ms(), why);
	device_give();
}

/* Whether the running image is a new one that may still be left again. */
static bool unproven(void) {
	esp_ota_img_states_t state;
	return esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK && state == ESP_OTA_IMG_PENDING_VERIFY;
}

void ota_install(const cool_ota_t *what) {
	char reason[COOL_REASON_SIZE];
	if (atomic_exchange(&busy, true)) {
		refuse("an update is under way");
		return;
	}
	if (unproven()) {
		/* Its slot would be the one that the device goes back to. */
		atomic_store(&busy, false);
		refuse("the running firmware has not proven itself yet; try again in a few minutes");
		return;
	}
	job = *what;
	if (!cool_version_may_update(identity_version(), job.version, reason)) {
		atomic_store(&busy, false);
		refuse(reason);
	} else if (xTaskCreate(run, "ota", STACK_OTA, NULL, PRIORITY_OTA, NULL) != pdPASS) {
		atomic_store(&busy, false);
		refuse("there is not enough memory");
	}
}

uint32_t ota_judge(const cool_health_t *health) {
	static bool settled;
	if (settled) {
		return UINT32_MAX;
	}
	if (!unproven()) {
		settled = true; /* flashed over USB, or confirmed earlier */
		return UINT32_MAX;
	}
	if (health->sensed && health->connected) {
		esp_err_t err = esp_ota_mark_app_valid_cancel_rollback();
		ESP_LOGI(TAG, "%s is confirmed: %s", identity_version(), esp_err_to_name(err));
		settled = err == ESP_OK;
	} else if (now_long_ms() >= PROVE_MS) {
		ESP_LOGE(TAG, "%s did not read a probe and reach the broker in time; rolling back", identity_version());
		ESP_ERROR_CHECK_WITHOUT_ABORT(esp_ota_mark_app_invalid_rollback_and_reboot()); /* returns only if there is nothing to go back to */
		settled = true;
	}
	return JUDGE_EVERY_MS;
}
