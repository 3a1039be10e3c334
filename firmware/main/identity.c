#include "identity.h"

#include <stdio.h>

#include "bootloader_random.h"
#include "esp_app_desc.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "esp_random.h"
#include "esp_system.h"

void identity_default(char id[COOL_DEVICE_ID_SIZE]) {
	uint8_t mac[6] = {0};
	ESP_ERROR_CHECK_WITHOUT_ABORT(esp_efuse_mac_get_default(mac));
	(void)snprintf(id, COOL_DEVICE_ID_SIZE, "coolant-%02x%02x%02x", mac[3], mac[4], mac[5]);
}

void identity_early_random(void *out, size_t len) {
	/* Without the radio the generator has no noise of its own; this feeds it from the ADC. */
	bootloader_random_enable();
	esp_fill_random(out, len);
	bootloader_random_disable();
}

const char *identity_reset_reason(void) {
	switch (esp_reset_reason()) {
	case ESP_RST_POWERON:
	case ESP_RST_EXT: return "power_on";
	case ESP_RST_SW:
	case ESP_RST_DEEPSLEEP:
	case ESP_RST_USB: return "software";
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT: return "watchdog";
	case ESP_RST_BROWNOUT:
	case ESP_RST_PWR_GLITCH: return "brownout";
	case ESP_RST_PANIC:
	case ESP_RST_CPU_LOCKUP: return "panic";
	default: return "unknown";
	}
}

const char *identity_version(void) {
	const char *version = esp_app_get_description()->version;
	return *version == 'v' ? version + 1 : version;
}
