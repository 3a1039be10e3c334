#include "clock.h"

#include <stdlib.h>
#include <sys/time.h>

#include "sdkconfig.h"

#include "esp_app_desc.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_netif_sntp.h"

#include "cool/build_time.h"
#include "cool/provision.h"
#include "network.h"
#include "shared.h"
#include "wifi.h"

static const char TAG[] = "clock";

/* Asked after the owner's own. The first is reachable in China, where others are not. */
static const char *const public_servers[] = {"ntp.aliyun.com", "pool.ntp.org"};
enum { PUBLIC = sizeof public_servers / sizeof public_servers[0] };

/* One place is DHCP's. */
_Static_assert(1 + COOL_TIME_SERVERS + PUBLIC <= CONFIG_LWIP_SNTP_MAX_SERVERS, "CONFIG_LWIP_SNTP_MAX_SERVERS is too small");

static char own[COOL_TIME_SERVERS][COOL_HOST_SIZE]; /* lwIP keeps the pointers */

static int64_t built(void) {
	const esp_app_desc_t *app = esp_app_get_description();
	return cool_build_time(app->date, app->time);
}

void clock_init(void) {
	struct timeval now;
	int64_t earliest = built();
	if (gettimeofday(&now, NULL) != 0 || (int64_t)now.tv_sec < earliest) {
		const struct timeval begin = {.tv_sec = (time_t)earliest};
		if (settimeofday(&begin, NULL) != 0) {
			ESP_LOGE(TAG, "the clock cannot be set");
		}
	}
}

static void on_sync(struct timeval *tv) {
	if ((int64_t)tv->tv_sec < built()) {
		ESP_LOGW(TAG, "a time server says a time before this firmware was built; it is not believed");
		clock_init();
		return;
	}
	cool_device_t *d = device_take();
	cool_device_clock(d, now_ms(), (int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000);
	device_give();
	network_wake();
}

/* Asks anew with each address: before the first one asking leads nowhere, and the next server had its turn only 15 s later. */
static void on_address(void *arg, esp_event_base_t base, int32_t id, void *data) {
	(void)arg;
	(void)base;
	(void)id;
	(void)data;
	esp_err_t err = esp_netif_sntp_start();
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "SNTP: %s", esp_err_to_name(err));
	}
}

void clock_start(const char *servers) {
	esp_sntp_config_t cfg = {
		.server_from_dhcp = true,
		.renew_servers_after_new_IP = true,
		.ip_event_to_renew = IP_EVENT_STA_GOT_IP,
		.index_of_first_server = 1, /* 0 is DHCP's */
		.start = false,             /* by on_address */
		.sync_cb = on_sync,
	};
	for (int i = 0; i < COOL_TIME_SERVERS && cool_time_server(servers, i, own[i], sizeof own[i]); i++) {
		cfg.servers[cfg.num_of_servers++] = own[i];
	}
	for (size_t i = 0; i < PUBLIC; i++) {
		cfg.servers[cfg.num_of_servers++] = public_servers[i];
	}
	/* The handler comes behind that of esp_netif, which puts the servers in their places. */
	esp_err_t err = esp_netif_sntp_init(&cfg);
	if (err == ESP_OK) {
		err = esp_event_handler_instance_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_address, NULL, NULL);
	}
	if (err == ESP_OK && wifi_joined()) {
		err = esp_netif_sntp_start(); /* the address was there first */
	}
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "SNTP: %s", esp_err_to_name(err));
	}
}
