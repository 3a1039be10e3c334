#include "network.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "esp_log.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "mqtt.h"
#include "ota.h"
#include "shared.h"
#include "store.h"
#include "tasks.h"

static const char TAG[] = "network";

enum { IDENTIFY_MS = 30000 };

static TaskHandle_t task;
static char *buf; /* payloads and blobs of the action at hand, COOL_BUF_SIZE bytes */
static atomic_uint_least32_t identify_until;
static atomic_bool identify;

void network_wake(void) {
	if (task != NULL) {
		(void)xTaskNotifyGive(task);
	}
}

bool network_identifying(void) { return atomic_load(&identify) && !cool_reached(now_ms(), (uint32_t)atomic_load(&identify_until)); }

static void save(const cool_action_t *a) {
	bool ok = store_write(cool_blob_key(a->save.blob), a->save.data, a->save.len);
	cool_device_t *d = device_take();
	cool_device_saved(d, now_ms(), a->save.blob, ok);
	device_give();
}

static void act(const cool_action_t *a) {
	switch (a->what) {
	case COOL_DO_CONNECT: mqtt_connect(a); break;
	case COOL_DO_CLOSE: mqtt_close(a->close.goodbye); break;
	case COOL_DO_SUBSCRIBE: mqtt_subscribe(a->subscribe.topic, a->subscribe.qos); break;
	case COOL_DO_PUBLISH: mqtt_publish(a); break;
	case COOL_DO_SAVE: save(a); break;
	case COOL_DO_RESTART: esp_restart();
	case COOL_DO_FACTORY_RESET:
		ESP_LOGW(TAG, "factory reset");
		store_erase_all();
		esp_restart();
	case COOL_DO_IDENTIFY:
		atomic_store(&identify_until, now_ms() + IDENTIFY_MS);
		atomic_store(&identify, true);
		break;
	case COOL_DO_OTA: ota_install(&a->ota); break;
	case COOL_DO_REWIRE: /* the control task compares wiring in every step, together with the drives that belong to it */
	case COOL_DO_NOTHING: break;
	}
}

static void run(void *arg) {
	(void)arg;
	static cool_action_t a;
	for (;;) {
		do {
			cool_device_t *d = device_take();
			cool_device_next(d, now_ms(), &a, buf, COOL_BUF_SIZE);
			device_give();
			act(&a);
		} while (a.what != COOL_DO_NOTHING);
		mqtt_watch();
		cool_device_t *d = device_take();
		cool_health_t health = cool_device_health(d, now_ms());
		uint32_t wait = cool_device_wait(d, now_ms());
		device_give();
		uint32_t judge = ota_judge(&health);
		(void)ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(wait < judge ? wait : judge));
	}
}

void network_start(void) {
	/* From the heap, once: the static part of an ESP32's memory is full of samples. */
	buf = malloc(COOL_BUF_SIZE);
	ESP_ERROR_CHECK(buf != NULL ? ESP_OK : ESP_ERR_NO_MEM);
	BaseType_t made = xTaskCreate(run, "network", STACK_NETWORK, NULL, PRIORITY_NETWORK, &task);
	ESP_ERROR_CHECK(made == pdPASS ? ESP_OK : ESP_ERR_NO_MEM);
}
