#include "wifi.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "esp_check.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"

#include "access_point.h"
#include "network.h"
#include "provisioning.h"
#include "shared.h"
#include "tasks.h"

static const char TAG[] = "wifi";

enum { EVENTS = 16, RSSI_EVERY_MS = 10000 };

/* What the radio's events mean for the list of networks. */
typedef enum { EVENT_JOINED, EVENT_LOST, EVENT_GUEST, EVENT_NO_GUEST, EVENT_CHANGED } event_t;

static QueueHandle_t events;
static cool_networks_t state; /* of the task */
static atomic_bool joined, provisioning;
static atomic_bool leaving; /* the task ended a connection itself: its event is no news */
static atomic_int guests;
static esp_ip4_addr_t address; /* written before EVENT_JOINED is sent */

static void post(event_t e) {
	if (xQueueSend(events, &e, 0) != pdTRUE) {
		ESP_LOGE(TAG, "event %d is lost", (int)e); /* an attempt that is not answered ends by its time */
	}
}

static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data) {
	(void)arg;
	(void)base;
	switch (id) {
	case WIFI_EVENT_STA_DISCONNECTED: {
		const wifi_event_sta_disconnected_t *e = data;
		if (e->reason == WIFI_REASON_ASSOC_LEAVE && atomic_exchange(&leaving, false)) {
			break;
		}
		ESP_LOGI(TAG, "not joined, reason %u", (unsigned)e->reason);
		post(EVENT_LOST);
		break;
	}
	case WIFI_EVENT_AP_STACONNECTED:
		if (atomic_fetch_add(&guests, 1) == 0) {
			post(EVENT_GUEST);
		}
		break;
	case WIFI_EVENT_AP_STADISCONNECTED:
		if (atomic_fetch_sub(&guests, 1) == 1) {
			post(EVENT_NO_GUEST);
		}
		break;
	default: break;
	}
}

static void on_ip(void *arg, esp_event_base_t base, int32_t id, void *data) {
	(void)arg;
	(void)base;
	if (id == IP_EVENT_STA_GOT_IP) {
		/* A leave that had nothing to end had no event either; the next one, which may be the network's, is news. */
		atomic_store(&leaving, false);
		address = ((const ip_event_got_ip_t *)data)->ip_info.ip;
		post(EVENT_JOINED);
	} else if (id == IP_EVENT_STA_LOST_IP && atomic_load(&joined)) {
		/* It also comes two minutes after a disconnection, and must not end the attempt that is under way then. */
		(void)esp_wifi_disconnect();
	}
}

static void tell_device(bool up) {
	char ip[16] = "";
	int rssi = 0;
	if (up) {
		(void)esp_ip4addr_ntoa(&address, ip, sizeof ip);
		if (esp_wifi_sta_get_rssi(&rssi) != ESP_OK) {
			rssi = 0;
		}
	}
	cool_device_t *d = device_take();
	cool_device_network(d, now_ms(), up, up ? ip : NULL, rssi);
	device_give();
	network_wake();
}

static void handle(event_t e) {
	uint64_t now = now_long_ms();
	switch (e) {
	case EVENT_JOINED:
		if (cool_networks_joined(&state, now)) {
			atomic_store(&joined, true);
			tell_device(true);
		}
		break;
	case EVENT_LOST:
		cool_networks_lost(&state, now);
		if (atomic_exchange(&joined, false)) {
			tell_device(false);
		}
		break;
	case EVENT_GUEST:
	case EVENT_NO_GUEST: cool_networks_guest(&state, e == EVENT_GUEST, now); break;
	case EVENT_CHANGED: {
		cool_wifi_list_t list;
		provisioning_networks(&list);
		cool_networks_changed(&state, list.count, 0, now); /* the latest is the first */
		break;
	}
	}
}

