/* With the pulse counter of the ESP32 and the ESP32-S3. */
#include "soc/soc_caps.h"

#if SOC_PCNT_SUPPORTED

#include "pulses.h"

#include "driver/gpio.h"
#include "driver/pulse_cnt.h"
#include "esp_log.h"

static const char TAG[] = "pulses";

enum {
	UNITS = 8,
	LIMIT = 32767,     /* of the counter; what it does there is not relied on */
	HALF = LIMIT / 2,  /* from here on it is cleared, which may lose one pulse in so many */
	GLITCH_NS = 10000, /* shorter is not a pulse: the edges of a 25 kHz PWM beside the wire. The filter reaches to 12.7 us */
};

static struct {
	pcnt_unit_handle_t unit; /* NULL: free */
	pcnt_channel_handle_t channel;
	int last;
} units[UNITS];

static esp_err_t start(int i, int pin) {
	const pcnt_unit_config_t unit = {.low_limit = -1, .high_limit = LIMIT};
	const pcnt_chan_config_t channel = {.edge_gpio_num = pin, .level_gpio_num = -1};
	const pcnt_glitch_filter_config_t filter = {.max_glitch_ns = GLITCH_NS};
	const gpio_config_t input = {
		.pin_bit_mask = 1ULL << pin, .mode = GPIO_MODE_INPUT, .pull_up_en = GPIO_PULLUP_ENABLE, .intr_type = GPIO_INTR_DISABLE};
	esp_err_t err = gpio_config(&input); /* from 6.0 on the counter's driver leaves the pin's pull-up alone */
	if (err == ESP_OK) {
		err = pcnt_new_unit(&unit, &units[i].unit);
	}
	if (err == ESP_OK) {
		err = pcnt_unit_set_glitch_filter(units[i].unit, &filter);
	}
	if (err == ESP_OK) {
		err = pcnt_new_channel(units[i].unit, &channel, &units[i].channel);
	}
	if (err == ESP_OK) {
		err = pcnt_channel_set_edge_action(units[i].channel, PCNT_CHANNEL_EDGE_ACTION_HOLD, PCNT_CHANNEL_EDGE_ACTION_INCREASE);
	}
	if (err == ESP_OK) {
		err = pcnt_unit_enable(units[i].unit);
	}
	if (err == ESP_OK) {
		err = pcnt_unit_clear_count(units[i].unit);
	}
	return err == ESP_OK ? pcnt_unit_start(units[i].unit) : err;
}

int pulses_open(int pin) {
	for (int i = 0; i < UNITS; i++) {
		if (units[i].unit == NULL) {
			esp_err_t err = start(i, pin);
			if (err == ESP_OK) {
				units[i].last = 0;
				return i;
			}
			ESP_LOGE(TAG, "GPIO %d cannot be counted: %s", pin, esp_err_to_name(err));
			pulses_close(i);
			return -1;
		}
	}
	ESP_LOGE(TAG, "GPIO %d cannot be counted: all counters are in use", pin);
	return -1;
}

void pulses_close(int i) {
	if (i < 0 || i >= UNITS) {
		return;
	}
	if (units[i].unit != NULL) {
		/* Both refuse where start did not get so far; that is no news. */
		(void)pcnt_unit_stop(units[i].unit);
		(void)pcnt_unit_disable(units[i].unit);
	}
	if (units[i].channel != NULL) {
		ESP_ERROR_CHECK_WITHOUT_ABORT(pcnt_del_channel(units[i].channel));
	}
	if (units[i].unit != NULL) {
		ESP_ERROR_CHECK_WITHOUT_ABORT(pcnt_del_unit(units[i].unit));
	}
	units[i].channel = NULL;
	units[i].unit = NULL;
}

uint32_t pulses_take(int i) {
	int count = 0;
	if (i < 0 || i >= UNITS || units[i].unit == NULL || pcnt_unit_get_count(units[i].unit, &count) != ESP_OK) {
		return 0;
	}
	int passed = count - units[i].last;
	units[i].last = count;
	if (count >= HALF && pcnt_unit_clear_count(units[i].unit) == ESP_OK) {
		units[i].last = 0;
	}
	return passed > 0 ? (uint32_t)passed : 0;
}

#endif
