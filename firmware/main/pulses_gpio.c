/* With interrupts, where the chip has no pulse counter: the ESP32-C3. */
#include "soc/soc_caps.h"

#if !SOC_PCNT_SUPPORTED

#include "pulses.h"

#include <stdbool.h>

#include "driver/gpio.h"
#include "esp_attr.h"
#include "esp_intr_alloc.h"
#include "esp_log.h"
#include "esp_timer.h"

static const char TAG[] = "pulses";

enum {
	SLOTS = 6,
	NOISE_US = 300, /* edges that follow each other faster are ringing: 12 pulses of 10,000 turns a minute are 500 us apart */
};

typedef struct {
	bool used;
	int pin;
	int64_t last_us;         /* of the interrupt alone */
	volatile uint32_t count; /* likewise, and read by the task; a word is written as a whole */
	uint32_t taken;
} slot_t;

static slot_t slots[SLOTS];
static bool service;

/*
 * Also while flash is written, because an update would otherwise look like a stall. So nothing here may be in flash: neither what is called,
 * nor the functions that stand for atomic instructions, which the ESP32-C3 does not have.
 */
static void IRAM_ATTR on_edge(void *arg) {
	slot_t *s = arg;
	int64_t now = esp_timer_get_time();
	if (now - s->last_us >= NOISE_US) {
		s->last_us = now;
		s->count = s->count + 1;
	}
}

static esp_err_t start(slot_t *s, int pin) {
	const gpio_config_t input = {
		.pin_bit_mask = 1ULL << pin, .mode = GPIO_MODE_INPUT, .pull_up_en = GPIO_PULLUP_ENABLE, .intr_type = GPIO_INTR_NEGEDGE};
	if (!service) {
		esp_err_t err = gpio_install_isr_service(ESP_INTR_FLAG_IRAM);
		if (err != ESP_OK) {
			return err;
		}
		service = true;
	}
	esp_err_t err = gpio_config(&input);
	return err == ESP_OK ? gpio_isr_handler_add((gpio_num_t)pin, on_edge, s) : err;
}

int pulses_open(int pin) {
	for (int i = 0; i < SLOTS; i++) {
		if (!slots[i].used) {
			slots[i].pin = pin;
			esp_err_t err = start(&slots[i], pin);
			if (err != ESP_OK) {
				ESP_LOGE(TAG, "GPIO %d cannot be counted: %s", pin, esp_err_to_name(err));
				return -1;
			}
			slots[i].used = true;
			slots[i].taken = slots[i].count;
			return i;
		}
	}
	ESP_LOGE(TAG, "GPIO %d cannot be counted: all counters are in use", pin);
	return -1;
}

void pulses_close(int i) {
	if (i < 0 || i >= SLOTS || !slots[i].used) {
		return;
	}
	ESP_ERROR_CHECK_WITHOUT_ABORT(gpio_isr_handler_remove((gpio_num_t)slots[i].pin));
	ESP_ERROR_CHECK_WITHOUT_ABORT(gpio_set_intr_type((gpio_num_t)slots[i].pin, GPIO_INTR_DISABLE));
	slots[i].used = false;
}

uint32_t pulses_take(int i) {
	if (i < 0 || i >= SLOTS || !slots[i].used) {
		return 0;
	}
	uint32_t count = slots[i].count;
	uint32_t passed = count - slots[i].taken;
	slots[i].taken = count;
	return passed;
}

#endif
