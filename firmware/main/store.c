#include "store.h"

#include "esp_log.h"
#include "esp_partition.h"
#include "nvs.h"
#include "nvs_flash.h"

static const char TAG[] = "store";

static const char PARTITION[] = "cfg";
static const char NAMESPACE[] = "coolant";

static esp_err_t open_partition(const char *name) {
	esp_err_t err = nvs_flash_init_partition(name);
	if (err == ESP_ERR_NVS_NO_FREE_PAGES || err == ESP_ERR_NVS_NEW_VERSION_FOUND || err == ESP_ERR_NVS_INVALID_STATE) {
		ESP_LOGE(TAG, "%s cannot be read (%s); it is erased", name, esp_err_to_name(err));
		err = nvs_flash_erase_partition(name);
		if (err == ESP_OK) {
			err = nvs_flash_init_partition(name);
		}
	}
	return err;
}

void store_init(void) {
	/* The radio keeps its calibration in `nvs`. Without either of them the device still regulates, so it goes on. */
	ESP_ERROR_CHECK_WITHOUT_ABORT(open_partition(NVS_DEFAULT_PART_NAME));
	ESP_ERROR_CHECK_WITHOUT_ABORT(open_partition(PARTITION));
}

size_t store_read(const char *key, void *buf, size_t size) {
	nvs_handle_t h;
	if (nvs_open_from_partition(PARTITION, NAMESPACE, NVS_READONLY, &h) != ESP_OK) {
		return 0; /* nothing was ever written */
	}
	size_t len = size;
	esp_err_t err = nvs_get_blob(h, key, buf, &len);
	nvs_close(h);
	if (err == ESP_ERR_NVS_NOT_FOUND) {
		return 0;
	}
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "read %s: %s", key, esp_err_to_name(err));
		return 0;
	}
	return len;
}

bool store_write(const char *key, const void *data, size_t len) {
	nvs_handle_t h;
	esp_err_t err = nvs_open_from_partition(PARTITION, NAMESPACE, NVS_READWRITE, &h);
	if (err == ESP_OK) {
		err = nvs_set_blob(h, key, data, len);
		if (err == ESP_OK) {
			err = nvs_commit(h);
		}
		nvs_close(h);
	}
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "write %s, %u bytes: %s", key, (unsigned)len, esp_err_to_name(err));
	}
	return err == ESP_OK;
}

bool store_forget(const char *key) {
	nvs_handle_t h;
	esp_err_t err = nvs_open_from_partition(PARTITION, NAMESPACE, NVS_READWRITE, &h);
	if (err == ESP_OK) {
		err = nvs_erase_key(h, key);
		if (err == ESP_OK) {
			err = nvs_commit(h);
		}
		nvs_close(h);
	}
	return err == ESP_OK || err == ESP_ERR_NVS_NOT_FOUND;
}

void store_erase_all(void) {
	const char *names[] = {PARTITION, NVS_DEFAULT_PART_NAME};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ESP_ERROR_CHECK_WITHOUT_ABORT(nvs_flash_deinit_partition(names[i]));
		ESP_ERROR_CHECK_WITHOUT_ABORT(nvs_flash_erase_partition(names[i]));
	}
	/* A core dump is a picture of memory, with passwords in it. */
	const esp_partition_t *dump = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_COREDUMP, NULL);
	if (dump != NULL) {
		ESP_ERROR_CHECK_WITHOUT_ABORT(esp_partition_erase_range(dump, 0, dump->size));
	}
}
