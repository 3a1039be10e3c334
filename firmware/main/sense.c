#include "sense.h"

#include <string.h>

#include "sdkconfig.h"

#include "driver/gpio.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

static cool_senses_t pending;
static StaticSemaphore_t mutex_memory;
static SemaphoreHandle_t mutex;

void sense_init(void) {
	mutex = xSemaphoreCreateMutexStatic(&mutex_memory);
#if CONFIG_COOLANT_PIN_LEAK >= 0
	/* Pulled to its dry level; an ESP32's pins above 33 have no pull inside. */
	const gpio_config_t leak = {
		.pin_bit_mask = 1ULL << CONFIG_COOLANT_PIN_LEAK,
		.mode = GPIO_MODE_INPUT,
#if CONFIG_COOLANT_LEAK_HIGH
		.pull_down_en = GPIO_PULLDOWN_ENABLE,
#else
		.pull_up_en = GPIO_PULLUP_ENABLE,
#endif
		.intr_type = GPIO_INTR_DISABLE,
	};
	ESP_ERROR_CHECK(gpio_config(&leak));
#endif
}

void sense_probes(const cool_probe_read_t probes[COOL_MAX_PROBES]) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	memcpy(pending.probes, probes, sizeof pending.probes);
	(void)xSemaphoreGive(mutex);
}

void sense_humidity(double rh, double celsius) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	pending.humidity_rh = rh;
	pending.humidity_c = celsius;
	pending.humidity_fresh = true;
	(void)xSemaphoreGive(mutex);
}

static bool leak_wet(void) {
#if CONFIG_COOLANT_PIN_LEAK >= 0
#if CONFIG_COOLANT_LEAK_HIGH
	return gpio_get_level((gpio_num_t)CONFIG_COOLANT_PIN_LEAK) == 1;
#else
	return gpio_get_level((gpio_num_t)CONFIG_COOLANT_PIN_LEAK) == 0;
#endif
#else
	return false;
#endif
}

void sense_take(cool_senses_t *out) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	*out = pending;
	for (int i = 0; i < COOL_MAX_PROBES; i++) {
		pending.probes[i].fresh = false;
	}
	pending.humidity_fresh = false;
	(void)xSemaphoreGive(mutex);
	out->leak_wet = leak_wet();
}
