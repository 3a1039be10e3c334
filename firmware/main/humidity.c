#include "humidity.h"

#include "sdkconfig.h"

#if CONFIG_COOLANT_PIN_SDA >= 0 && CONFIG_COOLANT_PIN_SCL >= 0

#include "driver/i2c_master.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "cool/sht4x.h"
#include "sense.h"
#include "tasks.h"

static const char TAG[] = "humidity";

enum {
	SPEED_HZ = 100000,
	TIMEOUT_MS = 50,
	EVERY_MS = 2000,     /* the sensor warms itself if it is asked all the time */
	GLITCH_CYCLES = 7,   /* the driver's usual value */
	COMPLAIN_EVERY = 30, /* failures in a row, about a minute */
};

static i2c_master_dev_handle_t sensor;

static esp_err_t set_up(void) {
	const i2c_master_bus_config_t bus_cfg = {
		.i2c_port = -1,
		.sda_io_num = (gpio_num_t)CONFIG_COOLANT_PIN_SDA,
		.scl_io_num = (gpio_num_t)CONFIG_COOLANT_PIN_SCL,
		.clk_source = I2C_CLK_SRC_DEFAULT,
		.glitch_ignore_cnt = GLITCH_CYCLES,
		.flags = {.enable_internal_pullup = true},
	};
	const i2c_device_config_t device_cfg = {.dev_addr_length = I2C_ADDR_BIT_LEN_7, .device_address = COOL_SHT4X_ADDRESS, .scl_speed_hz = SPEED_HZ};
	i2c_master_bus_handle_t bus = NULL;
	esp_err_t err = i2c_new_master_bus(&bus_cfg, &bus);
	return err == ESP_OK ? i2c_master_bus_add_device(bus, &device_cfg, &sensor) : err;
}

static esp_err_t measure(double *rh, double *celsius) {
	const uint8_t command = COOL_SHT4X_MEASURE;
	uint8_t answer[COOL_SHT4X_SIZE];
	esp_err_t err = i2c_master_transmit(sensor, &command, sizeof command, TIMEOUT_MS);
	if (err != ESP_OK) {
		return err;
	}
	vTaskDelay(pdMS_TO_TICKS(COOL_SHT4X_MEASURE_MS) + 1);
	err = i2c_master_receive(sensor, answer, sizeof answer, TIMEOUT_MS);
	if (err != ESP_OK) {
		return err;
	}
	return cool_sht4x_decode(answer, rh, celsius) ? ESP_OK : ESP_ERR_INVALID_CRC;
}

static void run(void *arg) {
	(void)arg;
	for (unsigned failures = 0;;) {
		double rh, celsius;
		esp_err_t err = measure(&rh, &celsius);
		if (err == ESP_OK) {
			failures = 0;
			sense_humidity(rh, celsius);
		} else if (failures++ % COMPLAIN_EVERY == 0) {
			ESP_LOGW(TAG, "SHT4x: %s", esp_err_to_name(err)); /* the core sees that nothing fresh comes, and keeps a chiller off */
		}
		vTaskDelay(pdMS_TO_TICKS(EVERY_MS));
	}
}

void humidity_start(void) {
	esp_err_t err = set_up();
	if (err == ESP_OK && xTaskCreate(run, "humidity", STACK_PROBES, NULL, PRIORITY_PROBES, NULL) != pdPASS) {
		err = ESP_ERR_NO_MEM;
	}
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "SHT4x: %s", esp_err_to_name(err));
	}
}

#else

void humidity_start(void) {}

#endif
