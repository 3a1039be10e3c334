#include "panel.h"

#include "sdkconfig.h"

#include "driver/gpio.h"
#include "esp_err.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "cool/led.h"
#include "network.h"
#include "shared.h"
#include "tasks.h"
#include "wifi.h"

static const char TAG[] = "panel";

enum {
	PERIOD_MS = 25,   /* half of the LED's fastest flicker */
	LOOK_EVERY = 8,   /* periods: the device's health changes slowly, and looking at it takes the lock */
	RESET_MS = 10000, /* how long the button is held for a factory reset */
	STUCK_MS = 30000, /* held longer than this it is no finger: a serial terminal may hold the same pin low */
	NO_PIN = -1,
};

static void set_up(void) {
	if (CONFIG_COOLANT_PIN_LED > NO_PIN) {
		const gpio_config_t led = {.pin_bit_mask = 1ULL << (CONFIG_COOLANT_PIN_LED & 63), .mode = GPIO_MODE_OUTPUT, .intr_type = GPIO_INTR_DISABLE};
		ESP_ERROR_CHECK_WITHOUT_ABORT(gpio_config(&led));
	}
	if (CONFIG_COOLANT_PIN_BUTTON > NO_PIN) {
		const gpio_config_t button = {.pin_bit_mask = 1ULL << (CONFIG_COOLANT_PIN_BUTTON & 63),
			.mode = GPIO_MODE_INPUT,
			.pull_up_en = GPIO_PULLUP_ENABLE,
			.intr_type = GPIO_INTR_DISABLE};
		ESP_ERROR_CHECK_WITHOUT_ABORT(gpio_config(&button));
	}
}

static cool_led_t look(void) {
	cool_device_t *d = device_take();
	cool_health_t h = cool_device_health(d, now_ms());
	device_give();
	const cool_led_facts_t facts = {
		.identify = network_identifying(),
		.critical = h.critical,
		.fault = h.fault,
		.provisioning = wifi_provisioning(),
		.network = wifi_joined(),
		.broker = h.connected,
	};
	return cool_led_choose(&facts);
}

static void light(bool lit) {
	if (CONFIG_COOLANT_PIN_LED > NO_PIN) {
#if CONFIG_COOLANT_LED_LOW
		lit = !lit;
#endif
		ESP_ERROR_CHECK_WITHOUT_ABORT(gpio_set_level((gpio_num_t)CONFIG_COOLANT_PIN_LED, lit));
	}
}

/* Held for so long, and let go: then, and not while it is held, because a line that stays low is no finger. */
static void watch_button(uint32_t *held_ms) {
	if (CONFIG_COOLANT_PIN_BUTTON == NO_PIN) {
		return;
	}
	if (gpio_get_level((gpio_num_t)CONFIG_COOLANT_PIN_BUTTON) == 0) {
		*held_ms += *held_ms < STUCK_MS ? PERIOD_MS : 0;
		return;
	}
	if (*held_ms >= RESET_MS && *held_ms < STUCK_MS) {
		ESP_LOGW(TAG, "the button asks for a factory reset");
		cool_device_ask_factory_reset(device_take());
		device_give();
		network_wake();
	}
	*held_ms = 0;
}

static void run(void *arg) {
	(void)arg;
	cool_led_t shown = COOL_LED_NO_NETWORK;
	uint32_t held_ms = 0;
	for (unsigned n = 0;; n++) {
		if (n % LOOK_EVERY == 0) {
			shown = look();
		}
		light(cool_led_lit(shown, now_ms()));
		watch_button(&held_ms);
		vTaskDelay(pdMS_TO_TICKS(PERIOD_MS));
	}
}

void panel_start(void) {
	set_up();
	BaseType_t made = xTaskCreate(run, "panel", STACK_PANEL, NULL, PRIORITY_PANEL, NULL);
	ESP_ERROR_CHECK(made == pdPASS ? ESP_OK : ESP_ERR_NO_MEM);
}
