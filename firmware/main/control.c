#include "control.h"

#include "esp_err.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "outputs.h"
#include "sense.h"
#include "shared.h"
#include "tachos.h"
#include "tasks.h"

enum { PERIOD_MS = 250 /* a leak acts within 0.75 s: 500 ms of debouncing and one period */ };

static void step(void) {
	static cool_senses_t senses;
	cool_drive_t drives[COOL_MAX_OUTPUTS];
	outputs_plan_t outputs;
	tachos_plan_t tachos;
	uint32_t now = now_ms();

	sense_take(&senses);
	tachos_read(&senses, now);
	cool_device_t *d = device_take();
	const cool_drive_t *made = cool_device_step(d, now, &senses);
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		drives[i] = made[i];
	}
	/* Wiring and drives under one lock: they always belong to the same settings. */
	outputs_plan(&outputs, cool_device_settings(d));
	tachos_plan(&tachos, cool_device_settings(d));
	device_give();

	outputs_wire(&outputs);
	tachos_wire(&tachos);
	for (int i = 0; i < outputs.count; i++) {
		outputs_drive(i, drives[i].duty);
	}
}

static void run(void *arg) {
	(void)arg;
	ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
	TickType_t woken = xTaskGetTickCount();
	for (;;) {
		step();
		ESP_ERROR_CHECK_WITHOUT_ABORT(esp_task_wdt_reset());
		(void)xTaskDelayUntil(&woken, pdMS_TO_TICKS(PERIOD_MS));
	}
}

void control_start(void) {
	BaseType_t made = xTaskCreate(run, "control", STACK_CONTROL, NULL, PRIORITY_CONTROL, NULL);
	ESP_ERROR_CHECK(made == pdPASS ? ESP_OK : ESP_ERR_NO_MEM);
}
