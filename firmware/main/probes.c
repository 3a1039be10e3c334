#include "probes.h"

#include <string.h>

#include "sdkconfig.h"

#include "ds18b20.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "onewire_bus.h"
#include "onewire_cmd.h"
#include "onewire_crc.h"
#include "onewire_device.h"

#include "sense.h"
#include "tasks.h"

static const char TAG[] = "probes";

enum {
	READ_SCRATCHPAD = 0xBE, /* DS18B20 datasheet, "Memory commands" */
	PAD_SIZE = 9,
	ROM_SIZE = 8,
	FAMILY = 0x28,
	MAX_RX_BYTES = 10,     /* a match of a ROM id with its command is the longest */
	RETRY_MS = 5000,       /* after the bus could not be made */
	ROUNDS_OF_SEARCH = 30, /* about 30 s: a probe that is plugged in is found soon, and the bus is not searched all the time */
	PAUSE_MS = 200,        /* with the conversion of 800 ms a round takes about a second */
	EMPTY_MS = 1000,       /* as long, where nothing converts */
};

/* A probe keeps its place for the whole boot, as the core wants it, also while it is away. */
static cool_probe_read_t probes[COOL_MAX_PROBES];

/* The wire gives the family code first; the contract writes it in the highest byte. */
static uint64_t rom_of(onewire_device_address_t address) {
	uint8_t bytes[ROM_SIZE];
	memcpy(bytes, &address, sizeof bytes);
	uint64_t rom = 0;
	for (int i = 0; i < ROM_SIZE; i++) {
		rom = rom << 8 | bytes[i];
	}
	return rom;
}

static void remember(onewire_device_address_t address) {
	uint8_t bytes[ROM_SIZE];
	memcpy(bytes, &address, sizeof bytes);
	if (bytes[0] != FAMILY || onewire_crc8(0, bytes, ROM_SIZE - 1) != bytes[ROM_SIZE - 1]) {
		return;
	}
	uint64_t rom = rom_of(address);
	for (int i = 0; i < COOL_MAX_PROBES; i++) {
		if (probes[i].rom == rom) {
			return;
		}
		if (probes[i].rom == 0) {
			probes[i].rom = rom;
			ESP_LOGI(TAG, "found %08lx%08lx", (unsigned long)(rom >> 32), (unsigned long)rom);
			return;
		}
	}
	ESP_LOGW(TAG, "more than %d probes; %08lx%08lx is not read", COOL_MAX_PROBES, (unsigned long)(rom >> 32), (unsigned long)rom);
}

static void search(onewire_bus_handle_t bus) {
	onewire_device_iter_handle_t iter = NULL;
	esp_err_t err = onewire_new_device_iter(bus, &iter);
	if (err != ESP_OK) {
		ESP_LOGW(TAG, "search: %s", esp_err_to_name(err));
		return;
	}
	onewire_device_t found;
	while (onewire_device_iter_get_next(iter, &found) == ESP_OK) {
		remember(found.address);
	}
	ESP_ERROR_CHECK_WITHOUT_ABORT(onewire_del_device_iter(iter));
}

/* Reads a scratchpad without judging it. A bus that does not answer at all is an absent probe. */
static esp_err_t read_pad(onewire_bus_handle_t bus, cool_probe_read_t *p) {
	uint8_t command[ROM_SIZE + 2] = {ONEWIRE_CMD_MATCH_ROM};
	for (int i = 0; i < ROM_SIZE; i++) {
		command[1 + i] = (uint8_t)(p->rom >> (8 * (ROM_SIZE - 1 - i)));
	}
	command[ROM_SIZE + 1] = READ_SCRATCHPAD;
	memset(p->pad, 0xFF, sizeof p->pad); /* what an empty bus reads as */
	esp_err_t err = onewire_bus_reset(bus);
	if (err == ESP_OK) {
		err = onewire_bus_write_bytes(bus, command, sizeof command);
	}
	if (err == ESP_OK) {
		err = onewire_bus_read_bytes(bus, p->pad, PAD_SIZE);
	}
	p->present = err == ESP_OK;
	p->fresh = true;
	return err;
}

/* One round over all probes. Waits for the conversion of 12 bits. Without a presence pulse nothing converts, and reading says so for each probe. */
static esp_err_t read_all(onewire_bus_handle_t bus) {
	esp_err_t converted = ds18b20_trigger_temperature_conversion_for_all(bus), worst = converted;
	for (int i = 0; i < COOL_MAX_PROBES && probes[i].rom != 0; i++) {
		esp_err_t err = read_pad(bus, &probes[i]);
		probes[i].present = probes[i].present && converted == ESP_OK;
		if (worst == ESP_OK || worst == ESP_ERR_NOT_FOUND) {
			worst = err;
		}
	}
	sense_probes(probes);
	vTaskDelay(pdMS_TO_TICKS(converted == ESP_OK ? PAUSE_MS : EMPTY_MS));
	return worst;
}

static onewire_bus_handle_t open_bus(void) {
	const onewire_bus_config_t pin = {.bus_gpio_num = CONFIG_COOLANT_PIN_ONEWIRE, .flags = {.en_pull_up = true}};
	const onewire_bus_rmt_config_t rmt = {.max_rx_bytes = MAX_RX_BYTES};
	onewire_bus_handle_t bus = NULL;
	esp_err_t err = onewire_new_bus_rmt(&pin, &rmt, &bus);
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "GPIO %d: %s", CONFIG_COOLANT_PIN_ONEWIRE, esp_err_to_name(err));
		return NULL;
	}
	return bus;
}

static onewire_bus_handle_t open_patiently(void) {
	onewire_bus_handle_t bus = open_bus();
	while (bus == NULL) {
		vTaskDelay(pdMS_TO_TICKS(RETRY_MS));
		bus = open_bus();
	}
	return bus;
}

static void run(void *arg) {
	(void)arg;
	/* An absent probe is a fault of its own, which the core tells once. */
	esp_log_level_set("ds18b20", ESP_LOG_NONE);
	esp_log_level_set("1-wire.rmt", ESP_LOG_NONE);
	onewire_bus_handle_t bus = open_patiently();
	for (unsigned round = 0;; round++) {
		if (round % ROUNDS_OF_SEARCH == 0 || probes[0].rom == 0) {
			search(bus);
		}
		esp_err_t err = read_all(bus);
		if (err != ESP_OK && err != ESP_ERR_NOT_FOUND) {
			/* A wire that is held low leaves the receiver waiting: what it hears later would be taken for the answer to another question. */
			ESP_ERROR_CHECK_WITHOUT_ABORT(onewire_bus_del(bus));
			bus = open_patiently();
		}
	}
}

void probes_start(void) {
	BaseType_t made = xTaskCreate(run, "probes", STACK_PROBES, NULL, PRIORITY_PROBES, NULL);
	ESP_ERROR_CHECK(made == pdPASS ? ESP_OK : ESP_ERR_NO_MEM);
}
