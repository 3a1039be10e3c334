#include "shared.h"

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#include "cool/device_state.h"

/* About 100 kB, most of it the ring of samples; static, so that a heap in pieces never keeps a device from starting. */
static cool_device_t device;
static StaticSemaphore_t mutex_memory;
static SemaphoreHandle_t mutex;

uint64_t now_long_ms(void) { return (uint64_t)esp_timer_get_time() / 1000; }

uint32_t now_ms(void) { return (uint32_t)now_long_ms(); }

void shared_init(const cool_device_cfg_t *cfg, cool_load_t load) {
	mutex = xSemaphoreCreateMutexStatic(&mutex_memory);
	cool_device_init(&device, cfg, load, NULL, now_ms());
}

cool_device_t *device_take(void) {
	(void)xSemaphoreTake(mutex, portMAX_DELAY);
	return &device;
}

void device_give(void) { (void)xSemaphoreGive(mutex); }