static esp_err_t join(int index) {
	cool_wifi_list_t list;
	provisioning_networks(&list);
	if (index >= list.count) {
		return ESP_ERR_NOT_FOUND;
	}
	const cool_wifi_t *n = &list.known[index];
	wifi_config_t cfg = {
		.sta =
			{
				.scan_method = WIFI_ALL_CHANNEL_SCAN, /* the strongest of several with one name */
				.sort_method = WIFI_CONNECT_AP_BY_SIGNAL,
				.threshold.authmode = n->password[0] == '\0' ? WIFI_AUTH_OPEN : WIFI_AUTH_WPA2_PSK,
				.pmf_cfg.capable = true,
				.sae_pwe_h2e = WPA3_SAE_PWE_BOTH,
			},
	};
	/* Both fields may be full, without a NUL. */
	memcpy(cfg.sta.ssid, n->ssid, strnlen(n->ssid, sizeof cfg.sta.ssid));
	memcpy(cfg.sta.password, n->password, strnlen(n->password, sizeof cfg.sta.password));
	ESP_LOGI(TAG, "joining %s", n->ssid);
	esp_err_t err = esp_wifi_set_config(WIFI_IF_STA, &cfg);
	return err == ESP_OK ? esp_wifi_connect() : err;
}

static void act(cool_net_action_t a) {
	esp_err_t err = ESP_OK;
	switch (a.what) {
	case COOL_NET_JOIN:
		err = join(a.index);
		if (err != ESP_OK) {
			cool_networks_lost(&state, now_long_ms());
		}
		break;
	case COOL_NET_GIVE_UP:
		if (atomic_exchange(&joined, false)) {
			tell_device(false);
		}
		atomic_store(&leaving, true);
		err = esp_wifi_disconnect();
		break;
	case COOL_NET_OPEN_AP:
		atomic_store(&guests, 0); /* those of the last time may have gone with it, without a word */
		err = access_point_open();
		break;
	case COOL_NET_CLOSE_AP: err = access_point_close(); break;
	case COOL_NET_NOTHING: break;
	}
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "action %d: %s", (int)a.what, esp_err_to_name(err));
	}
}

static void run(void *arg) {
	(void)arg;
	for (;;) {
		cool_net_action_t a;
		do {
			a = cool_networks_next(&state, now_long_ms());
			act(a);
		} while (a.what != COOL_NET_NOTHING);
		atomic_store(&provisioning, cool_networks_provisioning(&state));
		uint32_t wait = cool_networks_wait(&state, now_long_ms());
		event_t e;
		if (xQueueReceive(events, &e, pdMS_TO_TICKS(wait < RSSI_EVERY_MS ? wait : RSSI_EVERY_MS)) == pdTRUE) {
			handle(e);
		} else if (atomic_load(&joined)) {
			tell_device(true); /* the signal's strength changes */
		}
	}
}

static esp_err_t start_radio(void) {
	const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
	ESP_RETURN_ON_ERROR(esp_netif_init(), TAG, "network interfaces");
	ESP_RETURN_ON_ERROR(esp_event_loop_create_default(), TAG, "events");
	esp_netif_t *station = esp_netif_create_default_wifi_sta();
	ESP_RETURN_ON_ERROR(esp_netif_set_hostname(station, provisioning_get()->id), TAG, "host name");
	access_point_init();
	ESP_RETURN_ON_ERROR(esp_wifi_init(&init), TAG, "radio");
	ESP_RETURN_ON_ERROR(esp_wifi_set_storage(WIFI_STORAGE_RAM), TAG, "storage"); /* networks are kept by provisioning.c */
	ESP_RETURN_ON_ERROR(esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL, NULL), TAG, "events of the radio");
	ESP_RETURN_ON_ERROR(esp_event_handler_instance_register(IP_EVENT, ESP_EVENT_ANY_ID, on_ip, NULL, NULL), TAG, "events of addresses");
	ESP_ERROR_CHECK_WITHOUT_ABORT(access_point_prepare());
	ESP_RETURN_ON_ERROR(esp_wifi_set_mode(WIFI_MODE_STA), TAG, "station");
	return esp_wifi_start();
}

esp_err_t wifi_start(void) {
	cool_wifi_list_t list;
	events = xQueueCreate(EVENTS, sizeof(event_t));
	if (events == NULL) return ESP_ERR_NO_MEM;
	ESP_RETURN_ON_ERROR(start_radio(), TAG, "start");
	provisioning_networks(&list);
	cool_networks_init(&state, list.count, 0, now_long_ms());
	return xTaskCreate(run, "wifi", STACK_WIFI, NULL, PRIORITY_WIFI, NULL) == pdPASS ? ESP_OK : ESP_ERR_NO_MEM;
}

void wifi_changed(void) {
	if (events != NULL) {
		post(EVENT_CHANGED);
	}
}

bool wifi_joined(void) { return atomic_load(&joined); }

bool wifi_provisioning(void) { return atomic_load(&provisioning); }
